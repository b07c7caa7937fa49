"""Label corpora: rows or records in, one labelled row a sentence out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from zhaojing.classifier import Classifier
from zhaojing.context import Context, context_of
from zhaojing.errors import InvalidRecords, UnreadableFile
from zhaojing.output import standard_output, write_atomically
from zhaojing.reading.document import LINE_BREAK
from zhaojing.reading.text import decode
from zhaojing.records import (
    Fault,
    FaultyRecords,
    has_surrogate,
    load_bytes,
    parse_json_lines,
    text_faults,
    type_fault,
)

STREAM = "-"
INPUT_SUFFIXES = (".jsonl", ".csv", ".txt")
OUTPUT_SUFFIXES = (".jsonl", ".csv")
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
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence to label, and where it stands."""

    doc_id: str
    index: int
    text: str
    context: Context | None = None


def read_items(source: str | Path, stream: IO[bytes] | None = None) -> list[Item]:
    """Read the sentences of ``source``.

    ``.jsonl`` holds records (objects with ``sentences``, gold labels not needed) or rows with
    ``text``; ``.csv`` a column ``text``; ``.txt`` a sentence a line; ``-`` is standard input,
    taken as JSON Lines if it begins with ``{`` and as text otherwise. Rows may carry
    ``doc_id``, ``index`` and ``heading``.

    Raises
    ------
    InvalidRecords
        The file is missing or of an unknown format, or rows break the schema; all are listed.
    """
    if str(source) == STREAM:
        data = (stream or sys.stdin.buffer).read()
        suffix, name, default_id = "", STREAM, ""
    else:
        path = Path(source)
        suffix, name, default_id = path.suffix.lower(), str(path), path.stem
        if suffix not in INPUT_SUFFIXES:
            raise InvalidRecords("records.format", where=name, suffix=suffix or path.name)
        data = load_bytes(path)
    if not suffix:
        is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        suffix = ".jsonl" if is_json else ".txt"
    if not data.strip():
        raise InvalidRecords("records.nothing", where=name)
    if suffix == ".jsonl":
        items = _from_json_lines(data, name, default_id)
    else:
        try:
            text = decode(data)
        except UnreadableFile as error:
            raise InvalidRecords(error.key, where=name, **error.values) from error
        items = (
            _from_csv(text, name, default_id) if suffix == ".csv" else _from_text(text, default_id)
        )
    if not items:
        raise InvalidRecords("records.nothing", where=name)
    return items


def label(items: Iterable[Item], classifier: Classifier) -> Iterator[dict[str, Any]]:
    """Yield one row an item, with the keys :data:`COLUMNS`, in order."""
    listed = list(items)
    predictions = classifier.classify(
        [item.text for item in listed], contexts=[item.context for item in listed]
    )
    for item, prediction in zip(listed, predictions, strict=True):
        row = {"doc_id": item.doc_id, "index": item.index, "text": item.text}
        yield row | prediction.to_json()


def check_output(target: str | Path) -> None:
    """Raise :class:`InvalidRecords` unless ``target`` is ``-`` or ends in ``.jsonl`` or ``.csv``."""
    suffix = Path(target).suffix.lower()
    if str(target) != STREAM and suffix not in OUTPUT_SUFFIXES:
        raise InvalidRecords("records.format", where=target, suffix=suffix or str(target))


def write_rows(rows: Iterable[dict[str, Any]], target: str | Path) -> int:
    """Write labelled rows to ``.jsonl``, ``.csv`` or ``-`` (JSON Lines); return how many."""
    check_output(target)
    count = 0
    with _open(target) as file:
        is_csv = Path(target).suffix.lower() == ".csv"
        writer = csv.DictWriter(file, COLUMNS) if is_csv else None
        if writer:
            file.write("\ufeff")  # without the mark Excel takes UTF-8 for the local code page
            writer.writeheader()
        for row in rows:
            if writer:
                writer.writerow(_flat(row))
            else:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


@contextmanager
def _open(target: str | Path) -> Iterator[IO[str]]:
    if str(target) == STREAM:
        with standard_output() as stream:
            yield stream
    else:
        with write_atomically(target, newline="") as whole:
            yield whole


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return ``row`` for a spreadsheet: lists joined by ``;``, scores as JSON."""
    return {
        **row,
        "doc_id": _as_text(row["doc_id"]),
        "text": _as_text(row["text"]),
        "categories": ";".join(row["categories"]),
        "category_scores": json.dumps(row["category_scores"]),
        "role_scores": json.dumps(row["role_scores"]),
        "flagged": int(row["flagged"]),
    }


def _as_text(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula (OWASP, CSV injection)."""
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


def _from_text(text: str, doc_id: str) -> list[Item]:
    lines = [line.strip() for line in LINE_BREAK.split(text)]
    return [Item(doc_id, index, line) for index, line in enumerate(filter(None, lines))]


def _from_csv(text: str, name: str, doc_id: str) -> list[Item]:
    # a field may hold a whole page; the reader's own limit is 128 KiB
    csv.field_size_limit(2**27)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = reader.fieldnames or []
        if "text" not in columns:
            found = ", ".join(columns)
            raise InvalidRecords("records.no_column", where=name, column="text", found=found)
        rows = [(reader.line_num, dict(row)) for row in reader]
    except csv.Error as error:
        raise InvalidRecords("file.corrupt", where=name, detail=str(error)) from error
    items: list[Item] = []
    faults: list[Fault] = []
    for count, (line, row) in enumerate(rows):
        try:
            items.append(_from_row(row, name, line, doc_id, count))
        except FaultyRecords as error:
            faults += error.faults
    if faults:
        raise FaultyRecords(faults)
    return items


def _from_json_lines(data: bytes, name: str, default_id: str) -> list[Item]:
    items: list[Item] = []
    faults: list[Fault] = []
    rows = 0
    for line, value, problems in parse_json_lines(data, name):
        try:
            if problems:
                raise FaultyRecords(problems)
            if not isinstance(value, dict):
                raise FaultyRecords([type_fault(name, line, "", "object", value)])
            if "sentences" in value:
                items += _from_record(value, name, line, default_id)
            else:
                items.append(_from_row(value, name, line, default_id, rows))
                rows += 1
        except FaultyRecords as error:
            faults += error.faults
    if faults:
        raise FaultyRecords(faults)
    return items


def _from_record(value: dict[str, Any], name: str, line: int, default_id: str) -> list[Item]:
    sentences = value["sentences"]
    if not isinstance(sentences, list):
        raise FaultyRecords([type_fault(name, line, "sentences", "array", sentences)])
    faults: list[Fault] = []
    texts, headings = [], []
    for index, sentence in enumerate(sentences):
        place = f"sentences[{index}]"
        if not isinstance(sentence, dict):
            faults.append(type_fault(name, line, place, "object", sentence))
            continue
        faults += text_faults(name, line, f"{place}.text", sentence, "text")
        texts.append(sentence.get("text", ""))
        headings.append(str(sentence.get("heading") or ""))
    if faults:
        raise FaultyRecords(faults)
    doc_id = _doc_id(value, name, line, f"{default_id}:{line}")
    contexts = context_of(headings, texts)
    return [Item(doc_id, i, t, c) for i, (t, c) in enumerate(zip(texts, contexts, strict=True))]


def _from_row(row: dict[str, Any], name: str, line: int, default_id: str, count: int) -> Item:
    faults = text_faults(name, line, "text", row, "text")
    if faults:
        raise FaultyRecords(faults)
    index = str(row.get("index", ""))
    return Item(
        doc_id=_doc_id(row, name, line, default_id),
        # nine digits: longer numbers are no positions, and int() refuses very long ones
        index=int(index) if index.isdecimal() and len(index) < 10 else count,
        text=row["text"],
        context=Context(heading=str(row.get("heading") or "")),
    )


def _doc_id(value: dict[str, Any], name: str, line: int, default: str) -> str:
    doc_id = str(value.get("doc_id") or default)
    if has_surrogate(doc_id):
        raise FaultyRecords([Fault(name, line, "doc_id", "fault.surrogate")])
    return doc_id
