"""Copying between reports: found when rewritten, not found between honest neighbours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import DATA
from zhaojing.errors import InvalidConfig
from zhaojing.judging.copying import CopiedPair, Copies, ReportText, find_copies
from zhaojing.judging.fixed_wording import letters, places, read_fixed_wording
from zhaojing.reading import Document, read
from zhaojing.records import read_records
from zhaojing.splitting import split

FOLDER = Path(__file__).parent / "files" / "copying"
# Which sentences of the first report stand in the second, by their index: how the files were
# written. 青石镇, 柳溪镇, 农业农村局 and 城北街道 are honest and share a template and a subject.
# 河东街道 is 青石镇 reworded, 沙坪镇 is its first half with other names and figures, 水利局 is put
# together from two, 文化旅游局 took two places over without reading them.
QINGSHI_IN_HEDONG = {*range(5, 10), 11, 12, 13, *range(15, 18), *range(19, 22), *range(23, 27)}
QINGSHI_IN_HEDONG |= {*range(28, 32), 33, 34}
QINGSHI_IN_SHAPING = {*range(5, 9), 10, 11, 12, 14, 15, 16, 18, 19}
COPIED = {
    ("河东街道", "青石镇"): QINGSHI_IN_HEDONG,
    ("河东街道", "沙坪镇"): {i for i in QINGSHI_IN_HEDONG if i < 22},
    ("沙坪镇", "青石镇"): QINGSHI_IN_SHAPING,
    ("水利局", "柳溪镇"): {5, 6, 7, 8, 14, 19, 27},
    ("水利局", "农业农村局"): {10, 11, 13, 15, 20, 24},
    ("文化旅游局", "农业农村局"): {21, 26, 27, 28},
    ("文化旅游局", "水利局"): {21, 28},
}
# two sentences, far apart and reworded by one of the two who took them from a third
MISSED = ("文化旅游局", "水利局")

OWN = (
    "老支书把村里三十年的账本从阁楼上搬下来，一本一本晒在祠堂门口。",
    "镇卫生院的救护车轮胎磨平了，年初申请更换，到秋天才批下来。",
    "学校食堂的阿姨自己琢磨出一道南瓜饼，孩子们排队来添。",
    "河滩上的杨树去年被大风刮倒一片，护林员老孙补栽了四百棵。",
    "邮递员每周两趟进山，顺手替留守的老人捎药和盐。",
)


def source(name: str, *sentences: str) -> ReportText:
    return ReportText(name, sentences)


def report(path: Path) -> ReportText:
    return ReportText.of(path.stem, split(read(path)))


@pytest.fixture(scope="module")
def reports() -> list[ReportText]:
    return [report(path) for path in sorted(FOLDER.glob("*.txt"))]


@pytest.fixture(scope="module")
def found(reports: list[ReportText]) -> Copies:
    return find_copies(reports)


def names(pair: CopiedPair) -> frozenset[str]:
    return frozenset((pair.first.name, pair.second.name))


def copied_sentences(pair: CopiedPair, name: str) -> set[int]:
    sides = [p.first if pair.first.name == name else p.second for p in pair.passages]
    return {extract.sentence for side in sides for extract in side}


def test_copies_are_found_and_honest_reports_are_not(found: Copies) -> None:
    truth = {frozenset(pair) for pair in COPIED}
    claimed = {names(pair) for pair in found.pairs}
    assert len(claimed) == len(found.pairs)
    assert claimed <= truth
    assert truth - claimed == {frozenset(MISSED)}


def test_the_right_sentences_are_named(found: Copies) -> None:
    right = named = written = 0
    for (copier, origin), truth in COPIED.items():
        pair = next((p for p in found.pairs if names(p) == {copier, origin}), None)
        claimed = copied_sentences(pair, copier) if pair else set()
        right += len(claimed & truth)
        named += len(claimed)
        written += len(truth)
    assert right / named >= 0.97
    assert right / written >= 0.93


def test_shares_tell_how_much(found: Copies, reports: list[ReportText]) -> None:
    share = dict(zip((r.name for r in reports), found.shares, strict=True))
    assert share["河东街道"] > 0.6
    assert 0.5 < share["沙坪镇"] < 0.7
    assert 0.5 < share["水利局"] < 0.75
    assert 0.1 < share["文化旅游局"] < 0.25
    assert share["城北街道"] == 0
    for pair in found.pairs:
        assert 0 < pair.share_of_first <= share[pair.first.name] <= 1
        assert 0 < pair.share_of_second <= share[pair.second.name] <= 1


def test_without_a_pile_the_shipped_list_has_to_do(reports: list[ReportText]) -> None:
    truth = {frozenset(pair) for pair in COPIED}
    for pair in combinations(reports, 2):
        claimed = {names(p) for p in find_copies(pair).pairs}
        assert claimed <= truth, claimed


def test_spans_are_what_both_sides_have(found: Copies) -> None:
    for pair in found.pairs:
        for passage in pair.passages:
            sides = [(pair.first, passage.first), (pair.second, passage.second)]
            texts = [
                [letters(report.sentences[extract.sentence]) for extract in side]
                for report, side in sides
            ]
            for (report, side), others in zip(sides, reversed(texts), strict=True):
                assert list(side) == sorted(side, key=lambda extract: extract.sentence)
                for extract in side:
                    text = report.sentences[extract.sentence]
                    for start, end in extract.spans:
                        common = letters(text[start:end])
                        assert len(common) >= 3
                        assert any(common[:3] in other for other in others)
                        assert any(common[-3:] in other for other in others)
            assert 0.3 < passage.similarity <= 1


@pytest.mark.parametrize(
    "rewritten",
    [
        ("镇农机站今年检修收割机87台，培训机手64人，比去年提前20天完成，机手不用再排队等配件。",),
        (
            "柳溪镇农机站本年度检修收割机112台次，培训机手90人，较去年提前十天完成，机手不用再等配件。",
        ),
        ("机手不用再排队等配件，比去年提前12天完成，今年镇农机站检修收割机112台，培训机手90人。",),
        (
            "镇农机站今年检修收割机112台，培训机手90人。",
            "比去年提前12天完成，机手不用再排队等配件。",
        ),
    ],
    ids=["figures", "words", "order", "cut in two"],
)
def test_one_rewritten_sentence(rewritten: tuple[str, ...]) -> None:
    text = "镇农机站今年检修收割机112台，培训机手90人，比去年提前12天完成，机手不用再排队等配件。"
    copies = find_copies([source("甲", OWN[0], text, OWN[1]), source("乙", OWN[2], *rewritten)])
    (pair,) = copies.pairs
    assert copied_sentences(pair, "甲") == {1}
    assert copied_sentences(pair, "乙") == set(range(1, 1 + len(rewritten)))
    assert not pair.is_identical


def test_a_clause_taken_over_into_a_long_sentence() -> None:
    clause = (
        "驻村干部把账本从柜子里翻出来一页一页念给在场的几位老党员和村民代表听完再当场签字按手印"
    )
    texts = [f"{OWN[i][:-1]}，{clause}，{OWN[i + 1][:-1]}，{OWN[i + 2]}" for i in (0, 2)]
    (pair,) = find_copies([source("甲", texts[0]), source("乙", texts[1])]).pairs
    assert clause in [
        pair.first.sentences[e.sentence][start:end].strip("，")
        for e in pair.passages[0].first
        for start, end in e.spans
    ]


def test_neighbours_make_one_passage_and_a_new_sentence_may_stand_between() -> None:
    copy = (OWN[0], OWN[1], "这一句是后来自己添上去的。", OWN[2])
    (pair,) = find_copies([source("甲", *OWN[:3]), source("乙", *copy)]).pairs
    (passage,) = pair.passages
    assert [extract.sentence for extract in passage.second] == [0, 1, 3]


def test_what_most_reports_share_is_a_template() -> None:
    handed_down = (
        "请各单位对照本清单所列十二个方面逐一填写整改台账并由主要负责人签字后于月底前报回。"
    )
    pile = [source(str(i), handed_down, text) for i, text in enumerate(OWN)]
    assert find_copies(pile[:4]).pairs == ()
    assert len(find_copies(pile[:3]).pairs) == 3
    minority = [*pile[:4], *(source(f"另{i}", f"第{i}份报告另起炉灶。") for i in range(5))]
    assert len(find_copies(minority).pairs) == 6


def test_a_ring_of_copies_is_no_template() -> None:
    def version(name: str) -> ReportText:
        return source(name, f"{name}报来的情况是这样的。", *OWN)

    ring = [version(name) for name in ("东桥", "西岭", "南坪", "北岸", "中屯")]
    copies = find_copies(ring)
    assert len(copies.pairs) == 10
    assert min(copies.shares) > 0.8


def test_identical_reports_are_told_as_such(reports: list[ReportText]) -> None:
    original = reports[0]
    wide = str.maketrans("（）0123456789，", "()０１２３４５６７８９,")
    again = [
        replace(original, name=f"第{i}份", sentences=tuple(s.translate(wide) for s in text))
        for i, text in enumerate([original.sentences] * 5)
    ]
    copies = find_copies([original, *again])
    assert len(copies.pairs) == 15
    for pair in copies.pairs:
        assert pair.is_identical
        assert pair.share_of_first == pair.share_of_second == 1
        assert copied_sentences(pair, pair.first.name) == set(range(len(original.sentences)))
    assert set(copies.shares) == {1.0}
    figure = tuple(s.replace("57", "58") for s in original.sentences)
    (pair,) = find_copies([original, replace(original, name="改", sentences=figure)]).pairs
    assert not pair.is_identical
    assert pair.share_of_first == 1


def test_earlier_reports_are_read_once_and_only_against_the_new(reports: list[ReportText]) -> None:
    new = [r for r in reports if r.name in {"河东街道", "城北街道"}]
    old = [r for r in reports if r.name in {"青石镇", "沙坪镇", "柳溪镇"}]
    read_so_far: list[str] = []

    def earlier() -> Iterator[ReportText]:
        for item in old:
            read_so_far.append(item.name)
            yield item

    copies = find_copies(new, earlier())
    assert read_so_far == [item.name for item in old]
    assert [(p.first.name, p.second.name) for p in copies.pairs] == [
        ("河东街道", "沙坪镇"),
        ("河东街道", "青石镇"),
    ]
    assert all(pair.is_earlier for pair in copies.pairs)
    assert copies.shares[new.index(copies.pairs[0].first)] > 0.6


def test_headings_and_short_sentences_do_not_count_alone() -> None:
    heading = "三、持续深化作风建设，让村组干部把更多精力放到田间地头、院坝屋场去"
    texts = [
        f"{heading}\n{text}文书休假。\n食堂停火。\n{OWN[4 - i]}" for i, text in enumerate(OWN[:2])
    ]
    pile = [ReportText.of(str(i), split(Document.from_text(t))) for i, t in enumerate(texts)]
    assert pile[0].headings == {0}
    assert find_copies(pile).pairs == ()
    beside = [source(str(i), OWN[2], "文书休假。", "食堂停火。", OWN[i]) for i in (0, 1)]
    (pair,) = find_copies(beside).pairs
    assert copied_sentences(pair, "0") == {0, 1, 2}


def test_titles_and_fixed_phrases_do_not_count() -> None:
    text = "按照《关于进一步规范村级组织出具证明工作的指导意见（试行）》（云民发〔2023〕7号），{}。"
    pile = [source(str(i), text.format(own[:12])) for i, own in enumerate(OWN[:2])]
    assert find_copies(pile).pairs == ()
    pile = [source("甲", OWN[0], OWN[1]), source("乙", OWN[0], OWN[1], OWN[2])]
    assert len(find_copies(pile).pairs) == 1
    assert find_copies(pile, phrases=[OWN[0][:-1].replace("，", " ")]).pairs == ()


def test_the_shipped_list_is_clean() -> None:
    phrases = [letters(phrase) for phrase in read_fixed_wording()]
    assert len(phrases) > 200
    assert len(set(phrases)) == len(phrases)
    assert min(map(len, phrases)) >= 4
    assert "现将有关情况报告如下" in phrases


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "固定用语.txt"
    path.write_text("\ufeff# 说明\n现将情况报告如下 # 常用\n\n  特此报告  \r\n", "utf-8")
    assert read_fixed_wording(path) == ("现将情况报告如下", "特此报告")
    path.write_bytes("特此报告".encode("gb18030"))
    for bad in (path, tmp_path / "没有.txt", tmp_path):
        with pytest.raises(InvalidConfig):
            read_fixed_wording(bad)


def test_hardly_anything_is_claimed_among_unrelated_documents() -> None:
    records = [r for r in read_records(DATA[-1]) if r.doc_id.startswith("c")][:300]
    texts = ["\n".join(sentence.text for sentence in record.sentences) for record in records]
    sources = [
        ReportText.of(str(i), split(Document.from_text(text))) for i, text in enumerate(texts)
    ]
    assert len(find_copies(sources).pairs) <= 1  # of 44,850


def test_texts_that_repeat_themselves_do_not_cost_the_square() -> None:
    begun = time.process_time()
    line = "值班员把当天的进出登记抄在本子上。"
    pair = source("甲", *[line] * 4000), source("乙", *[line] * 3999, OWN[0])
    (found,) = find_copies(pair).pairs
    assert found.share_of_first > 0.99
    endless = "".join(chr(0x4E00 + i) for i in range(18_000))
    (found,) = find_copies([source("甲", endless), source("乙", endless[900:] + "完")]).pairs
    assert found.share_of_second > 0.99
    assert found.passages[0].first[0].spans[-1][1] == len(endless)
    assert time.process_time() - begun < 30  # all pairs of lines alone would take minutes


PARTS = (
    *OWN,
    "会多。",
    "共3件，2.5%；",
    "《办法》（试行）",
    "",
    " ",
    "“x①½",
    "\ud800",
    "现将有关情况报告如下。",
)
SENTENCE = st.one_of(
    st.sampled_from(PARTS),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join),
    st.text(max_size=20),
)
ANY_REPORT = st.builds(
    ReportText,
    st.just("某"),
    st.lists(SENTENCE, max_size=8).map(tuple),
    st.frozensets(st.integers(0, 8), max_size=2),
)


def without_order(copies: Copies, order: tuple[int, ...], pile: list[ReportText]) -> object:
    """Return pairs by the places of their reports in ``pile``, the lower one first."""
    place = {id(pile[index]): index for index in order}
    rows = []
    for pair in copies.pairs:
        sides = [place[id(pair.first)], place[id(pair.second)]]
        passages = [(p.first, p.second, p.similarity) for p in pair.passages]
        shares = [pair.share_of_first, pair.share_of_second]
        if sides[0] > sides[1]:
            sides.reverse()
            shares.reverse()
            passages = [(second, first, similarity) for first, second, similarity in passages]
        rows.append((sides, shares, sorted(map(repr, passages)), pair.is_identical))
    shares_by_place = sorted(zip(order, copies.shares, strict=True))
    return sorted(rows), shares_by_place


@given(st.lists(ANY_REPORT, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_text_in_any_order_gives_the_same(pile: list[ReportText]) -> None:
    pile = [replace(item) for item in pile]  # an object each, to know them apart
    results = [
        without_order(find_copies([pile[i] for i in order]), order, pile)
        for order in permutations(range(len(pile)))
    ]
    assert all(result == results[0] for result in results)
    for pair in find_copies(pile).pairs:
        assert 0 <= pair.share_of_first <= 1
        for passage in pair.passages:
            assert 0 < passage.similarity <= 1
            for extract in passage.first:
                assert all(
                    0 <= start < end <= len(pair.first.sentences[extract.sentence])
                    for start, end in extract.spans
                    if not pair.is_identical
                )


@given(st.one_of(st.text(), st.text(alphabet='会《》()（）号12.,，年月日至①½ \n"\ud800')))
def test_letters_know_their_places(text: str) -> None:
    plain, where = letters(text), places(text)
    assert len(plain) == len(where)
    assert [start for start, _ in where] == sorted(start for start, _ in where)
    for letter, (start, end) in zip(plain, where, strict=True):
        assert 0 <= start < end <= len(text)
        assert letters(text[start:end]) == letter
