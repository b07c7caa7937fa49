"""The grid of a report as a table: a row a practice, a cell a role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from zhaojing.judging import Judgement
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.report.marks import LETTERS, excerpt, place

_COLUMNS = {
    Role.PROBLEM: "grid.problem",
    Role.MEASURE: "grid.measure",
    Role.ACHIEVEMENT: "grid.achievement",
}


class Where(NamedTuple):
    """A sentence elsewhere on the page: its index, its place in the report, how it begins."""

    number: int
    place: str
    begins: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The sentences of a practice in a role, strongest first."""

    column: str
    sentences: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A practice; ``off`` is the reason why it was not looked for, empty if it was."""

    category: str
    letter: str
    name: str
    off: str
    cells: tuple[Cell, ...]

    @property
    def count(self) -> int:
        """The number of sentences in all cells."""
        return sum(len(cell.sentences) for cell in self.cells)


def columns(lang: Lang) -> list[str]:
    """Return the heads of the columns."""
    return [say(key, lang) for key in _COLUMNS.values()]


def rows(found: Judgement, off: Mapping[str, str], lang: Lang) -> list[Row]:
    """Return the rows of the grid; ``off`` has the reason for each category not looked for."""
    sentences = found.report.sentences

    def cell(category: Category, role: Role, key: str) -> Cell:
        numbers = found.grid[category, role].sentences
        listed = (
            Where(n, place(sentences[n], lang), excerpt(sentences[n].sentence.text))
            for n in numbers
        )
        return Cell(say(key, lang), tuple(listed))

    return [
        Row(
            category.value,
            LETTERS[category],
            category.label(lang),
            off.get(category, ""),
            tuple(cell(category, role, key) for role, key in _COLUMNS.items()),
        )
        for category in Category
    ]
