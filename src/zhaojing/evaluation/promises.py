"""What a labelled sample promises about a share, such as a precision or a recall.

A promise is a test: it is given where the share of right ones in the sample would be too good to
be true, had the true share been below the wanted one (Clopper & Pearson 1934, Biometrika 26:
404-413). Two things make the sample worth less than its size. Sentences of one document are alike,
so the second of them tells less than the first; and a stratified sample counts some sentences
more than others. Both are put into the *effective size*, the number of independent sentences that
would tell as much (Gabler, Häder & Lahiri 1999, Survey Methodology 25: 105-106), and the exact
test is made with that size (Korn & Graubard 1998, Survey Methodology 24: 193-201).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhaojing.heads import Array

Marks = NDArray[np.bool_]
_HALVINGS = 50
_MOST = 1024  # times the present sample


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample says about one share.

    Attributes
    ----------
    counted, right
        How many sentences count for it, and how many of them are right.
    share
        The weighted share of right ones, in [0, 1]; ``nan`` if none counts.
    size
        The effective size, at most ``counted``.
    """

    counted: int
    right: int
    share: float
    size: float

    def doubt(self, wanted: float) -> float:
        """Return the chance of so many right ones, or more, if the share were ``wanted``."""
        return tail(self.share * self.size, self.size, wanted) if self.counted else 1.0

    def lower(self, confidence: float) -> float:
        """Return the lower bound of the share, one-sided."""
        return lower_bound(self.share * self.size, self.size, confidence) if self.counted else 0.0

    def upper(self, confidence: float) -> float:
        """Return the upper bound of the share, one-sided."""
        wrong = (1 - self.share) * self.size
        return 1 - lower_bound(wrong, self.size, confidence) if self.counted else 1.0

    def missing(self, wanted: float, confidence: float) -> float | None:
        """Return how many times the present sample it would take, at the present share.

        ``None`` where no number would do, or none that anybody could label: the share is too low.
        """

        def enough(times: float) -> bool:
            size = self.size * times
            return tail(self.share * size, size, wanted) <= 1 - confidence

        high = 1.0
        while self.counted and high < _MOST and not enough(high):
            high *= 2
        if not self.counted or not enough(high):
            return None
        low = high / 2
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high


def weigh(
    counted: Marks, right: Marks, weights: Array, documents: NDArray[np.int64], wanted: float
) -> list[Evidence]:
    """Return the evidence for each of ``k`` related shares, as of the same labels at ``k`` cuts.

    ``counted`` and ``right`` have shape ``(k, n)``; ``weights`` (positive) and ``documents``
    (numbers from 0) have shape ``(n,)``. How alike the sentences of a document are is
    estimated once, at the cut whose share is nearest to ``wanted``, the case that tests guard
    against.
    """
    right = right & counted
    total, hits = (counted * weights).sum(axis=1), (right * weights).sum(axis=1)
    share = np.divide(hits, total, out=np.full(len(total), np.nan), where=total > 0)
    alike = 1.0
    if total.any():
        nearest = int(np.nanargmin(np.abs(share - wanted)))
        here = counted[nearest]
        alike = likeness(right[nearest][here], documents[here])
    return [
        Evidence(
            counted=int(c.sum()),
            right=int(r.sum()),
            share=float(s),
            size=effective_size(weights[c], documents[c], alike),
        )
        for c, r, s in zip(counted, right, share, strict=True)
    ]


def likeness(right: Marks, documents: NDArray[np.int64]) -> float:
    """Return the intraclass correlation of ``right`` within documents, in [0, 1].

    The estimator of the analysis of variance (Donner 1986, International Statistical Review 54:
    67-82). Where the sample says nothing of it, because all are right, all are wrong, or
    there is one document, 1 is returned: then a document counts as one sentence.
    """
    sizes = np.bincount(documents)
    hits = np.bincount(documents, weights=right)[sizes > 0]
    sizes = sizes[sizes > 0]
    groups, n = len(sizes), int(sizes.sum())
    mean = hits.sum() / n
    if groups == n:
        return 0.0
    if groups < 2 or mean in (0.0, 1.0):
        return 1.0
    shares = hits / sizes
    between = float((sizes * (shares - mean) ** 2).sum() / (groups - 1))
    within = float((sizes * shares * (1 - shares)).sum() / (n - groups))
    usual = (n - (sizes**2).sum() / n) / (groups - 1)
    return float(np.clip((between - within) / (between + (usual - 1) * within), 0.0, 1.0))


def effective_size(weights: Array, documents: NDArray[np.int64], alike: float) -> float:
    """Return how many independent sentences of equal weight would tell as much."""
    if not len(weights):
        return 0.0
    single = float((weights**2).sum())
    together = float((np.bincount(documents, weights=weights) ** 2).sum())
    return float(weights.sum()) ** 2 / ((1 - alike) * single + alike * together)


def likeliest(steps: Sequence[Evidence], hoped: Sequence[float], wanted: float) -> int:
    """Return the step at which a promise is likeliest if the shares were as ``hoped``."""
    doubts = [
        tail(share * step.size, step.size, wanted) if step.counted else 1.0
        for step, share in zip(steps, hoped, strict=True)
    ]
    return int(np.argmin(doubts))


def last_promised(steps: Sequence[Evidence], wanted: float, confidence: float) -> int | None:
    """Return the last of ``steps``, from the safest on, whose share is promised to be ``wanted``.

    Fixed-sequence testing, the way of "Learn then Test" that suits thresholds (Angelopoulos et
    al. 2021, arXiv:2110.01052): each step is tested at the full level, and the first that fails
    ends it. So a wrong promise needs the first bad step to pass its test, which happens
    with a chance of at most ``1 - confidence``. The labels may have no say in where it begins.
    """
    last = None
    for number, step in enumerate(steps):
        if step.doubt(wanted) > 1 - confidence:
            break
        last = number
    return last


def lower_bound(hits: float, size: float, confidence: float) -> float:
    """Return the one-sided bound of Clopper and Pearson; ``size`` need not be whole."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if tail(hits, size, middle) > 1 - confidence else (middle, high)
    return low


def tail(hits: float, size: float, share: float) -> float:
    """Return the chance of ``hits`` or more in ``size`` trials that succeed with chance ``share``.

    The regularised incomplete beta function I(hits, size - hits + 1), which is the binomial tail
    and extends it to sizes that are not whole (DLMF 8.17.5).
    """
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    return _beta(share, hits, size - hits + 1)


def _beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b) by its continued fraction (DLMF 8.17.22), from its far end back."""
    if x > (a + 1) / (a + b + 2):  # there the fraction of the other side converges faster
        return 1 - _beta(1 - x, b, a)
    rest = 1.0
    for m in range(30 + 3 * math.isqrt(int(a + b)), 0, -1):  # converges in O(sqrt(a + b)) terms
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        rest = 1 + even / (1 + odd / rest)
    first = 1 - (a + b) * x / ((a + 1) * rest)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / (a * first)
