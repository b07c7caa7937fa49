"""Which words of a report are its own: neither formula nor handed-down template.

Texts are compared by their letters alone: no punctuation and no spaces, a number or date as one
``0`` and a title in 《》 as one ``《``, so that other figures make no other sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhaojing.errors import InvalidConfig
from zhaojing.normalize import normalize

Mask = NDArray[np.bool_]
Grams = NDArray[np.uint64]

GRAM = 5  # letters
_SHIPPED = "fixed-wording.txt"
_FEWEST = 4  # reports: what two or three share may be copied
_SAME_VOICE = 0.8  # of the n-grams of the shorter report
_SAMPLE = np.uint64(8)  # of so many n-grams one is enough to tell that reports are the same
_NUMBER, _TITLE, BREAK = "0", "《", "\n"
_SIGNS = _NUMBER + _TITLE + BREAK
# a title takes its reference number with it: 《…》（云办字〔2023〕41号）
_TOKEN = re.compile(
    r"《[^《》]*》(?:\([^()]{1,20}号\))?|\d(?:[\d\W_年月日至]*[\d年月日])?|[^\W\d_]+"
)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def read_fixed_wording(path: str | Path | None = None) -> tuple[str, ...]:
    """Return the phrases of a list, by default the shipped one: one a line, ``#`` for comments.

    Raises
    ------
    InvalidConfig
        The file cannot be read or is not UTF-8.
    """
    source = files("zhaojing") / _SHIPPED if path is None else Path(path)
    try:
        lines = source.read_text(encoding="utf-8").removeprefix("\ufeff").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidConfig("config.invalid", where=path, detail=str(error)) from error
    return tuple(phrase for line in lines if (phrase := line.partition("#")[0].strip()))


def letters(text: str) -> str:
    """Return what of ``text`` is compared."""
    return "".join(_short(token) or token for token in _TOKEN.findall(normalize(text)))


def places(text: str) -> list[tuple[int, int]]:
    """Return for each of the :func:`letters` of ``text`` the ``(start, end)`` it stands for."""
    spans: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(normalize(text)):
        start, end = match.span()
        cuts = [start, end] if _short(match[0]) else range(start, end + 1)
        spans += pairwise(cuts)
    return spans


def _short(token: str) -> str:
    if token[0] == _TITLE:
        return _TITLE
    return _NUMBER if token[0].isdecimal() else ""


def n_grams(text: str) -> Grams:
    """Return a hash of the :data:`GRAM` letters from each place of ``text`` on."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    hashes = np.zeros(max(len(codes) - GRAM + 1, 0), np.uint64)
    for k in range(GRAM):
        hashes = hashes * _MULTIPLIER + codes[k : k + len(hashes)]
    return hashes


class FixedWording:
    """The wording that does not count: phrases of a list, and what most of the reports share.

    A run of :data:`GRAM` letters that stands in half of the reports and in at least
    :data:`_FEWEST` was handed down to them and is not one's copy of another. Reports that are
    nearly the same count as one, or copying would hide itself by being common.
    """

    def __init__(self, phrases: Collection[str], reports: Sequence[str]) -> None:
        self._phrases = [plain for phrase in phrases if len(plain := letters(phrase)) > 1]
        voices = _voices(reports)
        grams = np.concatenate([np.zeros(0, np.uint64), *voices])
        distinct, counts = np.unique(grams, return_counts=True)
        self._common = distinct[counts >= max(_FEWEST, len(voices) / 2)]

    def own(self, text: str) -> Mask:
        """Return which of the ``text``'s letters count; breaks, numbers and titles do not."""
        own = np.array([letter not in _SIGNS for letter in text], np.bool_)
        for phrase in self._phrases:
            at = text.find(phrase)
            while at >= 0:
                own[at : at + len(phrase)] = False
                at = text.find(phrase, at + 1)
        for start in np.flatnonzero(np.isin(n_grams(text), self._common)).tolist():
            own[start : start + GRAM] = False
        return own


def _voices(reports: Sequence[str]) -> list[Grams]:
    """Return the n-grams of each report that does not mostly repeat another, longer one."""
    voices: list[Grams] = []
    heard: dict[int, list[int]] = {}
    for report in sorted(reports, key=lambda text: (-len(text), text)):
        grams = np.unique(n_grams(report))
        sample = grams[grams % _SAMPLE == 0].tolist()
        shared = Counter(voice for gram in sample for voice in heard.get(gram, ()))
        if shared and max(shared.values()) >= _SAME_VOICE * len(sample):
            continue
        for gram in sample:
            heard.setdefault(gram, []).append(len(voices))
        voices.append(grams)
    return voices
