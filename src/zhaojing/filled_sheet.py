"""Sheets that people filled in: columns by their headers, labels in any width, case and language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from zhaojing.errors import printable
from zhaojing.labels import CATEGORIES, Category, Level, Role
from zhaojing.messages import MESSAGES
from zhaojing.reading.document import LINE_BREAK
from zhaojing.records import Fault
from zhaojing.workbook import Sheet, from_cell

KEY = "zhaojing"  # header of the hidden column by which a row is known again
_HEADER_WITHIN = 50  # rows; people put titles above a table
_LONGEST_SHOWN = 40  # characters of a faulty cell
_SEPARATORS = re.compile(r"[、,;/|\s]+")
_NO_CATEGORY = ""


def fold(text: str) -> str:
    """Return ``text`` as names are compared: width, case and white space do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def one_line(text: str) -> str:
    """Return ``text`` with spaces for line breaks."""
    return " ".join(LINE_BREAK.split(text)).strip()


def _names(labels: type[Category] | type[Role] | type[Level]) -> dict[str, str]:
    """Return the id of each label by every name that a person may write for it."""
    return {name: label.value for label in labels for name in (label.zh, label.en, label.value)}


ROLE_NAMES, LEVEL_NAMES = _names(Role), _names(Level)
_CATEGORY_NAMES = _names(Category) | dict.fromkeys(MESSAGES["report.none"], _NO_CATEGORY)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the headers of a sheet; those of one with ``faults`` are not looked at."""

    place: str
    header: int
    columns: dict[str, int]
    sheet: Sheet
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def find(cls, sheet: Sheet, keys: Sequence[str], file: str) -> Table | None:
        """Return the table with a column :data:`KEY`, ``None`` if there is none.

        Every other column has one of the two names of a message in ``keys``, and each must be
        there once.
        """
        for number, values in sheet.rows:
            names = [fold(from_cell(value)) for value in values]
            if number <= _HEADER_WITHIN and KEY in names:
                table = cls(f"{file} {printable(sheet.title)}", number, {}, sheet)
                table._place(keys, names)
                return table
        return None

    def _place(self, keys: Sequence[str], names: list[str]) -> None:
        self.columns[KEY] = names.index(KEY)
        for key in keys:
            wanted = [fold(name) for name in MESSAGES[key]]
            places = [at for at, name in enumerate(names) if name in wanted]
            if len(places) == 1:
                self.columns[key] = places[0]
                continue
            reason = "review.column_twice" if places else "records.no_column"
            found = ", ".join(printable(name) for name in names if name)
            told: dict[str, object] = {"column": "/".join(MESSAGES[key]), "found": found}
            self.faults.append(Fault(self.place, self.header, "", reason, told))

    def rows(self) -> Iterator[FilledRow]:
        """Yield the rows below the headers, none if a column is missing or there twice."""
        for line, values in self.sheet.rows:
            if line > self.header and not self.faults:
                texts = {key: one_line(from_cell(values[at])) for key, at in self.columns.items()}
                yield FilledRow(self, line, texts)


@dataclass(frozen=True, slots=True)
class FilledRow:
    """The texts of one row by column; collects what is wrong with it."""

    table: Table
    line: int
    texts: dict[str, str]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, column: str, reason: str, /, **values: object) -> None:
        """Say that the cell in ``column`` is wrong."""
        cell = f"{get_column_letter(self.table.columns[column] + 1)}{self.line}"
        self.faults.append(Fault(self.table.place, self.line, cell, reason, values))

    def choice(self, column: str, names: Mapping[str, str]) -> str | None:
        """Return what the name in a cell stands for, ``None`` if it is empty or unknown."""
        text = self.texts[column]
        return self._lookup(column, text, names) if text else None

    def categories(self, column: str) -> tuple[str, ...] | None:
        """Return the categories in a cell, ``None`` if it is empty."""
        text = unicodedata.normalize("NFKC", self.texts[column])
        parts = [part for part in _SEPARATORS.split(text) if part]
        found = [self._lookup(column, part, _CATEGORY_NAMES) for part in parts]
        if _NO_CATEGORY in found and len(found) > 1:
            self.fault(column, "review.none_and_more")
        return tuple(name for name in CATEGORIES if name in found) if parts else None

    def _lookup(self, column: str, text: str, names: Mapping[str, str]) -> str | None:
        found = names.get(fold(text))
        if found is None:
            shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
            allowed = ", ".join(names)
            self.fault(column, "fault.value", value=printable(shown), allowed=allowed)
        return found
