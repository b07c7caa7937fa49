"""Rows in, rows out: formats, schema, faults."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from conftest import document, sentence, write_jsonl
from zhaojing import Classifier, InvalidRecords
from zhaojing.labelling import COLUMNS, label, read_items, write_rows
from zhaojing.records import FaultyRecords


def texts(path: Path) -> list[str]:
    return [item.text for item in read_items(path)]


def test_text_is_a_sentence_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("会多。\r\n\r\n 文多。\n".encode("gb18030"))
    items = read_items(path)
    assert [(i.doc_id, i.index, i.text) for i in items] == [("a", 0, "会多。"), ("a", 1, "文多。")]


def test_csv_with_quotes_and_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffdoc_id,text\nd1,"会多,\n文多"\nd2,人少\n', "utf-8")
    assert [(i.doc_id, i.text) for i in read_items(path)] == [("d1", "会多,\n文多"), ("d2", "人少")]


def test_json_rows_and_records(tmp_path: Path) -> None:
    rows = write_jsonl(tmp_path / "a.jsonl", {"text": "会多。", "doc_id": "x", "index": 7})
    item = read_items(rows)[0]
    assert (item.doc_id, item.index, item.text) == ("x", 7, "会多。")
    unlabelled = {
        "doc_id": "d",
        "sentences": [{"text": "甲。", "heading": "一、会"}, {"text": "乙。"}],
    }
    items = read_items(
        write_jsonl(tmp_path / "b.jsonl", unlabelled, document("e", sentence("丙。")))
    )
    assert [(i.doc_id, i.index, i.text) for i in items] == [
        ("d", 0, "甲。"),
        ("d", 1, "乙。"),
        ("e", 0, "丙。"),
    ]
    assert items[0].context is not None
    assert items[0].context.heading == "一、会"
    assert items[1].context is not None
    assert items[1].context.previous == "甲。"


@pytest.mark.parametrize(
    ("data", "count"), [(b'{"text": "\xe4\xbc\x9a"}\n', 1), ("会\n文".encode(), 2)]
)
def test_standard_input_tells_json_from_text(data: bytes, count: int) -> None:
    assert len(read_items("-", io.BytesIO(data))) == count


def test_every_faulty_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "好"}\n{bad\n{"x": 1}\n{"text": 5}\n[1]\n{"sentences": [{}]}\n', "utf-8"
    )
    with pytest.raises(FaultyRecords) as caught:
        read_items(path)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4, 5, 6]
    assert caught.value.exit_code == 2


def test_half_a_character_and_a_number_beyond_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "\\ud800"}\n{"text": "好", "doc_id": "\\udfff"}\n', "utf-8")
    with pytest.raises(FaultyRecords) as caught:
        read_items(path)
    found = [(fault.line, fault.field, fault.reason) for fault in caught.value.faults]
    assert found == [(1, "text", "fault.surrogate"), (2, "doc_id", "fault.surrogate")]
    path.write_text('{"text": "好", "index": "' + "9" * 5000 + '"}\n', "utf-8")
    assert read_items(path)[0].index == 0


def test_rows_and_records_keep_their_order(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl", {"text": "一。"}, document("d", sentence("二。")), {"text": "三。"}
    )
    assert texts(path) == ["一。", "二。", "三。"]


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text\n"会多\n文多\n人少\n', "utf-8")
    with pytest.raises(InvalidRecords):
        read_items(path)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("无.jsonl", None, "file.missing"),
        ("a.jsonl", "", "records.nothing"),
        ("a.txt", "\n \n", "records.nothing"),
        ("a.csv", "文本\n会\n", "records.no_column"),
        ("a.csv", "text\n", "records.nothing"),
        ("a.xlsx", "x", "records.format"),
    ],
)
def test_unusable_inputs(tmp_path: Path, name: str, content: str | None, key: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(InvalidRecords) as caught:
        read_items(path)
    assert caught.value.key == key


def test_rows_have_the_columns_in_order_in_both_formats(
    tmp_path: Path, default_classifier: Classifier
) -> None:
    items = read_items("-", io.BytesIO("会议太多。\n=cmd|'/c calc'!A1".encode()))
    assert write_rows(label(items, default_classifier), tmp_path / "a.jsonl") == 2
    assert write_rows(label(items, default_classifier), tmp_path / "a.csv") == 2
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert [tuple(row) for row in rows] == [COLUMNS, COLUMNS]
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert tuple(table[0]) == COLUMNS
    assert json.loads(table[0]["category_scores"]) == rows[0]["category_scores"]
    assert table[1]["text"].startswith("'=")  # a cell a spreadsheet will not run
    assert rows[1]["text"].startswith("=")


def test_an_unknown_output_format_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecords):
        write_rows(iter([]), tmp_path / "a.xlsx")
    assert not list(tmp_path.iterdir())


def test_nothing_half_written(tmp_path: Path) -> None:
    target = tmp_path / "a.jsonl"
    target.write_text("old", "utf-8")

    def rows():  # type: ignore[no-untyped-def]
        yield {"text": "一"}
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_rows(rows(), target)
    assert target.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
