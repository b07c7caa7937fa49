"""Gold and predictions side by side, one row a sentence: what every figure is computed from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Prediction, is_flagged
from zhaojing.errors import InvalidRecords
from zhaojing.heads import FLAG_LEVEL, Array
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES, Role
from zhaojing.records import LabelledSentence, Record

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Labels of ``n`` sentences in ``documents`` documents; roles are indices into ``ROLES``."""

    document: Integers  # (n,): from 0, rising
    weight: Array  # (n,): how many sentences each stands for
    categories: Flags  # (n, 6)
    role: Integers  # (n,)
    level: Integers  # (n,)
    flagged: Flags  # (n,)
    given_categories: Flags
    given_role: Integers
    score: Array  # (n,): of embellishment, in [0, 1]
    given_flagged: Flags
    category_scores: Array  # (n, 6), or (n, 0) where predictions state no probabilities
    role_scores: Array  # (n, 4), or (n, 0)

    @classmethod
    def of(cls, records: Sequence[Record], predictions: Sequence[Prediction]) -> Outcomes:
        """Put each sentence of ``records`` beside its prediction, in order.

        Raises
        ------
        ValueError
            There is no sentence, or not one prediction for each.
        InvalidRecords
            A sampling weight is not a number above 0.
        """
        gold = [sentence for record in records for sentence in record.sentences]
        if not gold:
            raise ValueError("there is nothing to evaluate")
        if len(gold) != len(predictions):
            raise ValueError(f"{len(predictions)} predictions for {len(gold)} sentences")
        stated = all(p.category_scores and p.role_scores for p in predictions)
        return cls(
            document=np.repeat(np.arange(len(records)), [len(r.sentences) for r in records]),
            weight=np.array([_weight(s, r.doc_id) for r in records for s in r.sentences]),
            categories=_indicators([s.categories for s in gold]),
            role=np.array([ROLES.index(s.role) for s in gold]),
            level=np.array([s.embellishment_level for s in gold]),
            flagged=np.array([gold_flagged(s) for s in gold]),
            given_categories=_indicators([p.categories for p in predictions]),
            given_role=np.array([ROLES.index(p.role) for p in predictions]),
            score=np.array([p.embellishment_score for p in predictions], dtype=np.float64),
            given_flagged=np.array([p.flagged for p in predictions], dtype=np.bool_),
            category_scores=_scores([p.category_scores for p in predictions], CATEGORIES, stated),
            role_scores=_scores([p.role_scores for p in predictions], ROLES, stated),
        )

    def __len__(self) -> int:
        return len(self.document)

    @property
    def documents(self) -> int:
        """The number of documents, those without a sentence at the end left out."""
        return int(self.document[-1]) + 1

    @property
    def stated(self) -> bool:
        """Whether the predictions state probabilities."""
        return bool(self.role_scores.size)

    @property
    def problem(self) -> Flags:
        """``(n, 6)``: a practice in the role of a problem, in gold."""
        return np.asarray(self.categories & (self.role == PROBLEM)[:, None])

    @property
    def given_problem(self) -> Flags:
        """``(n, 6)``: a practice in the role of a problem, as given."""
        return np.asarray(self.given_categories & (self.given_role == PROBLEM)[:, None])

    @property
    def given_level(self) -> Integers:
        """``(n,)``: the level nearest to the score."""
        return to_levels(self.score)

    @property
    def right(self) -> Flags:
        """``(n,)``: whether practices and role are both right."""
        same = (self.categories == self.given_categories).all(axis=1)
        return np.asarray(same & (self.role == self.given_role))

    def by_document(self, values: NDArray[np.bool_] | NDArray[np.number]) -> Array:
        """Return the weighted sums of ``(n, ...)`` values over each document."""
        columns = self.weight[:, None] * values.reshape(len(self), -1)
        sums = np.zeros((self.documents, columns.shape[1]))
        np.add.at(sums, self.document, columns)
        return sums.reshape(self.documents, *values.shape[1:])


PROBLEM, MEASURE, OTHER = (ROLES.index(role) for role in (Role.PROBLEM, Role.MEASURE, Role.OTHER))


def gold_flagged(sentence: LabelledSentence) -> bool:
    """Tell whether the gold labels call for a flag: a practice not remedied, or level 2 and up."""
    return is_flagged(sentence.categories, sentence.role, sentence.embellishment_level, FLAG_LEVEL)


def to_levels(scores: NDArray[np.floating]) -> Integers:
    """Round scores in [0, 1] to the nearest of the levels 0–3; halves go up."""
    return np.asarray(np.floor(scores * MAX_LEVEL + 0.5), dtype=np.int64)


def _weight(sentence: LabelledSentence, doc_id: str) -> float:
    weight = sentence.extra.get("weight", 1.0)
    usable = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not usable or not math.isfinite(weight) or weight <= 0:
        raise InvalidRecords("records.weight", where=doc_id, value=repr(weight))
    return float(weight)


def _indicators(rows: Sequence[Sequence[str]]) -> Flags:
    return np.array([[name in row for name in CATEGORIES] for row in rows])


def _scores(rows: Sequence[dict[str, float]], names: Sequence[str], stated: bool) -> Array:
    if not stated:
        return np.empty((len(rows), 0))
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
