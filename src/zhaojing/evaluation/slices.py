"""Where it is hard: the same figures for parts of the data, the worst part first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from zhaojing.errors import InvalidConfig
from zhaojing.evaluation.outcomes import Flags, Outcomes
from zhaojing.evaluation.resampling import (
    FEW_DOCUMENTS,
    Figure,
    Statistic,
    figures,
    ratio,
    resample,
)
from zhaojing.evaluation.tallies import f1, precision, recall
from zhaojing.heads import Array
from zhaojing.records import Record

STANDARD = ("genre", "probe", "length", "heading", "year", "source")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?= ?年)")
_LENGTHS = (15, 30, 60, 120)  # characters, the last of each class


@dataclass(frozen=True, slots=True)
class Slice:
    """The sentences that share a value of a field.

    Attributes
    ----------
    field, value
        As ``genre`` and ``述职述廉报告``; ``value`` is empty where the field is not given.
    figures
        ``right`` (practices and role both right), ``role_accuracy``, ``categories_micro_f1``,
        ``flagged_precision``, ``flagged_recall``, ``flagged_f1``.
    worse
        Whether the whole interval of ``right`` lies below ``right`` of all sentences.
    """

    field: str
    value: str
    figures: dict[str, Figure]
    worse: bool

    @property
    def right(self) -> Figure:
        """Share of the sentences whose practices and role are both right."""
        return self.figures["right"]


def slices(
    records: Sequence[Record],
    outcomes: Outcomes,
    fields: Sequence[str] = (),
    *,
    resamples: int = 10_000,
) -> tuple[Slice, ...]:
    """Return the slices by the standard fields and by ``fields``, worst first.

    The order is that of the upper end of the interval of ``right``: even on kinder documents the
    first would not do better. A small slice, whose interval is wide, cannot come first by
    chance; one with too few sentences or documents stands behind all others. A field with
    one value throughout makes no slices. A year is that of the field ``year``, else the first in
    the source or the title.

    Raises
    ------
    InvalidConfig
        No sentence or document has one of ``fields``.
    """
    cuts = _cuts(records, fields)
    bases = _rests_on(outcomes)
    behind = {
        f"{number}.{name}": mask & among
        for number, (_, _, mask) in enumerate(cuts)
        for name, among in bases.items()
    }
    # the others have no interval, and there can be thousands of them
    large = [
        number
        for number, (_, _, mask) in enumerate(cuts)
        if len(np.unique(outcomes.document[mask])) >= FEW_DOCUMENTS
    ]
    statistic = _statistic(outcomes, {number: cuts[number][2] for number in large})
    samples = resample(statistic, outcomes.documents, resamples=resamples)
    statistic = _statistic(outcomes, {number: cut[2] for number, cut in enumerate(cuts)})
    values = statistic(np.ones((1, outcomes.documents)))
    found = figures(values, behind, outcomes.document, samples)
    overall = float(np.average(outcomes.right, weights=outcomes.weight))
    every = []
    for number, (field, value, _) in enumerate(cuts):
        own = {name: found[f"{number}.{name}"] for name in bases}
        high = own["right"].high
        every.append(Slice(field, value, own, high is not None and high < overall))
    return tuple(sorted(every, key=_badness))


def _badness(one: Slice) -> tuple[bool, float, float]:
    right = one.right
    value = 1.0 if right.value is None else right.value
    return right.few, value if right.high is None else right.high, value


def _cuts(records: Sequence[Record], fields: Sequence[str]) -> list[tuple[str, str, Flags]]:
    """Return field, value and sentences of every slice."""
    rows = [row for record in records for row in _rows(record)]
    known = sorted({name for row in rows for name in row})
    for field in fields:
        if field not in known:
            near = get_close_matches(field, known, cutoff=0.5) or known
            raise InvalidConfig("slice.unknown", name=field, near=", ".join(near))
    cuts = []
    for field in dict.fromkeys((*STANDARD, *fields)):
        column = np.array([_text(row.get(field)) for row in rows], dtype=object)
        values = sorted(set(column))
        if len(values) > 1:
            cuts += [(field, value, np.asarray(column == value)) for value in values]
    return cuts


def _rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield every field each sentence can be sliced by: its own, and those of its document."""
    year = _YEAR.search(f"{record.source} {record.title}")
    whole = {"year": year[1] if year else None} | record.to_json()
    del whole["sentences"]
    for sentence in record.sentences:
        yield (
            whole
            | {
                "heading": "known" if sentence.heading else None,
                "length": _length(len(sentence.text)),
                "categories": list(sentence.categories),
                "role": sentence.role,
                "embellishment_level": sentence.embellishment_level,
            }
            | sentence.extra
        )


def _length(characters: int) -> str:
    low = 1
    for high in _LENGTHS:
        if characters <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}-"


def _text(value: Any) -> str:
    if value is None or value == []:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rests_on(outcomes: Outcomes) -> dict[str, Flags]:
    gold, given = outcomes.flagged, outcomes.given_flagged
    either = outcomes.categories | outcomes.given_categories
    everyone = np.ones(len(outcomes), dtype=np.bool_)
    return {
        "right": everyone,
        "role_accuracy": everyone,
        "categories_micro_f1": np.asarray(either.any(axis=1)),
        "flagged_precision": given,
        "flagged_recall": gold,
        "flagged_f1": gold | given,
    }


def _statistic(outcomes: Outcomes, masks: dict[int, Flags]) -> Statistic:
    categories, given = outcomes.categories, outcomes.given_categories
    gold_flag, given_flag = outcomes.flagged, outcomes.given_flagged
    columns = np.stack(
        [
            np.ones(len(outcomes)),
            outcomes.right,
            outcomes.role == outcomes.given_role,
            (categories & given).sum(axis=1),
            categories.sum(axis=1),
            given.sum(axis=1),
            gold_flag & given_flag,
            gold_flag,
            given_flag,
        ],
        axis=1,
    )
    tallies = {key: outcomes.by_document(columns * mask[:, None]) for key, mask in masks.items()}

    def statistic(weights: Array) -> dict[str, Array]:
        found = {}
        for key, counts in tallies.items():
            drawn = weights @ counts
            practices, flags = drawn[:, 3:6], drawn[:, 6:9]
            found[f"{key}.right"] = ratio(drawn[:, 1], drawn[:, 0])
            found[f"{key}.role_accuracy"] = ratio(drawn[:, 2], drawn[:, 0])
            found[f"{key}.categories_micro_f1"] = f1(practices)
            found[f"{key}.flagged_precision"] = precision(flags)
            found[f"{key}.flagged_recall"] = recall(flags)
            found[f"{key}.flagged_f1"] = f1(flags)
        return found

    return statistic
