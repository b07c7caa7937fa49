"""Cut Chinese text into words: the likeliest cut by the dictionary of jieba.

The words are those of ``jieba.cut(text, HMM=False)``: every word has the chance that its count in
the dictionary gives it, whatever stands beside it, and the most probable sequence is found by
dynamic programming (Viterbi 1967). Done here because jieba takes a second to read its dictionary,
prints while it does, and leaves a cache in /tmp that it unmarshals, whoever wrote it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from importlib.util import find_spec
from math import inf, log
from pathlib import Path

Span = tuple[int, int]

_LONGEST_KEPT = 500  # characters
_WORD = re.compile(r"[\w%]")
# what words are sought in; any other character is by itself
_RUN = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+|\w")
_SAME_FIRST = re.compile(r"^(.).*\n(?:\1.*\n)*", re.MULTILINE)
_LOG_TOTAL = log(60_101_967)  # of all counts in the dictionary


def word_spans(text: str) -> tuple[Span, ...]:
    """Return where the words of normalised ``text`` stand in it, punctuation left out."""
    # those of a megabyte without a full stop would be kept in a hundred megabytes
    return _known_spans(text) if len(text) <= _LONGEST_KEPT else _spans(text)


def words(text: str) -> tuple[str, ...]:
    """Cut normalised ``text`` into words; punctuation is left out."""
    return tuple(text[start:end] for start, end in word_spans(text))


@lru_cache(maxsize=4096)  # a sentence is cut for itself, for its successor, and for its evidence
def _known_spans(text: str) -> tuple[Span, ...]:
    return _spans(text)


def _spans(text: str) -> tuple[Span, ...]:
    found: list[Span] = []
    for run in _RUN.finditer(text):
        found += _cut(run[0], run.start())
    return tuple(found)


def _cut(run: str, offset: int) -> list[Span]:
    """Cut a run of characters; single letters and digits that follow each other are one word."""
    ends = _likeliest_ends(run)
    found: list[Span] = []
    start, after_single = 0, False
    while start < len(run):
        end = ends[start]
        single = end == start + 1 and run[start].isascii() and run[start].isalnum()
        if single and after_single:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
        start, after_single = end, single
    return [(offset + start, offset + end) for start, end in found if _WORD.search(run, start, end)]


def _likeliest_ends(run: str) -> list[int]:
    """Return for each place where a word from there ends in the likeliest cut of the rest."""
    lexicon, size = _lexicon(), len(run)
    chances, ends = [0.0] * (size + 1), [0] * size  # logarithms, of the rest from each place on
    for start in range(size - 1, -1, -1):
        known = lexicon[run[start]]
        best = -inf
        for end in range(start + 1, size + 1):
            chance = known.get(run[start:end])
            if chance is None:
                break
            if chance and chance + chances[end] >= best:
                best, ends[start] = chance + chances[end], end
        if not ends[start]:  # no word begins here
            best, ends[start] = chances[start + 1] - _LOG_TOTAL, start + 1
        chances[start] = best
    return ends


class _Lexicon(dict[str, dict[str, float]]):
    """By first character the logarithm of each word's chance, 0 for what only begins a word.

    A character's words are taken out of the dictionary's lines when they are first wanted.
    """

    def __init__(self, lines: str) -> None:
        self._lines: defaultdict[str, str] = defaultdict(str)
        for block in _SAME_FIRST.finditer(lines):
            self._lines[block[1]] += block[0]

    def __missing__(self, first: str) -> dict[str, float]:
        fields = self._lines.pop(first, "").split()
        known, chances = fields[0::3], map(_chance, fields[1::3])  # the third is the part of speech
        beginnings = (word[:size] for word in known for size in range(1, len(word)))
        self[first] = dict.fromkeys(beginnings, 0.0) | dict(zip(known, chances, strict=True))
        return self[first]


@cache  # most counts are small: one number serves many words
def _chance(count: str) -> float:
    return log(int(count)) - _LOG_TOTAL


@cache
def _lexicon() -> _Lexicon:
    package = find_spec("jieba")  # not imported: that alone takes a tenth of a second
    if package is None or package.origin is None:
        raise ModuleNotFoundError("jieba")
    return _Lexicon(Path(package.origin).with_name("dict.txt").read_text(encoding="utf-8"))
