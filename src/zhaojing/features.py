"""Features of a sentence in its context, for the classical model.

TF-IDF of characters and words, of the heading above and of the sentence before. Training and
inference share this one implementation, so nothing can drift between them and inference needs
numpy alone. Weights are sublinear TF × smoothed IDF, each block scaled to a fixed length
(Salton & Buckley 1988, "ltc").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zhaojing.context import NO_CONTEXT, Context
from zhaojing.words import word_spans, words

_DIGIT = re.compile(r"\d")
_UNKNOWN = -1  # no column

# (rows + 1,), (non-zeros,), (non-zeros,): the arrays of a CSR matrix
SparseRows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
Places = NDArray[np.int64]


def compact(text: str) -> str:
    """Drop spaces (they are layout in Chinese) and keep only the length of numbers."""
    return _DIGIT.sub("0", text.replace(" ", ""))


def _characters(text: str, shortest: int = 1, longest: int = 4) -> Iterable[str]:
    bounded = f"^{text}$"
    for size in range(shortest, longest + 1):
        for start in range(len(bounded) - size + 1):
            yield bounded[start : start + size]


def _character_block(text: str, context: Context) -> Iterable[str]:
    return _characters(compact(text))


def _word_block(text: str, context: Context) -> Iterable[str]:
    tokens = words(compact(text))
    yield from tokens
    yield from map(" ".join, pairwise(tokens))


def _character_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the features of :func:`_characters` stand in ``text``, in their order."""
    for size in range(1, 5):
        for start in range(-1, len(text) + 2 - size):
            yield max(start, 0), min(start + size, len(text))


def _word_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the features of :func:`_word_block` stand in ``text``, in their order."""
    spans = word_spans(text)
    yield from spans
    yield from ((first, last) for (first, _), (_, last) in pairwise(spans))


def _shape_block(text: str, context: Context) -> Iterable[str]:
    length = len(text.strip())
    yield f"length {min(length // 10, 12)}"
    yield f"digits {min(len(_DIGIT.findall(text)), 6)}"
    yield f"clauses {min(text.count(','), 8)}"
    yield f"last {text.rstrip()[-1:]}"


def _heading_block(text: str, context: Context) -> Iterable[str]:
    return _characters(compact(context.heading), 2, 4) if context.heading else ()


def _previous_block(text: str, context: Context) -> Iterable[str]:
    return words(compact(context.previous))


BLOCKS: dict[str, tuple[float, Callable[[str, Context], Iterable[str]]]] = {
    "characters": (1.0, _character_block),
    "words": (1.0, _word_block),
    "shape": (0.3, _shape_block),
    "heading": (0.7, _heading_block),
    "previous": (0.5, _previous_block),
}


def _hashes(lines: Iterable[bytes]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, lines), dtype=np.int64)


def _keys(block: str, features: Iterable[str]) -> NDArray[np.int64]:
    """Return the hashes of the lines that ``features`` have in a vocabulary, if they are there."""
    return _hashes(map(str.encode, map(f"{block}\t".__add__, features)))


class Vectorizer:
    """Maps sentences to sparse rows, a column a feature.

    ``vocabulary`` has a line a column, block and feature with a tab between, in UTF-8; ``idf`` are
    the weights of the columns, shape ``(n_features,)``.

    Features are known by their hashes, since as many strings take twenty times the memory. Of 64
    bits, with a secret that each process draws anew, none meets another by chance or on purpose.
    """

    def __init__(self, vocabulary: bytes, idf: NDArray[np.float32]) -> None:
        self.vocabulary, self.idf = vocabulary, np.asarray(idf, dtype=np.float32)
        lines = vocabulary.split(b"\n")[:-1]
        if len(lines) != len(self):
            raise ValueError(f"{len(lines)} features, {len(self)} weights")
        keys = _hashes(lines)
        order = np.argsort(keys)
        # one more stands at the end, where look-ups of what is greater than all end up
        self._known = np.append(keys[order], np.iinfo(np.int64).max)
        self._columns = np.append(order, _UNKNOWN)

    def __len__(self) -> int:
        return len(self.idf)

    @property
    def features(self) -> list[tuple[str, ...]]:
        """The ``(block, feature)`` names in column order."""
        lines = self.vocabulary.decode().split("\n")[:-1]
        return [tuple(line.split("\t")) for line in lines]

    @classmethod
    def fit(
        cls, texts: Sequence[str], contexts: Sequence[Context], *, min_count: int = 2
    ) -> Vectorizer:
        """Keep the features that occur in ``min_count`` sentences or more."""
        counts: Counter[tuple[str, str]] = Counter()
        for text, context in zip(texts, contexts, strict=True):
            for block, (_, extract) in BLOCKS.items():
                counts.update((block, feature) for feature in set(extract(text, context)))
        kept = sorted(name for name, count in counts.items() if count >= min_count)
        frequency = np.array([counts[name] for name in kept], dtype=np.float64)
        idf = np.log((1 + len(texts)) / (1 + frequency)) + 1
        return cls("".join(f"{block}\t{feature}\n" for block, feature in kept).encode(), idf)

    def transform(self, texts: Sequence[str], contexts: Sequence[Context]) -> SparseRows:
        """Return the rows of ``texts`` as CSR arrays ``(row starts, columns, weights)``."""
        keys = [
            _keys(block, extract(text, context))
            for text, context in zip(texts, contexts, strict=True)
            for block, (_, extract) in BLOCKS.items()
        ]
        groups = np.repeat(np.arange(len(keys)), [len(found) for found in keys])
        columns = self._find(np.concatenate([*keys, groups[:0]]))
        places = (groups * len(self) + columns)[columns != _UNKNOWN]
        places, counts = np.unique(places, return_counts=True)
        groups, columns = np.divmod(places, max(len(self), 1))
        values = self._weights(columns, counts)
        squares = np.bincount(groups, np.square(values), len(keys))
        scales = np.tile([scale for scale, _ in BLOCKS.values()], len(texts))
        scales /= np.sqrt(np.where(squares > 0, squares, 1))
        starts = np.searchsorted(groups, np.arange(0, len(keys) + 1, len(BLOCKS)))
        return starts, columns, (scales[groups] * values).astype(np.float32)

    def _find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the columns of features, ``_UNKNOWN`` for those that have none."""
        places = np.searchsorted(self._known, keys)
        return np.where(self._known[places] == keys, self._columns[places], _UNKNOWN)

    def located(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float64], Places, Places]:
        """Return columns, weights, starts and ends of the known features in the text itself.

        Each array has an entry an occurrence; a feature's weight in the row is shared evenly among
        its occurrences.
        """
        kept = np.array([place for place, char in enumerate(text) if char != " "], dtype=np.int64)
        plain = compact(text)
        columns, shares, spans = [], [], []
        for block, places in (("characters", _character_places), ("words", _word_places)):
            scale, extract = BLOCKS[block]
            found = self._find(_keys(block, extract(text, NO_CONTEXT)))
            known = found != _UNKNOWN
            names, which, counts = np.unique(found[known], return_inverse=True, return_counts=True)
            values = self._weights(names, counts)
            length = float(np.linalg.norm(values)) or 1.0
            columns.append(names[which])
            shares.append((scale / length * values / counts)[which])
            spans.append(np.array([*places(plain)], dtype=np.int64).reshape(-1, 2)[known])
        starts, ends = np.concatenate(spans).T
        real = starts < ends  # the marks of the text's bounds have no place
        here = np.concatenate(columns)[real], np.concatenate(shares)[real]
        return *here, kept[starts[real]], kept[ends[real] - 1] + 1

    def _weights(
        self, columns: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        values: NDArray[np.floating] = (1 + np.log(counts)) * self.idf[columns]
        return values
