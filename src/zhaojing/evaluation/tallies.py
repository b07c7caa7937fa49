"""Counts a document, from which every figure of labels right and wrong is computed.

All arrays have a leading axis: documents, or resamples of documents once they are combined.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from zhaojing.evaluation.outcomes import Flags, Integers, Outcomes
from zhaojing.evaluation.resampling import ratio
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, LEVELS, MAX_LEVEL, ROLES

HITS, SUPPORT, CLAIMED = range(3)
_SQUARED = np.subtract.outer(LEVELS, LEVELS).astype(np.float64) ** 2


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was right and wrong, of ``n`` documents, in summed weights."""

    sentences: Array  # (n,)
    right: Array  # (n,): practices and role right
    categories: Array  # (n, 6, 3): hits, support, claimed
    problems: Array  # (n, 6, 3): the same, counting role "problem" only
    roles: Array  # (n, 4, 4): gold by given
    levels: Array  # (n, 4, 4): gold by given
    score_error: Array  # (n,): summed |gold level / 3 - score|
    flagged: Array  # (n, 3)

    @classmethod
    def of(cls, outcomes: Outcomes, mask: Flags | None = None) -> Tallies:
        """Count the sentences of ``outcomes`` in each document; only those in the ``mask``."""
        counted = np.ones(len(outcomes)) if mask is None else mask.astype(np.float64)

        def summed(values: NDArray[np.bool_] | Array) -> Array:
            shape = (-1,) + (1,) * (values.ndim - 1)
            return outcomes.by_document(values * counted.reshape(shape))

        return cls(
            sentences=summed(np.ones(len(outcomes))),
            right=summed(outcomes.right),
            categories=summed(_hits(outcomes.categories, outcomes.given_categories)),
            problems=summed(_hits(outcomes.problem, outcomes.given_problem)),
            roles=summed(cells(outcomes.role, outcomes.given_role, len(ROLES))),
            levels=summed(cells(outcomes.level, outcomes.given_level, len(LEVELS))),
            score_error=summed(np.abs(outcomes.level / MAX_LEVEL - outcomes.score)),
            flagged=summed(_hits(outcomes.flagged, outcomes.given_flagged)),
        )

    def combine(self, weights: Array) -> Tallies:
        """Return the ``(m,)`` weighted sums that the ``(m, n)`` weights ask for."""
        values = (getattr(self, field.name) for field in fields(self))
        return Tallies(*(np.tensordot(weights, value, axes=1) for value in values))

    def plus(self, other: Tallies) -> Tallies:
        """Return the sums of both."""
        names = (field.name for field in fields(self))
        return Tallies(*(getattr(self, name) + getattr(other, name) for name in names))

    def headline(self) -> dict[str, Array]:
        """Return the figures by their names in the JSON; ``nan`` where one is undefined.

        A macro average is over the labels that occur in gold or prediction.
        """
        roles = self._role_counts()
        found = {}
        for name in ("categories", "problems"):
            counts: Array = getattr(self, name)
            found[f"{name}.macro_f1"] = _mean(f1(counts))
            found[f"{name}.micro_f1"] = f1(counts.sum(axis=1))
        return found | {
            "right": ratio(self.right, self.sentences),
            "role.accuracy": ratio(roles[..., HITS].sum(axis=1), self.sentences),
            "role.macro_f1": _mean(f1(roles)),
            "embellishment.quadratic_kappa": weighted_kappa(self.levels, _SQUARED),
            "embellishment.mean_absolute_error": ratio(self.score_error, self.sentences),
            "flagged.precision": precision(self.flagged),
            "flagged.recall": recall(self.flagged),
            "flagged.f1": f1(self.flagged),
        }

    def per_label(self) -> dict[str, Array]:
        """Return precision, recall and F1 of each label by their names in the JSON."""
        groups = (
            ("categories", CATEGORIES, self.categories),
            ("problems", CATEGORIES, self.problems),
            ("role", ROLES, self._role_counts()),
        )
        return {
            f"{group}.per_label.{label}.{name}": measure(counts[:, column])
            for group, labels, counts in groups
            for column, label in enumerate(labels)
            for name, measure in (("precision", precision), ("recall", recall), ("f1", f1))
        }

    def _role_counts(self) -> Array:
        hits = np.diagonal(self.roles, axis1=1, axis2=2)
        return np.stack([hits, self.roles.sum(axis=2), self.roles.sum(axis=1)], axis=2)


def precision(counts: Array) -> Array:
    """Return hits / claimed of ``(..., 3)`` counts."""
    return ratio(counts[..., HITS], counts[..., CLAIMED])


def recall(counts: Array) -> Array:
    """Return hits / support of ``(..., 3)`` counts."""
    return ratio(counts[..., HITS], counts[..., SUPPORT])


def f1(counts: Array) -> Array:
    """Return 2 hits / (support + claimed) of ``(..., 3)`` counts."""
    return ratio(2 * counts[..., HITS], counts[..., SUPPORT] + counts[..., CLAIMED])


def weighted_kappa(tables: Array, distance: Array) -> Array:
    """Return Cohen's kappa of ``(n, k, k)`` tables with ``distance`` as weights (Cohen 1968)."""
    margins = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    size = tables.sum(axis=(1, 2))
    chance = ratio((distance * margins).sum(axis=(1, 2)), size)
    return np.asarray(1 - ratio((distance * tables).sum(axis=(1, 2)), chance))


def cells(gold: Integers, given: Integers, size: int) -> Array:
    """Return ``(n, size, size)`` tables that hold one 1 each: row gold, column given."""
    one = np.eye(size)
    return np.asarray(one[gold][:, :, None] * one[given][:, None, :])


def _hits(gold: Flags, given: Flags) -> NDArray[np.bool_]:
    return np.stack([gold & given, gold, given], axis=-1)


def _mean(values: Array) -> Array:
    return ratio(np.nansum(values, axis=-1), (~np.isnan(values)).sum(axis=-1))
