"""Rows in: JSON Lines, CSV, text, Parquet and Arrow files, packed or not, read as a stream.

Whatever the bytes, a file yields rows and faults. A row that is broken is one fault, and so is all
of a file that cannot be read any further.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import json
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from zhaojing.errors import InvalidRecords, ZhaojingError, printable
from zhaojing.labelling.exports import SUFFIX_OF_PACKING, arrow
from zhaojing.labelling.request import STREAM, LabelRequest
from zhaojing.reading import find_reports
from zhaojing.reading.document import LINE_BREAK
from zhaojing.reading.text import decode
from zhaojing.records import Fault, has_surrogate, type_fault

MAX_TEXT = 4 * 1024 * 1024  # characters of one text
_MAX_LINE = 64 * 1024 * 1024  # bytes of a JSON line, characters of a CSV or text line
_BUFFER = 1024 * 1024
_BATCH = 1_000  # rows of a table that are held in memory
_OF_DATASETS = ("state.json", "dataset_info.json", "dataset_dict.json")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WHOLE_FILE = 0  # the line of a fault that is no single row's


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it was read; ``line`` counts lines, in tables rows, from 1."""

    file: str
    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file of rows; ``name`` is what people see."""

    path: Path
    name: str
    suffix: str
    packing: str
    size: int

    def fingerprint(self) -> dict[str, Any]:
        """Return what tells whether the file has changed."""
        try:
            with self.path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError:
            digest = ""  # it is listed as unreadable when its turn comes
        return {"file": self.name, "bytes": self.size, "sha256": digest}


class Corpus:
    """The files of a source as one stream of rows and faults, in order of name.

    Attributes
    ----------
    files
        What is read.
    faults
        What was found and is no file of rows.
    size
        Bytes of all files; 0 for standard input, of which nobody knows.
    """

    def __init__(self, request: LabelRequest) -> None:
        self.request = request
        self.files: list[File] = []
        self.faults: list[Fault] = []
        if request.source != STREAM:
            self._find(Path(request.source))
        self.size = sum(file.size for file in self.files)
        self._passed = 0
        self._tell: Callable[[], int] = lambda: 0

    @property
    def done(self) -> int:
        """The bytes that have been read."""
        return self._passed + self._tell()

    def __iter__(self) -> Iterator[RawRow | Fault]:
        self._passed = 0
        yield from self.faults
        if self.request.source == STREAM:
            yield from self._standard_input()
        for file in self.files:
            yield from self._rows_of(file)
            self._tell = lambda: 0
            self._passed += file.size

    def check(self) -> None:
        """Refuse, before any work, a source of which no file can be read.

        Raises
        ------
        InvalidRecords
            Nothing is there, nothing is in it, or no file has the columns.
        """
        if self.request.source == STREAM:
            return
        first_faults = list(self.faults)
        for file in self.files:
            rows = self._rows_of(file)
            first = next(rows, None)
            rows.close()
            if isinstance(first, RawRow) or (first and first.line != WHOLE_FILE):
                return
            first_faults += [first] if first else []
        if first_faults:
            fault = first_faults[0]
            raise InvalidRecords(fault.reason, where=fault.file, **fault.values)
        raise InvalidRecords("records.nothing", where=self.request.source)

    def _find(self, source: Path) -> None:
        paths, failures = find_reports(source)
        self.faults += [
            _fault(failure.where or "", WHOLE_FILE, failure.key, **failure.values)
            for failure in failures
            if failure.key != "folder.nothing"
        ]
        for path in paths:
            name = path.relative_to(source) if path != source else Path(path.name)
            shown = printable(name.as_posix())
            packing = next(
                (p for p, s in SUFFIX_OF_PACKING.items() if s == path.suffix.lower()), ""
            )
            bare = name.with_suffix("") if packing else name
            suffix = bare.suffix.lower()
            if path.name in _OF_DATASETS or (suffix == ".arrow" and not _is_listed(path)):
                continue
            if not path.exists():
                self.faults.append(_fault(shown, WHOLE_FILE, "file.missing"))
            elif not path.is_file():
                self.faults.append(_fault(shown, WHOLE_FILE, "file.not_a_file"))
            elif suffix not in (_PACKABLE if packing else (*_PACKABLE, *_TABLES)):
                values = {"suffix": path.suffix or path.name, "known": " ".join(_KNOWN)}
                self.faults.append(_fault(shown, WHOLE_FILE, "label.format", **values))
            else:
                self.files.append(File(path, shown, suffix, packing, path.stat().st_size))

    def _standard_input(self) -> Iterator[RawRow | Fault]:
        with open(sys.stdin.fileno(), "rb", _BUFFER, closefd=False) as stream:
            head: bytes = stream.peek()  # type: ignore[attr-defined]  # it is buffered
            is_json = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")
            read = _PACKABLE[".jsonl" if is_json else ".txt"]
            yield from _guarded(STREAM, read(stream, STREAM, self.request))

    def _rows_of(self, file: File) -> Generator[RawRow | Fault, None, None]:
        def rows() -> Iterator[RawRow | Fault]:
            with ExitStack() as stack:
                raw = stack.enter_context(file.path.open("rb"))
                self._tell = lambda: 0 if raw.closed else raw.tell()
                if file.suffix in _TABLES:
                    yield from _TABLES[file.suffix](raw, file.name, self.request)
                    return
                stream = stack.enter_context(_unpacked(raw, file.packing))
                yield from _PACKABLE[file.suffix](stream, file.name, self.request)

        yield from _guarded(file.name, rows())


def _is_listed(path: Path) -> bool:
    """Whether a dataset names this file as its data: what it has cached lies beside them."""
    try:
        state = json.loads((path.parent / "state.json").read_text("utf-8"))
        return path.name in [entry["filename"] for entry in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return True  # no dataset, or a damaged one whose files may still be read


def _fault(file: str, number: int, reason: str, /, **values: object) -> Fault:
    return Fault(file, number, "", reason, values)


def _guarded(name: str, rows: Iterator[RawRow | Fault]) -> Iterator[RawRow | Fault]:
    """Turn whatever ends the reading of a file too early into a fault."""
    line = 0
    try:
        for row in rows:
            line = row.line
            yield row
    except PermissionError:
        yield _fault(name, WHOLE_FILE, "file.no_permission")
    except ZhaojingError as error:
        if error.exit_code == 2:  # no fault of the file
            raise
        yield _fault(name, WHOLE_FILE, error.key, **error.values)
    except Exception as error:  # noqa: BLE001  # third-party parsers raise anything on hostile bytes
        detail = printable(f"{type(error).__name__}: {error}")[:200]
        yield _fault(name, WHOLE_FILE, "label.broken_off", line=line, detail=detail)


@contextmanager
def _unpacked(raw: IO[bytes], packing: str) -> Iterator[IO[bytes]]:
    body: Any = raw
    if packing == "gzip":
        body = gzip.GzipFile(fileobj=raw)
    elif packing == "zstd":
        # unlike zstandard's reader, this one says when the end is missing
        body = arrow().CompressedInputStream(raw, "zstd")
    with io.BufferedReader(body, _BUFFER) as stream:
        yield stream


def _lines(stream: Any, end: Any) -> Iterator[tuple[int, Any]]:
    """Yield numbered lines of bytes or text; ``None`` for one that is too long to be held."""
    number = 0
    while line := stream.readline(_MAX_LINE + 1):
        number += 1
        if len(line) > _MAX_LINE:
            while line and not line.endswith(end):
                line = stream.readline(_MAX_LINE)
            line = None
        yield number, line


def _too_long(name: str, line: int) -> Fault:
    return _fault(name, line, "label.too_long", limit=MAX_TEXT)


def _json_lines(stream: IO[bytes], name: str, request: LabelRequest) -> Iterator[RawRow | Fault]:
    for number, raw in _lines(stream, b"\n"):
        if raw is None:
            yield _too_long(name, number)
            continue
        line = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
            yield _fault(name, number, "fault.json", detail=detail)
            continue
        if isinstance(value, dict):
            yield RawRow(name, number, value)
        else:
            yield type_fault(name, number, "", "object", value)


def _as_text(stream: Any, newline: str | None) -> io.TextIOWrapper:
    """Open a stream of bytes as text; bytes that are no character become half characters."""
    head = stream.peek()
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if not encoding and head:
        decode(head)  # raises for what is no text
        encoding = next((name for name in ("utf-8", "gb18030") if _fits(head, name)), "")
    return io.TextIOWrapper(
        stream, encoding=encoding or "utf-8", errors="surrogateescape", newline=newline
    )


def _fits(head: bytes, encoding: str) -> bool:
    """Whether one byte in fifty at most is broken: those cost their rows, not the file."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    return text.count("\ufffd") * 50 <= len(text)


def _text(stream: IO[bytes], name: str, request: LabelRequest) -> Iterator[RawRow | Fault]:
    """Yield a row a line; if texts are to be split, the file is one."""
    with _as_text(stream, None) as file:
        if request.split:
            text = file.read(MAX_TEXT + 1)
            if text.strip():
                yield RawRow(name, 1, {request.text_column: text})
            return
        for number, line in _lines(file, "\n"):
            if line is None:
                yield _too_long(name, number)
                continue
            for part in filter(None, map(str.strip, LINE_BREAK.split(line))):
                yield RawRow(name, number, {request.text_column: part})


@dataclass
class _CsvLines:
    """Lines for a CSV reader, which can be given back."""

    lines: Iterator[tuple[int, str | None]]
    taken: list[tuple[int, str | None]] = field(default_factory=list)
    given_back: deque[tuple[int, str | None]] = field(default_factory=deque)

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        found = self.given_back.popleft() if self.given_back else next(self.lines)
        self.taken.append(found)
        if found[1] is None:
            raise csv.Error("line too long")
        return found[1]

    def give_back_all_but_first(self) -> None:
        """A quote that is not closed takes all lines behind it: they are rows again."""
        self.given_back.extendleft(reversed(self.taken[1:]))


def _csv(stream: IO[bytes], name: str, request: LabelRequest) -> Iterator[RawRow | Fault]:
    csv.field_size_limit(MAX_TEXT)
    with _as_text(stream, "") as file:
        lines = _CsvLines(_lines(file, "\n"))
        reader = csv.reader(lines, strict=True)
        header = next(reader, [])
        if not header:
            return
        missing = _missing(header, name, request)
        if missing:
            yield missing
            return
        while True:
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield _fault(name, lines.taken[0][0], "label.csv", detail=str(error))
                lines.give_back_all_but_first()
                continue
            if len(cells) == len(header):
                values: dict[str, Any] = dict(zip(header, cells, strict=True))
                yield RawRow(name, lines.taken[0][0], values)
            elif cells:
                counts = {"expected": len(header), "actual": len(cells)}
                yield _fault(name, lines.taken[0][0], "label.cells", **counts)


def _parquet(raw: IO[bytes], name: str, request: LabelRequest) -> Iterator[RawRow | Fault]:
    table = arrow().parquet.ParquetFile(raw, pre_buffer=False)
    columns = table.schema_arrow.names
    missing = _missing(columns, name, request)
    if missing:
        yield missing
        return
    used = [column for column in columns if column in _used(request)]
    yield from _table_rows(name, table.iter_batches(batch_size=_BATCH, columns=used))


def _arrow(raw: IO[bytes], name: str, request: LabelRequest) -> Iterator[RawRow | Fault]:
    with arrow().ipc.open_stream(raw) as batches:
        missing = _missing(batches.schema.names, name, request)
        if missing:
            yield missing
            return
        used = [column for column in batches.schema.names if column in _used(request)]
        yield from _table_rows(name, (batch.select(used) for batch in batches))


def _table_rows(name: str, batches: Iterator[Any]) -> Iterator[RawRow]:
    number = 0
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH):
            for values in batch.slice(start, _BATCH).to_pylist():
                number += 1
                yield RawRow(name, number, values)


def _used(request: LabelRequest) -> set[str]:
    return {request.text_column, "doc_id", "index", "heading", *request.keep}


def _missing(columns: list[str], name: str, request: LabelRequest) -> Fault | None:
    for column in (request.text_column, *request.keep):
        if columns.count(column) > 1:
            return _fault(name, WHOLE_FILE, "review.column_twice", column=column)
        if column not in columns:
            found = ", ".join(columns)
            return _fault(name, WHOLE_FILE, "records.no_column", column=column, found=found)
    return None


_Read = Callable[[Any, str, LabelRequest], Iterator["RawRow | Fault"]]
_PACKABLE: dict[str, _Read] = {".jsonl": _json_lines, ".csv": _csv, ".txt": _text}
_TABLES: dict[str, _Read] = {".parquet": _parquet, ".arrow": _arrow}
_KNOWN = (*(s + p for s in _PACKABLE for p in ("", *SUFFIX_OF_PACKING.values())), *_TABLES)


@lru_cache(maxsize=1)
def default_doc_id(name: str) -> str:
    """Return what names the rows of a file that do not name their document."""
    bare = next((name[: -len(p)] for p in _KNOWN if name.lower().endswith(p)), name)
    return "" if bare == STREAM else bare


def plain(value: Any) -> Any:
    """Return a value that is carried along as JSON knows it.

    Raises
    ------
    ValueError
        It holds half a character, which no file can.
    """
    if isinstance(value, str):
        if has_surrogate(value):
            raise ValueError("half a character")
        return value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(str(name)): plain(item) for name, item in value.items()}
    return plain(str(value))  # dates, decimals, bytes
