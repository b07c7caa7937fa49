"""The words that carry a flag, as the model itself weighs them."""

from __future__ import annotations

from collections.abc import Sequence

from zhaojing.classifier import Model, Prediction
from zhaojing.context import NO_CONTEXT, Context
from zhaojing.heads import FLAG_LEVEL, N_CATEGORIES, N_ROLES
from zhaojing.labels import CATEGORIES, Role
from zhaojing.normalize import normalize
from zhaojing.segments import maximal_segments
from zhaojing.words import word_spans

Span = tuple[int, int]
MOST = 3  # phrases a sentence
_PRAISED = N_CATEGORIES + N_ROLES + FLAG_LEVEL - 1  # the column of P(level >= 2)


def find_evidence(
    model: Model,
    texts: Sequence[str],
    contexts: Sequence[Context | None],
    predictions: Sequence[Prediction],
) -> list[tuple[Span, ...]]:
    """Return for each sentence the spans of its text that carry its flag, strongest first.

    Sentences without a flag have none. What counts is the evidence for the categories given,
    or for the praise where a sentence is flagged for that alone.
    """
    found: list[tuple[Span, ...]] = []
    for text, context, prediction in zip(texts, contexts, predictions, strict=True):
        if not prediction.flagged:
            found.append(())
            continue
        seen = NO_CONTEXT if context is None else context.normalized()
        weights = model.relevance(normalize(text), seen, flag_columns(prediction))
        found.append(phrases(text, weights.tolist()))
    return found


def flag_columns(prediction: Prediction) -> list[int]:
    """Return the columns of the outputs for which a sentence is flagged."""
    if prediction.categories and prediction.role != Role.MEASURE:
        return [CATEGORIES.index(name) for name in prediction.categories]
    return [_PRAISED]


def phrases(text: str, weights: Sequence[float]) -> tuple[Span, ...]:
    """Return the runs of words with the most weight, at most :data:`MOST`, strongest first.

    ``weights`` has one value a character. A word counts with its weight less what a word of
    its length has on average, so that a phrase stops where it stops telling more than the rest.
    """
    spans = word_spans(normalize(text))
    sums = [sum(weights[start:end]) for start, end in spans]
    positive = sum(value for value in sums if value > 0)
    rate = positive / max(sum(end - start for start, end in spans), 1)
    excess = [value - rate * (end - start) for value, (start, end) in zip(sums, spans, strict=True)]
    runs = sorted(maximal_segments(excess), key=lambda run: -run[2])[:MOST]
    return tuple((spans[first][0], spans[last - 1][1]) for first, last, _ in runs)
