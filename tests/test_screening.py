"""Read → split → classify, over single files and over piles with bad ones among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from zhaojing import Classifier, Screener, UnreadableFile
from zhaojing.labels import Role
from zhaojing.reading import Document
from zhaojing.screening import screen_all

SAMPLES = sorted((ROOT / "data" / "samples").iterdir())


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(Classifier.load())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples(screener: Screener, path: Path) -> None:
    report = screener.screen(path)
    assert len(report.sentences) >= 60
    for item, row in zip(report.sentences, report.rows(), strict=True):
        sentence = item.sentence
        assert report.document.text[sentence.start : sentence.end] == sentence.text == row["text"]
    flagged = [row for row in report.rows() if row["flagged"]]
    assert len(flagged) == len(report.flagged)
    ranked = [item.strength for item in report.strongest(3)]
    assert ranked == sorted(ranked, reverse=True)


def test_samples_are_of_all_kinds() -> None:
    assert {path.suffix for path in SAMPLES} >= {".docx", ".pdf", ".txt"}
    assert len(SAMPLES) >= 4


def test_the_boastful_report_scores_above_the_honest_one(screener: Screener) -> None:
    boastful, honest = (screener.screen(SAMPLES[i]) for i in (1, 2))
    assert boastful.mean_embellishment > 3 * honest.mean_embellishment
    share = [len(r.flagged) / len(r.sentences) for r in (boastful, honest)]
    assert share[0] > 2 * share[1]


def test_remedies_are_not_counted_as_practices(screener: Screener) -> None:
    report = screener.screen(SAMPLES[0])
    counted = sum(report.practice_counts().values())
    shown = [
        len(item.prediction.categories)
        for item in report.flagged
        if item.prediction.role != Role.MEASURE
    ]
    assert counted == sum(shown) > 0


def test_a_pile_goes_on_without_the_bad_ones(screener: Screener, tmp_path: Path) -> None:
    (tmp_path / "好.txt").write_text("会议太多，层层陪会。\n", "utf-8")
    (tmp_path / "坏.docx").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "空.txt").touch()
    (tmp_path / "表.et").write_bytes(b"x")
    seen: list[str] = []
    reports, failures = screen_all(
        screener,
        [tmp_path, tmp_path / "好.txt", tmp_path / "无.pdf"],
        on_file=lambda path: seen.append(path.name),
    )
    assert [r.path.name for r in reports if r.path] == ["好.txt"]
    keys = {"file.corrupt", "file.empty", "file.missing", "file.unsupported"}
    assert {f.key for f in failures} == keys
    assert sorted(seen) == sorted(["好.txt", "坏.docx", "空.txt", "表.et", "无.pdf"])


def test_nothing_to_read_is_an_error_not_an_empty_report(screener: Screener) -> None:
    with pytest.raises(UnreadableFile):
        screener.screen_document(Document.from_text("\n"))
