"""Every metric equals the one of scikit-learn or SciPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhaojing.classifier import Prediction
from zhaojing.errors import InvalidRecords
from zhaojing.evaluation import evaluate, part
from zhaojing.evaluation.calibration import adaptive_bins, calibration
from zhaojing.evaluation.metrics import _everything, measure, spearman
from zhaojing.evaluation.outcomes import Outcomes, to_levels
from zhaojing.evaluation.resampling import interval, resample
from zhaojing.evaluation.tallies import Tallies
from zhaojing.labels import CATEGORIES, ROLES, Role
from zhaojing.records import LabelledSentence, Record

metrics = pytest.importorskip("sklearn.metrics")
stats = pytest.importorskip("scipy.stats")


def prediction(categories: tuple[str, ...], role: str, score: float) -> Prediction:
    return Prediction(categories, {}, role, {}, score, bool(categories) and role != Role.MEASURE)


def random_pair(seed: int, size: int = 300) -> tuple[list[Record], list[Prediction]]:
    rng = np.random.default_rng(seed)

    def categories() -> tuple[str, ...]:
        return tuple(c for c in CATEGORIES if rng.random() < 0.2)

    gold = [
        LabelledSentence("句。", categories(), str(rng.choice(ROLES)), int(rng.integers(4)))
        for _ in range(size)
    ]
    given = [
        prediction(
            g.categories if rng.random() < 0.6 else categories(),
            g.role if rng.random() < 0.6 else str(rng.choice(ROLES)),
            float(rng.random()),
        )
        for g in gold
    ]
    return [Record("d1", tuple(gold[:100])), Record("d2", tuple(gold[100:]))], given


def with_scores(given: list[Prediction], seed: int = 0) -> list[Prediction]:
    """The same with probabilities, in tenths so that many are equal."""
    rng = np.random.default_rng(seed)
    found = []
    for p in given:
        scores = {c: float(rng.integers(6) + 5 * (c in p.categories)) / 10 for c in CATEGORIES}
        roles = rng.dirichlet(np.ones(4)).round(1) + 0.1
        roles[ROLES.index(p.role)] += 1
        shares = dict(zip(ROLES, (roles / roles.sum()).tolist(), strict=True))
        found.append(replace(p, category_scores=scores, role_scores=shares))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_learn(seed: int) -> None:
    records, given = random_pair(seed)
    gold = [sentence for record in records for sentence in record.sentences]
    result = evaluate(records, given)
    assert (result["n_documents"], result["n_sentences"]) == (2, 300)

    def matrix(rows: list[tuple[str, ...]]) -> np.ndarray:
        return np.array([[c in row for c in CATEGORIES] for row in rows])

    true = matrix([g.categories for g in gold])
    claimed = matrix([p.categories for p in given])
    assert result["categories"]["macro_f1"] == pytest.approx(
        metrics.f1_score(true, claimed, average="macro")
    )
    assert result["categories"]["micro_f1"] == pytest.approx(
        metrics.f1_score(true, claimed, average="micro")
    )
    precision, recall, f1, support = metrics.precision_recall_fscore_support(true, claimed)
    for i, name in enumerate(CATEGORIES):
        found = result["categories"]["per_label"][name]
        assert [
            found["precision"],
            found["recall"],
            found["f1"],
            found["support"],
        ] == pytest.approx([precision[i], recall[i], f1[i], support[i]])
    roles = [g.role for g in gold], [p.role for p in given]
    assert result["role"]["accuracy"] == pytest.approx(metrics.accuracy_score(*roles))
    assert result["role"]["macro_f1"] == pytest.approx(metrics.f1_score(*roles, average="macro"))
    true &= np.array([g.role == Role.PROBLEM for g in gold])[:, None]
    claimed &= np.array([p.role == Role.PROBLEM for p in given])[:, None]
    assert result["problems"]["macro_f1"] == pytest.approx(
        metrics.f1_score(true, claimed, average="macro")
    )
    levels = np.array([g.embellishment_level for g in gold])
    scores = np.array([p.embellishment_score for p in given])
    assert result["embellishment"]["quadratic_kappa"] == pytest.approx(
        metrics.cohen_kappa_score(levels, to_levels(scores), weights="quadratic")
    )
    assert result["embellishment"]["spearman"] == pytest.approx(stats.spearmanr(levels, scores)[0])
    flags = (
        [
            (bool(g.categories) and g.role != Role.MEASURE) or g.embellishment_level >= 2
            for g in gold
        ],
        [p.flagged for p in given],
    )
    assert result["flagged"]["f1"] == pytest.approx(metrics.f1_score(*flags))


def test_perfect_and_hopeless() -> None:
    records, _ = random_pair(0)
    gold = [sentence for record in records for sentence in record.sentences]
    perfect = [prediction(g.categories, g.role, g.embellishment_level / 3) for g in gold]
    result = evaluate(records, perfect)
    assert result["categories"]["macro_f1"] == result["role"]["accuracy"] == 1
    assert result["embellishment"]["quadratic_kappa"] == 1
    nothing = evaluate(records, [prediction((), Role.OTHER.value, 0.0) for _ in gold])
    assert nothing["categories"]["macro_f1"] == 0
    assert nothing["categories"]["per_label"][CATEGORIES[0]]["precision"] is None
    assert nothing["embellishment"]["quadratic_kappa"] == 0
    assert nothing["embellishment"]["spearman"] is None


def test_a_score_is_rounded_to_the_nearest_level() -> None:
    assert to_levels(np.array([0, 0.16, 0.17, 0.5, 0.84, 1])).tolist() == [0, 0, 1, 2, 3, 3]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=2, max_size=40))
def test_spearman_against_scipy(pairs: list[tuple[int, int]]) -> None:
    records = [Record("d", tuple(LabelledSentence("句。", (), "other", a) for a, _ in pairs))]
    given = [prediction((), "other", b / 5) for _, b in pairs]
    found = spearman(Outcomes.of(records, given))(np.ones((1, 1)))["embellishment.spearman"][0]
    if min(len(set(column)) for column in zip(*pairs, strict=True)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(*zip(*pairs, strict=True))[0])


def many_documents(seed: int) -> tuple[list[Record], list[Prediction]]:
    """Sixty documents of five sentences."""
    (first, second), given = random_pair(seed)
    gold = first.sentences + second.sentences
    return [Record(f"d{i}", gold[i : i + 5]) for i in range(0, 300, 5)], given


def test_intervals_are_those_of_drawing_documents_again() -> None:
    """Against the plain way: copy the drawn documents, evaluate the copies."""
    records, given = many_documents(0)
    found = measure(Outcomes.of(records, given), resamples=2000).to_json()["intervals"]
    rng = np.random.default_rng(9)
    values = []
    for _ in range(250):
        drawn = rng.integers(60, size=60)
        again = [p for i in drawn for p in given[i * 5 : i * 5 + 5]]
        metrics_again = evaluate([records[i] for i in drawn], again, resamples=0)
        values.append(metrics_again["categories"]["macro_f1"])
    low, high = found["categories.macro_f1"]
    assert [low, high] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.02)
    point = evaluate(records, given, resamples=0)["categories"]["macro_f1"]
    assert low < point < high


def test_a_perfect_score_has_no_spread_and_few_documents_a_wide_one() -> None:
    records, given = many_documents(1)
    gold = [sentence for record in records for sentence in record.sentences]
    perfect = [prediction(g.categories, g.role, g.embellishment_level / 3) for g in gold]
    assert evaluate(records, perfect)["intervals"]["role.accuracy"] == (1, 1)
    low, high = evaluate(records, given)["intervals"]["role.accuracy"]
    few = evaluate(records[:12], given[:60])["intervals"]["role.accuracy"]
    assert few[1] - few[0] > 1.5 * (high - low)
    assert evaluate(records[:6], given[:30])["intervals"] == {}


def test_resampled_documents_count_as_often_as_they_were_drawn() -> None:
    """Every figure of a resample is that of the copied documents; bins alone stay as they are."""
    records, given = many_documents(3)
    given = with_scores(given)
    records, given = records[:12], given[:60]
    drawn = np.random.default_rng(1).integers(0, 3, 12)
    again = [p for i, times in enumerate(drawn) for p in given[i * 5 : i * 5 + 5] * times]
    copies = [record for record, times in zip(records, drawn, strict=True) for _ in range(times)]
    expected = measure(Outcomes.of(copies, again), resamples=0).figures
    statistic = _everything(Outcomes.of(records, given))
    resampled = statistic(drawn[None].astype(float))
    compared = 0
    for name, values in resampled.items():
        if name.endswith("calibration_error"):
            continue
        value = expected[name].value
        compared += value is not None
        assert values[0] == pytest.approx(np.nan if value is None else value, nan_ok=True), name
    assert compared > 80


def test_a_figure_says_what_it_rests_on() -> None:
    records, given = many_documents(4)
    gold = [sentence for record in records for sentence in record.sentences]
    rare = [replace(g, categories=("perks",) * (i < 40 and i % 2)) for i, g in enumerate(gold)]
    records = [Record(f"d{i}", tuple(rare[i : i + 5])) for i in range(0, 300, 5)]
    given = [replace(p, categories=("perks",) * (i < 80)) for i, p in enumerate(given)]
    supports = evaluate(records, given, resamples=0)["supports"]
    perks = "categories.per_label.perks"
    assert supports[f"{perks}.recall"] == {"sentences": 20, "documents": 8, "few": True}
    assert supports[f"{perks}.precision"] == {"sentences": 80, "documents": 16, "few": False}
    assert supports[f"{perks}.f1"]["sentences"] == 80
    assert supports["role.accuracy"] == {"sentences": 300, "documents": 60, "few": False}
    assert (
        evaluate(records, given, resamples=0)["categories"]["per_label"]["perks"]["support"] == 20
    )


def test_every_figure_has_its_interval() -> None:
    records, given = many_documents(5)
    metrics_found = evaluate(records, with_scores(given), resamples=200)
    assert set(metrics_found["intervals"]) == set(metrics_found["supports"])
    for name, (low, high) in metrics_found["intervals"].items():
        assert low <= high, name


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_documents_does_not_matter(order: list[int]) -> None:
    records, given = many_documents(6)
    given = with_scores(given)[:60]
    expected = measure(Outcomes.of(records[:12], given), resamples=0).figures
    mixed = [p for i in order for p in given[i * 5 : i * 5 + 5]]
    found = measure(Outcomes.of([records[i] for i in order], mixed), resamples=0).figures
    for name, figure in expected.items():
        assert found[name].value == pytest.approx(figure.value), name
        assert (found[name].sentences, found[name].documents) == (
            figure.sentences,
            figure.documents,
        )


# --- sampling weights -----------------------------------------------------------------------


def weighted(records: list[Record], weights: list[Any]) -> list[Record]:
    left = iter(weights)
    return [
        replace(r, sentences=tuple(replace(s, extra={"weight": next(left)}) for s in r.sentences))
        for r in records
    ]


def test_a_weight_counts_as_so_many_sentences() -> None:
    records, given = many_documents(7)
    given = with_scores(given)
    times = np.random.default_rng(0).integers(1, 4, 300).tolist()
    found = measure(Outcomes.of(weighted(records, times), given), resamples=0).figures
    left = iter(times)
    copied = [
        replace(r, sentences=tuple(s for s in r.sentences for _ in range(next(left))))
        for r in records
    ]
    again = [p for p, count in zip(given, times, strict=True) for _ in range(count)]
    expected = measure(Outcomes.of(copied, again), resamples=0).figures
    for name, figure in expected.items():
        # bins hold as many sentences, whatever these weigh
        if not name.endswith("calibration_error"):
            assert found[name].value == pytest.approx(figure.value), name
    assert found["role.accuracy"].sentences == 300


def test_a_weighted_sample_speaks_for_the_whole() -> None:
    """Sentences the model flags are drawn eight times as often as others, as a reader would."""
    rng = np.random.default_rng(0)
    records, predictions = [], []
    for number in range(200):
        hard = rng.beta(2, 3)  # documents differ
        sentences = []
        for _ in range(10):
            true = rng.random() < 0.25
            claimed = rng.random() < (1 - hard if true else 0.1)
            sentences.append(LabelledSentence("句。", ("perks",) * true, "problem", 0))
            predictions.append(prediction(("perks",) * bool(claimed), "problem", 0.0))
        records.append(Record(f"d{number}", tuple(sentences)))
    whole = evaluate(records, predictions, resamples=0)["flagged"]
    weighted_recall, plain_recall, covered = [], [], 0
    for _ in range(40):
        chance = np.array([0.8 if p.flagged else 0.1 for p in predictions])
        kept = rng.random(len(chance)) < chance
        left = iter(zip(kept, 1 / chance, strict=True))
        sample = []
        for record in records:
            drawn = [
                replace(s, extra={"weight": weight})
                for s, (keep, weight) in zip(record.sentences, left, strict=False)
                if keep
            ]
            sample += [replace(record, sentences=tuple(drawn))] if drawn else []
        given = [p for p, keep in zip(predictions, kept, strict=True) if keep]
        tallies = Tallies.of(Outcomes.of(sample, given))

        def recall(weights: np.ndarray, tallies: Tallies = tallies) -> dict[str, np.ndarray]:
            return {"recall": tallies.combine(weights).headline()["flagged.recall"]}

        recalls = resample(recall, len(sample), resamples=200)["recall"]
        low, high = interval(recalls)
        assert low is not None and high is not None  # noqa: PT018
        covered += low <= whole["recall"] <= high
        one = np.ones((1, len(sample)))
        weighted_recall.append(tallies.combine(one).headline()["flagged.recall"][0])
        bare = [replace(r, sentences=tuple(replace(s, extra={}) for s in r.sentences))
                for r in sample]  # fmt: skip
        plain_recall.append(
            Tallies.of(Outcomes.of(bare, given)).combine(one).headline()["flagged.recall"][0]
        )
    assert np.mean(weighted_recall) == pytest.approx(whole["recall"], abs=0.015)
    assert np.mean(plain_recall) > whole["recall"] + 0.2
    assert covered >= 34


@pytest.mark.parametrize("weight", [0, -1, True, "2", None, float("nan"), float("inf"), [1]])
def test_a_weight_that_is_none(weight: object) -> None:
    records, given = many_documents(8)
    with pytest.raises(InvalidRecords, match="weight"):
        evaluate(weighted(records, [weight] * 300), given, resamples=0)


def test_a_part_keeps_sentences_with_their_predictions() -> None:
    records, given = many_documents(2)
    chosen, theirs = part(records, given, lambda _, s: s.role == Role.PROBLEM)
    gold = [sentence for record in records for sentence in record.sentences]
    expected = [p for g, p in zip(gold, given, strict=True) if g.role == Role.PROBLEM]
    assert theirs == expected
    assert [s for r in chosen for s in r.sentences] == [g for g in gold if g.role == Role.PROBLEM]


def test_lengths_must_match() -> None:
    with pytest.raises(ValueError, match="0 predictions for 300"):
        evaluate(random_pair(0)[0], [])


# --- calibration ----------------------------------------------------------------------------


def error_and_brier(stated: np.ndarray, happened: np.ndarray) -> tuple[float, float]:
    """Of one practice that is stated with these probabilities."""
    gold = [LabelledSentence("句。", ("perks",) * int(h), "problem", 0) for h in happened]
    roles = dict.fromkeys(ROLES, 0.25)
    given = [
        Prediction((), dict.fromkeys(CATEGORIES, 0.0) | {"perks": float(p)}, "problem", roles,
                   0.0, False)
        for p in stated
    ]  # fmt: skip
    found = calibration(Outcomes.of([Record("d", tuple(gold))], given))(np.ones((1, 1)))
    name = "categories.per_label.perks"
    return float(found[f"{name}.calibration_error"][0]), float(found[f"{name}.brier"][0])


def test_calibration_error_is_the_gap_between_stated_and_happened() -> None:
    rng = np.random.default_rng(0)
    stated = rng.random(20_000)
    happened = (rng.random(20_000) < stated).astype(float)
    error, brier = error_and_brier(stated, happened)
    assert error < 0.02
    assert brier == pytest.approx(metrics.brier_score_loss(happened, stated))
    shifted = error_and_brier(np.clip(stated + 0.2, 0, 1), happened)[0]
    assert shifted == pytest.approx(0.18, abs=0.02)
    assert error_and_brier(np.array([0.3]), np.array([1.0]))[0] == pytest.approx(0.7)
    # equal size: a thousand certain zeros do not drown forty mistaken claims
    lopsided = np.concatenate([np.zeros(1000), np.full(40, 0.9)])
    assert error_and_brier(lopsided, np.zeros(1040))[0] == pytest.approx(40 * 0.9 / 1040)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_bins_rise_and_equal_probabilities_share_one(tenths: list[int]) -> None:
    stated = np.array(tenths) / 30
    bins = adaptive_bins(stated)
    assert (np.diff(bins[np.argsort(stated, kind="stable")]) >= 0).all()
    assert all(len(set(bins[stated == value])) == 1 for value in stated)
    if len(set(tenths)) == len(tenths):
        sizes = np.bincount(bins)
        assert sizes.max() - sizes.min() <= 1


def test_brier_scores_of_the_roles_and_the_level() -> None:
    records, given = many_documents(9)
    given = with_scores(given)
    found = evaluate(records, given, resamples=0)
    gold = [sentence for record in records for sentence in record.sentences]
    roles = np.array([[p.role_scores[r] for r in ROLES] for p in given])
    by_name = sorted(ROLES)
    assert found["role"]["brier"] == pytest.approx(
        metrics.brier_score_loss(
            [g.role for g in gold],
            roles[:, [ROLES.index(role) for role in by_name]],
            labels=by_name,
            scale_by_half=False,
        )
    )
    assert found["embellishment"]["brier"] == pytest.approx(
        np.mean([(g.embellishment_level / 3 - p.embellishment_score) ** 2
                 for g, p in zip(gold, given, strict=True)])
    )  # fmt: skip


def test_without_probabilities_there_is_no_calibration() -> None:
    found = evaluate(*many_documents(10), resamples=0)
    for head in ("categories", "role", "embellishment"):
        assert found[head]["calibration_error"] is None
        assert found[head]["brier"] is None
    assert "average_precision" not in found["flagged"]
