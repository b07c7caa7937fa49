"""Samples to label: how they are drawn, how they go out to people, and how their labels return."""

from __future__ import annotations

import json
import math
import re
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import DATA, ROOT, document, sentence, write_jsonl
from test_readme import run
from zhaojing import Classifier, InvalidConfig, InvalidRecords
from zhaojing.context import Context
from zhaojing.corpus.annotation import import_labels, write_sample
from zhaojing.corpus.neighbours import in_place
from zhaojing.corpus.sampling import STRATEGIES, Sample, draw
from zhaojing.labelling import Item, read_items
from zhaojing.labels import CATEGORIES, Category, Role
from zhaojing.records import FaultyRecords, Record, read_records, write_records

TEST = ROOT / "data" / "test.jsonl"
GUIDE = ROOT / "docs" / "evaluation.md"


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return list(read_items(TEST))


@pytest.fixture(scope="module")
def stratified(items: list[Item]) -> Sample:
    return draw(items, 60, "stratified", seed=1)


@pytest.fixture(scope="module")
def learning(items: list[Item]) -> Sample:
    return draw(items[:700], 40, "learning", seed=1)


def test_sentences_of_a_screening_know_their_neighbours(tmp_path: Path) -> None:
    rows = [
        {"doc_id": "d", "index": n, "text": f"第{n}句。", "heading": "一、会"} for n in range(3)
    ]
    found = list(read_items(write_jsonl(tmp_path / "a.jsonl", *rows)))
    assert [(i.doc_id, i.index, i.text) for i in found] == [
        ("d", n, f"第{n}句。") for n in range(3)
    ]
    contexts = [Context("一、会"), Context("一、会", "第0句。"), Context("一、会", "第1句。")]
    assert [item.context for item in found] == contexts


@pytest.mark.parametrize(
    ("content", "key"),
    [(None, "file.missing"), ("", "records.nothing"), ('{"text": 5}\n', "records.invalid")],
)
def test_a_corpus_that_cannot_be_read(tmp_path: Path, content: str | None, key: str) -> None:
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(InvalidRecords) as caught:
        list(read_items(path))
    assert caught.value.key == key


def numbered(count: int) -> Iterator[Item]:
    return (Item(f"d{n // 7}", n % 7, f"第{n}句。") for n in range(count))


def test_every_sentence_is_as_likely_as_any_other() -> None:
    counts = Counter(
        drawn.order for seed in range(600) for drawn in draw(numbered(30), 10, seed=seed).sentences
    )
    expected = 600 * 10 / 30
    statistic = sum((counts[n] - expected) ** 2 / expected for n in range(30))
    assert statistic < 58  # chi-squared of 29 degrees of freedom, 0.999


def test_a_sample_is_repeatable_and_in_order() -> None:
    one, two = (draw(numbered(500), 40, seed=3) for _ in range(2))
    assert one == two
    assert one != draw(numbered(500), 40, seed=4)
    orders = [drawn.order for drawn in one.sentences]
    assert orders == sorted(set(orders))
    assert one.population == 500


def test_a_corpus_smaller_than_the_sample_is_taken_whole() -> None:
    assert [d.order for d in draw(numbered(5), 10).sentences] == [0, 1, 2, 3, 4]
    assert draw([], 10).sentences == ()


def test_memory_does_not_grow_with_the_corpus() -> None:
    peaks = []
    for size in (2_000, 60_000):
        tracemalloc.start()
        draw(numbered(size), 20)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(InvalidConfig):
        draw(numbered(5), 2)
    with pytest.raises(InvalidConfig):
        draw(numbered(5), 10, "clever")  # type: ignore[arg-type]


def test_a_stratified_sample_stands_for_the_whole(
    items: list[Item], stratified: Sample, default_classifier: Classifier
) -> None:
    weights = [drawn.extra["weight"] for drawn in stratified.sentences]
    assert len(weights) == 60
    assert sum(weights) == pytest.approx(len(items)) == stratified.population
    told = default_classifier.classify(
        [item.text for item in items], contexts=[item.context for item in items]
    )
    flagged = [drawn for drawn in stratified.sentences if told[drawn.order].flagged]
    # a stratum of its own, so the weights know its size exactly
    assert sum(d.extra["weight"] for d in flagged) == pytest.approx(sum(p.flagged for p in told))
    assert len(flagged) == 20


def test_learning_takes_unsure_sentences_unlike_each_other(
    items: list[Item], learning: Sample, default_classifier: Classifier
) -> None:
    part = items[:700]
    told = default_classifier.classify(
        [item.text for item in part], contexts=[item.context for item in part]
    )
    limits = default_classifier.thresholds

    def margin(order: int) -> float:
        scores, praise = told[order].category_scores, told[order].embellishment_score
        gaps = [abs(scores[name] - limits.categories[name]) for name in CATEGORIES]
        return min(*gaps, abs(praise - limits.embellishment))

    chosen = [margin(drawn.order) for drawn in learning.sentences]
    every = sorted(margin(order) for order in range(len(part)))
    assert sum(chosen) / len(chosen) < 0.7 * sum(every) / len(every)
    assert len({drawn.text for drawn in learning.sentences}) == len(learning.sentences) == 40
    assert all("weight" not in drawn.extra for drawn in learning.sentences)


def test_learning_never_takes_a_text_twice() -> None:
    repeated = [Item("d", n, "村干部天天填表。") for n in range(50)]
    assert len(draw(repeated, 10, "learning").sentences) == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_sampled_sentence_is_judged_as_in_its_report(
    strategy: str, tmp_path: Path, default_classifier: Classifier, items: list[Item],
    stratified: Sample, learning: Sample,
) -> None:  # fmt: skip
    made = {"stratified": stratified, "learning": learning}
    sample = made.get(strategy) or draw(items, 60, seed=2)
    records = labelled(sample, tmp_path)
    texts, contexts, rows = in_place(records)
    alone = default_classifier.classify(texts, contexts=contexts)
    whole = default_classifier.classify(
        [item.text for item in items], contexts=[item.context for item in items]
    )
    flags = [
        (alone[row].flagged, whole[drawn.order].flagged)
        for row, drawn in zip(rows, sample.sentences, strict=True)
    ]
    assert sum(a != b for a, b in flags) <= 1


def test_whole_documents_are_judged_as_ever(some_records: list[Record]) -> None:
    texts, contexts, rows = in_place(some_records)
    assert texts == [s.text for r in some_records for s in r.sentences]
    assert contexts == [c for r in some_records for c in r.contexts()]
    assert rows == list(range(len(texts)))


@pytest.mark.parametrize("before", ["x", [["题"]], [["题", 3]], {"a": 1}, [None]])
def test_broken_neighbours_are_told(before: object, tmp_path: Path) -> None:
    records = read_records(
        write_jsonl(tmp_path / "a.jsonl", document("d1", sentence(before=before)))
    )
    with pytest.raises(InvalidRecords, match="d1"):
        in_place(records)


def labelled(sample: Sample, folder: Path) -> list[Record]:
    """Write ``sample`` as records and fill in labels, as another annotation tool would."""
    path = folder / "sample.jsonl"
    write_sample(sample, path, "zh")
    values = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for value in values:
        for item in value["sentences"]:
            item |= {"role": "other", "embellishment_level": 0}
    return read_records(write_jsonl(folder / "filled.jsonl", *values))


def test_records_without_labels_pass_for_nothing(tmp_path: Path, learning: Sample) -> None:
    path = tmp_path / "a.jsonl"
    write_sample(learning, path, "zh")
    with pytest.raises(FaultyRecords) as caught:
        read_records(path)
    assert len(caught.value.faults) == 2 * len(learning.sentences)
    assert all(
        record.extra["sampled_for"] == "learning" for record in labelled(learning, tmp_path / "b")
    )


def fill(path: Path, gold: dict[str, tuple[str, str, int]]) -> None:
    """Label every row, as a clerk does."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[1]
    head = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        text = sheet.cell(row, head["句子"]).value
        for name, value in zip(("类别", "角色", "美化等级"), gold[text], strict=True):
            sheet.cell(row, head[name]).value = value
    book.save(path)


def gold_of(*paths: Path) -> dict[str, tuple[str, str, int]]:
    return {
        s.text: (
            "、".join(Category(name).zh for name in s.categories),
            Role(s.role).zh,
            s.embellishment_level,
        )
        for record in read_records(*paths)
        for s in record.sentences
    }


def test_labels_come_back_from_a_workbook(tmp_path: Path, stratified: Sample) -> None:
    path = tmp_path / "标注.xlsx"
    write_sample(stratified, path, "zh")
    fill(path, gold_of(TEST))
    found = import_labels(path)
    assert found.unlabelled == 0
    write_records(found.records, tmp_path / "gold.jsonl")
    records = read_records(tmp_path / "gold.jsonl")
    gold = {(r.doc_id, s.text): s for r in read_records(TEST) for s in r.sentences}
    theirs = {d.text: d.extra for d in stratified.sentences}
    for record in records:
        for item in record.sentences:
            right = gold[record.doc_id, item.text]
            assert (item.categories, item.role) == (right.categories, right.role)
            assert item.embellishment_level == right.embellishment_level
            assert item.heading == right.heading
            assert item.extra == theirs[item.text]


def test_a_workbook_shows_nothing_of_the_model(tmp_path: Path, learning: Sample) -> None:
    path = tmp_path / "a.xlsx"
    write_sample(learning, path, "zh")
    sheet = openpyxl.load_workbook(path).worksheets[1]
    heads = [cell.value for cell in sheet[1]]
    for name in ("类别", "角色", "美化等级"):
        column = heads.index(name)
        assert not any(row[column] for row in sheet.iter_rows(min_row=2, values_only=True))
    keys = [json.loads(row[-1]) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert {name for key in keys for name in key["extra"]} == {
        "index",
        "previous",
        "before",
        "after",
    }
    assert sheet.column_dimensions["K"].hidden
    assert len(sheet.data_validations.dataValidation) == 3


def small_workbook(folder: Path) -> tuple[Path, openpyxl.Workbook]:
    texts = ["=1+1天天填表。", "_x0041_会议太多。", "第三句。"]
    items = [
        Item("报告", n, text, Context("一、问题", texts[n - 1] if n else ""))
        for n, text in enumerate(texts)
    ]
    path = folder / "small.xlsx"
    write_sample(draw(items, 3), path, "zh")
    return path, openpyxl.load_workbook(path)


def entry(book: openpyxl.Workbook, row: int, *labels: object) -> None:
    for column, value in enumerate(labels, 7):
        book.worksheets[1].cell(row, column).value = value


def test_rows_may_be_moved_deleted_and_left_empty(tmp_path: Path) -> None:
    path, book = small_workbook(tmp_path)
    entry(book, 2, "文件材料，会议活动", " 问题表现", "0")
    entry(book, 4, None, "other", 1)
    sheet = book.worksheets[1]
    sheet.move_range("A2:K2", rows=5)
    book.save(path)
    found = import_labels(path)
    assert found.unlabelled == 1
    (record,) = found.records
    assert [s.text for s in record.sentences] == ["=1+1天天填表。", "第三句。"]
    assert record.sentences[0].categories == ("documents", "meetings")
    assert record.sentences[1].extra["previous"] == "_x0041_会议太多。"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("文件材料", None, 0), "不能为空"),
        ((None, "问题表现", None), "不能为空"),
        (("文件材料", "其他", 0), "不能有类别"),
        (("开会", "问题表现", 0), "开会"),
        (("无、文件材料", "问题表现", 0), "无"),
        ((None, "问题表现", 4), "取值 4"),
    ],
)
def test_faulty_labels_are_told_by_cell(tmp_path: Path, labels: object, message: str) -> None:
    path, book = small_workbook(tmp_path)
    entry(book, 3, *labels)  # type: ignore[misc]
    book.save(path)
    with pytest.raises(FaultyRecords, match=message) as caught:
        import_labels(path)
    assert {fault.line for fault in caught.value.faults} == {3}


def test_changed_sentences_and_rows_that_differ_are_told(tmp_path: Path) -> None:
    path, book = small_workbook(tmp_path)
    sheet = book.worksheets[1]
    for column, cell in enumerate(list(sheet[4]), 1):
        sheet.cell(5, column).value = cell.value
    entry(book, 4, None, "其他", 0)
    entry(book, 5, None, "其他", 1)
    sheet.cell(2, 5).value = "别的句子。"
    entry(book, 2, None, "其他", 0)
    book.save(path)
    with pytest.raises(FaultyRecords) as caught:
        import_labels(path)
    assert {fault.reason for fault in caught.value.faults} == {"sample.changed", "sample.twice"}


@settings(deadline=None, max_examples=25)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["doc_id", "order", "heading", "digest", "strategy", "extra", "before"]), inner
    ),
    max_leaves=8,
))  # fmt: skip
def test_a_hidden_column_of_any_content_is_one_fault(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path, book = small_workbook(tmp_path_factory.mktemp("book"))
    book.worksheets[1].cell(2, 11).value = json.dumps(value) or "{"
    book.save(path)
    with pytest.raises(FaultyRecords) as caught:
        import_labels(path)
    assert [fault.reason for fault in caught.value.faults] == ["sample.key"]


@pytest.mark.parametrize("weight", [0, -1, True, "2", None, math.inf])
def test_a_weight_that_is_none_is_one_fault(tmp_path: Path, weight: object) -> None:
    path, book = small_workbook(tmp_path)
    cell = book.worksheets[1].cell(2, 11)
    key = json.loads(cell.value)
    key["extra"]["weight"] = weight
    cell.value = json.dumps(key)
    book.save(path)
    with pytest.raises(FaultyRecords):
        import_labels(path)


def test_other_workbooks_and_empty_ones_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(InvalidRecords, match="隐藏列"):
        import_labels(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook", "utf-8")
    with pytest.raises(InvalidRecords):
        import_labels(tmp_path / "text.xlsx")
    with pytest.raises(InvalidRecords, match="一句也没有标"):
        import_labels(small_workbook(tmp_path)[0])


def test_no_work_of_people_is_overwritten(tmp_path: Path) -> None:
    path, _ = small_workbook(tmp_path)
    before = path.read_bytes()
    with pytest.raises(InvalidConfig, match="不覆盖"):
        write_sample(draw(numbered(9), 3), path, "zh")
    assert path.read_bytes() == before
    with pytest.raises(InvalidConfig, match="扩展名"):
        write_sample(draw(numbered(9), 3), tmp_path / "a.docx", "zh")


def test_huge_and_broken_texts_survive(tmp_path: Path) -> None:
    texts = ["长" * 20_000, "两\u2028行\x00。", "\n", "尾句。"]
    items = [
        Item("甲\n乙", n, t, Context("", texts[n - 1] if n else "")) for n, t in enumerate(texts)
    ]
    sample = draw(items, 5)
    assert sample.population == 3  # the blank line is no sentence
    write_sample(sample, tmp_path / "a.xlsx", "en")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for row in (2, 3, 4):
        entry(book, row, "none", "problem", 0)
    book.save(tmp_path / "a.xlsx")
    (record,) = import_labels(tmp_path / "a.xlsx").records
    assert [len(s.text) for s in record.sentences] == [20_000, 5, 3]


def commands() -> list[str]:
    blocks = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [
        re.sub(r"\s+#.*", "", line).strip() for line in "".join(blocks).splitlines() if line.strip()
    ]


@pytest.mark.slow
def test_the_guide_for_an_office_works_as_written(tmp_path: Path) -> None:
    lines = commands()
    reports = tmp_path / "reports"
    reports.mkdir()
    for record in read_records(*DATA[:2]):
        text = "\n".join(s.text for s in record.sentences)
        (reports / f"{record.doc_id}.txt").write_text(text, "utf-8")
    gold = gold_of(*DATA[:2])
    for line in lines:
        for target in re.findall(r"data import (\S+\.xlsx)", line):
            book = openpyxl.load_workbook(tmp_path / target)
            texts = [row[4] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)]
            fill(tmp_path / target, {t: gold.get(t, ("", "其他", 0)) for t in texts})
        done = run(line, tmp_path)
        assert done.returncode == 0, (line, done.stdout[-1000:], done.stderr[-2000:])
    assert len(lines) >= 8
