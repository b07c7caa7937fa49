"""The surest errors, and gold labels that are likely wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_evaluation import many_documents, with_scores
from zhaojing.classifier import Prediction
from zhaojing.evaluation.mistakes import (
    confident_errors,
    confident_learning,
    suspected_labels,
    to_check,
)
from zhaojing.evaluation.outcomes import Outcomes
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.records import LabelledSentence, Record, read_records, write_records


def test_confident_learning_by_hand() -> None:
    """Class 0 is given with 0.9, 0.8 and 0.1, a mean of 0.6; class 1 with 0.7 and 0.3, 0.5."""
    stated = np.array([0.1, 0.2, 0.9, 0.7, 0.3])
    gold = np.array([0, 0, 0, 1, 1])
    likely = confident_learning(gold, np.stack([1 - stated, stated], axis=1))
    # the third is 1 with 0.9 >= 0.5; the last is 0 with 0.7 >= 0.6
    assert likely.tolist() == [0, 0, 1, 1, 0]


def test_a_class_must_beat_its_own_threshold() -> None:
    """A model that is sure of class 1 throughout says nothing by 0.6."""
    stated = np.array([0.95, 0.95, 0.95, 0.6])
    gold = np.array([1, 1, 1, 0])
    likely = confident_learning(gold, np.stack([1 - stated, stated], axis=1))
    assert likely.tolist() == gold.tolist()


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_a_model_that_agrees_suspects_nothing(gold: list[int]) -> None:
    rows = np.array(gold)
    assert confident_learning(rows, np.eye(3)[rows]).tolist() == gold


def test_planted_errors_are_found() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 2000)
    probability = rng.dirichlet(np.ones(4), 2000) * 0.4 + np.eye(4)[truth] * 0.6
    wrong = rng.random(2000) < 0.05
    gold = np.where(wrong, (truth + rng.integers(1, 4, 2000)) % 4, truth)
    suspected = confident_learning(gold, probability) != gold
    # a threshold is the mean of its class, so about half of the errors pass it
    assert (suspected & wrong).sum() / wrong.sum() > 0.5
    assert (suspected & wrong).sum() / suspected.sum() > 0.95


def sure(categories: tuple[str, ...], role: str, level: int, p: float = 0.9) -> Prediction:
    scores = {c: p if c in categories else 1 - p for c in CATEGORIES}
    roles = {r: p if r == role else (1 - p) / 3 for r in ROLES}
    return Prediction(categories, scores, role, roles, level / 3, bool(categories))


def test_the_surest_errors_come_first() -> None:
    gold = [
        LabelledSentence("甲。", ("perks",), "problem", 0),
        LabelledSentence("乙。", (), "achievement", 3),
        LabelledSentence("丙。", (), "other", 0),
    ]
    given_here = [
        sure(("perks", "meetings"), "problem", 0, 0.8),
        sure((), "measure", 0, 0.7),
        sure((), "other", 1, 0.99),
    ]
    records = [Record("d1", tuple(gold[:2])), Record("d2", tuple(gold[2:]))]
    found = confident_errors(records, Outcomes.of(records, given_here))
    assert [(f.text, f.field, f.gold, f.model, round(f.probability, 6)) for f in found] == [
        ("乙。", "embellishment_level", 3, 0.0, 1.0),
        ("甲。", "meetings", False, True, 0.8),
        ("乙。", "role", "achievement", "measure", 0.7),
    ]
    assert [(f.index, f.doc_id, f.sentence) for f in found[:2]] == [(1, "d1", 2), (0, "d1", 1)]
    assert len(confident_errors(records, Outcomes.of(records, given_here), count=1)) == 1


def test_a_planted_label_is_suspected() -> None:
    gold = [
        LabelledSentence("句。", ("perks",) * (i % 2), ("other", "problem")[i % 2], 0)
        for i in range(60)
    ]
    given_here = [sure(g.categories, g.role, 0) for g in gold]
    gold[7] = replace(gold[7], categories=("meetings",), role="measure")
    records = [Record("d", tuple(gold))]
    found = suspected_labels(records, Outcomes.of(records, given_here))
    assert {(f.index, f.field) for f in found} >= {(7, "perks"), (7, "role")}
    assert {f.index for f in found} == {7}
    assert {f.reason for f in found} == {"suspected_label"}


def test_without_probabilities_nothing_is_listed() -> None:
    records, bare = many_documents(0)
    outcomes = Outcomes.of(records, bare)
    assert confident_errors(records, outcomes) == suspected_labels(records, outcomes) == ()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_what_is_to_check_is_an_annotation_file(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    records, bare = many_documents(seed)
    given_here = with_scores(bare)
    records = [replace(r, extra={"writer": "t1"}, genre="通报") for r in records]
    # the guideline gives no practice to the role "other"
    records = [
        replace(r, sentences=tuple(
            replace(s, text=f"{r.doc_id}第{i}句。", heading=f"第{i // 2}节",
                    categories=() if s.role == "other" else s.categories)
            for i, s in enumerate(r.sentences)))
        for r in records
    ]  # fmt: skip
    outcomes = Outcomes.of(records, given_here)
    findings = (*confident_errors(records, outcomes, 20), *suspected_labels(records, outcomes, 20))
    chosen = to_check(records, given_here, findings)
    path = Path(tmp_path_factory.mktemp("check")) / "to_check.jsonl"
    write_records(chosen, path)
    again = read_records(path)
    assert again == chosen
    assert sum(len(r.sentences) for r in again) == len({f.index for f in findings})
    by_id = {r.doc_id: r for r in records}
    everywhere = {(f.doc_id, f.sentence) for f in findings}
    for record in again:
        whole = by_id[record.doc_id]
        assert (record.genre, record.extra) == (whole.genre, whole.extra)
        contexts = record.contexts()
        for sentence, context in zip(record.sentences, contexts, strict=True):
            number = sentence.extra["sentence"]
            assert (record.doc_id, number) in everywhere
            assert whole.contexts()[number - 1] == context
            assert replace(sentence, extra={}) == whole.sentences[number - 1]
            reasons = {item["reason"] for item in sentence.extra["listed_for"]}
            assert reasons <= {"confident_error", "suspected_label"}
            assert reasons
            assert sentence.extra["model"]["role"] in ROLES


def test_a_sentence_before_that_the_record_names_is_kept() -> None:
    sentence = LabelledSentence("乙。", ("perks",), "problem", 0, extra={"previous": "甲。"})
    records = [Record("d", (sentence,))]
    given_here = [sure((), "other", 0)]
    findings = confident_errors(records, Outcomes.of(records, given_here))
    (record,) = to_check(records, given_here, findings)
    assert record.sentences[0].extra["previous"] == "甲。"
    assert len(record.sentences[0].extra["listed_for"]) == 2
