"""Every fault of every line is found in one run, and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA, document, sentence, write_jsonl
from zhaojing.errors import InvalidRecords
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.passage import find_passages
from zhaojing.records import FaultyRecords, read_records, validate_records, write_records


def faults_of(path: Path) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.field, fault.reason) for fault in validate_records(path)[1]]


def test_a_sound_file_reads_and_writes_back(tmp_path: Path) -> None:
    value = document(
        "d1", sentence(probe="mention"), sentence("好。", categories=[]), origin="retold"
    )
    source = write_jsonl(tmp_path / "a.jsonl", value)
    records = read_records(source)
    assert records[0].extra == {"origin": "retold"}
    assert records[0].sentences[0].extra == {"probe": "mention"}
    write_records(records, tmp_path / "b.jsonl")
    assert json.loads((tmp_path / "b.jsonl").read_text("utf-8")) == {**value}


def test_contexts_are_heading_and_previous_sentence(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl", document("d1", sentence("甲。", heading="一、会"), sentence("乙。"))
    )
    contexts = read_records(path)[0].contexts()
    assert [(c.heading, c.previous) for c in contexts] == [("一、会", ""), ("", "甲。")]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"doc_id": None}, "doc_id", "fault.type"),
        ({"doc_id": " "}, "doc_id", "fault.blank"),
        ({"title": 3}, "title", "fault.type"),
        ({"sentences": {}}, "sentences", "fault.type"),
        ({"sentences": []}, "sentences", "fault.blank"),
        ({"sentences": ["会。"]}, "sentences[0]", "fault.type"),
        ({"sentences": [sentence("")]}, "sentences[0].text", "fault.blank"),
        ({"sentences": [sentence("甲\n乙")]}, "sentences[0].text", "fault.text"),
        ({"sentences": [sentence("\ud800")]}, "sentences[0].text", "fault.surrogate"),
        ({"sentences": [sentence(heading=[])]}, "sentences[0].heading", "fault.type"),
        ({"sentences": [sentence(categories="meetings")]}, "sentences[0].categories", "fault.type"),
        ({"sentences": [sentence(categories=["会"])]}, "sentences[0].categories[0]", "fault.value"),
        ({"sentences": [sentence(categories=[1])]}, "sentences[0].categories[0]", "fault.type"),
        (
            {"sentences": [sentence(categories=["perks", "perks"])]},
            "sentences[0].categories[1]",
            "fault.repeated",
        ),
        ({"sentences": [sentence(role="问题")]}, "sentences[0].role", "fault.value"),
        ({"sentences": [sentence(role="other")]}, "sentences[0].categories", "fault.other_role"),
        (
            {"sentences": [sentence(embellishment_level=4)]},
            "sentences[0].embellishment_level",
            "fault.value",
        ),
        (
            {"sentences": [sentence(embellishment_level=True)]},
            "sentences[0].embellishment_level",
            "fault.type",
        ),
        (
            {"sentences": [sentence(embellishment_level=1.0)]},
            "sentences[0].embellishment_level",
            "fault.type",
        ),
    ],
)
def test_one_fault(tmp_path: Path, change: dict[str, Any], field: str, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({**document(), **change}), "utf-8")
    assert faults_of(path) == [(1, field, reason)]


@pytest.mark.parametrize("field", ["text", "categories", "role", "embellishment_level"])
def test_a_missing_field(tmp_path: Path, field: str) -> None:
    bare = {key: value for key, value in sentence().items() if key != field}
    path = write_jsonl(tmp_path / "a.jsonl", document("d", bare))
    assert faults_of(path) == [(1, f"sentences[0].{field}", "fault.missing")]


def test_all_faults_of_all_files_come_in_one_run(tmp_path: Path) -> None:
    first, second = tmp_path / "甲.jsonl", tmp_path / "乙.jsonl"
    bad = document("d2", sentence(role="x", categories=["y"]), sentence(embellishment_level=9))
    first.write_text(
        "\n".join(["{broken", json.dumps(document("d1")), "", json.dumps(bad), "[]"]), "utf-8"
    )
    write_jsonl(second, document("d1"))
    with pytest.raises(FaultyRecords) as caught:
        read_records(first, second)
    assert [(Path(f.file).name, f.line, f.field) for f in caught.value.faults] == [
        ("甲.jsonl", 1, ""),
        ("甲.jsonl", 4, "sentences[0].categories[0]"),
        ("甲.jsonl", 4, "sentences[0].role"),
        ("甲.jsonl", 4, "sentences[1].embellishment_level"),
        ("甲.jsonl", 5, ""),
        ("乙.jsonl", 1, "doc_id"),
    ]
    for lang in ("zh", "en"):
        assert caught.value.describe(lang).count("\n") == 6  # type: ignore[arg-type]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecords):
        read_records(tmp_path / "无.jsonl")


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["doc_id", "sentences", "text", "role", "categories", "x"]), inner
    ),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_line_is_read_or_faulted(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    path = tmp_path_factory.mktemp("r") / "a.jsonl"
    path.write_bytes(line)
    records, faults = validate_records(path)
    assert records or faults or not line.strip(b"\n\r\t \xef\xbb\xbf\x0b\x0c")


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_the_projects_own_data_are_sound(path: Path) -> None:
    records, faults = validate_records(path)
    assert not faults
    labels = {c for r in records for s in r.sentences for c in s.categories}
    assert labels == set(CATEGORIES)
    assert {s.role for r in records for s in r.sentences} == set(ROLES)
    assert {s.embellishment_level for r in records for s in r.sentences} == set(LEVELS)


def test_datasets_loads_the_projects_own_data() -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset("json", data_files=[str(p) for p in DATA], split="train")
    assert len(loaded) == len(read_records(*DATA))
    assert set(loaded[0]["sentences"][0]) >= {"text", "role", "categories", "embellishment_level"}


def test_a_record_of_some_sentences_names_the_one_that_stood_before(tmp_path: Path) -> None:
    picked = document("d1", sentence("甲。"), sentence("丙。", previous="乙。"), sentence("丁。"))
    (record,) = read_records(write_jsonl(tmp_path / "r.jsonl", picked))
    assert [context.previous for context in record.contexts()] == ["", "乙。", "丙。"]
    texts = [s.text for s in record.sentences]
    assert find_passages(texts, record.contexts()) == [slice(0, 1), slice(1, 3)]
