"""How far stated probabilities are from what happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Prediction
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, MAX_LEVEL
from zhaojing.records import LabelledSentence

BINS = 15


def calibration_errors(
    gold: Sequence[LabelledSentence], predictions: Sequence[Prediction]
) -> dict[str, float | None]:
    """Return the adaptive calibration error of each head, in [0, 1].

    For the practices the mean over the six; for the roles of the probability of the role given;
    for the embellishment of the score against level / 3. ``None`` where a prediction states no
    probability.
    """
    if not all(p.category_scores and p.role_scores for p in predictions):
        return dict.fromkeys(("categories", "role", "embellishment"))
    practices = [
        adaptive_error(
            np.array([p.category_scores[name] for p in predictions]),
            np.array([name in s.categories for s in gold], dtype=np.float64),
        )
        for name in CATEGORIES
    ]
    right = [s.role == p.role for s, p in zip(gold, predictions, strict=True)]
    levels = np.array([s.embellishment_level for s in gold]) / MAX_LEVEL
    return {
        "categories": float(np.mean(practices)),
        "role": adaptive_error(
            np.array([p.role_scores[p.role] for p in predictions]),
            np.array(right, dtype=np.float64),
        ),
        "embellishment": adaptive_error(
            np.array([p.embellishment_score for p in predictions]), levels
        ),
    }


def adaptive_error(stated: Array, happened: NDArray[np.float64], bins: int = BINS) -> float:
    """Return the mean gap between ``stated`` and ``happened`` over ``bins`` of equal size.

    Equal size, not equal width, since most probabilities lie near 0 (Nixon et al. 2019, CVPR
    workshops). Both have shape ``(n,)``, n > 0.
    """
    order = np.argsort(stated, kind="stable")
    gaps = [
        abs(stated[part].mean() - happened[part].mean()) * len(part)
        for part in np.array_split(order, min(bins, len(order)))
    ]
    return float(sum(gaps) / len(order))
