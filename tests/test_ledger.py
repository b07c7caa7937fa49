"""The ledger: what a clerk sees, and that no text of a report does anything in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl.worksheet._writer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from conftest import ROOT
from zhaojing import Classifier, Screener, UnreadableFile
from zhaojing.classifier import Prediction
from zhaojing.errors import OutputFailed
from zhaojing.filled_sheet import KEY
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.messages import MESSAGES, say
from zhaojing.reading import Document
from zhaojing.report import ledger
from zhaojing.report.ledger import write_ledger
from zhaojing.results_folder import LEDGER_FILE
from zhaojing.screening import Report, ScreenedSentence, screen_all
from zhaojing.splitting import Sentence
from zhaojing.workbook import CUT, as_cell, from_cell, read_workbook

SAMPLES = ROOT / "data" / "samples"


def item(
    text: str = "会太多了。",
    categories: tuple[str, ...] = ("meetings",),
    role: str = "problem",
    score: float = 0.1,
    *,
    flagged: bool = True,
    **fields: Any,
) -> ScreenedSentence:
    """Return a screened sentence; ``fields`` are of :class:`ScreenedSentence` or its heading."""
    heading = fields.pop("heading", ())
    page = fields.pop("page", None)
    prediction = Prediction(
        categories=categories,
        category_scores={name: 0.9 if name in categories else 0.02 for name in CATEGORIES},
        role=role,
        role_scores={name: 0.97 if name == role else 0.01 for name in ROLES},
        embellishment_score=score,
        flagged=flagged,
    )
    return ScreenedSentence(Sentence(text, 0, len(text), 3, page, heading), prediction, **fields)


def report(name: str, *items: ScreenedSentence) -> Report:
    return Report(Document.from_text("正文", Path(name)), items)


def write(folder: Path, *reports: Report, **options: Any) -> Path:
    target = folder / LEDGER_FILE
    write_ledger(reports, options.get("failures", ()), target, options.get("lang", "zh"), "m")
    return target


def rows_of(path: Path, sheet: str = "明细") -> list[dict[str, Any]]:
    """Return the rows below the headers as a program sees them that evaluates nothing."""
    header, *rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def screened() -> tuple[list[Report], list[UnreadableFile]]:
    return screen_all(Screener(Classifier.load()), [SAMPLES, Path("无此文件.docx")])


def test_every_flagged_sentence_of_the_samples_is_a_row(
    tmp_path: Path, screened: tuple[list[Report], list[UnreadableFile]]
) -> None:
    reports, failures = screened
    path = write(tmp_path, *reports, failures=failures)
    rows = rows_of(path)
    flagged = [(r, i) for r in reports for i in r.flagged]
    assert [row["句子"] for row in rows] == [i.sentence.text for _, i in flagged]
    assert [row["序号"] for row in rows] == list(range(1, len(rows) + 1))
    for row, (found, one) in zip(rows, flagged, strict=True):
        assert row["报告"] == found.short_name
        assert row["所在标题"] == (" > ".join(one.sentence.heading) or None)
        assert row["文件材料"] == pytest.approx(one.prediction.category_scores["documents"])
        assert row["美化分值"] == pytest.approx(one.prediction.embellishment_score)
        assert row["复核意见"] is row["正确类别"] is row["正确角色"] is None
        assert all(word in row["句子"] for word in (row["依据的词语"] or "").split("、") if word)
        key = json.loads(row[KEY])
        assert found.sentences[key["index"]] is one
        before = found.sentences[key["index"] - 1].sentence.text if key["index"] else ""
        assert (key["doc_id"], key["previous"]) == (found.name, before)
    assert {row["位置"] for row in rows if row["报告"].endswith(".pdf")} <= {
        f"第 {page} 页" for page in range(1, 9)
    }


def test_what_could_not_be_read_stands_at_the_top(tmp_path: Path) -> None:
    calm = report("县/甲.txt", item(flagged=False), item(flagged=False))
    wild = report(
        "县/乙.txt", item(), item("走在全省前列。", (), "achievement", 0.8), item(flagged=False)
    )
    failures = [
        UnreadableFile("file.corrupt", where="县/坏.pdf", detail="x"),
        UnreadableFile("file.empty", where="县/空.txt"),
    ]
    sheet = load_workbook(write(tmp_path, calm, wild, failures=failures))["汇总"]
    table = [[cell.value for cell in row] for row in sheet.iter_rows()]
    texts = [str(row[0]) for row in table]
    assert say("report.notice") in texts
    assert say("cli.failed", count=2) in texts
    header = next(i for i, text in enumerate(texts) if text == "报告")
    below = table[header + 1 :]
    assert [row[0] for row in below] == ["县/坏.pdf", "县/空.txt", "乙.txt", "甲.txt"]
    assert below[1][1] == say("file.empty")
    assert below[2][2:5] == [3, 2, pytest.approx(2 / 3)]
    assert below[2][6:] == [0, 1, 0, 0, 0, 0, 1]
    assert sheet.freeze_panes == f"A{header + 2}"
    assert sheet.auto_filter.ref.startswith(f"A{header + 1}:")


def test_allowed_sentences_are_no_flags(tmp_path: Path) -> None:
    path = write(tmp_path, report("a.txt", item("甲。", allowed="规定动作"), item("乙。")))
    assert [row["句子"] for row in rows_of(path)] == ["乙。"]


def test_reports_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path, *(report(f"{county}/整改.docx", item()) for county in "甲乙"))
    assert [row["报告"] for row in rows_of(path)] == [
        str(Path("甲/整改.docx")),
        str(Path("乙/整改.docx")),
    ]


def test_the_sheets_are_ready_for_work_and_for_paper(tmp_path: Path) -> None:
    long = "各级各部门层层开会、层层发文、层层检查，" * 12
    path = write(tmp_path, report("a.txt", item(), item(long, evidence=((0, 2), (5, 9), (0, 2)))))
    sheet = load_workbook(path)["明细"]
    header = [cell.value for cell in sheet[1]]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0
    hidden = [letter for letter, column in sheet.column_dimensions.items() if column.hidden]
    assert [sheet[f"{letter}1"].value for letter in hidden] == [KEY]
    assert sheet.row_dimensions[3].height > 4 * sheet.row_dimensions[2].height
    assert sheet.cell(3, header.index("依据的词语") + 1).value == "各级、层层开会"
    offered = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for name, choices, strict in (
        ("复核意见", '"属实,误报,存疑"', True),
        ("正确角色", '"问题表现,整改措施,成绩做法,其他"', True),
        ("正确美化等级", '"0,1,2,3"', True),
        ("正确类别", None, False),
    ):
        column = get_column_letter(header.index(name) + 1)
        rule = offered[f"{column}2:{column}3"]
        assert bool(rule.showErrorMessage) is strict
        assert choices in (None, rule.formula1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_languages_fit_what_excel_allows(tmp_path: Path, lang: str) -> None:
    path = write(tmp_path, report("a.txt", item()), lang=lang)
    book = load_workbook(path)
    assert book.sheetnames == [say(f"ledger.{name}", lang) for name in ("summary", "detail")]  # type: ignore[arg-type]
    for rule in book.worksheets[1].data_validations.dataValidation:
        assert max(len(rule.formula1), len(rule.prompt)) <= 255
    words = {value for row in book.worksheets[1].iter_rows(values_only=True) for value in row}
    assert MESSAGES["ledger.verdict"][lang == "en"] in words


def test_nothing_flagged_and_nothing_read_is_still_a_ledger(tmp_path: Path) -> None:
    assert rows_of(write(tmp_path, report("a.txt", item(flagged=False)))) == []
    failures = [UnreadableFile("file.empty", where="a.txt")]
    assert rows_of(write(tmp_path, failures=failures)) == []


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "=cmd|' /C calc'!A0", "#N/A", "'=1", "TRUE"],
)
def test_text_is_never_a_formula(tmp_path: Path, text: str) -> None:
    one = item(text, heading=(text,), evidence=((0, len(text)),))
    path = write(tmp_path, report("=1.txt", one))
    sheet = load_workbook(path)["明细"]
    cells = [cell for cell in sheet[2] if cell.value is not None]
    texts = [cell for cell in cells if isinstance(cell.value, str)]
    assert all(cell.data_type == "s" for cell in texts)
    assert [cell.value for cell in texts].count(text) == 3
    for cell in texts:
        assert cell.quotePrefix == cell.value.startswith(tuple("=+-@\t＝"))
    with ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet2.xml")


def test_odd_characters_and_endless_sentences_survive(tmp_path: Path) -> None:
    odd = "甲\x00\x0b\x1f\ud800\ufffe\uffff乙_x0041_丙😀"
    endless = "长" * 40_000
    astral = "😀" * 20_000
    doc = report("a.txt", *(item(text) for text in (odd, endless, astral, "尾。")))
    found = [row["句子"] for row in rows_of(write(tmp_path, doc))]
    assert found[0] == "甲" + "\ufffd" * 6 + "乙_x005F_x0041_丙😀"
    assert from_cell(found[0]) == "甲" + "\ufffd" * 6 + "乙_x0041_丙😀"
    for text in found[1:3]:
        assert text.endswith(CUT)
        assert len(text.encode("utf-16-le")) // 2 <= 32_767
    assert found[3] == "尾。"
    heights = load_workbook(tmp_path / LEDGER_FILE)["明细"].row_dimensions
    assert heights[3].height == 409


@given(st.text())
def test_cells_give_back_what_they_were_given(text: str) -> None:
    legal = as_cell(text).replace("_x005F_", "_")
    assert from_cell(as_cell(text)) == legal
    if as_cell(text) == text:
        assert from_cell(text) == text


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_text_comes_back_through_a_file(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), report("a.txt", *map(item, texts)))
        sheet = next(sheet for sheet in read_workbook(path) if sheet.title == "明细")
        found = [from_cell(values[4]) for _, values in sheet.rows[1:]]
    assert found == [from_cell(as_cell(text)) for text in texts]


def test_more_sentences_than_a_sheet_holds_go_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_ROWS_A_SHEET", 3)
    path = write(tmp_path, report("a.txt", *(item(f"第{i}句。") for i in range(7))))
    assert load_workbook(path).sheetnames == ["汇总", "明细", "明细2", "明细3"]
    rows = [row for name in ("明细", "明细2", "明细3") for row in rows_of(path, name)]
    assert [row["序号"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["句子"] for row in rows] == [f"第{i}句。" for i in range(7)]


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    doc = report("a.txt", item(), item("=1"))
    first = write(tmp_path, doc).read_bytes()
    time.sleep(2.1)  # zip files count in steps of two seconds
    assert write(tmp_path, doc).read_bytes() == first
    with ZipFile(tmp_path / LEDGER_FILE) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


def test_nothing_is_left_anywhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """openpyxl would write every sheet into the system's temporary folder first."""

    def refuse(*_: object) -> str:
        raise AssertionError("a file outside the output folder")

    monkeypatch.setattr(openpyxl.worksheet._writer, "create_temporary_file", refuse)
    write(tmp_path / "out", report("a.txt", item()))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LEDGER_FILE]


def test_a_failed_write_leaves_the_old_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, report("a.txt", item()))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ZipFile, "writestr", full)
    with pytest.raises(OutputFailed):
        write(tmp_path, report("b.txt", item()))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [LEDGER_FILE]


def test_forty_reports_take_seconds_not_minutes(tmp_path: Path) -> None:
    text = "农村供水工程的座数、人口、管网长度，农水科、规划科、执法支队各有一张表，口径不统一。"
    flags = [item(f"{i}{text}", evidence=((0, 4), (9, 14))) for i in range(60)]
    calm = [item(text, flagged=False) for _ in range(140)]
    reports = [report(f"{n}.txt", *flags, *calm) for n in range(40)]
    begun = time.process_time()
    write(tmp_path, *reports)
    assert time.process_time() - begun < 8  # 1 s on an idle machine
    assert len(rows_of(tmp_path / LEDGER_FILE)) == 2400


def resave(path: Path, folder: Path) -> Path:
    """Save a workbook again with LibreOffice; skip the test where there is no such program."""
    plain = folder / "plain.csv"
    plain.write_text("1\n", "utf-8")
    if not _convert(plain, folder / "probe").exists():
        pytest.skip("needs LibreOffice Calc")
    return _convert(path, folder / "resaved")


def _convert(path: Path, folder: Path) -> Path:
    program = shutil.which("soffice")
    if program:
        profile = f"-env:UserInstallation={(folder.parent / 'profile').as_uri()}"
        command = [program, "--headless", profile, "--convert-to", "xlsx", "--outdir", folder, path]
        subprocess.run(command, check=False, capture_output=True, timeout=120)
    return folder / f"{path.stem}.xlsx"


def test_libreoffice_opens_it_and_keeps_everything(tmp_path: Path) -> None:
    path = write(tmp_path, report("a.txt", item("=1+1"), item("甲。 "), item("-1")))
    saved = resave(path, tmp_path)
    assert [row["句子"] for row in rows_of(saved)] == ["=1+1", "甲。 ", "-1"]
    assert [row[KEY] for row in rows_of(saved)] == [row[KEY] for row in rows_of(path)]
    assert len(load_workbook(saved)["明细"].data_validations.dataValidation) == 4
