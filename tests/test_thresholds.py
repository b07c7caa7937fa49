"""Thresholds keep their promise: the mathematics against SciPy, the promise by simulation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy import special, stats

from conftest import ROOT, document, write_jsonl
from zhaojing import Classifier, InvalidConfig, InvalidRecords
from zhaojing.classifier import Prediction
from zhaojing.evaluation import predict
from zhaojing.evaluation.promises import (
    Evidence,
    effective_size,
    last_promised,
    likeliest,
    likeness,
    lower_bound,
    tail,
    weigh,
)
from zhaojing.evaluation.thresholds import (
    FLAGS,
    NAMES,
    Choice,
    Wish,
    choose,
    refuse_existing,
    write_policy,
)
from zhaojing.heads import FLAG_LEVEL
from zhaojing.labels import CATEGORIES
from zhaojing.policy import PRAISE, Policy
from zhaojing.records import Record, read_records
from zhaojing.report.threshold import print_choice

CUTS = np.linspace(0.95, 0.05, 19)
CONFIDENCE = 0.95
RUNS = 200


@given(
    size=st.integers(1, 20_000),
    share=st.floats(1e-6, 1 - 1e-6),
    part=st.floats(0, 1),
)
def test_the_tail_is_the_binomial_one(size: int, share: float, part: float) -> None:
    hits = round(size * part)
    assert tail(hits, size, share) == pytest.approx(stats.binom.sf(hits - 1, size, share), abs=1e-9)


@given(size=st.floats(0.1, 5_000), share=st.floats(0, 1), part=st.floats(1e-3, 1))
def test_the_tail_holds_for_sizes_that_are_not_whole(
    size: float, share: float, part: float
) -> None:
    hits = size * part
    right = special.betainc(hits, size - hits + 1, share)
    assert tail(hits, size, share) == pytest.approx(right, abs=1e-9)


@pytest.mark.parametrize("hits", [0, 1, 17, 28, 29])
def test_the_bound_is_that_of_clopper_and_pearson(hits: int) -> None:
    right = stats.binomtest(hits, 29, alternative="greater").proportion_ci(0.95, "exact").low
    assert lower_bound(hits, 29, 0.95) == pytest.approx(right, abs=1e-9)


def test_twenty_nine_right_of_twenty_nine_promise_ninety_percent() -> None:
    assert last_promised([Evidence(28, 28, 1.0, 28.0)], 0.9, 0.95) is None
    assert last_promised([Evidence(29, 29, 1.0, 29.0)], 0.9, 0.95) == 0


def test_the_first_failure_ends_the_sequence() -> None:
    good, bad = Evidence(100, 99, 0.99, 100.0), Evidence(100, 80, 0.8, 100.0)
    assert last_promised([good, good, bad, good], 0.9, 0.95) == 1
    assert last_promised([bad, good], 0.9, 0.95) is None


def test_alike_sentences_count_as_one() -> None:
    documents = np.repeat(np.arange(20), 5)
    same = np.repeat(np.arange(20) % 2 == 0, 5)
    assert likeness(same, documents) == pytest.approx(1)
    assert effective_size(np.ones(100), documents, 1.0) == pytest.approx(20)
    assert effective_size(np.ones(100), documents, 0.0) == pytest.approx(100)
    assert likeness(np.ones(100, dtype=bool), documents) == 1  # nothing shows that they differ
    alternating = np.arange(100) % 5 == 0
    assert likeness(alternating, documents) == 0
    assert likeness(same, np.arange(100)) == 0


def test_likeness_is_found_again() -> None:
    rng = np.random.default_rng(0)
    for rho in (0.05, 0.3, 0.6):
        scale = (1 - rho) / rho
        shares = rng.beta(0.7 * scale, 0.3 * scale, size=20_000)
        right = rng.random((20_000, 6)) < shares[:, None]
        found = likeness(right.ravel(), np.repeat(np.arange(20_000), 6))
        assert found == pytest.approx(rho, abs=0.02)


def test_weights_cost_what_kish_says() -> None:
    weights = np.array([1.0] * 50 + [4.0] * 50)
    size = effective_size(weights, np.arange(100), 0.3)
    assert size == pytest.approx(250**2 / (50 + 50 * 16))


def test_the_labels_said_to_be_missing_suffice() -> None:
    seen = Evidence(20, 19, 0.95, 20.0)
    times = seen.missing(0.9, 0.95)
    assert times is not None
    assert replace(seen, size=20 * times).doubt(0.9) <= 0.05 + 1e-9
    assert replace(seen, size=20 * times * 0.97).doubt(0.9) > 0.05
    assert Evidence(20, 18, 0.9, 20.0).missing(0.9, 0.95) is None
    assert Evidence(0, 0, float("nan"), 0.0).missing(0.9, 0.95) is None


class World:
    """Scores and labels of sentences in documents; ``spread`` is how much documents differ."""

    def __init__(self, documents: int, sentences: int, spread: float) -> None:
        self.documents, self.sentences, self.spread = documents, sentences, spread
        scores, right, _ = self.draw(np.random.default_rng(99), 300_000 // sentences)
        self.precision = np.array([right[scores >= cut].mean() for cut in CUTS])
        self.recall = np.array([(scores[right] >= cut).mean() for cut in CUTS])

    def draw(
        self, rng: np.random.Generator, documents: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.repeat(np.arange(documents or self.documents), self.sentences)
        scores = rng.beta(0.5, 1.2, len(place))
        logits = (
            1.3 * np.log(scores / (1 - scores)) + rng.normal(0, self.spread, place[-1] + 1)[place]
        )
        return scores, rng.random(len(place)) < 1 / (1 + np.exp(-logits)), place

    def precise(self, sample: tuple[np.ndarray, ...], wanted: float, *, blocks: bool) -> int | None:
        scores, right, place = sample
        counted = scores >= CUTS[:, None]
        alone = np.arange(len(scores))
        steps = weigh(
            counted, right & counted, np.ones(len(scores)), place if blocks else alone, wanted
        )
        hoped = [float(scores[row].mean()) if row.any() else 0.0 for row in counted]
        start = likeliest(steps, hoped, wanted)
        last = last_promised(steps[start:], wanted, CONFIDENCE)
        return None if last is None else start + last

    def naive(self, sample: tuple[np.ndarray, ...], wanted: float) -> int | None:
        scores, right, _ = sample
        enough = [
            number
            for number, cut in enumerate(CUTS)
            if (scores >= cut).any() and right[scores >= cut].mean() >= wanted
        ]
        return enough[-1] if enough else None


def broken(world: World, wanted: float, rule: str, runs: int = RUNS) -> tuple[float, float]:
    """Return how often a promise was false, and how often one was given."""
    rng = np.random.default_rng(5)
    given_, false = 0, 0
    for _ in range(runs):
        sample = world.draw(rng)
        cut = (
            world.naive(sample, wanted)
            if rule == "naive"
            else world.precise(sample, wanted, blocks=rule == "blocks")
        )
        given_ += cut is not None
        false += cut is not None and world.precision[cut] < wanted
    return false / runs, given_ / runs


# a rule that is false exactly 1 - CONFIDENCE of the time exceeds this in one of a hundred tests
WITHIN = float(stats.binom.ppf(0.99, RUNS, 1 - CONFIDENCE)) / RUNS


@pytest.mark.parametrize(
    ("documents", "sentences", "spread", "wanted"),
    [
        (600, 1, 0.0, 0.8),
        (100, 10, 0.0, 0.8),
        (100, 10, 1.0, 0.7),
        (30, 20, 1.0, 0.7),
        (20, 30, 2.0, 0.7),
    ],
)
def test_promises_are_kept(documents: int, sentences: int, spread: float, wanted: float) -> None:
    world = World(documents, sentences, spread)
    false, given_ = broken(world, wanted, "blocks")
    assert false <= WITHIN
    assert given_ > 0.4  # a rule that never promises would keep its word as well


def test_the_smallest_threshold_that_looks_good_breaks_its_promise() -> None:
    assert broken(World(100, 10, 0.0), 0.8, "naive")[0] > 0.25


def test_taking_sentences_for_independent_breaks_the_promise() -> None:
    assert broken(World(15, 60, 2.0), 0.7, "alone")[0] > WITHIN


def test_the_bound_of_one_threshold_holds_in_documents_that_differ() -> None:
    rng = np.random.default_rng(8)
    rho, truth, runs, below = 0.3, 0.85, 1000, 0
    scale = (1 - rho) / rho
    for _ in range(runs):
        sizes = rng.integers(1, 9, 40)
        place = np.repeat(np.arange(40), sizes)
        shares = rng.beta(truth * scale, (1 - truth) * scale, 40)
        right = rng.random(len(place)) < shares[place]
        every = np.ones((1, len(place)), dtype=bool)
        (seen,) = weigh(every, right[None], np.ones(len(place)), place, truth)
        below += seen.doubt(truth) < 1 - CONFIDENCE  # the bound lies above the truth
    assert below / runs <= 0.07


def test_recall_is_promised_from_the_lowest_threshold_up() -> None:
    world = World(100, 10, 0.5)
    rng, false, given_ = np.random.default_rng(6), 0, 0
    for _ in range(RUNS):
        scores, right, place = world.draw(rng)
        found = scores >= CUTS[::-1, None]
        steps = weigh(np.broadcast_to(right, found.shape), found, np.ones(len(scores)), place, 0.7)
        cut = last_promised(steps, 0.7, CONFIDENCE)
        given_ += cut is not None
        false += cut is not None and world.recall[::-1][cut] < 0.7
    assert false / RUNS <= WITHIN
    assert given_ > 0.6 * RUNS


def test_a_stratified_sample_keeps_its_promises_of_precision() -> None:
    rng = np.random.default_rng(4)
    world = World(4_000, 1, 0.0)
    false = given_ = 0
    for _ in range(RUNS):
        scores, right, place = world.draw(rng)
        strata = np.digitize(scores, [0.3, 0.6])
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(strata == s), 150, False) for s in range(3)]
        )
        weights = np.array([(strata == s).sum() / 150 for s in range(3)])[strata[rows]]
        counted = scores[rows] >= CUTS[:, None]
        steps = weigh(counted, counted & right[rows], weights, place[rows], 0.8)
        hoped = [float(scores[rows][row].mean()) if row.any() else 0.0 for row in counted]
        start = likeliest(steps, hoped, 0.8)
        last = last_promised(steps[start:], 0.8, CONFIDENCE)
        given_ += last is not None
        false += last is not None and world.precision[start + last] < 0.8
    assert false / RUNS <= WITHIN
    assert given_ > 0.5 * RUNS


@pytest.fixture(scope="module")
def sample() -> list[Record]:
    return read_records(ROOT / "data/dev.jsonl", ROOT / "data/test.jsonl")


@pytest.fixture(scope="module")
def choice(sample: list[Record], default_classifier: Classifier) -> Choice:
    return choose(sample, default_classifier, Wish("precision", 0.75))


def with_thresholds(classifier: Classifier, thresholds: dict[str, float]) -> Classifier:
    return classifier.with_thresholds(Policy(thresholds=thresholds).limits(classifier.manifest))


def shown(name: str, prediction: Prediction, limit: float) -> bool:
    return (
        prediction.embellishment_score >= limit if name == PRAISE else name in prediction.categories
    )


def test_the_classifier_then_does_what_was_promised(
    sample: list[Record], choice: Choice, default_classifier: Classifier
) -> None:
    told = predict(with_thresholds(default_classifier, choice.thresholds), sample)
    gold = [s for record in sample for s in record.sentences]
    assert {PRAISE, "perks", "documents"} <= set(choice.thresholds)
    for item in choice.found:
        for name, limit in item.thresholds.items():
            right = [
                s.embellishment_level >= FLAG_LEVEL if name == PRAISE else name in s.categories
                for s, p in zip(gold, told, strict=True)
                if shown(name, p, limit)
            ]
            # what hangs on other thresholds is counted at its worst
            assert len(right) <= item.wished.counted <= len(right) + 3
            assert sum(right) >= item.wished.right
            assert item.wished.lower(0.95) >= 0.75
    flagged = [p.flagged for p in told]
    assert choice.precision.counted == sum(flagged)


def test_flags_as_a_whole_are_promised_by_moving_all_thresholds(
    sample: list[Record], default_classifier: Classifier
) -> None:
    found = choose(sample, default_classifier, Wish("precision", 0.8), [FLAGS])
    assert set(found.thresholds) == set(NAMES)
    assert found.precision.lower(0.95) >= 0.8
    told = predict(with_thresholds(default_classifier, found.thresholds), sample)
    assert sum(p.flagged for p in told) == found.precision.counted
    console = Console(record=True, width=120)
    print_choice(console, found, "zh")
    text = console.export_text()
    assert "不是保证" not in text
    assert f"{found.thresholds['perks']:g}" in text
    recall = choose(sample, default_classifier, Wish("recall", 0.6), [FLAGS])
    assert recall.recall.lower(0.95) >= 0.6
    assert recall.thresholds[PRAISE] < found.thresholds[PRAISE]


def test_what_is_not_promised_is_not_written(
    tmp_path: Path, sample: list[Record], default_classifier: Classifier
) -> None:
    choice = choose(sample, default_classifier, Wish("precision", 0.9))
    assert "perks" in choice.thresholds
    assert "meetings" not in choice.thresholds
    path = tmp_path / "zhaojing.toml"
    write_policy(choice, path, ROOT / "data/dev.jsonl", default_classifier, "balanced", "zh")
    policy = Policy.build(path, {})
    assert policy.thresholds == choice.thresholds
    assert policy.mode == "balanced"
    text = path.read_text("utf-8")
    assert "# 会议活动" in text
    assert "3300 句" in text
    with pytest.raises(InvalidConfig, match="不覆盖"):
        refuse_existing(path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_are_told(choice: Choice, lang: str) -> None:
    console = Console(record=True, width=120)
    print_choice(console, choice, lang)  # type: ignore[arg-type]
    text = console.export_text()
    assert "75.0%" in text
    assert ("不是保证" if lang == "zh" else "no promise") in text


def test_a_label_that_never_occurs_is_told(
    sample: list[Record], default_classifier: Classifier
) -> None:
    bare = [
        replace(record, sentences=tuple(replace(s, categories=()) for s in record.sentences))
        for record in sample[:20]
    ]
    found = choose(bare, default_classifier, Wish("recall", 0.8), ["perks"])
    assert found.thresholds == {}
    assert found.found[0].wished.counted == 0
    console = Console(record=True, width=120)
    print_choice(console, found, "zh")
    assert "没有可以算的句子" in console.export_text()


@pytest.mark.parametrize(
    "numbers", [(None, None, 0.95), (0.9, 0.9, 0.95), (1.0, None, 0.95), (0.9, None, 0.4)]
)
def test_wishes_without_sense_are_refused(
    numbers: tuple[float | None, float | None, float],
) -> None:
    with pytest.raises(InvalidConfig):
        Wish.of(*numbers)
    assert Wish.of(0.9, None, 0.95) == Wish("precision", 0.9, 0.95)


def test_samples_that_carry_no_promise_are_refused(
    tmp_path: Path, sample: list[Record], default_classifier: Classifier
) -> None:
    wish = Wish("recall", 0.8)
    chosen = [replace(record, extra={"sampled_for": "learning"}) for record in sample[:12]]
    with pytest.raises(InvalidRecords, match="为训练挑的"):
        choose(chosen, default_classifier, wish)
    with pytest.raises(InvalidRecords, match="3 份文档"):
        choose(sample[:3], default_classifier, wish)
    first, *others = sample[:12]
    heavy = tuple(replace(s, extra={"weight": 3.5}) for s in first.sentences)
    with pytest.raises(InvalidRecords, match="召回率"):
        choose([replace(first, sentences=heavy), *others], default_classifier, wish)
    for names in (["meals"], [FLAGS, "perks"]):
        with pytest.raises(InvalidConfig, match="--category"):
            choose(sample[:12], default_classifier, wish, names)
    assert set(NAMES) == {*CATEGORIES, PRAISE}
    records = read_records(
        write_jsonl(tmp_path / "a.jsonl", *(document(f"d{n}") for n in range(12)))
    )
    found = choose(records, default_classifier, Wish("precision", 0.5))
    assert found.sentences == found.documents == 12
