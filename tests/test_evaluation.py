"""Every metric equals the one of scikit-learn or SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhaojing.classifier import Prediction
from zhaojing.evaluation import evaluate, part
from zhaojing.evaluation.calibration import adaptive_error
from zhaojing.evaluation.metrics import spearman
from zhaojing.evaluation.tallies import Tallies, bootstrap, to_levels
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


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2))
def test_spearman_is_symmetric_and_bounded(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    forth, back = spearman(first, second), spearman(second, first)
    assert forth == pytest.approx(back)
    assert forth is None or -1.0001 <= forth <= 1.0001


def many_documents(seed: int) -> tuple[list[Record], list[Prediction]]:
    """Sixty documents of five sentences."""
    (first, second), given = random_pair(seed)
    gold = first.sentences + second.sentences
    return [Record(f"d{i}", gold[i : i + 5]) for i in range(0, 300, 5)], given


def test_intervals_are_those_of_drawing_documents_again() -> None:
    """Against the plain way: copy the drawn documents, evaluate the copies."""
    records, given = many_documents(0)
    found = bootstrap(Tallies.of(records, given), resamples=2000)
    rng = np.random.default_rng(9)
    values = []
    for _ in range(400):
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


def test_calibration_error_is_the_gap_between_stated_and_happened() -> None:
    rng = np.random.default_rng(0)
    stated = rng.random(20_000)
    happened = (rng.random(20_000) < stated).astype(float)
    assert adaptive_error(stated, happened) < 0.02
    assert adaptive_error(np.clip(stated + 0.2, 0, 1), happened) == pytest.approx(0.18, abs=0.02)
    assert adaptive_error(np.array([0.3]), np.array([1.0])) == pytest.approx(0.7)
    # equal size: a thousand certain zeros do not drown forty mistaken claims
    lopsided = np.concatenate([np.zeros(1000), np.full(40, 0.9)])
    assert adaptive_error(lopsided, np.zeros(1040)) == pytest.approx(40 * 0.9 / 1040, abs=1e-6)
