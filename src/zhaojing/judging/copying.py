"""Copied passages: what stands in one report and, nearly word for word, in another.

The seed-and-extend scheme of text alignment (Sanchez-Perez, Gelbukh & Sidorov 2015, CLEF), in
four steps of linear time:

1. Headings and fixed wording are left out (:mod:`zhaojing.judging.fixed_wording`).
2. Sentences of two reports that share :data:`_SEEDS` n-grams are compared. The n-grams of the
   reports at hand are indexed; earlier reports are read past the index one by one, so memory
   does not grow with their number.
3. Two sentences are alike if :data:`_ALIKE` of the shorter one lies in runs of :data:`_RUN`
   letters that the other has too, in whatever order, or if one run is as long as a passage.
   Neighbours of alike sentences are compared without a seed.
4. Alike sentences that stand close together on both sides make a passage.

The thresholds come from hand-written reports (``tests/files/copying``) and from the training
documents, most of which have nothing in common and some dozens the page that they retell.
Sentences rewritten by hand have 0.49 to 1 of the shorter one in common, those of honest reports
with the same subject and template 0.25 at most. At 0.4, 15 pairs of documents more were claimed,
8 of them for a formula; at 0.6 a third of the retold pages was lost. With 26 letters for a
passage, 10 pairs more were claimed, half of them wrongly. Up to four seeds nothing is lost.

So one copied sentence of less than :data:`_ENOUGH` letters is not told, nor is free paraphrase;
and what half of the reports have from each other is taken for a template, unless they are nearly
the same throughout.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, product
from typing import NamedTuple, Self

import numpy as np

from zhaojing.judging.fixed_wording import (
    BREAK,
    GRAM,
    FixedWording,
    Mask,
    letters,
    n_grams,
    places,
    read_fixed_wording,
)
from zhaojing.normalize import normalize
from zhaojing.splitting import Sentence

_SEEDS = 4
_RUN = 3
_ALIKE = 0.5
_REACH = 2  # sentences from one alike pair to the next: one in between may be new
_PARTNERS = 4  # sentences that one may have been cut into
_ENOUGH = 30  # own letters of a passage: a sentence of middling length
_FEW = 15  # own letters of a further passage between reports that have one with enough
_LONGEST = 400  # letters compared at once, so that a text without a full stop stays cheap
_LABEL = 40  # characters of a line without a full stop that is taken for a title or a label

_ENDS = frozenset("。！？；.!?;…”’")

_Pair = tuple[int, int]  # a piece of one text, a piece of the other


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report as far as copying goes: its sentences in order, and which are headings."""

    name: str
    sentences: tuple[str, ...]
    headings: frozenset[int] = frozenset()

    @classmethod
    def of(cls, name: str, sentences: Sequence[Sentence]) -> Self:
        """Take what :func:`zhaojing.splitting.split` made of a document.

        Title, salutation, signature and cells of tables are headings here too: short lines
        without a full stop.
        """
        named = {sentence.heading[-1] for sentence in sentences if sentence.heading}
        texts = tuple(sentence.text for sentence in sentences)
        headings = (
            index
            for index, text in enumerate(texts)
            if text in named or (len(text) <= _LABEL and text[-1:] not in _ENDS)
        )
        return cls(name, texts, frozenset(headings))


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of a passage: its index, and the ``(start, end)`` that the other side has too."""

    sentence: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences that say the same on both sides.

    ``similarity`` is the share of their own letters that both have, in (0, 1]; numbers may
    differ within a span.
    """

    first: tuple[Extract, ...]
    second: tuple[Extract, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class CopiedPair:
    """Two reports and the passages that stand in both.

    Attributes
    ----------
    share_of_first, share_of_second
        The part of a report's own letters that the passages hold, in [0, 1].
    is_identical
        All sentences are the same but for width and spaces; both shares are 1.
    is_earlier
        ``second`` is one of the earlier reports.
    """

    first: ReportText
    second: ReportText
    passages: tuple[Passage, ...]
    share_of_first: float
    share_of_second: float
    is_identical: bool
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Copies:
    """All pairs, and for each report the part of it that stands in any other, in [0, 1]."""

    pairs: tuple[CopiedPair, ...]
    shares: tuple[float, ...]


def find_copies(
    reports: Sequence[ReportText],
    earlier: Iterable[ReportText] = (),
    phrases: Collection[str] | None = None,
) -> Copies:
    """Find what ``reports`` have in common with each other and with ``earlier`` ones.

    Who copied whom is not said. ``phrases`` is fixed wording, by default the shipped list.
    Pairs come in the order of ``reports``, then of ``earlier``; the first of a pair is the one
    that was given first, and never an earlier report.
    """
    texts = [_Text(report) for report in reports]
    phrases = read_fixed_wording() if phrases is None else phrases
    fixed = FixedWording(phrases, [text.letters for text in texts])
    for text in texts:
        text.mark(fixed)
    index = _Index(texts)
    copied: dict[int, Mask] = {}
    pairs = []
    for number, text in enumerate(chain(texts, map(_Text, earlier))):
        is_earlier = number >= len(texts)
        if is_earlier:
            text.mark(fixed)
        seeds = index.seeds(text)
        for other, first in enumerate(texts[:number]):
            is_identical = first.says_the_same_as(text)
            if not is_identical and other not in seeds:
                continue
            overlap = _whole(first, text) if is_identical else _overlap(first, text, seeds[other])
            if not overlap.passages:
                continue
            pairs.append(
                CopiedPair(
                    first.report,
                    text.report,
                    overlap.passages,
                    first.share(overlap.first),
                    text.share(overlap.second),
                    is_identical,
                    is_earlier,
                )
            )
            copied[other] = overlap.first | copied.get(other, np.False_)
            if not is_earlier:
                copied[number] = overlap.second | copied.get(number, np.False_)
    shares = (text.share(copied[i]) if i in copied else 0.0 for i, text in enumerate(texts))
    return Copies(tuple(pairs), tuple(shares))


class _Piece(NamedTuple):
    """Letters ``[start, end)`` of a text: a sentence, or a part of a very long one."""

    start: int
    end: int
    sentence: int
    offset: int  # of ``start`` in the letters of the sentence


class _Text:
    """A report as it is compared: the letters of its sentences and which of them are its own."""

    def __init__(self, report: ReportText) -> None:
        self.report = report
        self.pieces: list[_Piece] = []
        parts = []
        start = 0
        for sentence, text in enumerate(report.sentences):
            if sentence in report.headings:
                continue
            plain = letters(text)
            for offset in range(0, len(plain), _LONGEST):
                part = plain[offset : offset + _LONGEST]
                self.pieces.append(_Piece(start, start + len(part), sentence, offset))
                parts.append(part)
                start += len(part) + len(BREAK)
        self.letters = BREAK.join(parts)

    def mark(self, fixed: FixedWording) -> None:
        """Tell own letters from fixed wording; an n-gram leads to the first piece that has it."""
        self.own = fixed.own(self.letters)
        starts = np.array([piece.start for piece in self.pieces], np.int64)
        grams = n_grams(self.letters)
        all_own = np.ones(len(grams), np.bool_)
        for k in range(GRAM):
            all_own &= self.own[k : k + len(grams)]
        at = np.flatnonzero(all_own)
        self.seeds, first = np.unique(grams[at], return_index=True)
        self.seed_pieces = np.searchsorted(starts, at[first], "right") - 1

    def __getitem__(self, piece: int) -> str:
        return self.letters[self.pieces[piece].start : self.pieces[piece].end]

    def own_in(self, piece: int) -> Mask:
        """Return which letters of a piece count."""
        return self.own[self.pieces[piece].start : self.pieces[piece].end]

    def share(self, copied: Mask) -> float:
        """Return the part of the own letters that ``copied`` marks, 1 if it marks everything."""
        own = int(self.own.sum())
        return int((copied & self.own).sum()) / own if own else float(copied.all())

    def says_the_same_as(self, other: _Text) -> bool:
        """Tell whether two reports differ in nothing but width and spaces."""
        return self.letters == other.letters and self._wording() == other._wording() != ""

    def _wording(self) -> str:
        return "".join("".join(map(normalize, self.report.sentences)).split())


class _Index:
    """Which piece of which report first has an n-gram; sorted arrays, 24 bytes an entry."""

    def __init__(self, texts: Sequence[_Text]) -> None:
        grams = np.concatenate([np.zeros(0, np.uint64), *(text.seeds for text in texts)])
        order = np.argsort(grams, kind="stable")
        self._grams = grams[order]
        self._reports = np.repeat(np.arange(len(texts)), [len(t.seeds) for t in texts])[order]
        pieces = [np.zeros(0, np.int64), *(text.seed_pieces for text in texts)]
        self._pieces = np.concatenate(pieces)[order]

    def seeds(self, text: _Text) -> dict[int, set[_Pair]]:
        """Return by report the ``(its piece, piece of text)`` that share enough n-grams."""
        begin = np.searchsorted(self._grams, text.seeds, "left")
        counts = np.searchsorted(self._grams, text.seeds, "right") - begin
        rows = np.repeat(begin - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        shared = np.stack(
            [self._reports[rows], self._pieces[rows], np.repeat(text.seed_pieces, counts)]
        )
        triples, times = np.unique(shared, axis=1, return_counts=True)
        found: dict[int, set[_Pair]] = defaultdict(set)
        for report, first, second in triples[:, times >= _SEEDS].T.tolist():
            found[report].add((first, second))
        return found


class _Overlap(NamedTuple):
    """The passages of two texts, and the letters of each that are in one."""

    passages: tuple[Passage, ...]
    first: Mask
    second: Mask


def _whole(first: _Text, second: _Text) -> _Overlap:
    """Return the overlap of texts that say the same."""
    one, other = (
        tuple(Extract(i, ((0, len(text)),)) for i, text in enumerate(side.report.sentences))
        for side in (first, second)
    )
    everything = np.ones(len(first.letters), np.bool_)
    return _Overlap((Passage(one, other, 1.0),), everything, everything)


def _overlap(first: _Text, second: _Text, seeds: set[_Pair]) -> _Overlap:
    """Grow ``seeds`` into passages; short ones count only beside one that is long enough."""
    links = _grow(first, second, seeds)
    found = [
        (
            _Side(first, ((a, links[a, b][0]) for a, b in group)),
            _Side(second, ((b, links[a, b][1]) for a, b in group)),
        )
        for group in _groups(links)
    ]
    sizes = [min(one.shared, other.shared) for one, other in found]
    masks = np.zeros(len(first.letters), np.bool_), np.zeros(len(second.letters), np.bool_)
    passages = []
    for (one, other), size in zip(found, sizes, strict=True):
        if size < _FEW or max(sizes) < _ENOUGH:
            continue
        similarity = (one.shared + other.shared) / (one.length + other.length)
        passages.append(Passage(tuple(one.extracts()), tuple(other.extracts()), similarity))
        one.mark(masks[0])
        other.mark(masks[1])
    return _Overlap(tuple(passages), *masks)


def _grow(first: _Text, second: _Text, seeds: set[_Pair]) -> dict[_Pair, tuple[Mask, Mask]]:
    """Return the alike pieces that can be reached from ``seeds``, with the letters in common.

    A pair is tried if it brings in a new piece and neither has many partners yet, which keeps
    repetitive texts from costing the square of their length. As a round tries all its pairs on
    the same terms, no order matters.
    """
    links: dict[_Pair, tuple[Mask, Mask]] = {}
    tried: set[_Pair] = set()
    partners: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    todo = seeds
    while todo:
        tried |= todo
        found = {pair: masks for pair in todo if (masks := _alike(first, second, *pair))}
        links |= found
        for side, counter in enumerate(partners):
            counter.update(pair[side] for pair in found)
        todo = {
            (a, b)
            for pair in found
            for a, b in _near(pair)
            if 0 <= a < len(first.pieces) and 0 <= b < len(second.pieces)
            if min(partners[0][a], partners[1][b]) == 0
            if max(partners[0][a], partners[1][b]) < _PARTNERS
        } - tried
    return links


def _alike(first: _Text, second: _Text, a: int, b: int) -> tuple[Mask, Mask] | None:
    """Return the letters that two pieces have in common, or nothing if these are too few."""
    masks = _covered(first[a], second[b]), _covered(second[b], first[a])
    owns = first.own_in(a), second.own_in(b)
    common = [mask & own for mask, own in zip(masks, owns, strict=True)]
    shared = min(int(mask.sum()) for mask in common)
    shorter = min(int(own.sum()) for own in owns)
    if shared >= max(1, _ALIKE * shorter):
        return masks
    return masks if shared >= _ENOUGH <= min(map(_longest_run, common)) else None


def _covered(text: str, other: str) -> Mask:
    """Return which letters of ``text`` lie in a run that ``other`` has too."""
    runs = {other[at : at + _RUN] for at in range(len(other) - _RUN + 1)}
    mask = np.zeros(len(text), np.bool_)
    for at in range(len(text) - _RUN + 1):
        if text[at : at + _RUN] in runs:
            mask[at : at + _RUN] = True
    return mask


def _edges(mask: Mask) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` of every run of true values."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _longest_run(mask: Mask) -> int:
    return max((end - start for start, end in _edges(mask)), default=0)


def _near(pair: _Pair) -> Iterator[_Pair]:
    steps = range(-_REACH, _REACH + 1)
    return ((pair[0] + i, pair[1] + j) for i, j in product(steps, steps))


def _groups(pairs: Collection[_Pair]) -> Iterator[list[_Pair]]:
    """Part ``pairs`` into those that hang together."""
    left = set(pairs)
    for pair in sorted(pairs):
        if pair not in left:
            continue
        left.remove(pair)
        group = [pair]
        for member in group:
            reached = left.intersection(_near(member))
            left -= reached
            group += reached
        yield group


class _Side:
    """One side of a passage: pieces of a text, and which of their letters the other side has.

    ``shared`` and ``length`` count own letters only.
    """

    def __init__(self, text: _Text, parts: Iterable[tuple[int, Mask]]) -> None:
        self._text = text
        self._covered: dict[int, Mask] = {}
        for piece, mask in parts:
            self._covered[piece] = mask | self._covered.get(piece, np.False_)
        own = {piece: text.own_in(piece) for piece in self._covered}
        self.shared = sum(int((own[piece] & mask).sum()) for piece, mask in self._covered.items())
        self.length = sum(int(mask.sum()) for mask in own.values())

    def mark(self, mask: Mask) -> None:
        """Set in ``mask``, which is as long as the text, what is covered."""
        for piece, covered in self._covered.items():
            start, end, *_ = self._text.pieces[piece]
            mask[start:end] |= covered

    def extracts(self) -> Iterator[Extract]:
        """Yield the sentences of the passage in order."""
        pieces = self._text.pieces
        for sentence, group in groupby(sorted(self._covered), lambda piece: pieces[piece].sentence):
            where = places(self._text.report.sentences[sentence])
            spans = [
                (where[pieces[piece].offset + start][0], where[pieces[piece].offset + end - 1][1])
                for piece in group
                for start, end in _edges(self._covered[piece])
            ]
            yield Extract(sentence, tuple(spans))
