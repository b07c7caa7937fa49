"""Excel workbooks: written so that text stays text, read as the hostile files that they may be."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import load_workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from zhaojing.errors import InvalidRecords
from zhaojing.output import write_bytes_atomically
from zhaojing.reading import MAX_BYTES
from zhaojing.reading.archive import Room, read_member
from zhaojing.records import load_bytes

# Microsoft, "Excel specifications and limits"
MAX_ROWS = 1_048_576
MAX_HEIGHT = 409.0  # points a row
_MAX_TEXT = 32_767  # UTF-16 units a cell
CUT = "……〔以下截去 cut〕"

_NO_TIME = datetime(1980, 1, 1)  # the zero of zip files, which date their entries too

# of a file that is read
_MAX_UNPACKED = 256 * 1024 * 1024  # bytes
_MAX_SHEETS = 100
_MAX_COLUMNS = 64

_FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel shows _x0041_ as A
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def write_row(sheet: Any, row: int, cells: Iterable[tuple[object, Any]]) -> None:
    """Write ``(value, style)`` pairs; a text is never taken for a formula or an error code."""
    for column, (value, style) in enumerate(cells, 1):
        cell = sheet.cell(row, column)
        cell._style = style
        if not isinstance(value, str):
            cell.value = value
        elif value:
            cell.value = as_cell(value)
            cell.data_type = "s"
            if value.startswith(_FORMULA_STARTS):
                # else Excel makes it a formula once somebody edits the cell
                cell._style = copy(style)
                cell._style.quotePrefix = 1


def as_cell(text: str) -> str:
    """Return ``text`` as a cell can hold it; what is too long ends with :data:`CUT`."""
    text = _LOOKS_ESCAPED.sub("_x005F_", legal(text))
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _MAX_TEXT:
        return text
    return units[: 2 * (_MAX_TEXT - len(CUT))].decode("utf-16-le", "ignore") + CUT


def from_cell(value: object) -> str:
    """Return a cell's value as text: what :func:`as_cell` was given, unless it was cut."""
    text = "" if value is None else str(value)
    return legal(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), text))


def legal(text: str) -> str:
    """Return ``text`` with a mark in place of each character that XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


def save_workbook(book: Any, target: Path) -> None:
    """Write ``book`` whole or not at all; the same content gives the same bytes.

    Raises
    ------
    OutputFailed
        The file cannot be written; ``target`` is left as it was.
    """
    book.properties.created = book.properties.modified = _NO_TIME
    with write_bytes_atomically(target) as file, _Archive(file, "w") as archive:
        _Writer(book, archive).write_data()


class _Archive(ZipFile):
    """A zip whose entries bear the same time, whenever they are written."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(ZipInfo(zinfo_or_arcname), data, ZIP_DEFLATED)


class _Writer(ExcelWriter):  # type: ignore[misc]
    """openpyxl's writer, which else leaves confidential text in the system's temporary folder."""

    def write_worksheet(self, ws: Any) -> None:
        content = io.BytesIO()
        writer = WorksheetWriter(ws, content)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], content.getvalue())
        self.manifest.append(ws)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The values of a sheet: ``(row number, values)`` from 1, rows without any left out."""

    title: str
    rows: tuple[tuple[int, tuple[object, ...]], ...]


def read_workbook(path: Path) -> list[Sheet]:
    """Return the values of an ``.xlsx`` file; of a formula, the result that was stored with it.

    Raises
    ------
    InvalidRecords
        It cannot be read, is no such workbook, or too large.
    """
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise InvalidRecords("workbook.too_large", where=path)
    data = io.BytesIO(load_bytes(path))
    try:
        with ZipFile(data) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            plain = _unpacked(archive) if unpacked <= _MAX_UNPACKED else None
        if plain is not None:
            # defusedxml, once installed, keeps openpyxl from expanding entities
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what it cannot keep, as drop-downs
                book = load_workbook(plain, read_only=True, data_only=True, keep_links=False)
                if len(book.worksheets) <= _MAX_SHEETS:
                    return [Sheet(sheet.title, tuple(_rows(sheet))) for sheet in book.worksheets]
    except Exception as error:  # openpyxl raises anything on hostile bytes
        detail = type(error).__name__
        raise InvalidRecords("workbook.unreadable", where=path, detail=detail) from error
    raise InvalidRecords("workbook.too_large", where=path)


def _unpacked(archive: ZipFile) -> io.BytesIO:
    """Return ``archive`` without compression: openpyxl unpacks an entry whatever its size is."""
    plain = io.BytesIO()
    with ZipFile(plain, "w") as copy:
        for entry in archive.infolist():
            copy.writestr(entry.filename, read_member(archive, entry, Room()))
    return plain


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[object, ...]]]:
    # the size that a sheet declares may be wrong, and a row may call itself the billionth
    rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=_MAX_COLUMNS, values_only=True)
    for number, values in enumerate(rows, 1):
        if values.count(None) < len(values):
            yield number, values
