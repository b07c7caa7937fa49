"""How far two annotators agree on the same sentences, field by field."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.errors import InvalidRecords
from zhaojing.evaluation.tallies import weighted_kappa
from zhaojing.labels import CATEGORIES
from zhaojing.records import LabelledSentence, Record


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one field: raw share, Cohen's kappa and Krippendorff's alpha.

    ``kappa`` and ``alpha`` are ``None`` where both annotators gave one value throughout. Alpha is
    nominal, but for the level it is ordinal, and kappa there has quadratic weights.
    """

    field: str
    raw: float
    kappa: float | None
    alpha: float | None


def agreement(first: Sequence[Record], second: Sequence[Record]) -> tuple[int, list[Agreement]]:
    """Return the number of shared sentences and the agreement on each field.

    Documents are matched by ``doc_id``; those that only one annotator has are left out.

    Raises
    ------
    InvalidRecords
        No document is shared, or a shared one has other sentences in the two files.
    """
    others = {record.doc_id: record for record in second}
    pairs: list[tuple[LabelledSentence, LabelledSentence]] = []
    for record in first:
        other = others.get(record.doc_id)
        if other is None:
            continue
        if [s.text for s in record.sentences] != [s.text for s in other.sentences]:
            raise InvalidRecords("agreement.different", where=record.doc_id)
        pairs += zip(record.sentences, other.sentences, strict=True)
    if not pairs:
        raise InvalidRecords("agreement.nothing")
    found = [
        _nominal(category, [(category in a.categories, category in b.categories) for a, b in pairs])
        for category in CATEGORIES
    ]
    found.append(_nominal("role", [(a.role, b.role) for a, b in pairs]))
    levels = [(a.embellishment_level, b.embellishment_level) for a, b in pairs]
    found.append(_ordinal("embellishment_level", levels))
    return len(pairs), found


def _nominal(field: str, pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    counts = _coincidences(pairs)
    different = 1 - np.eye(len(counts))
    return Agreement(field, _raw(counts), _kappa(counts, different), _alpha(counts, different))


def _ordinal(field: str, pairs: Sequence[tuple[int, int]]) -> Agreement:
    counts = _coincidences(pairs)
    values = np.array(sorted({value for pair in pairs for value in pair}))
    quadratic = np.subtract.outer(values, values) ** 2
    both = counts + counts.T
    # Krippendorff's ordinal metric: how many ratings lie between two values, half of each end
    below = np.cumsum(both.sum(axis=1)) - both.sum(axis=1) / 2
    ordinal = np.subtract.outer(below, below) ** 2
    return Agreement(field, _raw(counts), _kappa(counts, quadratic), _alpha(counts, ordinal))


def _coincidences(pairs: Sequence[tuple[Hashable, Hashable]]) -> NDArray[np.float64]:
    values = sorted({value for pair in pairs for value in pair}, key=repr)
    place = {value: row for row, value in enumerate(values)}
    counts = np.zeros((len(values), len(values)))
    for a, b in pairs:
        counts[place[a], place[b]] += 1
    return counts


def _raw(counts: NDArray[np.float64]) -> float:
    return float(np.trace(counts) / counts.sum())


def _kappa(counts: NDArray[np.float64], distance: NDArray[Any]) -> float | None:
    kappa = float(weighted_kappa(counts[None], distance)[0])
    return None if np.isnan(kappa) else kappa


def _alpha(counts: NDArray[np.float64], distance: NDArray[np.float64]) -> float | None:
    """Return Krippendorff's alpha for two annotators and no missing value (2004, ch. 11)."""
    both = counts + counts.T
    marginal, total = both.sum(axis=1), both.sum()
    expected = (np.outer(marginal, marginal) - np.diag(marginal)) / (total - 1)
    chance = (distance * expected).sum()
    return float(1 - (distance * both).sum() / chance) if chance else None
