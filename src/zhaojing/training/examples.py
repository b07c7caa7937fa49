"""Annotated records as what a model is fed and what it should say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhaojing.context import NO_CONTEXT, Context
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES
from zhaojing.normalize import normalize
from zhaojing.passage import find_passages
from zhaojing.records import LabelledSentence, Record


def inputs(records: Sequence[Record], context: bool) -> tuple[list[str], list[Context]]:
    """Return the normalised sentences of ``records`` and their contexts."""
    texts = [normalize(s.text) for record in records for s in record.sentences]
    if not context:
        return texts, [NO_CONTEXT] * len(texts)
    return texts, [c.normalized() for record in records for c in record.contexts()]


def passages(records: Sequence[Record]) -> list[slice]:
    """Return the runs of sentences, among all of ``records``, that follow each other."""
    return find_passages(*inputs(records, context=True))


@dataclass(frozen=True, slots=True)
class Targets:
    """Gold labels as arrays: ``(n, 6)`` booleans, ``(n,)`` role indices, ``(n,)`` levels."""

    categories: NDArray[np.bool_]
    roles: NDArray[np.int64]
    levels: NDArray[np.int64]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Targets:
        """Collect the labels of all sentences of ``records``, in order."""
        gold: list[LabelledSentence] = [s for record in records for s in record.sentences]
        return cls(
            np.array([[name in s.categories for name in CATEGORIES] for s in gold], dtype=np.bool_),
            np.array([ROLES.index(s.role) for s in gold], dtype=np.int64),
            np.array([s.embellishment_level for s in gold], dtype=np.int64),
        )

    def take(self, rows: NDArray[np.bool_]) -> Targets:
        """Return the targets of some sentences."""
        return Targets(self.categories[rows], self.roles[rows], self.levels[rows])

    def columns(self) -> NDArray[np.bool_]:
        """Return the target of every output, ``(n, 13)``, in the order of the heads."""
        binary, size = self.binary(), self.categories.shape[1]
        roles = self.roles[:, None] == np.arange(len(ROLES))
        return np.concatenate([binary[:, :size], roles, binary[:, size:]], axis=1)

    def binary(self) -> NDArray[np.bool_]:
        """Return the targets of the binary heads: categories, then level > 0, 1, 2."""
        exceed = self.levels[:, None] > np.arange(MAX_LEVEL)
        return np.concatenate([self.categories, exceed], axis=1)
