"""Output formats: read back by what they are written for, or by the rules of their makers."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from defusedxml import ElementTree

from conftest import DATA, write_jsonl
from zhaojing import Classifier
from zhaojing.labelling import COLUMNS, LabelRequest, label_corpus
from zhaojing.labelling.engine import Labeller
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.records import read_records

TEXTS = [s.text for record in read_records(*DATA)[:12] for s in record.sentences]
KEPT = {"编号": 7, "来源": ["甲", {"乙": None}], "空": None}


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory, default_classifier: Classifier) -> Any:
    source = tmp_path_factory.mktemp("in") / "a.jsonl"
    write_jsonl(source, *({"text": text, **KEPT} for text in TEXTS))

    def labelled(form: str, **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("out")
        request = LabelRequest(
            source=str(source),
            output=str(folder),
            format=form,
            keep=tuple(KEPT),
            shard_rows=50,
            **options,
        )
        labeller = Labeller(request, default_classifier)
        label_corpus(request, engine=lambda units: map(labeller, units))
        return folder

    return labelled


@pytest.fixture(scope="module")
def rows(write: Any) -> list[dict[str, Any]]:
    """The rows as JSON Lines hold them."""
    parts = [part.read_text("utf-8") for part in sorted(write("jsonl").glob("part-*"))]
    return [json.loads(line) for part in parts for line in part.split("\n")[:-1]]


def shards(folder: Path) -> list[Path]:
    found = sorted(folder.glob("part-*"))
    assert len(found) > 1
    return found


def test_json_lines_keep_what_they_were_given(rows: list[dict[str, Any]]) -> None:
    assert [row["text"] for row in rows] == TEXTS
    assert tuple(rows[0]) == (*COLUMNS, *KEPT)
    assert {name: rows[0][name] for name in KEPT} == KEPT


@pytest.mark.parametrize("packing", ["", "gzip", "zstd"])
def test_csv_says_the_same(write: Any, rows: list[dict[str, Any]], packing: str) -> None:
    found: list[dict[str, str]] = []
    for shard in shards(write("csv", packing=packing)):
        data = shard.read_bytes()
        if packing == "gzip":
            data = gzip.decompress(data)
        elif packing == "zstd":
            data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
        text = data.decode("utf-8-sig")
        found += csv.DictReader(text.splitlines(keepends=True))
    assert len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        assert cells["categories"] == ";".join(row["categories"])
        assert json.loads(cells["category_scores"]) == row["category_scores"]
        assert cells["flagged"] == str(int(row["flagged"]))
        assert (cells["编号"], json.loads(cells["来源"]), cells["空"]) == ("7", KEPT["来源"], "")


@pytest.mark.parametrize("packing", ["", "zstd"])
def test_parquet_has_one_schema_and_the_same_rows(
    write: Any, rows: list[dict[str, Any]], packing: str
) -> None:
    files = shards(write("parquet", packing=packing))
    tables = [pq.read_table(file) for file in files]
    assert all(table.schema == tables[0].schema for table in tables)
    found = pa.concat_tables(tables).to_pylist()
    as_text = {"编号": "7", "来源": '["甲", {"乙": null}]', "空": None}
    assert found == [row | as_text for row in rows]


def test_an_empty_result_still_has_its_columns(write: Any) -> None:
    folder = write("parquet", min_score=1.0)
    (only,) = folder.glob("part-*")
    assert pq.read_table(only).num_rows == 0
    assert pq.read_schema(only).names == [*COLUMNS, *KEPT]
    assert json.loads(next(write("argilla", min_score=1.0).glob("part-*")).read_text()) == []


def test_datasets_loads_both_forms(write: Any, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    saved = datasets.load_from_disk(str(write("datasets")))
    assert saved["text"][:] == TEXTS
    assert saved[3]["role_scores"] == rows[3]["role_scores"]
    loaded = datasets.load_dataset(
        "parquet",
        data_files=[str(file) for file in shards(write("parquet"))],
        split="train",
        cache_dir=str(tmp_path),
    )
    assert loaded["flagged"][:] == [row["flagged"] for row in rows]


def test_our_own_dataset_can_be_labelled_again(
    write: Any, default_classifier: Classifier, tmp_path: Path
) -> None:
    request = LabelRequest(
        source=str(write("datasets")), output=str(tmp_path / "b.jsonl"), keep=("编号",)
    )
    labeller = Labeller(request, default_classifier)
    counts = label_corpus(request, engine=lambda units: map(labeller, units))
    # the manifest and the rejects beside the shards are named, and are no rows
    assert (counts.labelled, counts.rejected) == (len(TEXTS), 0)


def test_label_studio(write: Any, rows: list[dict[str, Any]]) -> None:
    folder = write("label-studio")
    tasks = [task for shard in shards(folder) for task in json.loads(shard.read_text("utf-8"))]
    view = ElementTree.parse(folder / "label-studio.xml").getroot()
    text = view.find("Text")
    controls = {control.attrib["name"]: control for control in view.iter("Choices")}
    assert text is not None
    for task, row in zip(tasks, rows, strict=True):
        assert task["data"][text.attrib["value"].removeprefix("$")] == row["text"]
        (prediction,) = task["predictions"]
        assert 0 <= prediction["score"] <= 1
        said = {}
        for result in prediction["result"]:
            control = controls[result["from_name"]]
            assert result["to_name"] == control.attrib["toName"] == text.attrib["name"]
            assert result["type"] == control.tag.lower()
            allowed = {choice.attrib["value"] for choice in control}
            said[result["from_name"]] = result["value"]["choices"]
            assert allowed >= {*said[result["from_name"]]}
            assert control.attrib["choice"] == "multiple" or len(result["value"]["choices"]) == 1
        assert said["role"] == [row["role"]]
        assert said.get("categories", []) == row["categories"]
        assert len({result["id"] for result in prediction["result"]}) == len(prediction["result"])


def test_doccano(write: Any, rows: list[dict[str, Any]]) -> None:
    parts = [shard.read_text("utf-8") for shard in shards(write("doccano"))]
    examples = [json.loads(line) for part in parts for line in part.split("\n")[:-1]]
    for example, row in zip(examples, rows, strict=True):
        assert example["text"] == row["text"]
        assert {*example["label"]} <= {*CATEGORIES, *ROLES, "flagged"}
        assert row["role"] in example["label"]
        assert ("flagged" in example["label"]) == row["flagged"]
        assert example["编号"] == 7


def test_argilla(write: Any, rows: list[dict[str, Any]]) -> None:
    folder = write("argilla")
    records = [r for shard in shards(folder) for r in json.loads(shard.read_text("utf-8"))]
    assert len({record["id"] for record in records}) == len(rows)
    for record, row in zip(records, rows, strict=True):
        assert record["fields"] == {"text": row["text"]}
        said = {name: suggestion["value"] for name, suggestion in record["suggestions"].items()}
        assert said["role"] == row["role"]
        assert said.get("categories", []) == row["categories"]
        assert said["flagged"] == ("yes" if row["flagged"] else "no")
        if "categories" in said:  # one score a label, as its multi-label questions want them
            scores = record["suggestions"]["categories"]["score"]
            assert scores == [row["category_scores"][name] for name in row["categories"]]
        assert record["metadata"]["编号"] == 7
