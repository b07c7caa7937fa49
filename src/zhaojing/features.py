"""Features of a sentence in its context, for the classical model.

TF-IDF of characters and jieba words, of the heading above and of the sentence before. Training and
inference share this one implementation, so nothing can drift between them and inference needs
numpy alone. Weights are sublinear TF × smoothed IDF, each block scaled to a fixed length
(Salton & Buckley 1988, "ltc").
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.context import NO_CONTEXT, Context

_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[\w%]")
_LONGEST_KEPT = 500  # characters

# (rows + 1,), (non-zeros,), (non-zeros,): the arrays of a CSR matrix
SparseRows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


@cache
def _tokenizer() -> Any:
    with warnings.catch_warnings():
        # its own: pkg_resources, and escapes that newer Pythons dislike
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    # Filled in by hand because jieba's own start-up prints, and leaves a cache in /tmp that it
    # unmarshals next time, whoever wrote it; and in half the time that gen_pfdict takes.
    with tokenizer.get_dict_file() as file:
        rows = file.read().decode("utf-8").split()
    known, counts = rows[0::3], list(map(int, rows[1::3]))  # the third is the part of speech
    beginnings = (word[:size] for word in known for size in range(1, len(word)))
    tokenizer.FREQ = dict.fromkeys(beginnings, 0) | dict(zip(known, counts, strict=True))
    tokenizer.total = sum(counts)
    tokenizer.initialized = True
    return tokenizer


def word_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where the jieba words of normalised ``text`` stand in it, punctuation left out."""
    # those of a megabyte without a full stop would be kept in a hundred megabytes
    return _known_spans(text) if len(text) <= _LONGEST_KEPT else _spans(text)


@lru_cache(maxsize=4096)  # a sentence is cut for itself, for its successor, and for its evidence
def _known_spans(text: str) -> tuple[tuple[int, int], ...]:
    return _spans(text)


def _spans(text: str) -> tuple[tuple[int, int], ...]:
    tokens = list(_tokenizer().cut(text, HMM=False))
    ends = accumulate(map(len, tokens))
    return tuple(
        (end - len(word), end) for word, end in zip(tokens, ends, strict=True) if _WORD.search(word)
    )


def words(text: str) -> tuple[str, ...]:
    """Cut normalised ``text`` into jieba words; punctuation is left out."""
    return tuple(text[start:end] for start, end in word_spans(text))


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


class Vectorizer:
    """Maps sentences to sparse rows, a column a feature.

    ``features`` are ``(block, feature)`` names in column order, ``idf`` their weights,
    shape ``(n_features,)``.
    """

    def __init__(self, features: Sequence[tuple[str, str]], idf: NDArray[np.float32]) -> None:
        self.features = list(features)
        self.idf = np.asarray(idf, dtype=np.float32)
        self._columns: dict[str, dict[str, int]] = {block: {} for block in BLOCKS}
        for column, (block, feature) in enumerate(self.features):
            self._columns[block][feature] = column

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
        return cls(kept, idf.astype(np.float32))

    def transform(self, texts: Sequence[str], contexts: Sequence[Context]) -> SparseRows:
        """Return the rows of ``texts`` as CSR arrays ``(row starts, columns, weights)``."""
        starts = [0]
        columns: list[int] = []
        weights: list[NDArray[np.float32]] = []
        for text, context in zip(texts, contexts, strict=True):
            for found, values in self._entries(text, context):
                columns += found
                weights.append(values.astype(np.float32))
            starts.append(len(columns))
        data = np.concatenate(weights) if weights else np.empty(0, dtype=np.float32)
        return np.array(starts, dtype=np.int64), np.array(columns, dtype=np.int64), data

    def located(self, text: str) -> Iterator[tuple[int, float, int, int]]:
        """Yield column, weight, start and end of each known feature in the text itself.

        A feature's weight in the row is shared evenly among its occurrences.
        """
        kept = [place for place, char in enumerate(text) if char != " "]
        plain = compact(text)
        for block, places in (("characters", _character_places), ("words", _word_places)):
            known, extract = self._columns[block], BLOCKS[block][1]
            columns = [known.get(feature) for feature in extract(text, NO_CONTEXT)]
            counts = Counter(column for column in columns if column is not None)
            weights = dict(zip(counts, self._weights(block, counts).tolist(), strict=True))
            for column, (start, end) in zip(columns, places(plain), strict=True):
                if column is not None and start < end:
                    share = weights[column] / counts[column]
                    yield column, share, kept[start], kept[end - 1] + 1

    def _entries(self, text: str, context: Context) -> Iterator[tuple[list[int], NDArray[Any]]]:
        """Yield the columns and weights of each block that has any."""
        for block, (_, extract) in BLOCKS.items():
            known = self._columns[block]
            counts = Counter(c for f in extract(text, context) if (c := known.get(f)) is not None)
            if counts:
                yield list(counts), self._weights(block, counts)

    def _weights(self, block: str, counts: Counter[int]) -> NDArray[Any]:
        frequency = np.array(list(counts.values()), dtype=np.float32)
        values = (1 + np.log(frequency)) * self.idf[list(counts)]
        return BLOCKS[block][0] / (float(np.linalg.norm(values)) or 1.0) * values
