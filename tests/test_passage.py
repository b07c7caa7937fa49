"""The second look at a sentence, in the light of its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhaojing import Classifier, Context
from zhaojing.context import context_of
from zhaojing.heads import N_OUTPUTS, Logits
from zhaojing.passage import N_SURROUNDINGS, PassageModel, find_passages, surroundings
from zhaojing.records import Record


def random_logits(count: int, seed: int = 0) -> Logits:
    return Logits.from_columns(np.random.default_rng(seed).normal(size=(count, N_OUTPUTS)))


def story(seed: int) -> tuple[Any, Any, list[slice], Any]:
    """Runs of ten sentences share a practice that each shows only faintly.

    Returns the logits' columns, the targets, the passages and the folds of 2,000 sentences.
    """
    from zhaojing.training.examples import Targets

    rng = np.random.default_rng(seed)
    size = 2000
    told = np.repeat(rng.random(size // 10) < 0.4, 10)
    columns = rng.normal(size=(size, N_OUTPUTS))
    columns[:, 0] = np.where(told, 0.7, -0.7) + rng.normal(size=size)
    categories = np.zeros((size, 6), dtype=bool)
    categories[:, 0] = told
    targets = Targets(categories, rng.integers(4, size=size), rng.integers(4, size=size))
    passages = [slice(i, i + 10) for i in range(0, size, 10)]
    return columns, targets, passages, np.repeat(np.arange(size // 10) % 5, 10)


def test_passages_are_runs_that_name_their_predecessor() -> None:
    first, second = ["甲。", "乙。", "丙。"], ["丁。", "戊。"]
    contexts = [*context_of(["", "", ""], first), None, *context_of(["题", "题"], second)]
    texts = [*first, "单。", *second]
    assert find_passages(texts, contexts) == [slice(0, 3), slice(3, 4), slice(4, 6)]
    assert find_passages(["甲。", "乙。"], [None, None]) == [slice(0, 1), slice(1, 2)]
    assert find_passages(["", ""], [Context(), Context()]) == [slice(0, 1), slice(1, 2)]
    assert find_passages([], []) == []


def test_a_sentence_alone_sees_itself_and_zeros() -> None:
    logits = random_logits(1)
    seen = surroundings(logits, [slice(0, 1)])
    assert seen.shape == (1, N_SURROUNDINGS)
    assert np.array_equal(seen[0, :N_OUTPUTS], logits.columns()[0])
    assert not seen[0, N_OUTPUTS:].any()


def test_neighbours_are_seen_in_their_places() -> None:
    logits = random_logits(4)
    probabilities = 1 / (1 + np.exp(-logits.columns()))
    seen = surroundings(logits, [slice(0, 4)])
    width = N_OUTPUTS + 1  # a neighbour and whether there is one
    before, after, two_before = (seen[2, N_OUTPUTS + i * width :][:width] for i in range(3))
    assert before == pytest.approx([*probabilities[1], 1])
    assert after == pytest.approx([*probabilities[3], 1])
    assert two_before == pytest.approx([*probabilities[0], 1])
    assert not seen[3, N_OUTPUTS + width :][:width].any()  # none after the last
    halved = seen[0, N_OUTPUTS + 4 * width :][:N_OUTPUTS]
    weights = np.array([0.5, 0.25, 0.125])
    assert halved == pytest.approx(weights @ probabilities[1:] / weights.sum())


def test_passages_do_not_see_each_other() -> None:
    logits = random_logits(9)
    together = surroundings(logits, [slice(0, 4), slice(4, 9)])
    first = Logits.from_columns(logits.columns()[:4])
    assert np.array_equal(together[:4], surroundings(first, [slice(0, 4)]))


def test_sentences_alone_are_the_same_among_passages() -> None:
    logits = random_logits(6)
    seen = surroundings(logits, [slice(0, 1), slice(1, 5), slice(5, 6)])
    assert np.array_equal(seen[[0, 5], :N_OUTPUTS], logits.columns()[[0, 5]])
    assert not seen[[0, 5], N_OUTPUTS:].any()
    assert seen[1:5, N_OUTPUTS:].any(axis=1).all()


def test_a_long_document_costs_no_square() -> None:
    assert surroundings(random_logits(20_000), [slice(0, 20_000)]).shape[0] == 20_000


def test_it_is_learnt_saved_and_left_out_where_data_are_few(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from zhaojing.training.passage import FEWEST, fit_passage_model

    columns, targets, passages, folds = story(seed=1)
    logits, true = Logits.from_columns(columns), targets.categories[:, 0]
    model, corrected = fit_passage_model(logits, logits, passages, targets, folds, seed=0)
    assert model is not None
    before = ((logits.categories[:, 0] > 0) == true).mean()
    after = ((corrected.categories[:, 0] > 0) == true).mean()
    assert before < 0.8
    assert after > 0.93
    model.save(tmp_path)
    again = PassageModel.load(tmp_path).correct(logits, passages)
    assert np.array_equal(again.columns(), model.correct(logits, passages).columns())
    few = np.arange(len(folds)) < FEWEST - 10
    none, same = fit_passage_model(
        logits.take(few), logits.take(few), passages[:149], targets.take(few), folds[few], seed=0
    )
    assert none is None
    assert np.array_equal(same.columns(), logits.take(few).columns())


def test_a_label_that_never_occurs_troubles_no_other() -> None:
    """Its logits are a constant, which differs a little from model to model."""
    pytest.importorskip("sklearn")
    from zhaojing.training.passage import fit_passage_model

    columns, targets, passages, folds = story(seed=2)
    columns[:, 1:6] = -7.0
    logits = Logits.from_columns(columns)
    model, _ = fit_passage_model(logits, logits, passages, targets, folds, seed=0)
    assert model is not None
    moved = columns.copy()
    moved[:, 1:6] -= 0.22
    shift = model.correct(Logits.from_columns(moved), passages).columns()
    assert shift == pytest.approx(model.correct(logits, passages).columns(), abs=1e-6)


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="shapes"):
        PassageModel(*(np.zeros(3, dtype=np.float32),) * 4)


def test_documents_in_one_call_are_as_documents_in_many(
    default_classifier: Classifier, some_records: list[Record]
) -> None:
    assert default_classifier.passage_model is not None

    def say(records: list[Record]) -> list[object]:
        texts = [s.text for r in records for s in r.sentences]
        contexts = [c for r in records for c in r.contexts()]
        found = default_classifier.classify(texts, contexts=contexts)
        return [(p.categories, p.role, round(p.embellishment_score, 6)) for p in found]

    assert say(some_records) == [label for record in some_records for label in say([record])]
