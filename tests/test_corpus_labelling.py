"""Corpora of every form in, labelled rows out: formats, faults, filters, workers."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import DATA, document, sentence, write_jsonl
from zhaojing import (
    Classifier,
    Context,
    InvalidConfig,
    InvalidModel,
    InvalidRecords,
    OutputFailed,
    Screener,
)
from zhaojing.labelling import COLUMNS, Counts, LabelRequest, label_corpus
from zhaojing.labelling.engine import Labeller
from zhaojing.labelling.memory import Memory
from zhaojing.labelling.progress import shown_progress
from zhaojing.labelling.sources import MAX_TEXT, Corpus
from zhaojing.labelling.units import cut_into_units
from zhaojing.policy import Policy
from zhaojing.records import read_records

TEXTS = [s.text for record in read_records(*DATA)[:20] for s in record.sentences]


@pytest.fixture
def run(tmp_path: Path, default_classifier: Classifier) -> Any:
    """Label into ``tmp_path/out`` with the model that is loaded already."""

    def label(source: Path | str, output: str = "out", **options: Any) -> Counts:
        target = str(tmp_path / output)
        request = LabelRequest(source=str(source), output=target, **options)
        labeller = Labeller(request, default_classifier)
        return label_corpus(request, engine=lambda units: map(labeller, units))

    return label


def rows_of(folder: Path) -> list[dict[str, Any]]:
    parts = [part.read_text("utf-8") for part in sorted(folder.glob("part-*"))]
    return [json.loads(line) for part in parts for line in part.split("\n")[:-1]]


def rejects_of(folder: Path) -> list[tuple[str, int | None, str]]:
    lines = (folder / "rejects.jsonl").read_text("utf-8").splitlines()
    return [(r["file"], r["line"], r["reason"]) for r in map(json.loads, lines)]


def write_as(suffix: str, folder: Path, texts: list[str]) -> Path:
    """Write ``texts`` in one of the formats."""
    path = folder / f"语料{suffix}"
    bare = suffix.removesuffix(".gz").removesuffix(".zst")
    if bare == ".parquet":
        pq.write_table(pa.table({"text": texts}), path)
        return path
    if bare == ".arrow":
        table = pa.table({"text": texts})
        with pa.ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table)
        return path
    lines = {
        ".jsonl": (json.dumps({"text": text}) for text in texts),
        ".csv": ("text", *(f'"{text}"' for text in texts)),
        ".txt": texts,
    }[bare]
    data = "".join(f"{line}\n" for line in lines).encode()
    if suffix.endswith(".gz"):
        data = gzip.compress(data)
    elif suffix.endswith(".zst"):
        data = pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    return path


PLAIN = ("会议太多，层层陪会。", "成效显著。", "按时办结。")


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".txt"])
def test_formats_and_packings(run: Any, tmp_path: Path, suffix: str, packing: str) -> None:
    counts = run(write_as(suffix + packing, tmp_path, list(PLAIN)))
    assert (counts.rows, counts.labelled, counts.written) == (3, 3, 3)
    rows = rows_of(tmp_path / "out")
    assert [(r["doc_id"], r["index"], r["text"]) for r in rows] == [
        ("语料", index, text) for index, text in enumerate(PLAIN)
    ]
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_encodings(run: Any, tmp_path: Path, suffix: str, encoding: str) -> None:
    path = write_as(suffix, tmp_path, list(PLAIN))
    path.write_bytes(path.read_text("utf-8").replace("\n", "\r\n").encode(encoding))
    run(path)
    assert [row["text"] for row in rows_of(tmp_path / "out")] == list(PLAIN)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_tables(run: Any, tmp_path: Path, suffix: str) -> None:
    assert run(write_as(suffix, tmp_path, list(PLAIN))).written == 3
    assert [row["text"] for row in rows_of(tmp_path / "out")] == list(PLAIN)


def test_a_folder_is_read_in_order_of_name_with_its_subfolders(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text("甲。\n", "utf-8")
    (folder / "b" / "a.txt").write_text("乙。\n", "utf-8")
    (folder / "读我.md").write_text("x", "utf-8")
    counts = run(folder)
    assert (counts.rows, counts.unreadable) == (2, 1)
    assert [r["doc_id"] for r in rows_of(tmp_path / "out")] == ["a", "b/a"]
    assert rejects_of(tmp_path / "out") == [("读我.md", None, "label.format")]


def test_a_dataset_that_was_saved_to_disk(run: Any, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    saved = tmp_path / "in"
    rows = {"句子": TEXTS[:30], "n": list(range(30))}
    datasets.Dataset.from_dict(rows).save_to_disk(saved, num_shards=3)
    write_as(".arrow", saved, ["旧缓存。"])  # what lies beside the data is no data
    assert run(saved, text_column="句子", keep=("n",)).written == 30
    assert [(r["text"], r["n"]) for r in rows_of(tmp_path / "out")] == [
        *zip(TEXTS[:30], range(30), strict=True)
    ]


def test_documents_are_split_as_a_screening_splits_them(
    run: Any, tmp_path: Path, default_classifier: Classifier
) -> None:
    record = read_records(*DATA)[0]
    text = "\n".join(("一、存在的问题", *(s.text for s in record.sentences)))
    (tmp_path / "报告.txt").write_text(text, "utf-8")
    run(tmp_path / "报告.txt", "a", split=True)
    write_jsonl(tmp_path / "b.jsonl", {"text": text, "县": "某县"}, {"text": " "})
    counts = run(tmp_path / "b.jsonl", "b", split=True, keep=("县",))
    report = Screener(default_classifier).screen(tmp_path / "报告.txt")
    expected = [(s.sentence.text, s.prediction.to_json()) for s in report.sentences]
    for name in ("a", "b"):
        found = rows_of(tmp_path / name)
        labels = [(r["text"], {key: r[key] for key in COLUMNS[3:]}) for r in found]
        assert labels == expected
    assert {(r["doc_id"], r["县"]) for r in found} == {("b:1", "某县")}
    assert (counts.rows, counts.rejected) == (2, 1)
    assert rejects_of(tmp_path / "b") == [("b.jsonl", 2, "file.no_sentences")]


def test_neighbours_in_a_long_document_see_each_other_across_units(
    run: Any, tmp_path: Path, default_classifier: Classifier
) -> None:
    texts = (TEXTS * 9)[:1_300]  # more than one piece, and six units
    rows = [{"doc_id": "长", "index": i, "text": t} for i, t in enumerate(texts)]
    apart = {"doc_id": "长", "index": 7_000, "text": texts[0]}
    run(write_jsonl(tmp_path / "a.jsonl", *rows, apart))
    contexts = [Context(previous=before) for before in ("", *texts[:-1], "")]
    whole = default_classifier.classify([*texts, texts[0]], contexts=contexts)
    found = [{key: r[key] for key in COLUMNS[3:]} for r in rows_of(tmp_path / "out")]
    assert found == [prediction.to_json() for prediction in whole]


def test_records_keep_their_contexts(
    run: Any, tmp_path: Path, default_classifier: Classifier
) -> None:
    record = read_records(*DATA)[1]
    run(write_jsonl(tmp_path / "a.jsonl", record.to_json(), document("e", sentence("丙。"))))
    texts = [s.text for s in record.sentences]
    expected = default_classifier.classify(texts, contexts=record.contexts())
    found = [{k: r[k] for k in COLUMNS[3:]} for r in rows_of(tmp_path / "out")]
    assert found[:-1] == [prediction.to_json() for prediction in expected]


def test_what_was_computed_before_is_what_would_be_computed_now(
    run: Any, tmp_path: Path, default_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [TEXTS[i % 40] for i in range(600)]
    headings = [
        ("", "一、会议")[i % 3 == 0] for i in range(600)
    ]  # the same words, not the same row
    rows = [{"text": t, "heading": h} for t, h in zip(texts, headings, strict=True)]
    contexts = [Context(heading=heading) for heading in headings]
    expected = [p.to_json() for p in default_classifier.classify(texts, contexts=contexts)]
    computed = 0
    classify = Classifier.classify

    def counted(self: Classifier, sentences: Any, **options: Any) -> Any:
        nonlocal computed
        computed += len(sentences)
        return classify(self, sentences, **options)

    monkeypatch.setattr(Classifier, "classify", counted)
    run(write_jsonl(tmp_path / "a.jsonl", *rows))
    found = [{key: r[key] for key in COLUMNS[3:]} for r in rows_of(tmp_path / "out")]
    assert found == expected
    assert computed == len({*zip(texts, headings, strict=True)})


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60))
def test_memory_holds_no_more_than_its_limit_and_forgets_the_oldest(
    entries: list[tuple[int, int]],
) -> None:
    memory: Memory[int] = Memory(100)
    used: list[int] = []
    sizes: dict[int, int] = {}
    for key, size in entries:
        if memory.get(key) is None:
            memory.put(key, key, size)
            sizes[key] = size
        used = [*(k for k in used if k != key), key]
        while sum(sizes[k] for k in used) > 100:
            used.pop(0)
        assert memory.held == sum(sizes[k] for k in used) <= 100
        assert memory.get(key) == key


def test_every_broken_row_is_listed_and_no_other(run: Any, tmp_path: Path) -> None:
    lines = [
        '{"text": "好。"}',
        "{bad",
        '{"x": 1}',
        '{"text": 5}',
        "[1]",
        '{"sentences": [{"text": "好。"}, {}]}',
        '{"sentences": []}',
        '{"text": "\\ud800"}',
        "",
        '{"text": "好。", "id": "\\ud800"}',
        '{"text": "也好。", "id": [1, null, {"a": 2}]}',
        json.dumps({"text": "长" * (MAX_TEXT + 1)}, ensure_ascii=False),
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode() + b'\n{"text": "\xff"}\n')
    counts = run(path, keep=("id",))
    assert [r["text"] for r in rows_of(tmp_path / "out")] == ["好。", "也好。"]
    assert rows_of(tmp_path / "out")[1]["id"] == [1, None, {"a": 2}]
    assert rejects_of(tmp_path / "out") == [
        ("a.jsonl", 2, "fault.json"),
        ("a.jsonl", 3, "fault.missing"),
        ("a.jsonl", 4, "fault.type"),
        ("a.jsonl", 5, "fault.type"),
        ("a.jsonl", 6, "fault.missing"),
        ("a.jsonl", 7, "fault.blank"),
        ("a.jsonl", 8, "fault.surrogate"),
        ("a.jsonl", 10, "fault.surrogate"),
        ("a.jsonl", 12, "label.too_long"),
        ("a.jsonl", 13, "fault.json"),
    ]
    assert (counts.rows, counts.labelled, counts.rejected) == (12, 2, 10)
    assert counts.has_rejects
    message = json.loads((tmp_path / "out/rejects.jsonl").read_text("utf-8").splitlines()[1])
    assert message["message"] == "缺少这个字段"
    assert message["field"] == "text"


def test_a_broken_csv_row_costs_nothing_but_itself(run: Any, tmp_path: Path) -> None:
    good = [f'{n},"第{n}次会议，\n层层陪会。"' for n in range(40)]
    bad = ['x,"没有收尾的引号', 'x,"引"号', "x,少,多", "x"]
    lines = ["id,text", *good[:10], bad[0], *good[10:20], *bad[1:], *good[20:]]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(lines).encode("gb18030") + b'\nx,\xff\xff"\n')
    counts = run(path, keep=("id",))
    assert [row["id"] for row in rows_of(tmp_path / "out")] == [str(n) for n in range(40)]
    assert {row["text"] for row in rows_of(tmp_path / "out")} == {
        f"第{n}次会议，\n层层陪会。" for n in range(40)
    }
    assert rejects_of(tmp_path / "out") == [
        ("a.csv", 22, "label.csv"),
        ("a.csv", 43, "label.csv"),
        ("a.csv", 44, "label.cells"),
        ("a.csv", 45, "label.cells"),
        ("a.csv", 86, "fault.surrogate"),
    ]
    assert (counts.rows, counts.labelled, counts.rejected) == (45, 40, 5)


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst", ".parquet", ".arrow"])
def test_a_damaged_file_costs_its_rest_and_is_named(run: Any, tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    whole = write_as(suffix, folder, [f"第{n}次会议。{'略' * (n % 7)}" for n in range(3_000)])
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (folder / "后.txt").write_text("会多。\n", "utf-8")
    counts = run(folder)
    assert counts.unreadable == 1
    assert counts.rows == counts.labelled < 3_000
    assert rows_of(tmp_path / "out")[-1]["doc_id"] == "后"
    assert rejects_of(tmp_path / "out") == [(whole.name, None, "label.broken_off")]


def test_a_file_that_may_not_be_read_is_named(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("会多。\n", "utf-8")
    (folder / "b.csv").write_text("正文\n会多。\n", "utf-8")
    (folder / "c.txt").write_bytes(os.urandom(4_000) + b"\0\0")
    (folder / "d.txt").symlink_to(tmp_path / "无")
    (folder / "e.txt").touch()
    counts = run(folder)
    assert (counts.rows, counts.unreadable) == (1, 3)
    assert rejects_of(tmp_path / "out") == [
        ("d.txt", None, "file.missing"),
        ("b.csv", None, "records.no_column"),
        ("c.txt", None, "file.binary"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("无.jsonl", None, "file.missing"),
        ("a.jsonl", "", "records.nothing"),
        ("a.txt", "\n \n", "records.nothing"),
        ("a.csv", "正文\n会\n", "records.no_column"),
        ("a.csv", "text\n", "records.nothing"),
        ("a.csv", "text,text\n会,会\n", "review.column_twice"),
        ("a.xlsx", "x", "label.format"),
        ("a.parquet", "x", "label.broken_off"),
    ],
)
def test_a_source_of_which_nothing_can_be_read_is_refused_before_any_work(
    run: Any, tmp_path: Path, name: str, content: str | None, key: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(InvalidRecords) as caught:
        run(tmp_path / name)
    assert caught.value.key == key
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_megabyte_without_an_end_mark(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("会议多文件多检查多" * 40_000, "utf-8")
    assert run(tmp_path / "a.txt", split=True).written == 1
    assert len(rows_of(tmp_path / "out")[0]["text"]) == 360_000


BYTES = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "text,id",
                '"',
                ",",
                "\n",
                "\r\n",
                "会多。",
                '{"text": "会"}',
                "{",
                "\0",
                "\ufeff",
                "a",
            ]
        ),
        max_size=40,
    ).map(lambda parts: "".join(parts).encode()),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(data=BYTES, suffix=st.sampled_from([".jsonl", ".csv", ".txt", ".parquet", ".arrow"]))
@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_whatever_the_bytes_each_row_is_labelled_or_listed(
    tmp_path: Path, data: bytes, suffix: str, packing: str
) -> None:
    packed = {"": lambda b: b, ".gz": gzip.compress, ".zst": lambda b: pa.compress(b, "zstd")}
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    path = folder / f"a{suffix}{packing}"
    path.write_bytes(packed[packing](data))
    request = LabelRequest(source=str(folder), output=str(tmp_path / "out"))
    units = list(cut_into_units(Corpus(request), request))
    path.unlink()
    rows = sum(len({(row.line, row.index) for row in unit.rows}) for unit in units)
    rejected = sum(fault.line > 0 for unit in units for fault in unit.faults)
    assert sum(unit.read for unit in units) == rows + rejected


def test_filters_and_what_they_leave_out(run: Any, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *({"text": text} for text in TEXTS))
    everything = run(path, "a")
    flagged = run(path, "b", only_flagged=True)
    praise = run(path, "c", min_score=0.3)
    rows = rows_of(tmp_path / "a")
    assert rows_of(tmp_path / "b") == [row for row in rows if row["flagged"]] != []
    assert rows_of(tmp_path / "c") == [r for r in rows if r["embellishment_score"] >= 0.3] != []
    for counts in (flagged, praise):
        assert counts.sentences == everything.written == counts.written + counts.left_out
    nothing = run(path, "d", min_score=1.0)
    assert nothing.written == 0
    assert rows_of(tmp_path / "d") == []


def test_a_sample_is_drawn_from_all_rows_and_again_the_same(run: Any, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *({"text": f"第{n}次。"} for n in range(300)))
    counts = run(path, "a", sample=25, shard_rows=10)
    run(path, "b", sample=25, shard_rows=10)
    run(path, "c", sample=25, seed=1)
    run(path, "d", sample=900)
    drawn = [[row["index"] for row in rows_of(tmp_path / name)] for name in "abcd"]
    assert drawn[0] == drawn[1] == sorted(drawn[0])
    assert drawn[0] != drawn[2]
    assert len(drawn[0]) == len({*drawn[0]}) == 25
    assert max(drawn[0]) > 200
    assert drawn[3] == list(range(300))
    assert (counts.written, counts.left_out) == (25, 275)
    assert len(list((tmp_path / "a").glob("part-*"))) == 3


def test_decisions_of_an_office_hold(run: Any, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *({"text": text} for text in TEXTS))
    run(path, "a")
    text = next(row["text"] for row in rows_of(tmp_path / "a") if row["flagged"])
    policy = Policy(mode="sensitive", allow={text: "已核实"}, off={"meetings": "另有检查"})
    run(path, "b", policy=policy)
    rows = rows_of(tmp_path / "b")
    cleared = [row for row in rows if row["allowed"]]
    assert {row["text"] for row in cleared} == {text}
    assert not any(row["flagged"] for row in cleared)
    assert not any("meetings" in row["categories"] for row in rows)
    assert sum(r["flagged"] for r in rows) > sum(r["flagged"] for r in rows_of(tmp_path / "a")) / 2


def test_columns_are_carried_through(run: Any, tmp_path: Path) -> None:
    table = pa.table(
        {
            "正文": ["会多。", "文多。", None],
            "日期": [date(2024, 5, 1), None, None],
            "数": [1.5, float("nan"), 2.0],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    options: dict[str, Any] = {"text_column": "正文", "keep": ("日期", "数")}
    counts = run(tmp_path / "a.parquet", **options)
    kept = [(row["text"], row["日期"], row["数"]) for row in rows_of(tmp_path / "out")]
    assert kept == [("会多。", "2024-05-01", 1.5), ("文多。", None, None)]
    assert rejects_of(tmp_path / "out") == [("a.parquet", 3, "fault.type")]
    assert counts.rows == 3
    with pytest.raises(InvalidRecords):
        run(tmp_path / "a.parquet", "x", text_column="正文", keep=("无",))


def test_one_file_as_output(run: Any, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"text": "会议太多。"}, {"text": "=1+1"}, {"x": 1})
    counts = run(path, "b.csv")
    assert (counts.written, counts.rejected) == (2, 1)
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert table[1]["text"] == "'=1+1"
    assert json.loads(table[0]["role_scores"])
    beside = tmp_path / "b.csv.rejects.jsonl"
    assert json.loads(beside.read_text("utf-8"))["line"] == 3
    run(write_jsonl(path, {"text": "会议太多。"}), "b.csv")
    assert not beside.exists()
    run(path, "c.jsonl.gz")
    with gzip.open(tmp_path / "c.jsonl.gz", "rt", encoding="utf-8") as packed:
        assert json.loads(packed.read())["text"] == "会议太多。"
    with pytest.raises(OutputFailed):
        run(path, "a.jsonl")


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"output": "a.xlsx"}, "label.bad_output"),
        ({"output": "a.json"}, "label.bad_format"),
        ({"output": "a.jsonl", "format": "datasets"}, "label.bad_format"),
        ({"format": "xml"}, "label.bad_format"),
        ({"packing": "rar"}, "label.bad_compress"),
        ({"format": "datasets", "packing": "gzip"}, "label.bad_compress"),
        ({"keep": ("role",)}, "label.bad_keep"),
        ({"keep": ("a", "a")}, "label.bad_keep"),
        ({"min_score": 1.1}, "label.bad_min_score"),
        ({"sample": 0}, "label.bad_sample"),
        ({"shard_rows": 0}, "label.bad_shard_rows"),
        ({"workers": 0}, "label.bad_workers"),
        ({"resume": True, "output": "-"}, "label.bad_resume"),
        ({"resume": True, "source": "-"}, "label.bad_resume"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        LabelRequest(**{"source": "a.jsonl", "output": "out", **options})
    assert caught.value.key == key


def test_an_output_among_the_input_is_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("会多。\n", "utf-8")
    with pytest.raises(OutputFailed) as caught:
        run(tmp_path)
    assert caught.value.key == "label.inside"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_places_that_cannot_be_written(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("会多。\n", "utf-8")
    (tmp_path / "file").touch()
    for output in ("file", "file/out", "file/b.jsonl"):
        with pytest.raises(OutputFailed):
            run(path, output)


LABEL = """
import json, sys
from zhaojing.labelling import LabelRequest, label_corpus
if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    counts = label_corpus(LabelRequest(**options))
    sys.exit(counts.has_rejects)
"""


def in_a_process(stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", LABEL, json.dumps(options)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def test_the_number_of_workers_changes_no_byte(tmp_path: Path) -> None:
    rows: Iterator[Any] = ({"text": TEXTS[n % 90]} if n % 50 else {} for n in range(900))
    source = str(write_jsonl(tmp_path / "a.jsonl", *rows))
    for workers in (1, 2):
        output = str(tmp_path / str(workers))
        done = in_a_process(source=source, output=output, workers=workers, shard_rows=200)
        assert done.returncode == 1, done.stderr
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in "12")
    assert one == two
    assert len(one) > 5


def test_pipes(tmp_path: Path) -> None:
    done = in_a_process(b'{"text": "\xe4\xbc\x9a"}\n{}\n', source="-", output="-", workers=1)
    assert json.loads(done.stdout)["text"] == "会"
    assert json.loads(done.stderr)["line"] == 2
    assert done.returncode == 1
    done = in_a_process(
        "会多。\n文多。\n".encode(), source="-", output=str(tmp_path / "o"), workers=2
    )
    assert [row["text"] for row in rows_of(tmp_path / "o")] == ["会多。", "文多。"]
    assert done.returncode == 0
    assert b"records.nothing" in in_a_process(source="-", output="-", workers=1).stderr


def test_a_worker_that_cannot_start_says_why(
    tmp_path: Path, default_classifier: Classifier
) -> None:
    (tmp_path / "a.txt").write_text("会多。\n", "utf-8")
    model = tmp_path / "model"
    with pytest.raises(InvalidModel):
        label_corpus(LabelRequest(source=str(tmp_path / "a.txt"), output="-", model=model))
    assert default_classifier.folder is not None
    shutil.copytree(default_classifier.folder, model)
    (model / "model.safetensors").write_bytes(b"x")
    for workers in (1, 2):
        output = str(tmp_path / str(workers))
        with pytest.raises(InvalidModel):
            label_corpus(
                LabelRequest(
                    source=str(tmp_path / "a.txt"), output=output, model=model, workers=workers
                )
            )


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_leaves_what_is_finished(tmp_path: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", *({"text": TEXTS[n % 9]} for n in range(600))))
    options: dict[str, Any] = {"source": source, "workers": 1, "shard_rows": 100}
    limit = LABEL.replace(
        "options = ",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, -1)); options = ",
    )
    whole = tmp_path / "whole"
    in_a_process(**options, output=str(whole))
    size = max(part.stat().st_size for part in whole.glob("part-*"))
    assert size > 40_000
    out = tmp_path / "out"
    command = [sys.executable, "-c", limit, json.dumps({**options, "output": str(out)})]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "OutputFailed" in done.stderr
    assert json.loads((out / "manifest.json").read_text("utf-8"))["complete"] is False
    assert not list(out.glob(".part*"))
    in_a_process(**options, output=str(out), resume=True)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        p.name: p.read_bytes() for p in whole.iterdir()
    }


def test_progress_without_a_terminal_is_a_line_now_and_then(
    tmp_path: Path,
    default_classifier: Classifier,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("zhaojing.labelling.progress.EVERY", 0.0)
    (tmp_path / "a.txt").write_text("会多。\n" * 600, "utf-8")
    request = LabelRequest(source=str(tmp_path / "a.txt"), output=str(tmp_path / "o"))
    labeller = Labeller(request, default_classifier)
    with shown_progress("zh") as advance:
        label_corpus(request, engine=lambda units: map(labeller, units), on_progress=advance)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert said[-1].startswith("已标注 600 句")
    assert said[-1].endswith("读了 100%")
