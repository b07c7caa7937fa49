"""Figures and how sure they are: documents are drawn again, thousands of times.

Whatever is measured is a *statistic*: a function of ``(m, documents)`` weights that returns
arrays of shape ``(m,)`` by name, ``nan`` where undefined. All ones give the figure itself, and
counts of drawn documents give what it would have been on other documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.heads import Array

Statistic = Callable[[Array], dict[str, Array]]

COVERAGE = 0.95
FEW_SENTENCES, FEW_DOCUMENTS = 30, 10  # below these a figure means next to nothing
_BLOCK = 250  # resamples at once, so that memory stays small


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, its 95 % interval and what it rests on.

    Attributes
    ----------
    value
        ``None`` where the data leave it undefined.
    low, high
        Ends of the interval; ``None`` where ``value`` is, where there are fewer than ten
        documents, or where none was asked for.
    sentences, documents
        The sentences the figure rests on (those given a label for its precision, those that have
        it for its recall, either for its F1), and the documents they stand in.
    """

    value: float | None
    low: float | None
    high: float | None
    sentences: int
    documents: int

    @property
    def few(self) -> bool:
        """Whether it rests on too little to mean anything."""
        return self.sentences < FEW_SENTENCES or self.documents < FEW_DOCUMENTS

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or ``None``."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def support(self) -> dict[str, Any]:
        """Return what it rests on as plain data."""
        return {"sentences": self.sentences, "documents": self.documents, "few": self.few}

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return {"value": self.value, "low": self.low, "high": self.high, **self.support()}


def resample(
    statistic: Statistic, documents: int, *, resamples: int, seed: int = 0
) -> dict[str, Array]:
    """Return the ``(resamples,)`` values of ``statistic`` on documents drawn with replacement.

    Sentences of a document resemble each other, so whole documents are drawn (Efron & Tibshirani
    1993, chapter 13). One seed draws the same documents for every statistic, so values of two
    models can be subtracted.
    """
    rng = np.random.default_rng(seed)
    even = np.full(documents, 1 / documents)
    blocks = []
    for start in range(0, resamples, _BLOCK):
        drawn = rng.multinomial(documents, even, size=min(_BLOCK, resamples - start))
        blocks.append(statistic(drawn.astype(np.float64)))
    names = blocks[0] if blocks else {}
    return {name: np.concatenate([block[name] for block in blocks]) for name in names}


def figures(
    values: Mapping[str, Array],
    rests_on: Mapping[str, NDArray[np.bool_]],
    document: NDArray[np.int64],
    samples: Mapping[str, Array],
) -> dict[str, Figure]:
    """Return the ``(1,)`` ``values`` of all documents with intervals from their ``samples``.

    ``rests_on`` marks the sentences behind each figure and ``document`` numbers their documents
    from 0, both ``(n,)``. Fewer than ten documents have no interval: it would claim what they
    do not tell.
    """
    found = {}
    for name, mask in rests_on.items():
        value = number(values[name][0])
        behind = len(np.unique(document[mask]))
        known = value is not None and behind >= FEW_DOCUMENTS and name in samples
        low, high = interval(samples[name]) if known else (None, None)
        found[name] = Figure(value, low, high, int(mask.sum()), behind)
    return found


def interval(values: Array) -> tuple[float | None, float | None]:
    """Return the percentile interval of ``values``; undefined ones do not count towards it."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None, None
    low, high = np.quantile(defined, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


def number(value: float) -> float | None:
    """Return ``value`` as JSON knows it: ``None`` for ``nan``."""
    return None if np.isnan(value) else float(value)


def ratio(above: Array, below: Array) -> Array:
    """Return the quotient, ``nan`` where ``below`` is 0."""
    above, below = np.broadcast_arrays(above, below)
    quotient: Array = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return quotient
