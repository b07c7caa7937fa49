"""Predictions against gold labels: the metrics of ``zhaojing evaluate``.

Plain numpy, so that an office can check the tool with the base install; the tests hold every
figure against scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Classifier, Prediction, is_flagged
from zhaojing.heads import FLAG_LEVEL
from zhaojing.labels import CATEGORIES, LEVELS, MAX_LEVEL, ROLES, Role
from zhaojing.records import LabelledSentence, Record

Booleans = NDArray[np.bool_]


def predict(
    classifier: Classifier, records: Sequence[Record], *, with_context: bool = True
) -> list[Prediction]:
    """Classify every sentence of ``records``, in order, each in its context."""
    texts = [sentence.text for record in records for sentence in record.sentences]
    contexts = [context for record in records for context in record.contexts()]
    return classifier.classify(texts, contexts=contexts if with_context else None)


def evaluate(records: Sequence[Record], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return the metrics of ``predictions`` for the sentences of ``records``, in order.

    A figure that its data leave undefined (precision of a label never given, a correlation
    without variance) is ``None``; a macro average is over the labels that occur in
    gold or prediction.
    """
    gold = [sentence for record in records for sentence in record.sentences]
    if len(gold) != len(predictions):
        raise ValueError(f"{len(predictions)} predictions for {len(gold)} sentences")
    true = _category_matrix([sentence.categories for sentence in gold])
    given = _category_matrix([prediction.categories for prediction in predictions])
    true_problem = np.array([sentence.role == Role.PROBLEM for sentence in gold])[:, None]
    given_problem = np.array([p.role == Role.PROBLEM for p in predictions])[:, None]
    true_roles = np.array([ROLES.index(sentence.role) for sentence in gold])
    given_roles = np.array([ROLES.index(prediction.role) for prediction in predictions])
    per_role = [_counts(true_roles == r, given_roles == r) for r in range(len(ROLES))]
    levels = np.array([sentence.embellishment_level for sentence in gold])
    scores = np.array([prediction.embellishment_score for prediction in predictions])
    return {
        "n_sentences": len(gold),
        "n_documents": len(records),
        "categories": _multi_label(true, given),
        "problems": _multi_label(true & true_problem, given & given_problem),
        "role": {
            "accuracy": float((true_roles == given_roles).mean()),
            "macro_f1": _macro_f1(per_role),
            "per_label": dict(zip(ROLES, per_role, strict=True)),
        },
        "embellishment": {
            "quadratic_kappa": quadratic_kappa(levels, to_levels(scores)),
            "spearman": spearman(levels, scores),
            "mean_absolute_error": float(np.abs(levels / MAX_LEVEL - scores).mean()),
            "per_level": {str(level): int((levels == level).sum()) for level in LEVELS},
        },
        "flagged": _counts(
            np.array([gold_flagged(sentence) for sentence in gold]),
            np.array([prediction.flagged for prediction in predictions]),
        ),
    }


def gold_flagged(sentence: LabelledSentence) -> bool:
    """Tell whether the gold labels call for a flag: a practice not remedied, or level 2 and up."""
    return is_flagged(sentence.categories, sentence.role, sentence.embellishment_level, FLAG_LEVEL)


def to_levels(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round scores in [0, 1] to the nearest of the levels 0–3; halves go up."""
    return np.floor(scores * MAX_LEVEL + 0.5).astype(np.int64)


def quadratic_kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float | None:
    """Return Cohen's kappa with quadratic weights over the levels (Cohen 1968)."""
    size = MAX_LEVEL + 1
    observed = np.zeros((size, size))
    np.add.at(observed, (first, second), 1)
    return weighted_kappa(observed, np.subtract.outer(np.arange(size), np.arange(size)) ** 2)


def weighted_kappa(
    observed: NDArray[np.float64], distance: NDArray[np.float64 | np.int64]
) -> float | None:
    """Return Cohen's kappa of a contingency table with ``distance`` as weights (Cohen 1968)."""
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    chance = (distance * expected).sum()
    return float(1 - (distance * observed).sum() / chance) if chance else None


def spearman(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """Return Spearman's rank correlation, ties at their mean rank."""
    one, other = _mean_ranks(first), _mean_ranks(second)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def _mean_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=np.float64)


def _category_matrix(rows: Sequence[Sequence[str]]) -> Booleans:
    return np.array([[name in row for name in CATEGORIES] for row in rows], dtype=np.bool_)


def _multi_label(true: Booleans, given: Booleans) -> dict[str, Any]:
    per_label = [_counts(true[:, i], given[:, i]) for i in range(len(CATEGORIES))]
    return {
        "macro_f1": _macro_f1(per_label),
        "micro_f1": _counts(true.ravel(), given.ravel())["f1"],
        "per_label": dict(zip(CATEGORIES, per_label, strict=True)),
    }


def _counts(true: Booleans, given: Booleans) -> dict[str, float | int | None]:
    hits, support, claimed = int((true & given).sum()), int(true.sum()), int(given.sum())
    return {
        "precision": hits / claimed if claimed else None,
        "recall": hits / support if support else None,
        "f1": 2 * hits / (support + claimed) if support + claimed else None,
        "support": support,
    }


def _macro_f1(per_label: Sequence[dict[str, float | int | None]]) -> float | None:
    """Average the F1 of the labels that occur in gold or prediction."""
    found = [counts["f1"] for counts in per_label if counts["f1"] is not None]
    return float(np.mean(found)) if found else None
