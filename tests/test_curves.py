"""Curves and the areas under them, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_evaluation import many_documents, with_scores
from zhaojing.classifier import Prediction
from zhaojing.evaluation.curves import (
    POINTS,
    Ranking,
    Workload,
    flag_score,
    precision_recall,
    risk_coverage,
    workload,
)
from zhaojing.evaluation.metrics import Measured, measure
from zhaojing.evaluation.outcomes import Outcomes
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.records import LabelledSentence, Record

metrics = pytest.importorskip("sklearn.metrics")


def flagging(true: list[bool], scores: list[float], weight: float = 1) -> Measured:
    """A document whose flags are stated with these probabilities; flagged from one half."""
    extra = {"weight": weight}
    gold = [LabelledSentence("句。", ("perks",) * t, "problem", 0, extra=extra) for t in true]
    sure = dict.fromkeys(ROLES, 0.0) | {"problem": 1.0}
    given = [
        Prediction(("perks",) * (p >= 0.5), dict.fromkeys(CATEGORIES, 0.0) | {"perks": p},
                   "problem", sure, 0.0, p >= 0.5)
        for p in scores
    ]  # fmt: skip
    return measure(Outcomes.of([Record("d", tuple(gold))], given), resamples=0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=60))
def test_average_precision_against_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    true, scores = [t for t, _ in rows], [s / 10 for _, s in rows]
    found = flagging(true, scores)
    curve = precision_recall(found.outcomes, found.figures)["categories.perks"]
    assert curve.prevalence == pytest.approx(np.mean(true))
    if not any(true):
        assert curve.average_precision.value is None
        assert curve.precision == ()
        return
    expected = metrics.average_precision_score(true, scores)
    for name in ("categories.per_label.perks", "problems.per_label.perks", "flagged"):
        assert found.figures[f"{name}.average_precision"].value == pytest.approx(expected)
    precision, recall, threshold = metrics.precision_recall_curve(true, scores)
    known = {(round(p, 9), round(r, 9), t)
             for p, r, t in zip(precision, recall, threshold, strict=False)}  # fmt: skip
    for point in zip(curve.precision, curve.recall, curve.threshold, strict=True):
        assert (round(point[0], 9), round(point[1], 9), point[2]) in known
    assert curve.recall[-1] == pytest.approx(1)


def test_the_operating_point_is_that_of_the_labels_given() -> None:
    found = flagging([True, True, False, True], [0.9, 0.4, 0.8, 0.7])
    curve = precision_recall(found.outcomes, found.figures)["flagged"]
    assert curve.operating == pytest.approx((2 / 3, 2 / 3))


def test_a_curve_is_thinned_for_drawing_only() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(1000)
    true = (rng.random(1000) < scores).tolist()
    found = flagging(true, scores.tolist())
    curve = precision_recall(found.outcomes, found.figures)["flagged"]
    assert len(curve.precision) == POINTS
    assert curve.average_precision.value == pytest.approx(
        metrics.average_precision_score(true, scores)
    )


def test_risk_and_coverage_by_hand() -> None:
    # flagged by falling score: right, wrong, right, wrong
    found = flagging([True, False, True, False, False], [0.9, 0.8, 0.7, 0.6, 0.1])
    curve = risk_coverage(found.outcomes, found.figures)["flagged"]
    assert curve.coverage == pytest.approx((0.25, 0.5, 0.75, 1))
    assert curve.precision == pytest.approx((1, 1 / 2, 2 / 3, 1 / 2))
    assert curve.aurc.value == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert curve.left[0.0].value == pytest.approx(1 / 2)
    assert curve.left[0.5].value == pytest.approx(1 / 2)
    # 0.8 of four sentences: three and a fifth of the last, which is wrong
    assert curve.left[0.2].value == pytest.approx(2 / 3.2)
    labels = risk_coverage(found.outcomes, found.figures)["labels"]
    assert labels.precision[-1] == pytest.approx(found.figures["right"].value)


def test_leaving_the_unsure_ones_to_a_person_helps_a_calibrated_model() -> None:
    rng = np.random.default_rng(1)
    scores = rng.uniform(0.5, 1, 2000)
    found = flagging((rng.random(2000) < scores).tolist(), scores.tolist())
    curve = risk_coverage(found.outcomes, found.figures)["flagged"]
    values = [figure.value or 0 for figure in curve.left.values()]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(0.875, abs=0.03)  # the mean of 0.75 to 1
    assert curve.aurc.value < 1 - values[0]  # type: ignore[operator]


def needed(found: Measured) -> Workload:
    curve = workload(found.outcomes, found.figures)
    assert curve is not None
    return curve


def test_the_workload_by_hand() -> None:
    true = [True, True, False, True, False, True, False, False, True, False]
    found = flagging(true, [1 - i / 10 for i in range(10)])
    curve = needed(found)
    assert curve.found == pytest.approx((0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 0.8, 1, 1))
    # four of five are found with the sixth; the fifth is the ninth
    assert [(need.sentences, need.random) for need in curve.needs] == [(6, 8), (9, 9), (9, 10)]
    assert curve.needs[0].read.value == pytest.approx(0.6)


def test_rounding_does_not_ask_for_the_next_hit() -> None:
    """Ten tenths are not quite one; the 13th of 15 hits stands far behind the 12th."""
    true = [True] * 12 + [False] * 20 + [True] * 3
    curve = needed(flagging(true, [1 - i / 100 for i in range(35)], weight=0.1))
    assert curve.needs[0].sentences == 12


def test_equal_scores_are_a_random_order() -> None:
    curve = needed(flagging([True, False, False, True, False] * 4, [0.3] * 20))
    assert [need.read.value for need in curve.needs] == pytest.approx([0.8, 0.9, 0.95])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(0, 30))
def test_a_perfect_order_needs_the_flagged_ones_only(flags: int, others: int) -> None:
    scores = [0.9 - i / 1000 for i in range(flags)] + [0.1] * others
    found = flagging([True] * flags + [False] * others, scores)
    assert found.figures["flagged.average_precision"].value == pytest.approx(1)
    assert found.figures["risk_coverage.labels.aurc"].value == pytest.approx(0)
    need = needed(found).needs[0]
    assert need.sentences == int(np.ceil(0.8 * flags - 1e-9))


def test_nothing_flagged_and_nothing_stated() -> None:
    nothing = flagging([False] * 3, [0.1, 0.2, 0.3])
    assert workload(nothing.outcomes, nothing.figures) is None
    assert nothing.figures["flagged.average_precision"].value is None
    assert nothing.figures["risk_coverage.flagged.aurc"].value is None
    records, given = many_documents(0)
    bare = measure(Outcomes.of(records, given), resamples=0)
    assert precision_recall(bare.outcomes, bare.figures) == {}
    assert risk_coverage(bare.outcomes, bare.figures) == {}


def test_the_flag_score_follows_the_rule_of_flags() -> None:
    def score(practice: float, roles: dict[str, float], praise: float) -> float:
        shares = dict.fromkeys(ROLES, 0.0) | roles
        stated = dict.fromkeys(CATEGORIES, 0.0) | {"perks": practice}
        sentence = LabelledSentence("句。", (), "other", 0)
        given = Prediction((), stated, "other", shares, praise, False)
        return float(flag_score(Outcomes.of([Record("d", (sentence,))], [given]))[0])

    assert score(0.8, {"problem": 1}, 0) == pytest.approx(0.8)
    assert score(0.8, {"measure": 1}, 0) == 0  # remedied
    assert score(0.8, {"problem": 0.25, "measure": 0.25, "other": 0.5}, 0) == pytest.approx(0.4)
    assert score(0.8, {"other": 1}, 0) == pytest.approx(0.8)  # no sign of a remedy
    assert score(0, {"achievement": 1}, 0.9) == pytest.approx(0.9)
    assert score(0.5, {"problem": 1}, 0.5) == pytest.approx(0.75)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), max_size=30),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_running_sums_against_counting(
    rows: list[tuple[bool, int, int]], weights: list[int]
) -> None:
    hit, score, document = (np.array([row[k] for row in rows], dtype=float) for k in range(3))
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])) + 1, len(rows))[: len(rows)]
    ranking = Ranking(
        score[order], hit[order] > 0, document[order].astype(int), np.ones(len(rows)), ends
    )
    for one in (ranking, ranking.at_hits()):
        every, hits = one.running(np.array([weights], dtype=float))
        levels = [one.score[end - 1] for end in one.ends]
        mass = np.array(weights)[document.astype(int)] if rows else np.zeros(0)
        assert every[0].tolist() == [mass[score >= level].sum() for level in levels]
        assert hits[0].tolist() == [(mass * hit)[score >= level].sum() for level in levels]
    assert set(ranking.at_hits().score[ranking.at_hits().ends - 1]) == set(score[hit > 0])


def test_a_real_model_has_intervals_everywhere() -> None:
    records, given = many_documents(1)
    found = measure(Outcomes.of(records, with_scores(given)), resamples=100)
    for curve in risk_coverage(found.outcomes, found.figures).values():
        assert curve.aurc.interval is not None
        assert all(figure.interval for figure in curve.left.values())
    for need in needed(found).needs:
        low, high = need.read.interval or (1, 0)
        assert low <= (need.read.value or -1) <= high
