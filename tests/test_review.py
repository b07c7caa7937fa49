"""Verdicts from a ledger: what they mean, how people write them, and what hostile files do."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from test_cli import zhaojing
from test_ledger import item, report, resave, write
from zhaojing import Classifier, workbook
from zhaojing.errors import InvalidRecords
from zhaojing.filled_sheet import KEY
from zhaojing.labels import CATEGORIES
from zhaojing.records import Fault, FaultyRecords, Record, read_records, write_records
from zhaojing.review import Precision, Review, import_review
from zhaojing.screening import Report
from zhaojing.training import TrainingConfig, train_model
from zhaojing.training.examples import Targets

PROBLEM = item("会太多了。", ("meetings",), "problem")
PRAISE = item("创造了全省瞩目的奇迹。", (), "achievement", 0.9)
MILD_PRAISE = item("走在前列。", (), "achievement", 0.42)
PRAISED_REMEDY = item("发文大幅压减，全省领先。", ("documents",), "measure", 0.7)
BOTH = item("召开推进会56次，成效前所未有。", ("meetings", "documents"), "achievement", 0.8)
COLUMNS = {
    "verdict": "复核意见",
    "categories": "正确类别",
    "role": "正确角色",
    "level": "正确美化等级",
}


def judge(path: Path, *judgements: dict[str, Any], sheet: str = "明细") -> Path:
    """Type judgements into the rows of a ledger, as a person does, and save it."""
    book = load_workbook(path)
    header = [cell.value for cell in book[sheet][1]]
    for row, judgement in enumerate(judgements, 2):
        for name, value in judgement.items():
            book[sheet].cell(row, header.index(COLUMNS[name]) + 1).value = value
    book.save(path)
    return path


def reviewed(folder: Path, *pairs: tuple[Any, dict[str, Any]]) -> Review:
    """Return what is made of a ledger with these flags and judgements."""
    path = write(folder, report("甲.txt", *(flag for flag, _ in pairs)))
    return import_review(judge(path, *(judgement for _, judgement in pairs)))


def labels_of(review: Review) -> list[tuple[list[str], str, int]]:
    sentences = [sentence for record in review.records for sentence in record.sentences]
    return [(list(s.categories), s.role, s.embellishment_level) for s in sentences]


def change(path: Path, edit: Callable[[Any], None]) -> Path:
    """Change the sheet 明细 with ``edit`` and save it."""
    book = load_workbook(path)
    edit(book["明细"])
    book.save(path)
    return path


# --- what a verdict says --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "judgement", "expected"),
    [
        (PROBLEM, {"verdict": "属实"}, (["meetings"], "problem", 0)),
        (PRAISE, {"verdict": "属实"}, ([], "achievement", 3)),
        # a flag for praise alone means level 2 or more
        (MILD_PRAISE, {"verdict": "属实"}, ([], "achievement", 2)),
        (PRAISED_REMEDY, {"verdict": "属实"}, (["documents"], "measure", 2)),
        (
            PROBLEM,
            {"verdict": "属实", "categories": "文件材料、会议活动", "level": 1},
            (["documents", "meetings"], "problem", 1),
        ),
        (PROBLEM, {"verdict": "属实", "role": "成绩做法"}, (["meetings"], "achievement", 0)),
        # refuted, and a role other than "measure": then there is no category
        (PROBLEM, {"verdict": "误报", "role": "成绩做法"}, ([], "achievement", 0)),
        (PROBLEM, {"verdict": "误报", "role": "其他"}, ([], "other", 0)),
        (PROBLEM, {"verdict": "误报", "role": "整改措施"}, (["meetings"], "measure", 0)),
        (
            PROBLEM,
            {"verdict": "误报", "role": "整改措施", "categories": "文件材料"},
            (["documents"], "measure", 0),
        ),
        (PROBLEM, {"verdict": "误报", "categories": "无"}, ([], "problem", 0)),
        (PRAISE, {"verdict": "误报", "level": 1}, ([], "achievement", 1)),
        (PRAISE, {"verdict": "误报", "level": 0, "role": "其他"}, ([], "other", 0)),
        (PRAISED_REMEDY, {"verdict": "误报", "level": 0}, (["documents"], "measure", 0)),
        (BOTH, {"verdict": "误报", "role": "成绩做法", "level": 1}, ([], "achievement", 1)),
        # what is right is not known
        (PROBLEM, {"verdict": "误报"}, None),
        (PROBLEM, {"verdict": "误报", "level": 0}, None),
        (PRAISE, {"verdict": "误报"}, None),
        (MILD_PRAISE, {"verdict": "误报", "role": "其他"}, None),
        (BOTH, {"verdict": "误报", "level": 0}, None),
        (BOTH, {"verdict": "误报", "role": "成绩做法"}, None),
    ],
)
def test_labels_follow_the_guideline(
    tmp_path: Path, flag: Any, judgement: dict[str, Any], expected: Any
) -> None:
    review = reviewed(tmp_path, (flag, judgement))
    assert labels_of(review) == ([expected] if expected else [])
    assert review.left_out == (expected is None)
    assert review.flags == Precision(int(judgement["verdict"] == "属实"), 1)


@pytest.mark.parametrize(
    ("flag", "judgement", "column", "reason"),
    [
        (PROBLEM, {"verdict": "属实", "role": "整改措施"}, "I2", "review.no_flag"),
        (PROBLEM, {"verdict": "属实", "role": "其他"}, "I2", "review.no_flag"),
        (PROBLEM, {"verdict": "属实", "categories": "无"}, "I2", "review.no_flag"),
        (PRAISE, {"verdict": "属实", "level": 1}, "I2", "review.no_flag"),
        (PROBLEM, {"verdict": "误报", "categories": "文件材料"}, "I2", "review.still_flag"),
        (PROBLEM, {"verdict": "误报", "categories": "无", "level": 2}, "I2", "review.still_flag"),
        (BOTH, {"verdict": "误报", "categories": "文件材料"}, "I2", "review.still_flag"),
        (
            PRAISE,
            {"verdict": "属实", "role": "其他", "categories": "会议活动"},
            "J2",
            "fault.other_role",
        ),
        (PROBLEM, {"role": "其他"}, "I2", "review.no_verdict"),
        (PROBLEM, {"level": 0}, "I2", "review.no_verdict"),
        (PROBLEM, {"verdict": "属实", "categories": "无、会议活动"}, "J2", "review.none_and_more"),
    ],
)
def test_contradictions_are_faults(
    tmp_path: Path, flag: Any, judgement: dict[str, Any], column: str, reason: str
) -> None:
    with pytest.raises(FaultyRecords) as caught:
        reviewed(tmp_path, (flag, judgement))
    assert [(f.field, f.reason) for f in caught.value.faults] == [(column, reason)]


def test_precision_is_what_the_office_sees(tmp_path: Path) -> None:
    review = reviewed(
        tmp_path,
        (PROBLEM, {"verdict": "属实"}),
        (PROBLEM, {"verdict": "误报"}),
        (PROBLEM, {"verdict": "存疑", "role": "其他"}),
        (BOTH, {"verdict": "属实"}),
        (BOTH, {"verdict": "属实", "categories": "会议活动"}),
        (PRAISE, {"verdict": "属实"}),
        (PRAISE, {"verdict": "误报"}),
        (PRAISE, {"verdict": "属实", "categories": "督查检查考核", "level": 0}),
        (PROBLEM, {}),
    )
    assert review.flags == Precision(5, 7)
    assert review.practices == dict.fromkeys(CATEGORIES, Precision(0, 0)) | {
        "meetings": Precision(3, 4),
        "documents": Precision(1, 2),
    }
    assert review.praise == Precision(1, 3)
    assert (review.unsure, review.unjudged, review.left_out) == (1, 1, 2)


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_wilsons(counts: tuple[int, int]) -> None:
    stats = pytest.importorskip("scipy.stats")
    right, judged = counts
    expected = stats.binomtest(right, judged).proportion_ci(method="wilson")
    assert Precision(right, judged).interval == pytest.approx((expected.low, expected.high))
    assert Precision(right, judged).share == pytest.approx(right / judged)


def test_no_judgement_has_no_precision() -> None:
    assert (Precision(0, 0).share, Precision(0, 0).interval) == (None, None)


# --- how people write it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("属实", (1, 1)),
        (" 属 实\u3000", (1, 1)),
        ("true", (1, 1)),
        ("ＴＲＵＥ", (1, 1)),
        (True, (1, 1)),  # what Excel makes of a typed true
        ("误报", (0, 1)),
        ("误报\n", (0, 1)),
        (False, (0, 1)),
        ("存疑", (0, 0)),
        ("Unsure", (0, 0)),
        ("", (0, 0)),
        ("  ", (0, 0)),
        (None, (0, 0)),
    ],
)
def test_verdicts(tmp_path: Path, written: object, expected: tuple[int, int]) -> None:
    review = reviewed(tmp_path, (PROBLEM, {"verdict": written}))
    assert review.flags == Precision(*expected)


@pytest.mark.parametrize(
    "written",
    [
        "会议活动、文件材料",
        "会议活动，文件材料",
        "会议活动,文件材料",
        "会议活动；文件材料",
        "会议活动;文件材料;",
        "会议活动/文件材料",
        "会议活动 文件材料",
        "会议活动\n文件材料",
        "meetings, Documents",
        "文件材料、会议活动、会议活动",
    ],
)
def test_several_categories(tmp_path: Path, written: str) -> None:
    review = reviewed(tmp_path, (PROBLEM, {"verdict": "属实", "categories": written}))
    assert labels_of(review) == [(["documents", "meetings"], "problem", 0)]


@pytest.mark.parametrize(("level", "found"), [(1, 1), ("１", 1), ("一般", 1), ("无", 0), (2.0, 2)])
def test_levels(tmp_path: Path, level: object, found: int) -> None:
    review = reviewed(tmp_path, (PROBLEM, {"verdict": "属实", "level": level}))
    assert labels_of(review)[0][2] == found


def test_every_bad_cell_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(FaultyRecords) as caught:
        reviewed(
            tmp_path,
            (PROBLEM, {"verdict": "对"}),
            (PROBLEM, {"verdict": "属实"}),
            (PROBLEM, {"verdict": "错", "role": "好人", "level": 4}),
            (PROBLEM, {"verdict": "属实", "categories": "会议、文件材料"}),
            (PROBLEM, {"verdict": 1, "level": "=1+1"}),
        )
    places = [(fault.line, fault.field) for fault in caught.value.faults]
    assert places == [(2, "I2"), (4, "I4"), (4, "L4"), (4, "K4"), (5, "J5"), (6, "I6")]
    assert {fault.reason for fault in caught.value.faults} == {"fault.value"}
    text = str(caught.value)
    assert "台账.xlsx 明细 第 2 行 I2：取值 对 不在 属实, true, 误报" in text
    assert "line 2 I2: the value 对 is not one of" in caught.value.describe("en")


def test_hostile_text_in_a_cell_reaches_no_terminal(tmp_path: Path) -> None:
    with pytest.raises(FaultyRecords) as caught:
        reviewed(tmp_path, (PROBLEM, {"verdict": "_x001B_[31m\u202e" + "长" * 9000}))
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_english_ledger_reads_back(tmp_path: Path) -> None:
    path = write(tmp_path, report("a.txt", PROBLEM, PROBLEM), lang="en")
    book = load_workbook(path)
    sheet = book["sentences"]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("verdict") + 1).value = "true"
    sheet.cell(3, header.index("verdict") + 1).value = "false"
    sheet.cell(3, header.index("right practices") + 1).value = "none"
    book.save(path)
    assert labels_of(import_review(path)) == [(["meetings"], "problem", 0), ([], "problem", 0)]


# --- what people and programs do to a ledger ------------------------------------------------


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A ledger of two reports, judged in part."""
    first = report("县/甲.txt", item(flagged=False), PROBLEM, BOTH, item(flagged=False), PRAISE)
    second = report("县/乙.txt", item("陪会。", heading=("一、会议", "（一）问题")), PRAISED_REMEDY)
    return judge(
        write(tmp_path, first, second),
        {"verdict": "属实"},
        {"verdict": "属实", "categories": "会议活动"},
        {},
        {"verdict": "误报", "role": "其他"},
        {"verdict": "存疑"},
    )


def test_records_are_ready_for_training(judged: Path, tmp_path: Path) -> None:
    review = import_review(judged)
    write_records(review.records, tmp_path / "r.jsonl")
    first, second = read_records(tmp_path / "r.jsonl")
    assert [record.doc_id for record in (first, second)] == [
        str(Path("县/乙.txt")),
        str(Path("县/甲.txt")),
    ]
    assert (first.title, first.source) == ("乙.txt", "台账.xlsx")
    (sentence,) = first.sentences
    assert (sentence.text, sentence.heading) == ("陪会。", "一、会议 > （一）问题")
    assert [s.text for s in second.sentences] == [PROBLEM.sentence.text, BOTH.sentence.text]
    assert [s.extra["previous"] for s in second.sentences] == ["会太多了。", "会太多了。"]
    assert Targets.of([first, second]).columns().shape == (3, 13)


def _reverse_rows(sheet: Any) -> None:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for number, row in enumerate(reversed(rows), 2):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value


def _reverse_columns(sheet: Any) -> None:
    for row in sheet.iter_rows():
        for cell, value in zip(row, [cell.value for cell in reversed(row)], strict=True):
            cell.value = value


def _add_a_column(sheet: Any) -> None:
    sheet.insert_cols(3)
    sheet.cell(1, 3).value = "承办人"
    sheet.cell(2, 3).value = "老王"


def _add_rows(sheet: Any) -> None:
    sheet.insert_rows(1, 2)
    sheet.cell(1, 1).value = "某县纪委台账"
    sheet.cell(sheet.max_row + 3, 5).value = "以上共五句"


def _rename(sheet: Any) -> None:
    sheet.title = "复核完"
    sheet.delete_rows(4)  # nobody judged it


def _hide(sheet: Any) -> None:
    for letter in "ABCDEFGHIJKLM":
        sheet.column_dimensions[letter].hidden = True
    sheet.row_dimensions[2].hidden = True
    sheet.auto_filter.add_filter_column(0, ["3"])


@pytest.mark.parametrize(
    "edit", [_reverse_rows, _reverse_columns, _add_a_column, _add_rows, _rename, _hide]
)
def test_a_ledger_may_be_rearranged(judged: Path, edit: Callable[[Any], None]) -> None:
    before = import_review(judged)
    after = import_review(change(judged, edit))
    assert after.records == before.records
    assert (after.flags, after.practices, after.praise) == (
        before.flags,
        before.practices,
        before.praise,
    )


def test_a_ledger_saved_by_libreoffice_says_the_same(judged: Path, tmp_path: Path) -> None:
    saved = resave(judged, tmp_path)
    assert saved.read_bytes() != judged.read_bytes()
    assert import_review(saved) == import_review(judged)


def test_copies_of_a_row(judged: Path) -> None:
    before = import_review(judged)

    def copy_judged_row(sheet: Any) -> None:
        sheet.append([cell.value for cell in sheet[2]])

    assert import_review(change(judged, copy_judged_row)) == before

    def contradict(sheet: Any) -> None:
        sheet.cell(sheet.max_row, 9).value = "误报"

    with pytest.raises(FaultyRecords) as caught:
        import_review(change(judged, contradict))
    assert [fault.reason for fault in caught.value.faults] == ["review.twice"]
    assert "明细!2" in str(caught.value)


def test_rows_copied_to_another_sheet_and_judged_there(tmp_path: Path) -> None:
    path = write(tmp_path, report("a.txt", PROBLEM, PRAISE))
    book = load_workbook(path)
    mine = book.copy_worksheet(book["明细"])
    mine.cell(3, 9).value = "属实"
    book.save(path)
    review = import_review(path)
    assert (review.flags, review.unjudged) == (Precision(1, 1), 1)


def _clear_keys(sheet: Any) -> None:
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, sheet.max_column).value = None


def test_judged_rows_without_their_key_are_faults(judged: Path) -> None:
    with pytest.raises(FaultyRecords) as caught:
        import_review(change(judged, _clear_keys))
    assert [fault.reason for fault in caught.value.faults] == ["review.key"] * 4


@pytest.mark.parametrize(
    "key",
    [
        "", "{", "[]", "null", "3", "[" * 10_000,
        {"doc_id": 3}, {"doc_id": " "}, {"index": True}, {"index": "1"}, {"previous": None},
        {"categories": "meetings"}, {"categories": ["x"]}, {"categories": [["meetings"]]},
        {"categories": ["meetings", "meetings"]}, {"categories": []}, {"role": "x"},
        {"role": ["problem"]}, {"role": "other"}, {"role": "measure"}, {"level": 7},
        {"level": True}, {"level": 1.0}, {"level": None},
    ],
)  # fmt: skip
def test_changed_keys_are_faults(tmp_path: Path, key: object) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM)), {"verdict": "属实"})

    def edit(sheet: Any) -> None:
        cell = sheet.cell(2, sheet.max_column)
        cell.value = json.dumps({**json.loads(cell.value), **key}) if isinstance(key, dict) else key

    with pytest.raises(FaultyRecords) as caught:
        import_review(change(path, edit))
    assert [fault.reason for fault in caught.value.faults] == ["review.key"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda sheet: sheet.delete_cols(9), "records.no_column"),
        (lambda sheet: sheet.cell(1, 5, "原句"), "records.no_column"),
        (lambda sheet: sheet.cell(1, 13, "复核意见"), "review.column_twice"),
    ],
)
def test_columns_missing_or_doubled_are_said(
    judged: Path, edit: Callable[[Any], None], reason: str
) -> None:
    with pytest.raises(FaultyRecords) as caught:
        import_review(change(judged, edit))
    assert [fault.reason for fault in caught.value.faults] == [reason]


def test_the_sentence_before_is_kept_whatever_it_holds(tmp_path: Path) -> None:
    odd = item('“_x0041_”"\\\x1f\ud800', flagged=False)
    path = judge(write(tmp_path, report("a.txt", odd, PROBLEM)), {"verdict": "属实"})
    (record,) = import_review(path).records
    assert record.sentences[0].extra == {"previous": '“_x0041_”"\\\ufffd\ufffd'}

    def half_a_character(sheet: Any) -> None:
        cell = sheet.cell(2, sheet.max_column)
        cell.value = json.dumps({**json.loads(cell.value), "previous": "\ud800"})

    write_records(import_review(change(path, half_a_character)).records, tmp_path / "r.jsonl")
    assert read_records(tmp_path / "r.jsonl")


def test_a_sentence_that_was_cut_teaches_nothing(tmp_path: Path) -> None:
    review = reviewed(tmp_path, (item("长" * 40_000), {"verdict": "属实"}))
    assert (review.records, review.left_out, review.flags) == ((), 1, Precision(1, 1))


def test_line_breaks_typed_into_a_sentence(judged: Path, tmp_path: Path) -> None:
    def edit(sheet: Any) -> None:
        sheet.cell(2, 5).value = "会\n太_x000D_多了。"

    review = import_review(change(judged, edit))
    write_records(review.records, tmp_path / "r.jsonl")
    assert read_records(tmp_path / "r.jsonl")[1].sentences[0].text == "会 太 多了。"


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(
        st.one_of(
            st.none(),
            st.booleans(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-5, 5),
            st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=12),
            st.sampled_from(["属实", "误报", "存疑", "无", "会议活动", "其他", "整改措施", "2"]),
        ),
        min_size=8,
        max_size=8,
    )
)
def test_whatever_is_typed_is_read_or_named(tmp_path: Path, cells: list[object]) -> None:
    path = write(tmp_path, report("a.txt", PROBLEM, PRAISE))
    names = list(COLUMNS)
    path = judge(path, *(dict(zip(names, cells[at : at + 4], strict=True)) for at in (0, 4)))
    faults: tuple[Fault, ...] = ()
    try:
        review = import_review(path)
    except FaultyRecords as error:
        faults = error.faults
    assert all(fault.line in (2, 3) and fault.field for fault in faults)
    if not faults:
        write_records(review.records, tmp_path / "r.jsonl")
        assert tuple(read_records(tmp_path / "r.jsonl")) == review.records


# --- files that are no ledger, or hostile ---------------------------------------------------


def rewrite(path: Path, **parts: Callable[[bytes], bytes]) -> Path:
    """Change parts of a zip file; ``parts`` are called by the stem of the part's name."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, parts.get(Path(name).stem, bytes)(data))
    return path


def test_another_programs_workbook_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["复核意见", "句子"])
    book.active.append(["属实", "会太多了。"])
    book.save(tmp_path / "别的.xlsx")
    with pytest.raises(InvalidRecords, match="不是照镜写出的台账"):
        import_review(tmp_path / "别的.xlsx")


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600],
    ids=["empty", "csv", "broken", "xls or encrypted"],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(content)
    with pytest.raises(InvalidRecords) as caught:
        import_review(path)
    assert caught.value.key == "workbook.unreadable"


@pytest.mark.parametrize("name", ["无.xlsx", ""])
def test_missing_files_and_folders(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRecords) as caught:
        import_review(tmp_path / name)
    assert caught.value.key == ("file.missing" if name else "file.not_a_file")


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "台账.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(InvalidRecords, match="不是能打开的"):
        import_review(tmp_path / "台账.xlsx")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MAX_UNPACKED", 1 << 20)
    path = write(tmp_path, report("a.txt", PROBLEM))
    assert import_review(path).unjudged == 1
    with ZipFile(path, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"\0" * (1 << 20))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(InvalidRecords) as caught:
        import_review(path)
    assert caught.value.key == "workbook.too_large"


LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(9)
)


@pytest.mark.parametrize("part", ["sheet2", "workbook", "styles", "core"])
@pytest.mark.parametrize(
    "declared",
    [b'<!ENTITY l8 "x">', LAUGHS, b'<!ENTITY l8 SYSTEM "file:///etc/passwd">'],
    ids=["plain", "laughs", "file"],
)
def test_entities_are_never_expanded(tmp_path: Path, part: str, declared: bytes) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM)), {"verdict": "属实"})
    secret = PROBLEM.sentence.text.encode()

    def hostile(data: bytes) -> bytes:
        data = data.replace(secret, b"&l8;").replace(b"zhaojing</dc:creator>", b"&l8;</dc:creator>")
        start = data.index(b"<", 6) if data.startswith(b"<?xml") else 0
        return data[:start] + b"<!DOCTYPE x [" + declared + b"]>" + data[start:]

    review = None
    with suppress(InvalidRecords):
        review = import_review(rewrite(path, **{part: hostile}))
    assert review is None or (part != "sheet2" and labels_of(review)[0][0] == ["meetings"])


def test_formulas_count_as_what_they_last_showed(tmp_path: Path) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM, PRAISE)), {"verdict": "属实"})

    def formulas(data: bytes) -> bytes:
        shown = '<c r="I2" t="str"><f>HYPERLINK("http://x.invalid")</f><v>误报</v></c>'
        start = data.index(b'<c r="I2"')
        return data[:start] + shown.encode() + data[data.index(b"</c>", start) + 4 :]

    review = import_review(rewrite(path, sheet2=formulas))
    assert (review.flags, review.unjudged) == (Precision(0, 1), 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="3"', b'<row r="999999999"'),
        (b'<c r="A3"', b'<c r="XFD3"'),
        (b'<c r="A3"', b'<c r="ZZZZZZZ3"'),
        (b'ref="A1:U3"', b'ref="A1:XFD1048576"'),
        (b'ref="A1:U3"', b'ref="A1:B1"'),
        (b"</sheetData>", b""),
        (b"<sheetData>", b"<sheetData><row r='-1'/>" + b"<row/>" * 100),
        (
            b"</sheetData>",
            b'<row r="5"><c r="A5"><v>' + b"9" * 9999 + b"</v></c></row></sheetData>",
        ),
    ],
)
def test_broken_sheets_are_read_or_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM, PRAISE)), {"verdict": "属实"})
    with ZipFile(path) as archive:
        assert old in archive.read("xl/worksheets/sheet2.xml")
    with suppress(InvalidRecords):
        assert import_review(rewrite(path, sheet2=lambda data: data.replace(old, new)))


def test_damaged_bytes_never_crash(tmp_path: Path) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM, PRAISE)), {"verdict": "属实"})
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rng = random.Random(0)  # noqa: S311
    refused = 0
    for _ in range(150):
        name = rng.choice([name for name in parts if not name.startswith("docProps/app")])
        data = bytearray(parts[name])
        for _ in range(rng.randint(1, 4)):
            start = rng.randrange(len(data))
            data[start : start + rng.randint(0, 12)] = rng.randbytes(rng.randint(0, 6))
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as archive:
            for other, content in parts.items():
                archive.writestr(other, bytes(data) if other == name else content)
        path.write_bytes(buffer.getvalue())
        try:
            import_review(path)
        except InvalidRecords:
            refused += 1
    assert 0 < refused <= 150


# --- from the ledger to a model -------------------------------------------------------------


def test_the_command(judged: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "reviewed.jsonl"
    done = zhaojing("review", "import", judged, "--output", target)
    assert done.returncode == 0, done.stderr
    assert [len(record.sentences) for record in read_records(target)] == [1, 2]
    for said in ("属实率", "66.7%", "存疑 1 句，没有判的 1 句"):
        assert said in done.stdout
    assert "3 句训练数据" in done.stderr
    english = zhaojing("review", "import", judged, "-o", target, "--lang", "en")
    assert "precision" in english.stdout
    assert "1 unsure, 1 not judged" in english.stdout


def test_the_command_writes_nothing_from_faults(judged: Path, tmp_path: Path) -> None:
    judge(judged, {"verdict": "对"})
    done = zhaojing("review", "import", judged, "-o", tmp_path / "r.jsonl")
    assert done.returncode == 2
    assert "I2：取值 对" in done.stderr
    assert not (tmp_path / "r.jsonl").exists()
    assert zhaojing("review", "import", judged, "-o", judged).returncode == 1


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    path = judge(write(tmp_path, report("a.txt", PROBLEM)), {"verdict": "误报"})
    done = zhaojing("review", "import", path, "-o", tmp_path / "r.jsonl")
    assert done.returncode == 2
    assert "1 句没有写进训练数据" in done.stdout
    assert not (tmp_path / "r.jsonl").exists()


def test_a_model_learns_from_a_reviewed_ledger(tmp_path: Path, some_records: list[Record]) -> None:
    pytest.importorskip("sklearn")
    reports: list[Report] = [
        report(f"{n}.txt", *(item(f"第{n}回督导要看{i}份台账。") for i in range(3)))
        for n in range(3)
    ]
    judgements = [{"verdict": "误报", "role": "其他"}] * 9
    review = import_review(judge(write(tmp_path, *reports), *judgements))
    write_records(review.records, tmp_path / "reviewed.jsonl")
    write_records(some_records[:6], tmp_path / "train.jsonl")
    files = (tmp_path / "train.jsonl", tmp_path / "reviewed.jsonl")
    folder = train_model(TrainingConfig(train=files, output=tmp_path / "model", folds=2))
    assert Classifier.load(folder).classify(["第9回督导要看8份台账。"])[0].role == "other"


def test_the_hidden_column_is_where_we_think(tmp_path: Path) -> None:
    header = [
        cell.value for cell in load_workbook(write(tmp_path, report("a", PROBLEM)))["明细"][1]
    ]
    assert header[8:13] == ["复核意见", "正确类别", "正确角色", "正确美化等级", "备注"]
    assert header[-1] == KEY
