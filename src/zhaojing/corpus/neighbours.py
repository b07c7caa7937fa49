"""The sentences around a sampled sentence, without which it would not be judged as in its report.

The model reads a sentence in its passage (:mod:`zhaojing.passage`), so a sentence that is drawn
from a report takes its neighbours along, as ``before`` and ``after`` in its extra fields: lists of
``[heading, text]``, in the order of the report. ``previous`` is the text right before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhaojing.context import Context, context_of
from zhaojing.errors import InvalidRecords
from zhaojing.records import LabelledSentence, Record

BEFORE, AFTER = "before", "after"
REACH = 20  # to either side; with ten, 0.3 % of the flags on test differ from those in the report
_ROOM = 4_000  # characters to either side, so that all fits into the cell of a workbook

Neighbour = tuple[str, str]  # heading, text


def around(before: Sequence[Neighbour], after: Sequence[Neighbour]) -> dict[str, Any]:
    """Return the extra fields of a sentence that stands between these; the nearest are kept."""
    kept = _nearest(before[: -REACH - 1 : -1])[::-1]
    return {
        "previous": kept[-1][1] if kept else "",
        BEFORE: list(map(list, kept)),
        AFTER: list(map(list, _nearest(after[:REACH]))),
    }


def in_place(records: Sequence[Record]) -> tuple[list[str], list[Context], list[int]]:
    """Return what to classify for ``records``: texts, their contexts, and the rows that count.

    The other rows are neighbours that sampled sentences brought along.

    Raises
    ------
    InvalidRecords
        ``before`` or ``after`` holds something else than pairs of strings.
    """
    texts: list[str] = []
    contexts: list[Context] = []
    rows: list[int] = []
    for record in records:
        for sentence, context in zip(record.sentences, record.contexts(), strict=True):
            before, after = (_read(record, sentence, side) for side in (BEFORE, AFTER))
            own = (sentence.heading, sentence.text)
            passage = [*before, own, *after]
            found = context_of([heading for heading, _ in passage], [text for _, text in passage])
            if not before:
                found[0] = context
            rows.append(len(texts) + len(before))
            texts += [text for _, text in passage]
            contexts += found
    return texts, contexts, rows


def _nearest(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """Return as many of ``neighbours`` as there is room for, from the first on."""
    room, kept = _ROOM, []
    for heading, text in neighbours:
        room -= len(heading) + len(text)
        if room < 0:
            break
        kept.append((heading, text))
    return kept


def _read(record: Record, sentence: LabelledSentence, side: str) -> list[Neighbour]:
    given = sentence.extra.get(side, [])
    if not isinstance(given, list) or not all(map(_is_neighbour, given)):
        raise InvalidRecords("sample.neighbours", where=record.doc_id, field=side)
    return [(heading, text) for heading, text in given]


def _is_neighbour(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)
    )
