"""Rows out: the formats that spreadsheets, data frames and annotation tools take.

Pre-annotations are written as these tools document them: Label Studio 1.23 (a JSON array of tasks
with ``predictions``; its configuration lies beside the shards), doccano 1.8 (JSON Lines with
``text`` and ``label``) and Argilla 2.8 (what ``dataset.records.from_json`` reads: questions
``categories``, ``role`` and ``flagged``).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from zhaojing.errors import MissingExtra
from zhaojing.labels import CATEGORIES, ROLES

Row = dict[str, Any]
Write = Callable[[Row], None]

COLUMNS = (
    "doc_id",
    "index",
    "text",
    "categories",
    "category_scores",
    "role",
    "role_scores",
    "embellishment_score",
    "flagged",
)
PACKINGS = ("gzip", "zstd")
SUFFIX_OF_PACKING = {"gzip": ".gz", "zstd": ".zst"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_FLUSH = 1_000  # rows of a table that are held in memory


@dataclass(frozen=True, slots=True)
class _Lines:
    """A text format: what stands before, between and behind the rows, and how a row is written."""

    suffix: str
    encode: Callable[[Row, Sequence[str]], str]
    begin: Callable[[Sequence[str]], str] = lambda columns: ""
    between: str = ""
    end: str = ""


def _json(row: Row, columns: Sequence[str]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _csv_line(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _csv(row: Row, columns: Sequence[str]) -> str:
    """Return a line for a spreadsheet: lists joined by ``;``, scores as JSON."""
    flat = {**row, "categories": ";".join(row["categories"]), "flagged": int(row["flagged"])}
    return _csv_line([as_cell(flat[name]) for name in columns])


def as_cell(value: Any) -> Any:
    """Return ``value`` as a cell, which no spreadsheet runs as a formula (OWASP, CSV injection)."""
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _csv_head(columns: Sequence[str]) -> str:
    # without the mark Excel takes UTF-8 for the local code page
    return "\ufeff" + _csv_line(columns)


def _others(row: Row) -> Row:
    """Return what a tool shall carry along without understanding it."""
    return {name: value for name, value in row.items() if name != "text"}


def _label_studio(row: Row, columns: Sequence[str]) -> str:
    def chosen(name: str, values: list[str]) -> Row:
        return {
            "id": name,  # results of one prediction must differ in their ids
            "from_name": name,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": values},
        }

    result = [chosen("role", [row["role"]])]
    if row["categories"]:
        result.append(chosen("categories", row["categories"]))
    score = max([*row["category_scores"].values(), row["embellishment_score"]])
    prediction = {"model_version": "zhaojing", "score": score, "result": result}
    task = {"data": {"text": row["text"], **_others(row)}, "predictions": [prediction]}
    return json.dumps(task, ensure_ascii=False)


def _doccano(row: Row, columns: Sequence[str]) -> str:
    labels = [*row["categories"], row["role"], *(["flagged"] if row["flagged"] else [])]
    return _json({"text": row["text"], "label": labels, **_others(row)}, columns)


def _argilla(row: Row, columns: Sequence[str]) -> str:
    def suggested(value: Any, score: Any) -> Row:
        return {"value": value, "score": score, "agent": "zhaojing", "type": "model"}

    suggestions = {
        "role": suggested(row["role"], row["role_scores"][row["role"]]),
        "flagged": suggested("yes" if row["flagged"] else "no", None),
    }
    if row["categories"]:
        scores = [row["category_scores"][name] for name in row["categories"]]
        suggestions["categories"] = suggested(row["categories"], scores)
    metadata = {
        name: value
        for name, value in _others(row).items()
        if isinstance(value, str | int | float) and name not in ("role", "flagged")
    }
    record = {
        "id": f"{row['doc_id']}:{row['index']}",
        "fields": {"text": row["text"]},
        "metadata": metadata,
        "suggestions": suggestions,
    }
    return json.dumps(record, ensure_ascii=False)


_ARRAY: dict[str, Any] = {"begin": lambda columns: "[\n", "between": ",\n", "end": "\n]\n"}
_LINES = {
    "jsonl": _Lines(".jsonl", _json),
    "csv": _Lines(".csv", _csv, _csv_head),
    "label-studio": _Lines(".json", _label_studio, **_ARRAY),
    "doccano": _Lines(".jsonl", _doccano),
    "argilla": _Lines(".json", _argilla, **_ARRAY),
}
_TABLES = {"parquet": ".parquet", "datasets": ".arrow"}
FORMATS = (*_LINES, *_TABLES)


def format_of(name: str) -> tuple[str, str]:
    """Return the format and the packing that the name of a file tells, empty where it does not."""
    path = Path(name.lower())
    packing = next((p for p, suffix in SUFFIX_OF_PACKING.items() if path.suffix == suffix), "")
    suffix = Path(path.stem).suffix if packing else path.suffix
    # of the formats in .json files none is the usual one
    known = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".json": "json"}
    return known.get(suffix, ""), packing


def shard_suffix(kind: str, packing: str) -> str:
    """Return how the name of a shard ends."""
    if kind in _TABLES:
        return _TABLES[kind]
    return _LINES[kind].suffix + SUFFIX_OF_PACKING.get(packing, "")


@contextmanager
def rows_into(file: IO[bytes], kind: str, packing: str, columns: Sequence[str]) -> Iterator[Write]:
    """Write rows to ``file``; the value is called with each.

    Raises
    ------
    MissingExtra
        The format or the packing needs the extra ``corpus``, which is not installed.
    """
    if kind in _TABLES:
        with _table(file, kind, packing, columns) as write:
            yield write
        return
    form, count = _LINES[kind], 0
    with _packed(file, packing) as body:
        body.write(form.begin(columns).encode())

        def write(row: Row) -> None:
            nonlocal count
            body.write(((form.between if count else "") + form.encode(row, columns)).encode())
            count += 1

        yield write
        body.write(form.end.encode())


@contextmanager
def _packed(file: IO[bytes], packing: str) -> Iterator[IO[bytes]]:
    if packing == "gzip":
        # neither name nor time go in, so that the same rows make the same bytes
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as body:
            yield body  # type: ignore[misc]  # it writes bytes like any file
    elif packing == "zstd":
        with arrow().CompressedOutputStream(file, "zstd") as body:
            yield body
    else:
        yield file


def arrow() -> Any:
    """Return the library for Parquet, Arrow and Zstandard.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise MissingExtra("corpus") from error
    return pyarrow


@contextmanager
def _table(file: IO[bytes], kind: str, packing: str, columns: Sequence[str]) -> Iterator[Write]:
    pa = arrow()
    schema = _schema(pa, columns)
    if kind == "parquet":
        writer = pa.parquet.ParquetWriter(file, schema, compression=packing or "snappy")
    else:
        writer = pa.ipc.new_stream(file, schema)
    held: list[Row] = []

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(held, schema=schema))
        held.clear()

    def write(row: Row) -> None:
        held.append({name: _as_text(row[name]) if name in kept else row[name] for name in columns})
        if len(held) >= _FLUSH:
            flush()

    kept = set(columns) - set(COLUMNS)
    try:
        yield write
        flush()
    finally:
        writer.close()


def _schema(pa: Any, columns: Sequence[str]) -> Any:
    """Return one schema for all shards: what is carried along is text, whatever it was."""
    scores = {
        "category_scores": pa.struct([(name, pa.float64()) for name in CATEGORIES]),
        "role_scores": pa.struct([(name, pa.float64()) for name in ROLES]),
    }
    types = scores | {
        "index": pa.int64(),
        "categories": pa.list_(pa.string()),
        "embellishment_score": pa.float64(),
        "flagged": pa.bool_(),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in columns])


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def companions(kind: str, shards: dict[str, str]) -> dict[str, str]:
    """Return the small files that a tool wants beside the ``shards``, which have these digests."""
    if kind == "datasets":  # what `datasets.load_from_disk` looks for
        state: Row = {
            "_data_files": [{"filename": name} for name in shards],
            "_fingerprint": hashlib.sha256("".join(shards.values()).encode()).hexdigest()[:16],
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": None,
        }
        return {"state.json": json.dumps(state) + "\n", "dataset_info.json": "{}\n"}
    if kind == "label-studio":
        return {"label-studio.xml": _label_studio_view()}
    return {}


def _label_studio_view() -> str:
    from xml.sax.saxutils import quoteattr  # brings the whole of urllib with it

    def choices(name: str, values: Sequence[str], choice: str) -> list[str]:
        inner = [f"    <Choice value={quoteattr(value)}/>" for value in values]
        head = f'  <Choices name="{name}" toName="text" choice="{choice}">'
        return [head, *inner, "  </Choices>"]

    lines = ["<View>", '  <Text name="text" value="$text"/>']
    lines += choices("categories", CATEGORIES, "multiple") + choices("role", ROLES, "single")
    return "\n".join([*lines, "</View>", ""])
