"""The whole study: slices, confusions, gates, what two annotators and the model agree on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_evaluation import many_documents, with_scores
from zhaojing.classifier import Prediction
from zhaojing.corpus.agreement import agreement
from zhaojing.errors import InvalidConfig, InvalidRecords
from zhaojing.evaluation import evaluate, part
from zhaojing.evaluation.annotators import Annotators, compare_annotators
from zhaojing.evaluation.gates import Gate, check_gates
from zhaojing.evaluation.outcomes import Outcomes
from zhaojing.evaluation.slices import Slice, slices
from zhaojing.evaluation.study import Study, study
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.records import LabelledSentence, Record

metrics = pytest.importorskip("sklearn.metrics")


def example(seed: int = 0) -> tuple[list[Record], list[Prediction]]:
    records, bare = many_documents(seed)
    return records, with_scores(bare)


@pytest.fixture(scope="module")
def two_models() -> Study:
    records, one = example()
    records = [
        replace(r, genre=("通报", "总结")[i % 2], source=f"某县；{2010 + i % 3} 年")
        for i, r in enumerate(records)
    ]
    other = [replace(p, role="other", categories=()) for p in one]
    return study(records, {"a": one, "b.c": other}, resamples=200)


# --- the whole ------------------------------------------------------------------------------


def test_the_json_is_todays_and_more(two_models: Study) -> None:
    records, one = example()
    plain = two_models.to_json()
    text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
    assert json.loads(text)["model"] == "a"
    known = evaluate(records, one, resamples=200)
    for key in ("n_sentences", "n_documents", "role", "flagged", "problems", "intervals"):
        assert plain[key] == known[key]
    assert set(plain["others"]) == {"b.c"}
    assert plain["others"]["b.c"]["flagged"]["recall"] is not None
    assert plain["comparisons"][0]["first"] == "a"
    assert (plain["weighted"], plain["resamples"]) == (False, 200)


def test_confusions_against_scikit_learn(two_models: Study) -> None:
    records, one = example()
    gold = [sentence for record in records for sentence in record.sentences]
    expected = metrics.confusion_matrix(
        [g.role for g in gold], [p.role for p in one], labels=list(ROLES)
    )
    assert np.array_equal(two_models.judged.roles.counts, expected)
    assert two_models.judged.roles.labels == ROLES
    levels = np.array(two_models.judged.levels.counts)
    rows = [sum(g.embellishment_level == k for g in gold) for k in range(4)]
    assert levels.sum(axis=1).tolist() == rows


def test_models_without_probabilities_have_no_curves() -> None:
    records, bare = many_documents(1)
    found = study(records, {"m": bare}, resamples=0).judged
    assert (found.precision_recall, found.reliability, found.risk_coverage) == ({}, {}, {})
    assert found.workload is None
    json.dumps(found.metrics, allow_nan=False)


def test_a_study_needs_a_model_and_sentences() -> None:
    records, one = example()
    with pytest.raises(ValueError, match="nothing"):
        study(records, {})
    with pytest.raises(ValueError, match="nothing"):
        study([], {"m": []})
    with pytest.raises(ValueError, match="299 predictions for 300"):
        study(records, {"m": one[1:]})


def test_one_document_of_one_sentence() -> None:
    records = [Record("d", (LabelledSentence("句。", (), "other", 0),))]
    _, predictions = example()
    found = study(records, {"m": predictions[:1]}, resamples=50)
    assert all(f.few and f.interval is None for f in found.judged.figures.values())
    json.dumps(found.to_json(), allow_nan=False)


# --- slices ---------------------------------------------------------------------------------


def find(found: tuple[Slice, ...], field: str, value: str) -> Slice:
    return next(one for one in found if (one.field, one.value) == (field, value))


def sliced(records: list[Record], given: list[Prediction], *fields: str) -> tuple[Slice, ...]:
    return slices(records, Outcomes.of(records, given), fields, resamples=500)


def test_a_slice_has_the_figures_of_its_sentences() -> None:
    records, given = example(2)
    records = [
        replace(r, extra={"writer": f"w{i % 3}"},
                sentences=tuple(replace(s, extra={"probe": "irony"} if k == 2 else {})
                                for k, s in enumerate(r.sentences)))
        for i, r in enumerate(records)
    ]  # fmt: skip
    found = sliced(records, given, "writer")
    for field, value, keep in (
        ("writer", "w1", lambda r, s: r.extra["writer"] == "w1"),
        ("probe", "irony", lambda r, s: "probe" in s.extra),
        ("probe", "", lambda r, s: "probe" not in s.extra),
    ):
        own = find(found, field, value)
        expected = evaluate(*part(records, given, keep), resamples=0)
        assert own.right.value == pytest.approx(expected["right"])
        assert own.right.sentences == expected["n_sentences"]
        assert own.right.documents == expected["n_documents"]
        assert own.figures["role_accuracy"].value == pytest.approx(expected["role"]["accuracy"])
        micro = expected["categories"]["micro_f1"]
        assert own.figures["categories_micro_f1"].value == pytest.approx(micro)
        for name in ("precision", "recall", "f1"):
            figure = own.figures[f"flagged_{name}"]
            assert figure.value == pytest.approx(expected["flagged"][name])
            rests = expected["supports"][f"flagged.{name}"]
            assert (figure.sentences, figure.documents) == (rests["sentences"], rests["documents"])


def test_fields_of_the_guideline_slice() -> None:
    records, given = example(3)
    texts = ["长" * 15, "长" * 16, "长" * 121, "长" * 60, "长"]
    records = [
        replace(r, title="某某 2019 年度总结" if i % 2 else "2020年总结", source="",
                sentences=tuple(replace(s, text=t, heading="一、" if i % 3 else "")
                                for s, t in zip(r.sentences, texts, strict=True)))
        for i, r in enumerate(records)
    ]  # fmt: skip
    found = sliced(records, given, "role")
    sizes = {(one.field, one.value): one.right.sentences for one in found}
    assert sizes["length", "1-15"] == 120
    assert sizes["length", "16-30"] == sizes["length", "31-60"] == sizes["length", "121-"] == 60
    assert sizes["heading", "known"] == 200
    assert sizes["heading", ""] == 100
    assert sizes["year", "2019"] == sizes["year", "2020"] == 150
    assert {value for field, value in sizes if field == "role"} == set(ROLES)
    assert not any(one.field == "genre" for one in found)  # one value throughout


def test_the_worst_slice_is_no_accident() -> None:
    """One genre is truly hard; the smallest is all wrong, but says nothing."""
    records, _ = example(4)
    gold = [s for r in records for s in r.sentences]
    records = [
        replace(r, genre="难" if i < 20 else "小" if i == 59 else "易")
        for i, r in enumerate(records)
    ]
    rng = np.random.default_rng(0)
    missed = [(i < 100 and rng.random() < 0.6) or i >= 295 or rng.random() < 0.1
              for i in range(300)]  # fmt: skip
    given = [
        Prediction(g.categories, {}, "other" if miss and g.role != "other" else
                   "problem" if miss else g.role, {}, 0.0, False)
        for g, miss in zip(gold, missed, strict=True)
    ]  # fmt: skip
    found = [one for one in sliced(records, given) if one.field == "genre"]
    assert [one.value for one in found] == ["难", "易", "小"]
    assert [one.worse for one in found] == [True, False, False]
    assert found[2].right.value == 0
    assert found[2].right.few
    assert found[2].right.interval is None


def test_a_field_that_nothing_has() -> None:
    records, given = example(5)
    records = [replace(r, extra={"writer": "w"}) for r in records]
    with pytest.raises(InvalidConfig) as caught:
        sliced(records, given, "writter")
    assert "writer" in caught.value.describe("en")


@settings(max_examples=20, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner,
                                                                max_size=2), max_leaves=4))  # fmt: skip
def test_any_value_of_a_field_makes_a_slice(value: Any) -> None:
    records, given = example(6)
    records = [replace(records[0], extra={"a=b.c": value}), *records[1:12]]
    found = slices(records, Outcomes.of(records, given[:60]), ["a=b.c"], resamples=0)
    own = [one.right.sentences for one in found if one.field == "a=b.c"]
    assert sorted(own) in ([], [5, 55])


# --- gates ----------------------------------------------------------------------------------

FIGURES: dict[str, Any] = {
    "n_sentences": 300,
    "problems": {"macro_f1": 0.85, "per_label": {"perks": {"f1": None}}},
    "role": {"accuracy": 0.9},
    "weighted": True,
    "supports": {"problems.macro_f1": {"sentences": 9, "few": True}, "role.accuracy": {}},
    "intervals": {"problems.macro_f1": [0.8, 0.88]},
    "others": {"m.1": {"role": {"accuracy": 0.7}, "supports": {"role.accuracy": {}},
                       "intervals": {"role.accuracy": [0.6, 0.8]}}},
    "slices": {"length": {"1-15": {"right": 0.5}}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ("problems.macro_f1>=0.85", True),
        ("problems.macro_f1>0.85", False),
        (" problems.macro_f1 <= .85 ", True),
        ("problems.macro_f1<8.5e-1", False),
        ("problems.macro_f1.low>=0.8", True),
        ("problems.macro_f1.high<0.88", False),
        ("role.accuracy.low>=0", False),  # no interval
        ("problems.per_label.perks.f1>=0", False),  # undefined
        ("problems.per_label.perks.f1<=1", False),
        ("others.m.1.role.accuracy.low>=0.6", True),
        ("slices.length.1-15.right<0.6", True),
        ("n_sentences>=300", True),
    ],
)
def test_gates(gate: str, passed: bool) -> None:
    (result,) = check_gates([Gate.parse(gate)], FIGURES)
    assert result.passed is passed


def test_all_gates_are_reported() -> None:
    texts = ["role.accuracy>=0.95", "problems.macro_f1>=0.8", "role.accuracy>=0.85"]
    found = check_gates([Gate.parse(text) for text in texts], FIGURES)
    assert [one.passed for one in found] == [False, True, True]
    assert [one.value for one in found] == [0.9, 0.85, 0.9]
    assert [str(one.gate) for one in found] == texts


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("problems.macro_f2", "problems.macro_f1"),
        ("macro_f1", "problems.macro_f1"),
        ("weighted", "n_sentences"),
        ("n_sentences.low", "n_sentences"),
        ("intervals.problems.macro_f1", "problems.macro_f1"),
    ],
)
def test_an_unknown_figure_names_near_ones(key: str, near: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        check_gates([Gate.parse(f"{key}>=0.5")], FIGURES)
    assert caught.value.key == "gate.unknown"
    assert near in caught.value.describe("en")


@pytest.mark.parametrize(
    "text", ["", "role.accuracy", ">=0.5", "a==1", "a>=", "a>=x", "a>=nan", "a>=inf", "a=>1"]
)
def test_what_is_no_gate(text: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        Gate.parse(text)
    assert caught.value.key == "gate.malformed"


@given(st.text())
def test_any_text_is_a_gate_or_an_error(text: str) -> None:
    try:
        gate = Gate.parse(text)
    except InvalidConfig:
        return
    assert Gate.parse(f"{gate.key}{gate.relation}{gate.bound!r}") == gate


def test_gates_over_a_real_study(two_models: Study) -> None:
    keys = ["categories.macro_f1", "flagged.f1.low", "others.b.c.role.accuracy",
            "slices.genre.通报.right.low", "workload.read_90", "risk_coverage.flagged.aurc.high"]  # fmt: skip
    found = check_gates([Gate.parse(f"{key}>=0") for key in keys], two_models.to_json())
    assert all(one.passed for one in found)


# --- annotators -----------------------------------------------------------------------------


def disturbed(records: list[Record], share: float, seed: int) -> list[Record]:
    """The same with other labels in a share of the sentences."""
    rng = np.random.default_rng(seed)

    def other(s: LabelledSentence) -> LabelledSentence:
        if rng.random() > share:
            return s
        categories = tuple(c for c in CATEGORIES if rng.random() < 0.3)
        return replace(s, categories=categories, role=str(rng.choice(ROLES)),
                       embellishment_level=int(rng.integers(4)))  # fmt: skip

    return [replace(r, sentences=tuple(other(s) for s in r.sentences)) for r in records]


def speaking(records: list[Record]) -> list[Prediction]:
    return [
        Prediction(s.categories, {}, s.role, {}, s.embellishment_level / 3, False)
        for r in records
        for s in r.sentences
    ]


def beside(share: float, between: float = 0.3) -> Annotators:
    truth, _ = many_documents(7)
    first, second = disturbed(truth, between, 1), disturbed(truth, between, 2)
    return compare_annotators(first, second, speaking(disturbed(truth, share, 3)), resamples=1000)


def test_the_people_agree_as_the_plain_figures_say() -> None:
    truth, given = many_documents(8)
    other = disturbed(truth, 0.4, 0)
    found = {one.field: one for one in compare_annotators(truth, other, given, resamples=0).fields}
    count, plain = agreement(truth, other)
    assert count == 300
    for item in plain:
        people = found[item.field].agreements["people"]
        for name in ("raw", "kappa", "alpha"):
            assert people[name].value == pytest.approx(getattr(item, name))
    gold = [s for r in truth for s in r.sentences]
    assert found["role"].agreements["model_first"]["kappa"].value == pytest.approx(
        metrics.cohen_kappa_score([s.role for s in gold], [p.role for p in given])
    )
    assert set(found) == {*CATEGORIES, "role", "embellishment_level", "flagged"}


@pytest.mark.parametrize(("share", "verdict"), [(0.0, "more"), (0.9, "less")])
def test_where_the_model_stands(share: float, verdict: str) -> None:
    fields = {one.field: one for one in beside(share).fields}
    for name in ("role", "embellishment_level"):
        for standing in fields[name].standings.values():
            assert standing.verdict == verdict
            assert standing.low is not None
            assert standing.low <= (standing.difference or 0) <= (standing.high or 0)


def test_a_third_annotator_agrees_as_much_or_it_is_unclear() -> None:
    verdicts = [s.verdict for one in beside(0.3).fields for s in one.standings.values()
                if one.field != "flagged"]  # fmt: skip
    assert set(verdicts) <= {"as_much", "unclear", "more"}
    assert {"as_much", "unclear"} & set(verdicts)


def test_few_documents_have_no_verdict() -> None:
    truth, given = many_documents(9)
    found = compare_annotators(truth[:5], disturbed(truth[:5], 0.3, 0), given[:25], resamples=100)
    assert {s.verdict for one in found.fields for s in one.standings.values()} == {"undefined"}
    json.dumps(found.to_json(), allow_nan=False)


def test_documents_of_one_annotator_only_are_left_out() -> None:
    truth, given = many_documents(10)
    other = disturbed(truth, 0.2, 0)
    whole = compare_annotators(truth[20:], other, given[100:], resamples=0)
    cut = compare_annotators(truth, other[20:][::-1], given, resamples=0)
    assert (cut.n_documents, cut.n_sentences) == (40, 200)
    assert cut == whole


def test_files_that_do_not_match() -> None:
    truth, given = many_documents(11)
    with pytest.raises(InvalidRecords):
        compare_annotators(truth[:1], truth[1:], given[:5])
    changed = [replace(truth[0], sentences=truth[0].sentences[1:])]
    with pytest.raises(InvalidRecords):
        compare_annotators(truth[:1], changed, given[:5])
