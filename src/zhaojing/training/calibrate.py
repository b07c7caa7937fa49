"""Fit calibration and thresholds on held-out logits, for any kind of model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from zhaojing.heads import Calibration, Logits, Thresholds, decide_roles, softmax
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES, Role
from zhaojing.records import LabelledSentence, Record

_FEW = 10  # positives below which a head is left as it is


@dataclass(frozen=True, slots=True)
class Targets:
    """Gold labels as arrays: ``(n, 6)`` booleans, ``(n,)`` role indices, ``(n,)`` levels."""

    categories: NDArray[np.bool_]
    roles: NDArray[np.int64]
    levels: NDArray[np.int64]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Targets:
        """Collect the labels of all sentences of ``records``, in order."""
        gold: list[LabelledSentence] = [s for record in records for s in record.sentences]
        return cls(
            np.array([[name in s.categories for name in CATEGORIES] for s in gold], dtype=np.bool_),
            np.array([ROLES.index(s.role) for s in gold], dtype=np.int64),
            np.array([s.embellishment_level for s in gold], dtype=np.int64),
        )

    def binary(self) -> NDArray[np.bool_]:
        """Return the targets of the binary heads: categories, then level > 0, 1, 2."""
        exceed = self.levels[:, None] > np.arange(MAX_LEVEL)
        return np.concatenate([self.categories, exceed], axis=1)


def fit_calibration(logits: Logits, targets: Targets) -> Calibration:
    """Fit Platt scaling per binary head and one temperature for the roles."""
    columns = np.concatenate([logits.categories, logits.levels], axis=1)
    slope, intercept = [], []
    for column, truth in zip(columns.T, targets.binary().T, strict=True):
        a, b = 1.0, 0.0
        if _FEW <= truth.sum() <= len(truth) - _FEW:
            # C: next to no regularisation, two parameters need none
            platt = LogisticRegression(C=1e6).fit(column[:, None], truth)
            # a head that ranks backwards on so few sentences has learnt nothing to rescale
            if platt.coef_[0, 0] > 0:
                a, b = float(platt.coef_[0, 0]), float(platt.intercept_[0])
        slope.append(round(a, 6))
        intercept.append(round(b, 6))

    def loss(log_temperature: float) -> float:
        probability = softmax(logits.roles / np.exp(log_temperature))
        chosen = probability[np.arange(len(targets.roles)), targets.roles]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    best = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return Calibration(tuple(slope), tuple(intercept), round(float(np.exp(best.x)), 6))


def choose_thresholds(logits: Logits, targets: Targets, calibration: Calibration) -> Thresholds:
    """Return for each category the threshold of maximum F1, its role taken into account.

    The threshold lies midway between the two scores it separates. A category with fewer than
    ten gold sentences keeps 0.5.
    """
    probabilities = calibration.apply(logits)
    anything = np.ones_like(probabilities.categories, dtype=np.bool_)
    eligible = decide_roles(probabilities, anything) != ROLES.index(Role.OTHER)
    chosen = {}
    for index, name in enumerate(CATEGORIES):
        truth = targets.categories[:, index]
        chosen[name] = 0.5
        if truth.sum() >= _FEW:
            scores = np.where(eligible, probabilities.categories[:, index], 0.0)
            chosen[name] = round(_max_f1(scores, truth), 6)
    return Thresholds(categories=chosen)


def _max_f1(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0  # a threshold cannot part equal scores
    best = int(f1.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)
