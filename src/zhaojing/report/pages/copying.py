"""Copied passages side by side, as the page of either report shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zhaojing.judging.copying import CopiedPair, Extract, Passage, ReportText
from zhaojing.report.marks import pieces

_MOST_SENTENCES = 60  # shown of a pair, on either side; the text itself marks them all


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a passage: its index and ``(piece, whether the other side has it too)``."""

    number: int
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A passage: this report's lines, the other's, and how many more sentences it has."""

    mine: tuple[Line, ...]
    theirs: tuple[Line, ...]
    similarity: float
    left_out: int


@dataclass(frozen=True, slots=True)
class Copying:
    """What a report has in common with another one.

    ``share`` is its part of this report's letters, ``their_share`` of the other's, in [0, 1];
    ``sentences`` are the indices of the copied ones, ``left_out`` the passages that are not shown;
    of identical reports neither is told, for all of it is copied.
    """

    other: str
    share: float
    their_share: float
    is_identical: bool
    is_earlier: bool
    passages: tuple[SideBySide, ...]
    left_out: int
    sentences: frozenset[int]


def copying_of(name: str, pairs: Sequence[CopiedPair]) -> list[Copying]:
    """Return what report ``name`` shares with each other one, most first."""
    own = [pair for pair in pairs if pair.first.name == name]
    own += [_turned(pair) for pair in pairs if pair.second.name == name and not pair.is_earlier]
    return sorted(map(_copying, own), key=lambda copying: -copying.share)


def _turned(pair: CopiedPair) -> CopiedPair:
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        passages=tuple(replace(p, first=p.second, second=p.first) for p in pair.passages),
        share_of_first=pair.share_of_second,
        share_of_second=pair.share_of_first,
    )


def _copying(pair: CopiedPair) -> Copying:
    shown: list[SideBySide] = []
    room = 0 if pair.is_identical else _MOST_SENTENCES
    for passage in pair.passages:
        if room <= 0:
            break
        shown.append(_side_by_side(passage, pair, room))
        room -= max(len(passage.first), len(passage.second))
    return Copying(
        other=pair.second.name,
        share=pair.share_of_first,
        their_share=pair.share_of_second,
        is_identical=pair.is_identical,
        is_earlier=pair.is_earlier,
        passages=tuple(shown),
        left_out=0 if pair.is_identical else len(pair.passages) - len(shown),
        sentences=frozenset()
        if pair.is_identical
        else frozenset(extract.sentence for p in pair.passages for extract in p.first),
    )


def _side_by_side(passage: Passage, pair: CopiedPair, room: int) -> SideBySide:
    return SideBySide(
        mine=_lines(passage.first[:room], pair.first),
        theirs=_lines(passage.second[:room], pair.second),
        similarity=passage.similarity,
        left_out=max(len(passage.first), len(passage.second), room) - room,
    )


def _lines(extracts: Sequence[Extract], source: ReportText) -> tuple[Line, ...]:
    return tuple(
        Line(extract.sentence, pieces(source.sentences[extract.sentence], extract.spans))
        for extract in extracts
    )
