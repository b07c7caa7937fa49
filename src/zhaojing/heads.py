"""From logits to calibrated probabilities to labels: what every kind of model shares.

Outputs stand in fixed columns: six categories, four roles, then three level thresholds, where
the last are cumulative, ``P(level > 0)``, ``P(level > 1)``, ``P(level > 2)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES, Role

Array = NDArray[np.float64]

N_CATEGORIES, N_ROLES = len(CATEGORIES), len(ROLES)
N_OUTPUTS = N_CATEGORIES + N_ROLES + MAX_LEVEL
# level 2 is where the guideline speaks of clear exaggeration
FLAG_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Logits:
    """Raw outputs of ``n`` sentences: ``(n, 6)``, ``(n, 4)`` and cumulative ``(n, 3)``."""

    categories: Array
    roles: Array
    levels: Array

    @classmethod
    def from_columns(cls, columns: NDArray[Any]) -> Logits:
        """Cut an ``(n, 13)`` array into the three heads."""
        wide = columns.astype(np.float64)
        return cls(*np.split(wide, [N_CATEGORIES, N_CATEGORIES + N_ROLES], axis=1))

    def columns(self) -> Array:
        """Return the three heads side by side, ``(n, 13)``."""
        return np.concatenate([self.categories, self.roles, self.levels], axis=1)

    def take(self, rows: NDArray[np.bool_]) -> Logits:
        """Return the logits of some sentences."""
        return Logits(self.categories[rows], self.roles[rows], self.levels[rows])


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Calibrated outputs: independent ``(n, 6)``, summing to one ``(n, 4)``, score ``(n,)``."""

    categories: Array
    roles: Array
    embellishment: Array


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of the binary heads, temperature of the role head.

    ``slope`` and ``intercept`` have one value a category, then one a level threshold
    (Platt 1999; Guo et al. 2017).
    """

    slope: tuple[float, ...] = (1.0,) * (N_CATEGORIES + MAX_LEVEL)
    intercept: tuple[float, ...] = (0.0,) * (N_CATEGORIES + MAX_LEVEL)
    temperature: float = 1.0

    def __post_init__(self) -> None:
        size = N_CATEGORIES + MAX_LEVEL
        sound = len(self.slope) == len(self.intercept) == size and self.temperature > 0
        if not (
            sound and all(map(math.isfinite, (*self.slope, *self.intercept, self.temperature)))
        ):
            raise ValueError(
                f"calibration needs {size} slopes and intercepts and a temperature > 0"
            )

    def apply(self, logits: Logits) -> Probabilities:
        """Return calibrated probabilities and the expected level / 3."""
        binary = np.concatenate([logits.categories, logits.levels], axis=1)
        scaled = sigmoid(binary * np.array(self.slope) + np.array(self.intercept))
        # P(level > k) cannot rise with k
        exceed = np.minimum.accumulate(scaled[:, N_CATEGORIES:], axis=1)
        return Probabilities(
            categories=scaled[:, :N_CATEGORIES],
            roles=softmax(logits.roles / self.temperature),
            embellishment=exceed.sum(axis=1) / MAX_LEVEL,
        )


NEVER = 2.0  # a threshold that no probability reaches


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A category is given from its threshold on; praise is flagged from ``embellishment`` on."""

    categories: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0.5))
    embellishment: float = (FLAG_LEVEL - 0.5) / MAX_LEVEL


def decide_roles(probabilities: Probabilities, over: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the index of each sentence's role; ``over`` says which categories it may get.

    A sentence with the role ``other`` has no category, so a category over its threshold and that
    role contradict each other: the likelier of the two stands.
    """
    other = ROLES.index(Role.OTHER)
    best = probabilities.roles.argmax(axis=1)
    without_other = np.delete(probabilities.roles, other, axis=1).argmax(axis=1)
    without_other += without_other >= other
    strongest = np.where(over, probabilities.categories, 0.0).max(axis=1)
    overruled = (best == other) & (strongest > probabilities.roles[:, other])
    return np.asarray(np.where(overruled, without_other, best), dtype=np.int64)


def sigmoid(x: Array) -> Array:
    """Return the logistic function of ``x`` without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), dtype=np.float64)


def softmax(x: Array) -> Array:
    """Return ``x`` turned into probabilities along its last axis."""
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)
