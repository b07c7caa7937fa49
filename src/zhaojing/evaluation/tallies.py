"""Counts a document, from which every metric and its bootstrap interval are computed.

All arrays have a leading axis: documents, or resamples of documents once they are combined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Prediction, is_flagged
from zhaojing.heads import FLAG_LEVEL, Array
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES, Role
from zhaojing.records import LabelledSentence, Record

HITS, SUPPORT, CLAIMED = range(3)
_LEVELS = MAX_LEVEL + 1
_SQUARED = np.subtract.outer(np.arange(_LEVELS), np.arange(_LEVELS)) ** 2
_BLOCK = 500  # resamples at once, so that memory stays small
FEWEST = 10  # documents; an interval from fewer would claim what it does not know


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was right and wrong, of ``n`` documents."""

    sentences: Array  # (n,)
    categories: Array  # (n, 6, 3): hits, support, claimed
    problems: Array  # (n, 6, 3): the same, counting role "problem" only
    roles: Array  # (n, 4, 4): gold by given
    levels: Array  # (n, 4, 4): gold by given
    score_error: Array  # (n,): summed |gold level / 3 - score|
    flagged: Array  # (n, 3)

    @classmethod
    def of(cls, records: Sequence[Record], predictions: Sequence[Prediction]) -> Tallies:
        """Count each document of ``records``; ``predictions`` are of all sentences, in order."""
        given = iter(predictions)
        rows = [_count([(s, next(given)) for s in record.sentences]) for record in records]
        return cls(*(np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)))

    def combine(self, weights: Array) -> Tallies:
        """Return the ``(m,)`` weighted sums that the ``(m, n)`` weights ask for."""
        values = (getattr(self, field.name) for field in fields(self))
        return Tallies(*(np.tensordot(weights, value, axes=1) for value in values))

    def total(self) -> Tallies:
        """Return the sum over all documents, still with a leading axis."""
        return self.combine(np.ones((1, len(self.sentences))))

    def role_counts(self) -> Array:
        """Return ``(n, 4, 3)`` hits, support and claims of the roles."""
        hits = np.diagonal(self.roles, axis1=1, axis2=2)
        return np.stack([hits, self.roles.sum(axis=2), self.roles.sum(axis=1)], axis=2)

    def headline(self) -> dict[str, Array]:
        """Return the metrics by their names in the JSON; ``nan`` where one is undefined."""
        role_counts = self.role_counts()
        found = {}
        for name in ("categories", "problems"):
            counts: Array = getattr(self, name)
            found[f"{name}.macro_f1"] = _mean(f1(counts))
            found[f"{name}.micro_f1"] = f1(counts.sum(axis=1))
        return found | {
            "role.accuracy": _ratio(role_counts[..., HITS].sum(axis=1), self.sentences),
            "role.macro_f1": _mean(f1(role_counts)),
            "embellishment.quadratic_kappa": weighted_kappa(self.levels, _SQUARED),
            "embellishment.mean_absolute_error": _ratio(self.score_error, self.sentences),
            "flagged.precision": precision(self.flagged),
            "flagged.recall": recall(self.flagged),
            "flagged.f1": f1(self.flagged),
        }


def bootstrap(
    tallies: Tallies, *, resamples: int = 10_000, coverage: float = 0.95, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return percentile intervals of the headline metrics, documents drawn with replacement.

    Sentences of a document resemble each other, so whole documents are drawn (Efron & Tibshirani
    1993, chapter 13). A resample that leaves a metric undefined does not count towards it. Fewer
    than ten documents have no interval.
    """
    documents = len(tallies.sentences)
    if documents < FEWEST:
        return {}
    rng = np.random.default_rng(seed)
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    blocks = []
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        weights = rng.multinomial(documents, np.full(documents, 1 / documents), size=size)
        blocks.append(tallies.combine(weights.astype(np.float64)).headline())
    found = {}
    for name in blocks[0]:
        values = np.concatenate([block[name] for block in blocks])
        if not np.isnan(values).all():
            low, high = np.nanquantile(values, tails)
            found[name] = (float(low), float(high))
    return found


def precision(counts: Array) -> Array:
    """Return hits / claimed of ``(..., 3)`` counts."""
    return _ratio(counts[..., HITS], counts[..., CLAIMED])


def recall(counts: Array) -> Array:
    """Return hits / support of ``(..., 3)`` counts."""
    return _ratio(counts[..., HITS], counts[..., SUPPORT])


def f1(counts: Array) -> Array:
    """Return 2 hits / (support + claimed) of ``(..., 3)`` counts."""
    return _ratio(2 * counts[..., HITS], counts[..., SUPPORT] + counts[..., CLAIMED])


def weighted_kappa(tables: Array, distance: NDArray[Any]) -> Array:
    """Return Cohen's kappa of ``(n, k, k)`` tables with ``distance`` as weights (Cohen 1968)."""
    margins = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    size = tables.sum(axis=(1, 2))
    chance = _ratio((distance * margins).sum(axis=(1, 2)), size)
    agreement: Array = 1 - _ratio((distance * tables).sum(axis=(1, 2)), chance)
    return agreement


def gold_flagged(sentence: LabelledSentence) -> bool:
    """Tell whether the gold labels call for a flag: a practice not remedied, or level 2 and up."""
    return is_flagged(sentence.categories, sentence.role, sentence.embellishment_level, FLAG_LEVEL)


def to_levels(scores: NDArray[Any]) -> NDArray[np.int64]:
    """Round scores in [0, 1] to the nearest of the levels 0–3; halves go up."""
    return np.floor(scores * MAX_LEVEL + 0.5).astype(np.int64)


def _count(pairs: Sequence[tuple[LabelledSentence, Prediction]]) -> tuple[Any, ...]:
    categories, problems = np.zeros((2, len(CATEGORIES), 3))
    roles, levels = np.zeros((len(ROLES), len(ROLES))), np.zeros((_LEVELS, _LEVELS))
    error, flagged = 0.0, np.zeros(3)
    for gold, given in pairs:
        _add(categories, gold.categories, given.categories)
        _add(
            problems,
            gold.categories if gold.role == Role.PROBLEM else (),
            given.categories if given.role == Role.PROBLEM else (),
        )
        roles[ROLES.index(gold.role), ROLES.index(given.role)] += 1
        score = given.embellishment_score
        levels[gold.embellishment_level, int(to_levels(np.array(score)))] += 1
        error += abs(gold.embellishment_level / MAX_LEVEL - score)
        true = gold_flagged(gold)
        flagged += (true and given.flagged, true, given.flagged)
    return len(pairs), categories, problems, roles, levels, error, flagged


def _add(counts: Array, gold: Sequence[str], given: Sequence[str]) -> None:
    for row, name in enumerate(CATEGORIES):
        counts[row] += (name in gold and name in given, name in gold, name in given)


def _ratio(above: Array, below: Array) -> Array:
    ratio: Array = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return ratio


def _mean(values: Array) -> Array:
    """Average over the last axis what is defined: labels that occur in gold or prediction."""
    return _ratio(np.nansum(values, axis=-1), (~np.isnan(values)).sum(axis=-1))
