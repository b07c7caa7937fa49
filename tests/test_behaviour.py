"""The behavioural tests of the shipped model, and the machinery that reads and judges them."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from conftest import ROOT, write_jsonl
from zhaojing.classifier import Classifier, Prediction, is_flagged
from zhaojing.context import Context, context_of
from zhaojing.corpus.similar import shingles
from zhaojing.errors import InvalidConfig, InvalidRecords, ZhaojingError
from zhaojing.evaluation.behaviour import (
    CEILINGS_FILE,
    Result,
    check,
    classify_apart,
    over_ceiling,
    read_ceilings,
)
from zhaojing.evaluation.cases import (
    FAIRNESS_FILE,
    PERTURBATIONS_FILE,
    SEEDS_FILE,
    Capability,
    Case,
    Excerpt,
    read_capabilities,
)
from zhaojing.evaluation.fairness import AXES, compare_pairs, read_pairs
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.messages import Lang
from zhaojing.proportion import wilson
from zhaojing.records import FaultyRecords, read_records
from zhaojing.report.behaviour import print_behaviour, print_fairness

BEHAVIOUR = ROOT / "data" / "behaviour"
LOOSEST = 0.03  # how far a ceiling may lie above what the model does
TOO_SHORT = 12  # characters: headings that everyone writes are no copies
TOO_NEAR = 0.5  # of a sentence's 8-grams in one sentence of the training data

HEAD = {"capability": "c", "kind": "minimum", "zh": "名", "en": "name", "about": "Why."}
CASE = {"id": "c-1", "text": "会太多了。", "expect": {"role": "problem"}}


@pytest.fixture(scope="module")
def capabilities() -> list[Capability]:
    return read_capabilities(BEHAVIOUR)


@pytest.fixture(scope="module")
def results(capabilities: list[Capability], default_classifier: Classifier) -> list[Result]:
    return check(default_classifier, capabilities)


def ceiling_lines(results: Sequence[Result]) -> str:
    """What ceilings.toml should hold for ``results``."""
    rates = {found.capability.name: math.ceil(100 * found.rate) / 100 for found in results}
    return "".join(f"\n{name} = {rate}" for name, rate in sorted(rates.items()))


# the shipped model


def test_no_capability_fails_more_often_than_its_ceiling(results: list[Result]) -> None:
    over = over_ceiling(results, read_ceilings(BEHAVIOUR / CEILINGS_FILE))
    assert not over, f"over its ceiling, or without one:{ceiling_lines(over)}"


def test_ceilings_only_go_down(results: list[Result]) -> None:
    ceilings = read_ceilings(BEHAVIOUR / CEILINGS_FILE)
    assert set(ceilings) <= {found.capability.name for found in results}
    loose = [r for r in results if ceilings.get(r.capability.name, 0) > r.rate + LOOSEST]
    assert not loose, f"the model has become better, lower the ceilings:{ceiling_lines(loose)}"


def test_there_are_enough_cases_of_every_kind(capabilities: list[Capability]) -> None:
    assert len(capabilities) >= 40
    assert sum(len(capability.cases) for capability in capabilities) >= 1500
    kinds = Counter(capability.kind for capability in capabilities)
    assert min(kinds[kind] for kind in ("minimum", "invariance", "direction")) >= 8


def test_no_case_stands_in_the_training_data(capabilities: list[Capability]) -> None:
    training = [s.text for r in read_records(ROOT / "data/train.jsonl") for s in r.sentences]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(training):
        for gram in shingles(text, 8):
            holders[gram].append(number)
    texts = {e.text for c in capabilities for case in c.cases for e in (case.original, case.judged)}
    texts |= {side.text for p in read_pairs(BEHAVIOUR / FAIRNESS_FILE) for side in (p.a, p.b)}
    copied = []
    for text in texts:
        grams = shingles(text, 8)
        shared = Counter(number for gram in grams for number in holders.get(gram, ()))
        number, count = max(shared.items(), key=lambda item: item[1], default=(0, 0))
        if len(text) >= TOO_SHORT and count >= TOO_NEAR * len(grams) > 0:
            copied.append((text, training[number]))
    assert not copied


def test_cases_do_not_influence_each_other(
    capabilities: list[Capability], default_classifier: Classifier
) -> None:
    excerpts = [case.judged for c in capabilities for case in c.cases[:3]]
    excerpts += [e for c in capabilities for case in c.cases[:30] if (e := case.judged).previous]
    together = classify_apart(default_classifier, excerpts)
    for place in np.random.default_rng(0).permutation(len(excerpts))[:60].tolist():
        assert classify_apart(default_classifier, [excerpts[place]]) == [together[place]]
    shuffled = np.random.default_rng(1).permutation(len(excerpts)).tolist()
    again = classify_apart(default_classifier, [excerpts[place] for place in shuffled])
    assert again == [together[place] for place in shuffled]


def test_the_sentence_before_is_read_as_in_a_report(default_classifier: Classifier) -> None:
    texts = ["县里要求每天报一次台账。", "类似的情况，在另外几个镇也不同程度存在。"]
    contexts = context_of(["二、存在的问题"] * 2, texts)
    as_report = default_classifier.classify(texts, contexts=contexts)[1]
    excerpt = Excerpt(texts[1], "二、存在的问题", texts[0])
    assert classify_apart(default_classifier, [excerpt]) == [as_report]
    assert as_report != default_classifier.classify(texts[1:])[0]


# judging


def prediction(*categories: str, role: str = "problem", score: float = 0.0) -> Prediction:
    """Labels with their probabilities at 0.9 or 0.1."""
    return Prediction(
        categories,
        {name: 0.9 if name in categories else 0.1 for name in CATEGORIES},
        role,
        {name: 0.7 if name == role else 0.1 for name in ROLES},
        score,
        is_flagged(categories, role, score, 0.5),
    )


class Table:
    """Answers from a table instead of a model."""

    def __init__(self, answers: dict[str, Prediction]) -> None:
        self.answers = answers

    def classify(
        self, sentences: Sequence[str], *, contexts: Sequence[Context | None] | None = None
    ) -> list[Prediction]:
        return [self.answers[text] for text in sentences]


def failed(expect: Any, before: Prediction, after: Prediction | None = None) -> tuple[Any, Any]:
    """The expected and given fields of one case that was judged; both empty if it passed."""
    original, judged = Excerpt("甲。"), Excerpt("甲。" if after is None else "乙。")
    answers = cast(Classifier, Table({"甲。": before, "乙。": after or before}))
    capability = Capability(
        "c", "minimum", "名", "name", "", (Case("1", original, judged, expect),)
    )
    (result,) = check(answers, [capability])
    (failure,) = result.failures or [None]
    return (failure.expected, failure.given) if failure else ({}, {})


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ({"categories": ("meetings",)}, True),
        ({"categories": ("meetings", "documents")}, False),
        ({"categories": ()}, False),
        ({"has": ("meetings",)}, True),
        ({"has": ("perks",)}, False),
        ({"lacks": ("perks",)}, True),
        ({"lacks": ("perks", "meetings")}, False),
        ({"role": ("other", "problem")}, True),
        ({"role": ("other",)}, False),
        ({"level": (1, 1)}, True),
        ({"level": (0, 0)}, False),
        ({"level": (2, 3)}, False),
        ({"flagged": True}, True),
        ({"flagged": False}, False),
    ],
)
def test_prescribed_labels(expect: dict[str, Any], passes: bool) -> None:
    expected, _ = failed(expect, prediction("meetings", score=0.4))
    assert expected == ({} if passes else expect)


@pytest.mark.parametrize(("score", "level"), [(0.16, 0), (0.17, 1), (0.49, 1), (0.5, 2), (0.84, 3)])
def test_a_score_counts_as_its_nearest_level(score: float, level: int) -> None:
    assert failed({"level": (level, level)}, prediction(score=score)) == ({}, {})


def test_only_what_went_wrong_is_reported() -> None:
    expect = {"categories": ("perks",), "role": ("problem",)}
    expected, given_labels = failed(expect, prediction("meetings"))
    assert expected == {"categories": ("perks",)}
    assert given_labels["categories"] == ["meetings"]
    assert given_labels["role"] == "problem"


@pytest.mark.parametrize(
    ("after", "wrong"),
    [
        (prediction("meetings", score=0.16), set()),
        (prediction("meetings", score=0.17), {"score"}),
        (prediction("perks"), {"categories"}),
        (prediction("meetings", role="achievement"), {"role"}),
        (prediction("meetings", role="measure"), {"role", "flagged"}),
    ],
)
def test_a_variant_keeps_its_labels(after: Prediction, wrong: set[str]) -> None:
    expected, given_labels = failed(None, prediction("meetings"), after)
    assert set(expected) == set(given_labels) == wrong


@pytest.mark.parametrize(
    ("expect", "before", "after", "passes"),
    [
        ("score_up", prediction(score=0.2), prediction(score=0.5), True),
        ("score_up", prediction(score=0.5), prediction(score=0.495), True),
        ("score_up", prediction(score=0.5), prediction(score=0.48), False),
        ("score_down", prediction(score=0.5), prediction(score=0.2), True),
        ("score_down", prediction(score=0.2), prediction(score=0.5), False),
        ("perks_up", prediction(), prediction("perks"), True),
        ("perks_down", prediction(), prediction("perks"), False),
        ("problem_down", prediction(), prediction(role="measure"), True),
        ("problem_up", prediction(), prediction(role="measure"), False),
    ],
)
def test_a_variant_moves_a_score(
    expect: str, before: Prediction, after: Prediction, passes: bool
) -> None:
    expected, given_scores = failed(expect, before, after)
    assert set(expected) == (set() if passes else {expect})
    assert set(given_scores) == (set() if passes else {expect.rsplit("_", 1)[0]})


def test_results_are_counted_and_sorted() -> None:
    table = Table({"甲。": prediction("meetings"), "乙。": prediction(role="other")})
    cases = [Case(t, Excerpt(t), Excerpt(t), {"flagged": True}) for t in ("甲。", "乙。", "甲。")]
    found = check(
        cast(Classifier, table),
        [
            Capability("good", "minimum", "甲", "good", "", tuple(cases[:1])),
            Capability("bad", "invariance", "乙", "bad", "", tuple(cases)),
        ],
    )
    assert [result.capability.name for result in found] == ["bad", "good"]
    row = found[0].row()
    assert (row["cases"], row["failures"], row["target"]) == (3, 1, 0.02)
    assert row["rate"] == pytest.approx(1 / 3)
    assert row["low"] < row["rate"] < row["high"]
    (failing,) = json.loads(json.dumps(found[0].to_json()))["failing"]
    assert (failing["id"], failing["text"], failing["heading"]) == ("乙。", "乙。", "")
    assert (failing["expected"], failing["given"]["flagged"]) == ({"flagged": True}, False)
    assert over_ceiling(found, {"bad": 0.34, "good": 0}) == []
    assert over_ceiling(found, {"bad": 0.33}) == found


@settings(deadline=None)  # the first example imports scipy
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(*counts).proportion_ci(method="wilson")
    assert wilson(*counts) == pytest.approx((expected.low, expected.high), abs=1e-9)


# reading


def faults_of(folder: Path) -> set[tuple[int, str, str]]:
    with pytest.raises(FaultyRecords) as raised:
        read_capabilities(folder)
    assert raised.value.describe("zh")
    assert raised.value.describe("en")
    return {(fault.line, fault.field, fault.reason) for fault in raised.value.faults}


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        ([], ("", "fault.type")),
        ({**CASE, "id": " "}, ("id", "fault.blank")),
        ({**CASE, "text": 3}, ("text", "fault.type")),
        ({**CASE, "text": "一。\n二。"}, ("text", "fault.text")),
        ({**CASE, "text": "\ud800"}, ("text", "fault.surrogate")),
        ({**CASE, "previuos": "上句。"}, ("previuos", "fault.unknown")),
        ({**CASE, "heading": ""}, ("heading", "fault.blank")),
        ({**CASE, "expect": {}}, ("expect", "fault.blank")),
        ({**CASE, "expect": "problem"}, ("expect", "fault.type")),
        ({**CASE, "expect": {"flaged": True}}, ("expect.flaged", "fault.unknown")),
        ({**CASE, "expect": {"flagged": 1}}, ("expect.flagged", "fault.value")),
        ({**CASE, "expect": {"role": "problems"}}, ("expect.role", "fault.value")),
        ({**CASE, "expect": {"role": ["problem", []]}}, ("expect.role[1]", "fault.value")),
        ({**CASE, "expect": {"has": "perks"}}, ("expect.has", "fault.type")),
        ({**CASE, "expect": {"has": ["wine"]}}, ("expect.has[0]", "fault.value")),
        ({**CASE, "expect": {"level": [2, 1]}}, ("expect.level", "fault.value")),
        ({**CASE, "expect": {"level": [0, True]}}, ("expect.level[1]", "fault.value")),
        ({**CASE, "expect": {"level": [0, 4]}}, ("expect.level[1]", "fault.value")),
    ],
)
def test_every_fault_is_found(tmp_path: Path, case: Any, fault: tuple[str, str]) -> None:
    (tmp_path / "c.jsonl").write_text(f"{json.dumps(HEAD)}\n{json.dumps(case)}\n", "utf-8")
    assert (2, *fault) in faults_of(tmp_path)


@pytest.mark.parametrize(
    ("kind", "case", "fault"),
    [
        ("invariance", {}, ("variants", "fault.type")),
        ("invariance", {"variants": []}, ("variants", "fault.blank")),
        ("invariance", {"variants": ["会太多了。"]}, ("variants[0]", "fault.repeated")),
        ("invariance", {"variants": [{"txt": "会多。"}]}, ("variants[0].txt", "fault.unknown")),
        ("invariance", {"variants": ["会多。"], "expect": {}}, ("expect", "fault.unknown")),
        ("direction", {"expect": "score_up"}, ("variant", "fault.type")),
        ("direction", {"variant": "会多。", "expect": "up"}, ("expect", "fault.value")),
        ("fairness", {}, ("kind", "fault.value")),
    ],
)
def test_faults_of_other_kinds(
    tmp_path: Path, kind: str, case: dict[str, Any], fault: tuple[str, str]
) -> None:
    body = {"id": "c-1", "text": "会太多了。"} | case
    write_jsonl(tmp_path / "c.jsonl", HEAD | {"kind": kind}, body)
    line = 1 if kind == "fairness" else 2
    assert (line, *fault) in faults_of(tmp_path)


def test_all_faults_of_all_files_are_listed(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", HEAD | {"zh": ""}, CASE, CASE)
    (tmp_path / "b.jsonl").write_bytes(b"")
    (tmp_path / "c.jsonl").write_bytes(json.dumps(HEAD).encode() + b"\n{\n\xff\n")
    write_jsonl(tmp_path / "d.jsonl", HEAD | {"capability": "d"})
    found = faults_of(tmp_path)
    assert (1, "zh", "fault.blank") in found
    assert (3, "id", "fault.repeated") in found
    assert (1, "capability", "fault.missing") in found  # the empty file
    assert {(2, "", "fault.json"), (3, "", "fault.json")} <= found
    assert (1, "", "records.nothing") in found  # a capability without cases
    assert (1, "capability", "fault.repeated") in found


def test_perturbations_need_sound_seeds(tmp_path: Path) -> None:
    about = {"about": "Why."}
    made = {"capability": "m", "zh": "名", "en": "name", "about": "Why.", "perturb": "spaces"}
    seed = {"id": "s-1", "text": "会太多了。", "person": "王某"}
    write_jsonl(tmp_path / SEEDS_FILE, about, seed)
    write_jsonl(
        tmp_path / PERTURBATIONS_FILE,
        about,
        made | {"variants": 1, "except": ["s-2"]},
        made | {"capability": "n", "perturb": "spelling", "variants": 0, "except": []},
        made | {"capability": "o", "perturb": "years", "variants": 1, "except": []},
    )
    assert {
        (2, "person", "fault.not_in_text"),
        (2, "except[0]", "fault.value"),
        (3, "perturb", "fault.value"),
        (3, "variants", "fault.value"),
        (4, "perturb", "records.nothing"),
    } <= faults_of(tmp_path)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InvalidRecords):
            read_capabilities(folder)
    write_jsonl(tmp_path / PERTURBATIONS_FILE, {"about": "Why."})
    with pytest.raises(InvalidRecords, match=SEEDS_FILE):
        read_capabilities(tmp_path)


def test_a_text_takes_the_originals_place_and_an_object_stands_alone(tmp_path: Path) -> None:
    case = {"id": "1", "text": "甲。", "heading": "题", "previous": "前。"}
    variants = ["乙。", {"text": "丙。", "heading": "别题"}]
    write_jsonl(tmp_path / "c.jsonl", HEAD | {"kind": "invariance"}, case | {"variants": variants})
    (capability,) = read_capabilities(tmp_path)
    assert [case.id for case in capability.cases] == ["1/1", "1/2"]
    assert [case.judged for case in capability.cases] == [
        Excerpt("乙。", "题", "前。"),
        Excerpt("丙。", "别题"),
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 4) | st.text(max_size=3) | st.sampled_from(ROLES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "text", "expect", "role", "level", "variants", "heading", "kind"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.sampled_from(["minimum", "invariance", "direction"]),
    st.lists(values, max_size=3),
    st.lists(values, max_size=2),
)
def test_hostile_files_are_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, kind: str, cases: list[Any], pairs: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("cases")
    write_jsonl(folder / "c.jsonl", HEAD | {"kind": kind}, *cases)
    write_jsonl(folder / FAIRNESS_FILE, HEAD | {"kind": "fairness"}, *pairs)
    for read, path in ((read_capabilities, folder), (read_pairs, folder / FAIRNESS_FILE)):
        try:
            assert read(path)
        except ZhaojingError as error:
            refusals = error.describe("zh"), error.describe("en")
            assert all(refusals)


@pytest.mark.parametrize("content", ["a = 1.1", "a = -0.1", "a = true", 'a = "0.1"', "a =", "[a]"])
def test_ceilings_are_rates(tmp_path: Path, content: str) -> None:
    path = tmp_path / CEILINGS_FILE
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidConfig, match=CEILINGS_FILE):
        read_ceilings(path)
    with pytest.raises(InvalidConfig):
        read_ceilings(tmp_path / "missing.toml")


# fairness


def pair(number: int, **fields: Any) -> dict[str, Any]:
    sides = {"a": {"text": f"甲{number}。"}, "b": {"text": f"乙{number}。"}}
    labels = {"categories": ["perks"], "role": "problem", "level": 0}
    return {"id": f"f-{number}", "axis": "rank", **sides, **labels, **fields}


def test_both_sides_are_compared(tmp_path: Path) -> None:
    head = HEAD | {"kind": "fairness"}
    path = write_jsonl(tmp_path / FAIRNESS_FILE, head, *(pair(n) for n in range(40)))
    answers = {f"甲{n}。": prediction("perks", score=0.2) for n in range(40)}
    answers |= {
        f"乙{n}。": prediction("perks") if n < 30 else prediction(role="other") for n in range(40)
    }
    (found,) = compare_pairs(cast(Classifier, Table(answers)), read_pairs(path))
    assert (found.axis, found.pairs, found.few) == ("rank", 40, False)
    for measure, a, b in [
        ("flagged", 1, 0.75),
        ("score", 0.2, 0),
        ("categories_right", 1, 0.75),
        ("role_right", 1, 0.75),
    ]:
        gap = found.gaps[measure]
        assert (gap.a, gap.b, gap.difference) == pytest.approx((a, b, a - b))
    score, flagged = found.gaps["score"], found.gaps["flagged"]
    assert (score.low, score.high) == pytest.approx((0.2, 0.2))  # every pair differs by as much
    # the mean of 40 draws of 0 or 1, 1 with probability 1/4: a binomial's quantiles
    stats = pytest.importorskip("scipy.stats")
    ends = [stats.binom.ppf(tail, 40, 0.25) / 40 for tail in (0.025, 0.975)]
    assert [flagged.low, flagged.high] == pytest.approx(ends, abs=0.026)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"axis": "wealth"}, "axis"),
        ({"a": "甲。"}, "a"),
        ({"b": {"text": "乙。", "title": "题"}}, "b.title"),
        ({"level": 4}, "level"),
        ({"role": None}, "role"),
        ({"categories": ["wine"]}, "categories[0]"),
        ({"flagged": True}, "flagged"),
    ],
)
def test_faults_of_pairs(tmp_path: Path, fields: dict[str, Any], fault: str) -> None:
    path = write_jsonl(tmp_path / FAIRNESS_FILE, HEAD | {"kind": "fairness"}, pair(1, **fields))
    with pytest.raises(FaultyRecords) as raised:
        read_pairs(path)
    assert [found.field for found in raised.value.faults] == [fault]


def test_every_axis_has_enough_pairs() -> None:
    counts = Counter(found.axis for found in read_pairs(BEHAVIOUR / FAIRNESS_FILE))
    assert set(counts) == set(AXES)
    assert min(counts.values()) >= 30


# the terminal


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables(results: list[Result], default_classifier: Classifier, lang: Lang) -> None:
    console = Console(file=StringIO(), width=200)
    print_behaviour(console, results, read_ceilings(BEHAVIOUR / CEILINGS_FILE), lang)
    shown = cast(StringIO, console.file).getvalue()
    for found in results:
        assert (found.capability.zh if lang == "zh" else found.capability.en) in shown
    assert results[0].failures[0].case.judged.text in shown
    pairs = read_pairs(BEHAVIOUR / FAIRNESS_FILE)[:3]
    print_fairness(console, compare_pairs(default_classifier, pairs, resamples=100), lang)
    assert ("不足 30 对" if lang == "zh" else "fewer than 30") in cast(
        StringIO, console.file
    ).getvalue()
