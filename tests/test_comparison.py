"""Two models on the same sentences."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from test_evaluation import many_documents, with_scores
from zhaojing.classifier import Prediction
from zhaojing.evaluation.comparison import Comparison, compare, places, randomisation
from zhaojing.evaluation.metrics import evaluate, measure
from zhaojing.evaluation.outcomes import Outcomes
from zhaojing.evaluation.tallies import Tallies
from zhaojing.labels import ROLES
from zhaojing.records import Record


def worse(given: list[Prediction], every: int) -> list[Prediction]:
    """The same with another role in one sentence of ``every``."""
    return [
        replace(p, role=ROLES[(ROLES.index(p.role) + 1) % 4]) if i % every == 0 else p
        for i, p in enumerate(given)
    ]


def compared(
    records: list[Record], one: list[Prediction], other: list[Prediction], resamples: int = 500
) -> Comparison:
    first, second = (
        measure(Outcomes.of(records, given), resamples=resamples) for given in (one, other)
    )
    return compare(records, ("a", first), ("b", second), resamples=resamples)


def test_a_model_does_not_differ_from_itself() -> None:
    records, given = many_documents(0)
    given = with_scores(given)
    found = compared(records, given, given)
    for name, difference in found.differences.items():
        assert difference.value in (0, None), name
        assert (difference.low, difference.high) in ((0, 0), (None, None)), name
        assert difference.p in (1, None), name
    known = found.differences["role.accuracy"]
    assert (known.value, known.low, known.high, known.p) == (0, 0, 0, 1)
    assert found.only_first == found.only_second == ()
    assert found.both + found.neither == 300


def test_the_sentences_that_one_gets_right() -> None:
    records, given = many_documents(1)
    other = worse(given, 4)
    found = compared(records, given, other, resamples=0)
    gold = [sentence for record in records for sentence in record.sentences]

    def right(predictions: list[Prediction]) -> set[int]:
        return {
            i for i, (g, p) in enumerate(zip(gold, predictions, strict=True))
            if (set(g.categories), g.role) == (set(p.categories), p.role)
        }  # fmt: skip

    assert {place.index for place in found.only_first} == right(given) - right(other)
    assert {place.index for place in found.only_second} == right(other) - right(given)
    assert found.both == len(right(given) & right(other))
    assert len(found.only_first) + len(found.only_second) + found.both + found.neither == 300
    for place in found.only_first:
        assert records[place.index // 5].doc_id == place.doc_id
        assert place.index % 5 + 1 == place.sentence


def test_differences_are_paired() -> None:
    """Two models that err on the same sentences are told apart where their intervals overlap."""
    records, given = many_documents(2)
    found = compared(records, given, worse(given, 10), resamples=2000)
    difference = found.differences["role.accuracy"]
    figures = [evaluate(records, p, resamples=0)["role"]["accuracy"]
               for p in (given, worse(given, 10))]  # fmt: skip
    assert difference.value == pytest.approx(figures[1] - figures[0])
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < difference.value < difference.high < 0
    assert difference.p is not None
    assert difference.p < 0.01
    ends = evaluate(records, given, resamples=2000)["intervals"]["role.accuracy"]
    assert difference.high - difference.low < ends[1] - ends[0]


def test_randomisation_against_all_swaps() -> None:
    """With six documents there are 64 ways to swap: the share of those as far apart is p."""
    records, given = many_documents(3)
    records, given = records[:6], given[:30]
    other = worse(given, 3)
    pair = [Tallies.of(Outcomes.of(records, p)) for p in (given, other)]
    found = randomisation(*pair, resamples=20_000)
    gaps = []
    for swap in product((False, True), repeat=6):
        sides: list[list[Prediction]] = [[], []]
        for i, swapped in enumerate(swap):
            parts = [p[i * 5 : i * 5 + 5] for p in (given, other)]
            for side, sentences in zip(sides, parts[::-1] if swapped else parts, strict=True):
                side += sentences
        both = [evaluate(records, side, resamples=0)["role"] for side in sides]
        gaps.append([abs(both[0][k] - both[1][k]) for k in ("accuracy", "macro_f1")])
    share = (np.array(gaps) >= np.array(gaps[0]) - 1e-12).mean(axis=0)
    assert [found["role.accuracy"], found["role.macro_f1"]] == pytest.approx(share, abs=0.015)


def test_p_is_small_by_chance_as_often_as_it_says() -> None:
    """Two models that draw from one hat: p below 0.1 in about one case of ten."""
    records, _ = many_documents(4)
    rng = np.random.default_rng(0)
    small = 0
    for _ in range(120):
        pair = []
        for _ in range(2):
            roles = rng.choice(ROLES, 300)
            given = [Prediction((), {}, str(role), {}, 0.0, False) for role in roles]
            pair.append(Tallies.of(Outcomes.of(records, given)))
        p = randomisation(*pair, resamples=100)["role.accuracy"]
        small += p is not None and p < 0.1
    assert 3 <= small <= 23


def test_undefined_figures_have_no_difference() -> None:
    records, given = many_documents(5)
    nothing = [Prediction((), {}, "other", {}, 0.0, False) for _ in given]
    found = compared(records, with_scores(given), nothing, resamples=50)
    label = found.differences["categories.per_label.perks.precision"]
    assert (label.value, label.low, label.p) == (None, None, None)
    assert found.differences["flagged.average_precision"].value is None


def test_places_count_documents_and_sentences() -> None:
    records, _ = many_documents(6)
    assert [(p.index, p.doc_id, p.sentence) for p in places(records)[4:6]] == [
        (4, "d0", 5), (5, "d5", 1),
    ]  # fmt: skip
