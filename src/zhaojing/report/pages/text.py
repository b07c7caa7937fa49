"""A report as its page shows it: paragraphs and headings, each with its marked sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from zhaojing.judging import Judgement
from zhaojing.messages import Lang
from zhaojing.report.marks import Mark, mark
from zhaojing.screening import Report

_FIRST, _LAST = 3, 6  # the page's own headings are h1 and h2
_END = "。！？；!?;…”"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the report; ``level`` is 3 to 6 for a heading, ``None`` for others."""

    level: int | None
    marks: tuple[Mark, ...]


def paragraphs(found: Judgement, copied: Collection[int], lang: Lang) -> Iterator[Paragraph]:
    """Yield the paragraphs of a report in order; ``copied`` are indices of sentences."""
    report = found.report
    claims = {claim.sentence: claim for claim in found.praise.claims}
    depths = dict(headings(report))
    text, page, end = report.document.text, None, 0
    numbered = enumerate(report.sentences)
    for _, group in groupby(numbered, key=lambda pair: pair[1].sentence.paragraph):
        marks: list[Mark] = []
        number = 0
        for number, item in group:
            sentence = item.sentence
            marks.append(
                mark(
                    item,
                    number,
                    lang,
                    claim=claims.get(number),
                    copied=number in copied,
                    new_page=sentence.page if sentence.page != page else None,
                    spaced=bool(marks) and bool(text[end : sentence.start]),
                )
            )
            page, end = sentence.page, sentence.end
        depth = depths.get(number)
        level = None if depth is None else min(_FIRST + depth, _LAST)
        yield Paragraph(level, tuple(marks))


def headings(report: Report) -> list[tuple[int, int]]:
    """Return ``(index, depth)`` of each heading; depth 0 has no other heading above it.

    A heading is what a sentence below it names as such, and the first line, if it is no sentence.
    """
    sentences = [item.sentence for item in report.sentences]
    found = [
        (index, len(above.heading))
        for index, (above, below) in enumerate(pairwise(sentences))
        if below.heading == (*above.heading, above.text)
    ]
    is_title = sentences[0].text[-1] not in _END and [s.paragraph for s in sentences].count(1) == 1
    return [(0, 0), *found] if is_title and (0, 0) not in found else found
