"""The same deed told of, or by, other people: does the model judge both alike?

Each pair tells one deed twice: of a village and of a ministry, by a clumsy and by a skilled
writer, in the idiom of 2008 and of 2026, in dialect and in standard language. The counterfactual
is in the data (Garg et al. 2019, AIES), so what differs is the model's doing. Every difference is
the mean over *a* less the mean over *b*, with a paired bootstrap interval over the pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhaojing.classifier import Classifier, Prediction
from zhaojing.errors import InvalidRecords
from zhaojing.evaluation.behaviour import classify_apart
from zhaojing.evaluation.cases import Excerpt, Fields, read_headed
from zhaojing.evaluation.resampling import FEW_SENTENCES, interval, resample
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.records import Fault, FaultyRecords

AXES = ("rank", "skill", "era", "dialect")
MEASURES = ("flagged", "score", "categories_right", "role_right")


@dataclass(frozen=True, slots=True)
class Pair:
    """A deed told in two ways, and the labels that both should get."""

    id: str
    axis: str
    a: Excerpt
    b: Excerpt
    categories: tuple[str, ...]
    role: str
    level: int


@dataclass(frozen=True, slots=True)
class Gap:
    """How differently a model treats the two sides: shares, or the mean score in [0, 1].

    ``low`` and ``high`` are the 95 % interval of ``difference`` = ``a - b``.
    """

    a: float
    b: float
    difference: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class AxisResult:
    """What was found on one axis; ``gaps`` by measure, ``few`` if there are under 30 pairs.

    ``flagged`` is the share flagged, ``score`` the mean embellishment score, ``categories_right``
    and ``role_right`` the shares whose practices and role are what they should be.
    """

    axis: str
    pairs: int
    gaps: dict[str, Gap]

    @property
    def few(self) -> bool:
        """Whether the pairs are too few to say anything."""
        return self.pairs < FEW_SENTENCES


def read_pairs(path: Path) -> list[Pair]:
    """Read and validate the pairs of ``fairness.jsonl``.

    Raises
    ------
    FaultyRecords
        With every fault.
    InvalidRecords
        The file cannot be read, or there is no pair.
    """
    faults: list[Fault] = []
    head, *lines = read_headed(path, faults)
    head.one_of("kind", ("fairness",))
    for name in ("capability", "zh", "en", "about"):
        head.text(name)
    head.end()
    seen: set[str] = set()
    pairs = [_pair(fields, seen) for fields in lines]
    if faults:
        raise FaultyRecords(faults)
    if not pairs:
        raise InvalidRecords("records.nothing", where=path)
    return pairs


def compare_pairs(
    classifier: Classifier, pairs: Sequence[Pair], *, resamples: int = 10_000
) -> list[AxisResult]:
    """Classify both sides of all pairs, none in the company of another, and compare them."""
    sides = classify_apart(classifier, [side for pair in pairs for side in (pair.a, pair.b)])
    rows = np.array(
        [
            [_measure(pair, given) for given in sides[2 * i : 2 * i + 2]]
            for i, pair in enumerate(pairs)
        ]
    )  # (pairs, 2, measures)
    found = []
    for axis in AXES:
        chosen = rows[[pair.axis == axis for pair in pairs]]
        if len(chosen):
            found.append(AxisResult(axis, len(chosen), _gaps(chosen, resamples)))
    return found


def _pair(fields: Fields, seen: set[str]) -> Pair:
    pair = Pair(
        fields.new_id(seen),
        fields.one_of("axis", AXES),
        _side(fields, "a"),
        _side(fields, "b"),
        fields.several("categories", CATEGORIES),
        fields.one_of("role", ROLES),
        fields.one_of("level", LEVELS),
    )
    fields.end()
    return pair


def _side(fields: Fields, name: str) -> Excerpt:
    inner = fields.inner(name)
    excerpt = inner.excerpt()
    inner.end()
    return excerpt


def _measure(pair: Pair, given: Prediction) -> list[float]:
    return [
        given.flagged,
        given.embellishment_score,
        set(given.categories) == set(pair.categories),
        given.role == pair.role,
    ]


def _gaps(rows: Array, resamples: int) -> dict[str, Gap]:
    differences = rows[:, 0] - rows[:, 1]

    def mean_difference(weights: Array) -> dict[str, Array]:
        means = weights @ differences / len(rows)
        return dict(zip(MEASURES, means.T, strict=True))

    samples = resample(mean_difference, len(rows), resamples=resamples)
    gaps = {}
    for column, name in enumerate(MEASURES):
        a, b = rows[:, :, column].mean(axis=0).tolist()
        gaps[name] = Gap(a, b, a - b, *interval(samples[name]))
    return gaps
