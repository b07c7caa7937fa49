"""From sentences to a judgement: segments, evidence of words, grid, praise, risk."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhaojing import Classifier, Context, Prediction, Report
from zhaojing.evidence import find_evidence, flag_columns, phrases
from zhaojing.judging import by_risk, judge
from zhaojing.judging.grid import Grid
from zhaojing.judging.praise import POINTS, Praise, Proof, profile, proofs
from zhaojing.judging.risk import FEWEST, PARTS, risk
from zhaojing.labels import CATEGORIES, ROLES, Category, Role
from zhaojing.reading import Document
from zhaojing.screening import ScreenedSentence
from zhaojing.segments import maximal_segments
from zhaojing.splitting import Sentence


def screened(
    role: str = Role.OTHER,
    *categories: str,
    score: float = 0.0,
    text: str = "全镇干部群众精神面貌焕然一新。",
    allowed: str = "",
) -> ScreenedSentence:
    """A sentence of which the model is wholly sure."""
    prediction = Prediction(
        categories=categories,
        category_scores={name: 1.0 if name in categories else 0.0 for name in CATEGORIES},
        role=role,
        role_scores={name: float(name == role) for name in ROLES},
        embellishment_score=score,
        flagged=(bool(categories) and role != Role.MEASURE) or score >= 0.5,
    )
    return ScreenedSentence(Sentence(text, 0, len(text), 1, None, ()), prediction, (), allowed)


def report(sentences: Sequence[ScreenedSentence]) -> Report:
    return Report(Document.from_text(""), tuple(sentences))


def brute_force(scores: Sequence[int]) -> list[tuple[int, int]]:
    """The definition: the leftmost best run, then the same to its left and to its right."""
    runs = [
        (sum(scores[start:end]), -(end - start), -start)
        for start in range(len(scores))
        for end in range(start + 1, len(scores) + 1)
    ]
    if not runs or max(runs)[0] <= 0:
        return []
    _, length, start = max(runs)
    start, end = -start, -start - length
    left = brute_force(scores[:start])
    right = [(a + end, b + end) for a, b in brute_force(scores[end:])]
    return [*left, (start, end), *right]


@given(st.lists(st.integers(-5, 5), max_size=14))
def test_maximal_segments_are_those_of_the_definition(scores: list[int]) -> None:
    found = maximal_segments(scores)
    assert sum(total for *_, total in found) == sum(
        sum(scores[start:end]) for start, end in brute_force(scores)
    )
    assert all(sum(scores[start:end]) == total > 0 for start, end, total in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_evidence_is_what_the_model_weighs(default_classifier: Classifier) -> None:
    text = "为了迎接检查，村里连夜补了三个月的会议记录，台账做得整整齐齐。"
    (prediction,) = default_classifier.classify([text])
    assert prediction.flagged
    (spans,) = find_evidence(default_classifier.model, [text], [None], [prediction])
    words = [text[start:end] for start, end in spans]
    assert words
    assert any("补" in word or "记录" in word or "台账" in word for word in words)
    assert sum(map(len, words)) < len(text) * 0.7


def test_relevance_adds_up_to_the_output(default_classifier: Classifier) -> None:
    """An exact account: all characters together make the output, but for length and context."""
    text, empty = "各股室 每日重复报送同一张报表.", Context()
    columns = flag_columns(screened(Role.PROBLEM, Category.DOCUMENTS).prediction)
    model = default_classifier.model
    told = model.relevance(text, empty, columns).sum()
    features = list(zip(*model.vectorizer.located(text), strict=True))  # type: ignore[attr-defined]
    expected = sum(
        share * model.weights[feature, columns].sum()  # type: ignore[attr-defined]
        for feature, share, _, _ in features
    )
    assert told == pytest.approx(expected, abs=1e-4)
    assert model.relevance("", empty, columns).shape == (0,)
    assert model.relevance(" \u3000", empty, columns).tolist() == [0.0, 0.0]


@given(st.text(max_size=40), st.data())
def test_phrases_are_runs_of_the_text(text: str, data: st.DataObject) -> None:
    weights = data.draw(
        st.lists(st.floats(-1, 1), min_size=len(text), max_size=len(text)), label="weights"
    )
    found = phrases(text, weights)
    assert all(0 <= start < end <= len(text) for start, end in found)
    ordered = sorted(found)
    assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def test_the_grid_and_what_does_not_answer_what() -> None:
    grid = Grid.of(
        [
            screened(Role.PROBLEM, Category.DOCUMENTS, Category.MEETINGS),
            screened(Role.MEASURE, Category.MEETINGS),
            screened(Role.MEASURE, Category.PERKS),
            screened(Role.ACHIEVEMENT, Category.INSPECTIONS),
            screened(Role.PROBLEM, Category.DELEGATION, allowed="会名"),
        ]
    )
    assert grid[Category.DOCUMENTS, Role.PROBLEM].sentences == (0,)
    assert grid[Category.INSPECTIONS, Role.ACHIEVEMENT].count == 1
    assert grid.unanswered() == (Category.DOCUMENTS,)
    assert grid.unprompted() == (Category.PERKS,)
    assert not grid[Category.DELEGATION, Role.PROBLEM].count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("干部作风明显好转，群众交口称赞。", ()),
        ("形成了一批可复制可推广的经验做法。", ()),
        ("全年发文４２６件，同比下降百分之三十一。", (Proof.NUMBER, Proof.BASE)),
        ("办结群众诉求二百一十七件。", (Proof.NUMBER,)),
        ("据县统计局调查，满意率由81.2%升至93.5%。", (Proof.NUMBER, Proof.BASE, Proof.SOURCE)),
        ("出台《村级事务准入办法》，彻底为基层松了绑。", (Proof.OBJECT,)),
        ("经第三方评估，我局工作走在前列。", (Proof.SOURCE,)),
        ("2023年以来，全镇上下拧成一股绳。", ()),
        ("2023年新建卫生室３所。", (Proof.NUMBER, Proof.BASE)),
        ("牢固树立“四个意识”，深入乡村、服务社区，第三方面成效显著。", ()),
        ("一个声音喊到底，一张蓝图绘到底。", ()),
    ],
)
def test_what_can_be_checked_in_a_claim(text: str, expected: tuple[Proof, ...]) -> None:
    assert proofs(text) == expected


def test_praise_where_it_is_and_what_stands_behind_it() -> None:
    sentences = [screened()] * 10
    sentences[4:7] = [screened(Role.ACHIEVEMENT, score=0.9)] * 3
    sentences[6] = screened(Role.ACHIEVEMENT, score=0.6, text="办结诉求217件，比上年多40件。")
    praise = Praise.of(sentences, 0.5)
    assert praise.share == pytest.approx(0.3)
    assert praise.strength == pytest.approx(0.8)
    assert praise.passages == ((4, 7),)
    assert [claim.sentence for claim in praise.unsupported] == [4, 5]
    assert Praise.of([], 0.5).profile == ()


@given(st.lists(st.floats(0, 1), max_size=300))
def test_the_profile_keeps_the_mean(scores: list[float]) -> None:
    found = profile(scores)
    assert len(found) == min(len(scores), POINTS)
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in found)


def test_a_boast_ranks_over_an_honest_account_and_copying_over_both() -> None:
    honest = report([screened(Role.PROBLEM, Category.MEETINGS)] * 8 + [
        screened(Role.MEASURE, Category.MEETINGS)] * 8)  # fmt: skip
    proud = report([screened(Role.ACHIEVEMENT, score=0.8)] * 8 + [screened()] * 8)
    short = report([screened(Role.ACHIEVEMENT, score=1.0)] * (FEWEST - 1))
    judged = [judge(item, praise_threshold=0.5) for item in (honest, short, proud)]
    assert [item.report for item in by_risk(judged)] == [proud, honest, short]
    assert judged[1].risk is None
    assert judged[0].risk is not None
    assert judged[0].risk.index == 0
    copied = judge(proud, praise_threshold=0.5, copied=1.0).risk
    alone = judged[2].risk
    assert copied is not None
    assert alone is not None
    assert copied.index == pytest.approx(alone.index + PARTS["copied"][0])
    assert alone.low <= alone.index <= alone.high


def test_each_part_of_the_index_counts_for_itself_and_no_more_than_its_points() -> None:
    plain = [screened()] * 20
    cases = {
        "praise": [screened(Role.ACHIEVEMENT, score=1.0, text="建成水厂3座。")] * 20,
        "displayed": [screened(Role.ACHIEVEMENT, Category.INSPECTIONS)] * 20,
        "unanswered": [*plain, screened(Role.PROBLEM, Category.PERKS)],
    }
    for part, sentences in cases.items():
        found = risk(sentences, Grid.of(sentences), 0.0)
        assert found is not None
        most = PARTS[part][0]
        assert found.points == pytest.approx({name: most * (name == part) for name in PARTS})
    displayed = cases["displayed"]
    off = risk(displayed, Grid.of(displayed), 0.0, off=[Category.INSPECTIONS])
    assert off is not None
    assert off.index == 0
    assert sum(most for most, _ in PARTS.values()) == 100


def test_the_interval_widens_with_doubt() -> None:
    sure = [screened(Role.ACHIEVEMENT, score=float(i % 4 == 0)) for i in range(40)]
    torn = [screened(Role.ACHIEVEMENT, score=0.25) for _ in range(40)]
    (a, b) = (risk(sentences, Grid.of(sentences), 0.0) for sentences in (sure, torn))
    assert a is not None
    assert b is not None
    assert a.index == pytest.approx(b.index)
    assert a.high - a.low < 1e-6
    assert b.high - b.low > 10
