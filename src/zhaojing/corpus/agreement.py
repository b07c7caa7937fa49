"""How far two annotators agree on the same sentences, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhaojing.errors import InvalidRecords
from zhaojing.evaluation.outcomes import Integers
from zhaojing.evaluation.resampling import number, ratio
from zhaojing.evaluation.tallies import cells, weighted_kappa
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.records import LabelledSentence, Record

Codes = dict[str, tuple[Integers, int]]  # by field: whole numbers from 0, and how many there are

LEVEL = "embellishment_level"
_SQUARED = np.subtract.outer(LEVELS, LEVELS).astype(np.float64) ** 2


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
    shared = shared_records(first, second)
    one, other = (codes([s for pair in shared for s in pair[side].sentences]) for side in (0, 1))
    found = []
    for field, (values, size) in one.items():
        table = cells(values, other[field][0], size).sum(axis=0, keepdims=True)
        measured = coefficients(table, field)
        kappa, alpha = (number(measured[name][0]) for name in ("kappa", "alpha"))
        found.append(Agreement(field, float(measured["raw"][0]), kappa, alpha))
    return len(next(iter(one.values()))[0]), found


def shared_records(
    first: Sequence[Record], second: Sequence[Record]
) -> list[tuple[Record, Record]]:
    """Return the documents that both have, by ``doc_id``; raises as :func:`agreement`."""
    others = {record.doc_id: record for record in second}
    pairs = [(record, others[record.doc_id]) for record in first if record.doc_id in others]
    for one, other in pairs:
        if [s.text for s in one.sentences] != [s.text for s in other.sentences]:
            raise InvalidRecords("agreement.different", where=one.doc_id)
    if not pairs:
        raise InvalidRecords("agreement.nothing")
    return pairs


def codes(sentences: Sequence[LabelledSentence]) -> Codes:
    """Return the labels of each field as numbers."""
    found = {
        name: (np.array([int(name in s.categories) for s in sentences]), 2) for name in CATEGORIES
    }
    found["role"] = np.array([ROLES.index(s.role) for s in sentences]), len(ROLES)
    found[LEVEL] = np.array([s.embellishment_level for s in sentences]), len(LEVELS)
    return found


def coefficients(tables: Array, field: str) -> dict[str, Array]:
    """Return ``raw``, ``kappa`` and ``alpha`` of the ``(n, k, k)`` tables of a field."""
    raw = np.trace(tables, axis1=1, axis2=2) / tables.sum(axis=(1, 2))
    different = _SQUARED if field == LEVEL else 1 - np.eye(tables.shape[1])
    kappa = weighted_kappa(tables, different)
    return {"raw": raw, "kappa": kappa, "alpha": krippendorff(tables, ordinal=field == LEVEL)}


def krippendorff(tables: Array, *, ordinal: bool = False) -> Array:
    """Return Krippendorff's alpha of two annotators and no missing value (2004, ch. 11).

    ``tables`` are ``(n, k, k)``; ``nan`` where both gave one value throughout.
    """
    both = tables + tables.swapaxes(1, 2)
    marginal = both.sum(axis=2)
    distance = np.broadcast_to(1 - np.eye(tables.shape[1]), tables.shape)
    if ordinal:
        # Krippendorff's ordinal metric: how many ratings lie between two values, half of each end
        below = np.cumsum(marginal, axis=1) - marginal / 2
        distance = (below[:, :, None] - below[:, None, :]) ** 2
    # the distance of a value to itself is 0, so the diagonal needs no correction
    chance = (distance * marginal[:, :, None] * marginal[:, None, :]).sum(axis=(1, 2))
    observed = (distance * both).sum(axis=(1, 2)) * (marginal.sum(axis=1) - 1)
    return np.asarray(1 - ratio(observed, chance))
