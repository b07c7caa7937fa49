"""The grid of a report: each practice as problem, as measure, as achievement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhaojing.labels import CATEGORIES, Role
from zhaojing.screening import ScreenedSentence

COLUMNS = (Role.PROBLEM, Role.MEASURE, Role.ACHIEVEMENT)


@dataclass(frozen=True, slots=True)
class Cell:
    """The sentences of one practice in one role: their indices in the report, strongest first."""

    sentences: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many sentences there are."""
        return len(self.sentences)


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by practice and role; a sentence stands in a cell for each of its practices."""

    cells: dict[tuple[str, str], Cell]

    @classmethod
    def of(cls, sentences: Sequence[ScreenedSentence]) -> Grid:
        """Sort ``sentences`` into cells; what the allow-list names stands in none."""
        found: dict[tuple[str, str], list[tuple[float, int]]] = {
            (category, role): [] for category in CATEGORIES for role in COLUMNS
        }
        for index, item in enumerate(sentences):
            if item.allowed or item.prediction.role not in COLUMNS:
                continue
            for category in item.prediction.categories:
                score = item.prediction.category_scores[category]
                found[category, item.prediction.role].append((-score, index))
        return cls({key: Cell(tuple(i for _, i in sorted(row))) for key, row in found.items()})

    def __getitem__(self, key: tuple[str, str]) -> Cell:
        return self.cells[key]

    def told(self) -> Iterator[str]:
        """Yield the practices told as a problem."""
        return (c for c in CATEGORIES if self[c, Role.PROBLEM].count)

    def unanswered(self) -> tuple[str, ...]:
        """Return the practices told as a problem for which no measure is told."""
        return tuple(c for c in self.told() if not self[c, Role.MEASURE].count)

    def unprompted(self) -> tuple[str, ...]:
        """Return the practices with a measure against a problem that is told nowhere."""
        return tuple(
            c for c in CATEGORIES if self[c, Role.MEASURE].count and not self[c, Role.PROBLEM].count
        )
