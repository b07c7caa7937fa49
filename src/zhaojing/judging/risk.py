"""One number to order a pile by, with its reasons and its interval (decision 0009)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from zhaojing.heads import Array
from zhaojing.judging.grid import Grid
from zhaojing.judging.praise import proofs
from zhaojing.labels import Role
from zhaojing.screening import ScreenedSentence

FEWEST = 10  # sentences below which no index is given
# part -> points at most, and the share of the report at which they are reached
PARTS = {
    "praise": (35, 0.40),
    "unproven": (15, 0.20),
    "displayed": (20, 0.10),
    "copied": (20, 0.50),
    "unanswered": (10, 1.00),
}
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Risk:
    """The index of a report, 0 to 100, and its 95 % interval.

    ``shares`` has the share behind each part of :data:`PARTS`, in [0, 1]: ``praise`` expected of
    all sentences, ``unproven`` the part of it in sentences where nothing can be checked,
    ``displayed`` the sentences expected to show a practice as an achievement, ``copied`` the
    characters that also stand in another report, ``unanswered`` the practices told as a problem
    without a measure, of all that are told. ``points`` is what each adds.

    Expected means summed probabilities, which are less biased than counts over a threshold
    (probabilistic classify and count, Bella et al. 2010, ICDM). The interval is what comes out
    when sentences are drawn with these probabilities: the model's own doubt, not its errors.
    """

    index: float
    low: float
    high: float
    shares: dict[str, float]
    points: dict[str, float]


def risk(
    sentences: Sequence[ScreenedSentence], grid: Grid, copied: float, off: Collection[str] = ()
) -> Risk | None:
    """Return the index, ``None`` for fewer than :data:`FEWEST` sentences.

    ``copied`` is the share of the text that also stands in another report, in [0, 1]; the
    categories in ``off`` do not count.
    """
    size = len(sentences)
    if size < FEWEST:
        return None
    praised = np.array([0 if s.allowed else s.prediction.embellishment_score for s in sentences])
    unproven = np.array([not proofs(item.sentence.text) for item in sentences])
    displayed = np.array([_displayed(item, off) for item in sentences])
    told = len(tuple(grid.told()))
    fixed = {"copied": copied, "unanswered": len(grid.unanswered()) / told if told else 0.0}
    shares = fixed | {
        "praise": float(praised.mean()),
        "unproven": float(praised[unproven].sum() / size),
        "displayed": float(displayed.mean()),
    }
    rng = np.random.default_rng(0)
    praise_drawn = rng.random((_DRAWS, size)) < praised
    drawn = {name: np.full(_DRAWS, share) for name, share in fixed.items()} | {
        "praise": praise_drawn.mean(axis=1),
        "unproven": praise_drawn[:, unproven].sum(axis=1) / size,
        "displayed": (rng.random((_DRAWS, size)) < displayed).mean(axis=1),
    }
    totals = np.sum([_points(name, drawn[name]) for name in PARTS], axis=0)
    low, high = (float(end) for end in np.percentile(totals, [2.5, 97.5]))
    points = {name: float(_points(name, np.array(shares[name]))) for name in PARTS}
    index = sum(points.values())
    # a share over its ceiling can only be drawn lower
    return Risk(index, min(low, index), max(high, index), shares, points)


def _displayed(item: ScreenedSentence, off: Collection[str]) -> float:
    """Return the probability that a sentence shows a practice, and as an achievement."""
    if item.allowed:
        return 0.0
    scores = (score for name, score in item.prediction.category_scores.items() if name not in off)
    return max(scores, default=0.0) * item.prediction.role_scores[Role.ACHIEVEMENT]


def _points(part: str, share: Array) -> Array:
    most, full = PARTS[part]
    return np.asarray(most * np.minimum(share / full, 1.0), dtype=np.float64)
