"""A whole run: paths in, everything that a clerk gets out, and the same again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import openpyxl
import pytest

from conftest import ROOT
from zhaojing import InvalidConfig, OutputFailed
from zhaojing.pile import Pile, Request, work_through
from zhaojing.policy import Policy
from zhaojing.report import check_results, write_results
from zhaojing.run_record import replay

SAMPLES = sorted((ROOT / "data" / "samples").iterdir())


def screen(out: Path, *paths: Path, **options: object) -> tuple[Pile, list[str]]:
    """Do what ``zhaojing screen`` does; return the pile and the names of what failed."""
    request = Request(paths=paths, output=out, **options)  # type: ignore[arg-type]
    check_results(out, paths)
    pile = work_through(request)
    return pile, [failure.key for failure in write_results(request, pile, "zh")]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with a Word file, a text, a copy of that text with a new title, and a broken file."""
    folder = tmp_path / "报送"
    folder.mkdir()
    shutil.copy(SAMPLES[0], folder / "甲.docx")
    text = SAMPLES[3].read_text("gb18030")
    (folder / "乙.txt").write_text(text, "utf-8")
    (folder / "丙.txt").write_text("某镇关于近期工作的通报\n" + text.partition("\n")[2], "utf-8")
    (folder / "坏.docx").write_bytes(b"PK\x03\x04broken")
    return folder


def test_one_run_writes_it_all_and_says_what_failed(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "结果"
    pile, failed = screen(out, reports)
    assert failed == ["file.corrupt"]
    assert {path.name for path in out.iterdir()} == {
        *("index.html", "报告", "批注", "台账.xlsx", "results.jsonl", "manifest.json")
    }
    rows = (out / "results.jsonl").read_text("utf-8").splitlines()
    assert len(rows) == sum(len(found.report.sentences) for found in pile.judgements)
    assert len(list((out / "报告").glob("*.html"))) == 3
    assert [path.name for path in (out / "批注").glob("*.docx")] == ["001-甲.docx"]
    assert "坏.docx" in (out / "index.html").read_text("utf-8")
    (pair,) = pile.pairs
    assert {Path(pair.first.name).name, Path(pair.second.name).name} == {"乙.txt", "丙.txt"}
    copied = {found.report.short_name: found.risk.shares["copied"] for found in pile.judgements}  # type: ignore[union-attr]
    assert copied["甲.docx"] == 0
    assert copied["乙.txt"] > 0.9
    assert not list(tmp_path.rglob(".*tmp*"))


def test_results_among_the_reports_are_not_screened(reports: Path) -> None:
    first, _ = screen(reports, reports)
    again, _ = screen(reports, reports)
    names = [found.report.short_name for found in first.judgements]
    assert [found.report.short_name for found in again.judgements] == names
    assert len(list((reports / "批注").glob("*.docx"))) == 1


def test_earlier_reports_are_compared_with_and_not_screened(reports: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "往年"
    earlier.mkdir()
    shutil.move(reports / "丙.txt", earlier / "丙.txt")
    (earlier / "坏.pdf").write_bytes(b"%PDF-broken")
    pile, failed = screen(tmp_path / "out", reports, earlier=(earlier,))
    assert [found.report.short_name for found in pile.judgements if found.report.source]
    assert len(pile.judgements) == 2
    (pair,) = pile.pairs
    assert pair.is_earlier
    assert len(failed) == 2


def test_a_file_that_is_not_ours_is_not_overwritten(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "结果"
    out.mkdir()
    (out / "台账.xlsx").write_text("mine", "utf-8")
    (out / "manifest.json").write_text('{"name": "somebody\'s web app"}', "utf-8")
    with pytest.raises(OutputFailed) as caught:
        check_results(out, [reports])
    assert caught.value.key == "output.foreign"
    for file in out.iterdir():
        file.unlink()
    check_results(out, [reports])


def test_a_ledger_with_verdicts_is_not_overwritten(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "结果"
    screen(out, reports)
    screen(out, reports)
    book = openpyxl.load_workbook(out / "台账.xlsx")
    book.worksheets[1]["A2"] = "属实"
    book.save(out / "台账.xlsx")
    with pytest.raises(OutputFailed) as caught:
        screen(out, reports)
    assert caught.value.key == "output.reviewed"


def test_a_copy_of_an_earlier_run_is_screened_but_never_replaced(
    reports: Path, tmp_path: Path
) -> None:
    out = tmp_path / "结果"
    screen(out, reports)
    (copy,) = (out / "批注").glob("*.docx")
    with pytest.raises(OutputFailed):
        screen(out, copy)
    assert copy.exists()


def test_a_web_page_named_doc_is_screened_and_its_missing_copy_told(tmp_path: Path) -> None:
    page = "<html><body><p>会议太多，层层陪会，天天迎检。</p></body></html>"
    (tmp_path / "网页.doc").write_text(page, "utf-8")
    pile, failed = screen(tmp_path / "out", tmp_path / "网页.doc")
    assert len(pile.judgements) == 1
    assert failed == ["comment.no_word"]


def test_a_report_is_not_compared_with_itself(reports: Path, tmp_path: Path) -> None:
    (reports / "丙.txt").unlink()
    pile, _ = screen(tmp_path / "out", reports, earlier=(reports,))
    assert not pile.pairs


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_does_not_hang_the_run(reports: Path, tmp_path: Path) -> None:
    os.mkfifo(reports / "管道.txt")
    _, failed = screen(tmp_path / "out", reports)
    assert "file.not_a_file" in failed


def test_the_same_again_and_what_changed(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = Path("结果")
    policy = Policy(mode="cautious", allow={"通报": "文种名称"})
    screen(out, Path("报送"), policy=policy)
    monkeypatch.chdir("/")
    record = tmp_path / "结果" / "manifest.json"
    found = replay(record)
    assert found.is_same
    assert all(found.same.values()), found
    assert json.loads(record.read_text("utf-8"))["policy"]["mode"] == "cautious"

    with (reports / "乙.txt").open("a", encoding="utf-8") as file:
        file.write("全县人民欢欣鼓舞，无不称颂。\n")
    found = replay(record)
    assert not found.is_same
    assert not found.same["inputs"]
    assert found.same["model"]
    assert found.changed == (str(Path("报送") / "乙.txt"),)


def test_results_among_the_reports_are_left_out_and_it_is_said(
    reports: Path, tmp_path: Path
) -> None:
    before, failed = screen(tmp_path / "结果", reports)
    screen(reports / "上周结果", reports / "甲.docx")
    (reports / "上周结果" / "另存.txt").write_text("会议太多，开完就算。", "utf-8")
    again, failed_again = screen(tmp_path / "结果", reports)
    names = {found.report.short_name for found in again.judgements}
    assert names == {found.report.short_name for found in before.judgements} | {"另存.txt"}
    assert sorted(failed_again) == sorted([*failed, "folder.results"])


@pytest.mark.parametrize("content", ["", "{}", "[]", "3", '{"format": 99}', "\udcff"])
def test_what_is_no_record_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidConfig):
        replay(file)
