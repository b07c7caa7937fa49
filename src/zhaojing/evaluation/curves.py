"""Curves over scores: precision and recall, selective prediction, workload.

Sentences stand in a *ranking*, highest score first. Equal scores are one step of it, whatever the
order of the sentences; inside a step hits are taken to be spread evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhaojing.evaluation.outcomes import MEASURE, OTHER, PROBLEM, Flags, Integers, Outcomes
from zhaojing.evaluation.resampling import Figure, Statistic, ratio
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES

POINTS = 200  # of a curve that is drawn; figures rest on all
LEFT = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
FOUND = (0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Precision against recall as the threshold falls; at most 200 points.

    Attributes
    ----------
    threshold, precision, recall
        One value a point, thresholds falling, recalls rising to 1; none without a hit.
    average_precision
        Area as steps, without interpolation; its ``sentences`` are those that have the label.
    prevalence
        Share of sentences that have the label: the average precision of a random order.
    operating
        ``(recall, precision)`` of the labels as they were given; either may be ``None``.
    """

    threshold: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    average_precision: Figure
    prevalence: float
    operating: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What precision the model has where the sentences it is least sure of are left to a person.

    Attributes
    ----------
    coverage, precision
        One value a point, at most 200: the share the model keeps, surest first, and the share
        of these that is right. The share left to a person is ``1 - coverage``.
    aurc
        Area under risk (1 - precision) over coverage (Geifman & El-Yaniv 2017); low is good.
    left
        Precision by the share left to a person: 0, 0.05, 0.1, 0.2, 0.3, 0.5.
    """

    coverage: tuple[float, ...]
    precision: tuple[float, ...]
    aurc: Figure
    left: dict[float, Figure]


@dataclass(frozen=True, slots=True)
class Need:
    """What a reader must read, in the order of the flag score, to find a share of the flagged.

    ``found`` and ``read`` are shares in [0, 1]; ``sentences`` is ``read`` of the sentences at
    hand, ``random`` what reading in random order would take.
    """

    found: float
    read: Figure
    sentences: int
    random: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Share of the flagged sentences found against share of all sentences read.

    At most 200 points, read rising to 1. A random order is the diagonal.
    """

    read: tuple[float, ...]
    found: tuple[float, ...]
    needs: tuple[Need, ...]  # for 80, 90 and 95 %


@dataclass(frozen=True, slots=True)
class Ranking:
    """Sentences by falling score, cut into steps of equal scores."""

    score: Array  # (n,)
    hit: Flags  # (n,)
    document: Integers  # (n,)
    weight: Array  # (n,)
    ends: Integers  # (steps,): the first sentence after each step

    @classmethod
    def of(
        cls, outcomes: Outcomes, score: Array, hit: Flags, among: Flags | None = None
    ) -> Ranking:
        """Rank the sentences of ``outcomes``, or those ``among`` them, by ``score``."""
        rows = np.flatnonzero(np.ones(len(outcomes), dtype=np.bool_) if among is None else among)
        rows = rows[np.argsort(-score[rows], kind="stable")]
        ordered = score[rows]
        ends = np.append(np.flatnonzero(np.diff(ordered)) + 1, len(rows))[: len(rows)]
        return cls(ordered, hit[rows], outcomes.document[rows], outcomes.weight[rows], ends)

    def at_hits(self) -> Ranking:
        """Return the same with only the steps that hold a hit, each with all before it."""
        before = np.concatenate([[0], np.cumsum(self.hit)[self.ends - 1]])
        ends = self.ends[np.diff(before) > 0]
        until = ends[-1] if len(ends) else 0
        return Ranking(
            self.score[:until], self.hit[:until], self.document[:until], self.weight[:until], ends
        )

    def running(self, weights: Array) -> tuple[Array, Array]:
        """Return the ``(m, steps)`` sums up to each step: of all sentences and of the hits."""
        if not len(self.ends):
            return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
        mass = weights[:, self.document] * self.weight
        starts = np.append(0, self.ends[:-1])
        every = np.add.reduceat(mass, starts, axis=1).cumsum(axis=1)
        hits = np.add.reduceat(mass * self.hit, starts, axis=1).cumsum(axis=1)
        return every, hits


def curves(outcomes: Outcomes) -> Statistic:
    """Return the statistic of average precisions, areas under risk, precisions and workload."""
    if not outcomes.stated:
        return lambda weights: {}
    ranked = {name: ranking.at_hits() for name, ranking in _label_rankings(outcomes).items()}
    kept = _confidence_rankings(outcomes)
    flagged = Ranking.of(outcomes, flag_score(outcomes), outcomes.flagged)

    def statistic(weights: Array) -> dict[str, Array]:
        found = {
            f"{name}.average_precision": _average_precision(*ranking.running(weights))
            for name, ranking in ranked.items()
        }
        for name, ranking in kept.items():
            every, right = ranking.running(weights)
            found[f"risk_coverage.{name}.aurc"] = _area_under_risk(every, right)
            for share in LEFT:
                wanted = (1 - share) * _last(every)
                precision = ratio(_reach(every, right, wanted), wanted)
                found[f"risk_coverage.{name}.{_left(share)}"] = precision
        every, hits = flagged.running(weights)
        for share in FOUND:
            read = _reach(hits, every, share * _last(hits))
            read[_last(hits) == 0] = np.nan
            found[f"workload.{_read(share)}"] = ratio(read, _last(every))
        return found

    return statistic


def flag_score(outcomes: Outcomes) -> Array:
    """Return ``(n,)`` how likely each sentence deserves a flag, by the rule of ``is_flagged``.

    The chance of any practice (each independent of the others), times the chance that it is not
    told as a remedy, or of praise, as measured by the embellishment score. A practice excludes
    the role ``other``, so the roles' chances are those among the other three.
    """
    practice = 1 - np.prod(1 - outcomes.category_scores, axis=1)
    unremedied = practice * (1 - _role_given_practice(outcomes, MEASURE))
    return np.asarray(1 - (1 - unremedied) * (1 - outcomes.score))


def precision_recall(
    outcomes: Outcomes, figures: Mapping[str, Figure]
) -> dict[str, PrecisionRecall]:
    """Return the curves by ``categories.ID``, ``problems.ID`` and ``flagged``."""
    found = {}
    everyone = np.ones((1, outcomes.documents))
    for name, whole in _label_rankings(outcomes).items():
        ranking = whole.at_hits()
        every, hits = (sums[0] for sums in ranking.running(everyone))
        points = _thin(len(every))
        found[name.replace(".per_label", "")] = PrecisionRecall(
            threshold=tuple(ranking.score[ranking.ends - 1][points].tolist()),
            precision=tuple((hits / every)[points].tolist()),
            recall=tuple((hits / hits[-1:])[points].tolist()),
            average_precision=figures[f"{name}.average_precision"],
            prevalence=float(np.average(whole.hit, weights=whole.weight)),
            operating=(figures[f"{name}.recall"].value, figures[f"{name}.precision"].value),
        )
    return found


def risk_coverage(outcomes: Outcomes, figures: Mapping[str, Figure]) -> dict[str, RiskCoverage]:
    """Return the curves by ``labels`` and ``flagged``."""
    found = {}
    for name, ranking in _confidence_rankings(outcomes).items():
        every, right = (sums[0] for sums in ranking.running(np.ones((1, outcomes.documents))))
        points = _thin(len(every))
        prefix = f"risk_coverage.{name}"
        found[name] = RiskCoverage(
            coverage=tuple((every / every[-1:])[points].tolist()),
            precision=tuple((right / every)[points].tolist()),
            aurc=figures[f"{prefix}.aurc"],
            left={share: figures[f"{prefix}.{_left(share)}"] for share in LEFT},
        )
    return found


def workload(outcomes: Outcomes, figures: Mapping[str, Figure]) -> Workload | None:
    """Return the curve, or ``None`` where it has none: no probabilities, or nothing flagged."""
    if not outcomes.stated or not outcomes.flagged.any():
        return None
    ranking = Ranking.of(outcomes, flag_score(outcomes), outcomes.flagged)
    every, hits = (sums[0] for sums in ranking.running(np.ones((1, outcomes.documents))))
    points = _thin(len(every))
    size = len(outcomes)
    needs = []
    for share in FOUND:
        read = figures[f"workload.{_read(share)}"]
        needs.append(Need(share, read, _sentences(read.value or 0, size), _sentences(share, size)))
    return Workload(
        read=tuple((every / every[-1])[points].tolist()),
        found=tuple((hits / hits[-1])[points].tolist()),
        needs=tuple(needs),
    )


def _label_rankings(outcomes: Outcomes) -> dict[str, Ranking]:
    if not outcomes.stated:
        return {}
    scores = outcomes.category_scores
    told = scores * _role_given_practice(outcomes, PROBLEM)[:, None]
    found = {}
    for group, stated, truth in (
        ("categories", scores, outcomes.categories),
        ("problems", told, outcomes.problem),
    ):
        for column, label in enumerate(CATEGORIES):
            ranking = Ranking.of(outcomes, stated[:, column], truth[:, column])
            found[f"{group}.per_label.{label}"] = ranking
    return found | {"flagged": Ranking.of(outcomes, flag_score(outcomes), outcomes.flagged)}


def _confidence_rankings(outcomes: Outcomes) -> dict[str, Ranking]:
    """Rank all sentences by the chance that practices and role are right, the flagged by theirs."""
    if not outcomes.stated:
        return {}
    scores = outcomes.category_scores
    stand = np.where(outcomes.given_categories, scores, 1 - scores).prod(axis=1)
    role = outcomes.role_scores[np.arange(len(outcomes)), outcomes.given_role]
    return {
        "labels": Ranking.of(outcomes, stand * role, outcomes.right),
        "flagged": Ranking.of(
            outcomes, flag_score(outcomes), outcomes.flagged, among=outcomes.given_flagged
        ),
    }


def _role_given_practice(outcomes: Outcomes, role: int) -> Array:
    possible = np.delete(outcomes.role_scores, OTHER, axis=1).sum(axis=1)
    chance: Array = outcomes.role_scores[:, role]
    return np.nan_to_num(ratio(chance, possible))


def _average_precision(every: Array, hits: Array) -> Array:
    gained = np.diff(hits, axis=1, prepend=0)
    return ratio((gained * np.nan_to_num(ratio(hits, every))).sum(axis=1), _last(hits))


def _area_under_risk(every: Array, right: Array) -> Array:
    kept = np.diff(every, axis=1, prepend=0)
    return ratio((kept * np.nan_to_num(1 - ratio(right, every))).sum(axis=1), _last(every))


def _reach(along: Array, across: Array, wanted: Array) -> Array:
    """Return ``across`` where ``along`` reaches ``wanted``, straight lines between the steps.

    ``along`` and ``across`` are ``(m, steps)`` and never fall; ``wanted`` is ``(m,)``.
    """
    if not along.shape[1]:
        return np.full(len(along), np.nan)
    # a hair less, or rounding would ask for the next hit
    step = (along < wanted[:, None] * (1 - 1e-9)).sum(axis=1, keepdims=True)
    step = np.minimum(step, along.shape[1] - 1)
    before = np.maximum(step - 1, 0)
    ends = [np.take_along_axis(sums, step, axis=1)[:, 0] for sums in (along, across)]
    starts = [
        np.where(step > 0, np.take_along_axis(sums, before, axis=1), 0)[:, 0]
        for sums in (along, across)
    ]
    part = np.nan_to_num(ratio(wanted - starts[0], ends[0] - starts[0]))
    return np.asarray(starts[1] + np.clip(part, 0, 1) * (ends[1] - starts[1]))


def _last(sums: Array) -> Array:
    return sums[:, -1] if sums.shape[1] else np.zeros(len(sums))


def _left(share: float) -> str:
    return f"precision_left_{round(share * 100)}"


def _read(share: float) -> str:
    return f"read_{round(share * 100)}"


def _sentences(share: float, size: int) -> int:
    return int(np.ceil(share * size - 1e-9))


def _thin(size: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, size - 1, min(size, POINTS)).round().astype(np.int64))
