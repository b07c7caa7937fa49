"""Every headline figure of a set of predictions, with its support and interval.

The tests hold every figure against scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Classifier, Prediction
from zhaojing.evaluation.calibration import calibration_errors
from zhaojing.evaluation.tallies import SUPPORT, Tallies, bootstrap, f1, precision, recall
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.records import LabelledSentence, Record


def predict(
    classifier: Classifier, records: Sequence[Record], *, with_context: bool = True
) -> list[Prediction]:
    """Classify every sentence of ``records``, in order, each in its context."""
    texts = [sentence.text for record in records for sentence in record.sentences]
    contexts = [context for record in records for context in record.contexts()]
    return classifier.classify(texts, contexts=contexts if with_context else None)


def evaluate(
    records: Sequence[Record], predictions: Sequence[Prediction], *, resamples: int = 10_000
) -> dict[str, Any]:
    """Return the metrics of ``predictions`` for the sentences of ``records``, in order.

    A figure that its data leave undefined (precision of a label never given, a correlation
    without variance) is ``None``; a macro average is over the labels that occur in
    gold or prediction. ``intervals`` holds 95 % bootstrap intervals over documents by the names
    of the metrics; ``resamples=0`` leaves them out.
    """
    gold = [sentence for record in records for sentence in record.sentences]
    if not gold:
        raise ValueError("there is nothing to evaluate")
    if len(gold) != len(predictions):
        raise ValueError(f"{len(predictions)} predictions for {len(gold)} sentences")
    tallies = Tallies.of(records, predictions)
    total = tallies.total()
    metrics: dict[str, Any] = {"n_sentences": len(gold), "n_documents": len(records)}
    for name, values in total.headline().items():
        group, metric = name.split(".")
        metrics.setdefault(group, {})[metric] = _number(values[0])
    levels = np.array([sentence.embellishment_level for sentence in gold])
    scores = np.array([prediction.embellishment_score for prediction in predictions])
    metrics["categories"]["per_label"] = _per_label(CATEGORIES, total.categories[0])
    metrics["problems"]["per_label"] = _per_label(CATEGORIES, total.problems[0])
    metrics["role"]["per_label"] = _per_label(ROLES, total.role_counts()[0])
    metrics["embellishment"]["spearman"] = spearman(levels, scores)
    metrics["embellishment"]["per_level"] = {str(k): int((levels == k).sum()) for k in LEVELS}
    metrics["flagged"]["support"] = int(total.flagged[0, SUPPORT])
    for head, error in calibration_errors(gold, predictions).items():
        metrics[head]["calibration_error"] = error
    if resamples:
        metrics["intervals"] = bootstrap(tallies, resamples=resamples)
    return metrics


def part(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    keep: Callable[[Record, LabelledSentence], bool],
) -> tuple[list[Record], list[Prediction]]:
    """Return the sentences that ``keep`` chooses, still in their documents, and what they got."""
    given: Iterator[Prediction] = iter(predictions)
    chosen, theirs = [], []
    for record in records:
        pairs = list(zip(record.sentences, islice(given, len(record.sentences)), strict=True))
        kept = [(sentence, p) for sentence, p in pairs if keep(record, sentence)]
        if kept:
            chosen.append(replace(record, sentences=tuple(sentence for sentence, _ in kept)))
            theirs += [p for _, p in kept]
    return chosen, theirs


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


def _per_label(names: Sequence[str], counts: Array) -> dict[str, dict[str, float | int | None]]:
    columns = zip(names, precision(counts), recall(counts), f1(counts), counts, strict=True)
    return {
        name: {
            "precision": _number(p),
            "recall": _number(r),
            "f1": _number(f),
            "support": int(row[SUPPORT]),
        }
        for name, p, r, f, row in columns
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
