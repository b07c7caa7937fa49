"""A report in the table of a pile: its rank, its page, the parts of its index in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from zhaojing.judging import Judgement
from zhaojing.judging.risk import PARTS
from zhaojing.messages import Lang, say
from zhaojing.results_folder import PAGES_FOLDER

DOUBTFUL = 0.8  # confidence of a recognised page below which it is pointed out
_LEAST_SHOWN = 0.05  # points; less is 0.0 in the table
_WORDS = {
    "praise": ("risk.praise", "risk.praise_means"),
    "unproven": ("risk.unproven", "risk.unproven_means"),
    "displayed": ("risk.displayed", "risk.displayed_means"),
    "copied": ("risk.copied", "risk.copied_means"),
    "unanswered": ("risk.unanswered", "risk.unanswered_means"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the index: ``most`` points are earned at a share of ``full``, in [0, 1]."""

    name: str
    meaning: str
    most: int
    full: float
    share: float = 0.0
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A judged report and its place in the pile.

    ``name`` is the report's file name, with its folders where another one has the same;
    ``page`` is the file name of its page.
    """

    rank: int
    name: str
    found: Judgement
    page: str
    parts: tuple[Part, ...]

    @property
    def beside(self) -> str:
        """The address of the page from another report's page."""
        return quote(self.page)

    @property
    def address(self) -> str:
        """The address of the page from the index."""
        return f"{quote(PAGES_FOLDER)}/{self.beside}"

    @property
    def reasons(self) -> list[Part]:
        """The parts that add points, most first."""
        return sorted(
            (part for part in self.parts if part.points >= _LEAST_SHOWN), key=lambda p: -p.points
        )

    @property
    def unread_pages(self) -> list[int]:
        """The pages that are pictures on which no text was recognised."""
        return [page for page, share in self.found.report.document.page_confidence if share == 0]

    @property
    def doubtful_pages(self) -> list[int]:
        """The pages whose text was recognised with a low confidence."""
        confidence = self.found.report.document.page_confidence
        return [page for page, share in confidence if 0 < share < DOUBTFUL]


def entries_of(ranked: Sequence[Judgement], pages: Sequence[str], lang: Lang) -> list[Entry]:
    """Return the entries of a pile that is in order."""
    reports = [found.report for found in ranked]
    uses = Counter(report.short_name for report in reports)
    names = [r.name if uses[r.short_name] > 1 else r.short_name for r in reports]
    rows = zip(names, ranked, pages, strict=True)
    return [
        Entry(rank, name, found, page, tuple(_parts(found, lang)))
        for rank, (name, found, page) in enumerate(rows, 1)
    ]


def formula(lang: Lang) -> list[Part]:
    """Return the parts of every index, without a report's shares."""
    return [
        Part(say(_WORDS[part][0], lang), say(_WORDS[part][1], lang), most, full)
        for part, (most, full) in PARTS.items()
    ]


def _parts(found: Judgement, lang: Lang) -> list[Part]:
    if found.risk is None:
        return []
    shares, points = found.risk.shares, found.risk.points
    rows = zip(PARTS, formula(lang), strict=True)
    return [replace(row, share=shares[part], points=points[part]) for part, row in rows]
