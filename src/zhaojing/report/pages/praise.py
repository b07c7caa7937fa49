"""A report's praise as its page shows it: a drawing, where it crowds together, each claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from zhaojing.judging.praise import Praise
from zhaojing.messages import Lang, say
from zhaojing.report.marks import excerpt, place, proof_names
from zhaojing.report.pages.grid import Where
from zhaojing.report.pages.text import headings
from zhaojing.screening import Report, ScreenedSentence

_LABELS = 4  # stretches between the labels below the drawing
_MOST_HEADINGS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """The mean score of a stretch, all in per cent; ``sentence`` is its first one."""

    x: float
    width: float
    height: float
    sentence: int
    where: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place along the report: a page or paragraph, or a heading."""

    x: float
    label: str
    sentence: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, in the order of the report."""

    bars: tuple[Bar, ...]
    labels: tuple[Tick, ...]
    headings: tuple[Tick, ...]


def chart(report: Report, profile: Sequence[float], lang: Lang) -> Chart:
    """Return the drawing of ``profile``: means over equal stretches of the report's sentences."""
    sentences, size = report.sentences, len(report.sentences)
    width = 100 / max(len(profile), 1)
    starts = [round(k * size / len(profile)) for k in range(len(profile))]
    bars = (
        Bar(k * width, width, 100 * score, start, place(sentences[start], lang))
        for k, (start, score) in enumerate(zip(starts, profile, strict=True))
    )
    marks = {round(k * (size - 1) / _LABELS) for k in range(_LABELS + 1)}
    labels = (Tick(100 * i / size, place(sentences[i], lang), i) for i in sorted(marks))
    return Chart(tuple(bars), tuple(labels), _headings(report))


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim; ``proofs`` says what can be checked in it, empty for nothing."""

    number: int
    place: str
    text: str
    proofs: str


def claims(report: Report, praise: Praise, lang: Lang) -> list[ClaimRow]:
    """Return the claims of a report in order."""
    found = ((claim, report.sentences[claim.sentence]) for claim in praise.claims)
    return [
        ClaimRow(claim.sentence, place(item, lang), item.sentence.text, proof_names(claim, lang))
        for claim, item in found
    ]


def passages(report: Report, praise: Praise, lang: Lang) -> list[Where]:
    """Return where praise crowds together, strongest first."""
    return [_passage(report.sentences[start:end], start, lang) for start, end in praise.passages]


def _passage(items: Sequence[ScreenedSentence], start: int, lang: Lang) -> Where:
    first, last = place(items[0], lang), place(items[-1], lang)
    label = say("praise.passage", lang, first=first, last=last, count=len(items))
    return Where(start, label, excerpt(items[0].sentence.text))


def _headings(report: Report) -> tuple[Tick, ...]:
    """Return the headings of the highest rank that has more than one, evenly thinned out."""
    size = len(report.sentences)
    by_depth: dict[int, list[Tick]] = {}
    for index, depth in headings(report):
        tick = Tick(100 * index / size, report.sentences[index].sentence.text, index)
        by_depth.setdefault(depth, []).append(tick)
    row = next((row for _, row in sorted(by_depth.items()) if len(row) > 1), [])
    return tuple(row[:: ceil(len(row) / _MOST_HEADINGS) or 1])
