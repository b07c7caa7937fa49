"""Fit calibration and thresholds on held-out logits, for any kind of model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from zhaojing.heads import (
    FLAG_LEVEL,
    NEVER,
    Array,
    Calibration,
    Logits,
    Probabilities,
    Thresholds,
    decide_roles,
    softmax,
)
from zhaojing.labels import CATEGORIES, ROLES, Role
from zhaojing.mode import MODES, Mode
from zhaojing.model_folder import Manifest
from zhaojing.training.examples import Targets

_FEW = 10  # positives below which a head is left as it is
PRECISION = 0.95  # what the cautious thresholds promise on the data they were fitted on

# from precision and recall at every cut to what is to be highest
Rule = Callable[[Array, Array], Array]


def f_score(beta: float) -> Rule:
    """Return the F score that counts recall ``beta`` times as much (van Rijsbergen 1979)."""
    square = beta * beta

    def score(precision: Array, recall: Array) -> Array:
        below = square * precision + recall
        return np.divide(
            (1 + square) * precision * recall, below, out=np.zeros_like(below), where=below > 0
        )

    return score


def _precise(precision: Array, recall: Array) -> Array:
    return np.where(precision >= PRECISION, recall, 0.0)


RULES: dict[Mode, Rule] = {
    "cautious": _precise,
    "balanced": f_score(1),
    "sensitive": f_score(2),
}


def calibrate(kind: str, context: bool, logits: Logits, targets: Targets) -> Manifest:
    """Return a manifest with the calibration and the thresholds that fit ``logits`` best."""
    calibration = fit_calibration(logits, targets)
    probabilities = calibration.apply(logits)
    thresholds = {mode: choose_thresholds(probabilities, targets, RULES[mode]) for mode in MODES}
    return Manifest(kind, context, thresholds=thresholds, calibration=calibration)


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


def choose_thresholds(probabilities: Probabilities, targets: Targets, rule: Rule) -> Thresholds:
    """Return the thresholds that are best by ``rule``: a category's, its role decided too, the flag's.

    A threshold lies midway between the two scores it separates. Whether a sentence may have a
    category at all depends on the thresholds in turn, so they are chosen twice. Where fewer than
    ten gold sentences have the label, the default stays.
    """
    over = np.ones_like(targets.categories)
    limits = np.full(over.shape[1], 0.5)
    for _ in range(2):
        may = decide_roles(probabilities, over) != ROLES.index(Role.OTHER)
        for index, truth in enumerate(targets.categories.T):
            if truth.sum() >= _FEW:
                scores = np.where(may, probabilities.categories[:, index], 0.0)
                limits[index] = _best(scores, truth, rule)
        over = probabilities.categories >= limits
    praised = targets.levels >= FLAG_LEVEL
    praise = Thresholds().embellishment
    if praised.sum() >= _FEW:
        praise = _best(probabilities.embellishment, praised, rule)
    return Thresholds(dict(zip(CATEGORIES, limits.tolist(), strict=True)), praise)


def _best(scores: Array, truth: NDArray[np.bool_], rule: Rule) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(truth[order])
    value = rule(hits / np.arange(1, len(hits) + 1), hits / truth.sum())
    value[:-1][ranked[:-1] == ranked[1:]] = 0  # a threshold cannot part equal scores
    best = int(value.argmax())
    if hits[best] < _FEW or value[best] == 0:
        return NEVER
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return round(float((ranked[best] + below) / 2), 6)
