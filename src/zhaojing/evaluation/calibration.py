"""How far stated probabilities are from what happens: reliability, calibration error, Brier score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zhaojing.evaluation.outcomes import Integers, Outcomes
from zhaojing.evaluation.resampling import Figure, Statistic, ratio
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, MAX_LEVEL

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Sentences whose stated probabilities are neighbours: what was stated, what happened."""

    low: float  # smallest and largest probability stated
    high: float
    stated: float  # means, in [0, 1]
    happened: float
    sentences: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of (nearly) equal size with the adaptive calibration error and the Brier score."""

    bins: tuple[Bin, ...]
    calibration_error: Figure
    brier: Figure


def calibration(outcomes: Outcomes) -> Statistic:
    """Return the statistic of calibration errors and Brier scores, of each head and practice.

    Those of the practices together are the mean over the six. The calibration error of the roles
    is of the probability of the role given, their Brier score the sum over the four (Brier
    1950), in [0, 2]. Embellishment is the score against level / 3. The bins are those of the
    data at hand in every resample. Chance opens gaps and closes none, so calibration errors
    of few sentences are too high, and those of resamples higher still: read their intervals so.
    """
    heads = _stated_and_happened(outcomes)
    gaps = {name: _gaps(outcomes, *pair) for name, pair in heads.items()}
    squares = {
        name: outcomes.by_document((stated - happened) ** 2)
        for name, (stated, happened) in heads.items()
    }
    if outcomes.stated:
        truth = np.eye(outcomes.role_scores.shape[1])[outcomes.role]
        squares["role"] = outcomes.by_document(((outcomes.role_scores - truth) ** 2).sum(axis=1))
    size = outcomes.by_document(np.ones(len(outcomes)))

    def statistic(weights: Array) -> dict[str, Array]:
        total = weights @ size
        found = {}
        for name, gap in gaps.items():
            found[f"{name}.calibration_error"] = ratio(np.abs(weights @ gap).sum(axis=1), total)
            found[f"{name}.brier"] = ratio(weights @ squares[name], total)
        for measure in ("calibration_error", "brier"):
            single = [
                found.get(f"categories.per_label.{c}.{measure}", np.full(len(weights), np.nan))
                for c in CATEGORIES
            ]
            found[f"categories.{measure}"] = np.mean(single, axis=0)
            for name in ("role", "embellishment"):
                found.setdefault(f"{name}.{measure}", np.full(len(weights), np.nan))
        return found

    return statistic


def reliability(outcomes: Outcomes, figures: Mapping[str, Figure]) -> dict[str, Reliability]:
    """Return the bins behind the figures: by ``categories.ID``, ``role``, ``embellishment``."""
    found = {}
    for name, (stated, happened) in _stated_and_happened(outcomes).items():
        bins = []
        placed = adaptive_bins(stated)
        for place in np.unique(placed):
            rows = placed == place
            weight = outcomes.weight[rows]
            bins.append(
                Bin(
                    low=float(stated[rows].min()),
                    high=float(stated[rows].max()),
                    stated=float(np.average(stated[rows], weights=weight)),
                    happened=float(np.average(happened[rows], weights=weight)),
                    sentences=int(rows.sum()),
                )
            )
        found[name.replace(".per_label", "")] = Reliability(
            tuple(bins), figures[f"{name}.calibration_error"], figures[f"{name}.brier"]
        )
    return found


def adaptive_bins(stated: Array, bins: int = BINS) -> Integers:
    """Return the bin of each of ``(n,)`` probabilities, n > 0: bins of (nearly) equal size.

    Equal size, not equal width, since most probabilities lie near 0 (Nixon et al. 2019, CVPR
    workshops). Equal probabilities share a bin, so that the order of sentences does not matter.
    """
    values, group, counts = np.unique(stated, return_inverse=True, return_counts=True)
    del values
    middle = np.cumsum(counts) - (counts + 1) // 2
    sizes = [len(part) for part in np.array_split(stated, min(bins, len(stated)))]
    return np.asarray(np.repeat(np.arange(len(sizes)), sizes)[middle][group], dtype=np.int64)


def _gaps(outcomes: Outcomes, stated: Array, happened: Array) -> Array:
    """Return ``(documents, bins)``: summed stated - happened."""
    placed = adaptive_bins(stated)
    return outcomes.by_document(np.eye(BINS)[placed] * (stated - happened)[:, None])


def _stated_and_happened(outcomes: Outcomes) -> dict[str, tuple[Array, Array]]:
    if not outcomes.stated:
        return {}
    rows = np.arange(len(outcomes))
    right = outcomes.role == outcomes.given_role
    pairs = {
        f"categories.per_label.{name}": (
            outcomes.category_scores[:, column],
            outcomes.categories[:, column].astype(np.float64),
        )
        for column, name in enumerate(CATEGORIES)
    }
    pairs["role"] = outcomes.role_scores[rows, outcomes.given_role], right.astype(np.float64)
    pairs["embellishment"] = outcomes.score, outcomes.level / MAX_LEVEL
    return pairs
