"""What goes into an encoder and what comes out of it, whether torch computes it or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.context import Context
from zhaojing.heads import Array, Logits, sigmoid
from zhaojing.words import word_spans


def beside(context: Context) -> str:
    """Return what a sentence is paired with: its heading path and the sentence before it."""
    return " ".join(filter(None, (context.heading, context.previous)))


def to_logits(columns: NDArray[Any]) -> Logits:
    """Turn the ``(n, 13)`` outputs of the network into heads with cumulative level logits."""
    raw = Logits.from_columns(columns)
    exceed = np.clip(np.cumprod(sigmoid(raw.levels), axis=1), 1e-6, 1 - 1e-6)
    return Logits(raw.categories, raw.roles, np.log(exceed / (1 - exceed)))


def occlude(
    logits: Callable[[Sequence[str], Sequence[Context]], Logits],
    text: str,
    context: Context,
    columns: Sequence[int],
) -> Array:
    """Return by how much the outputs ``columns`` fall without each word of ``text``.

    Occlusion (Zeiler & Fergus 2014, ECCV) a word at a time, shared evenly among its characters.
    """
    out = np.zeros(len(text))
    spans = word_spans(text)
    cut = [text, *(text[:start] + text[end:] for start, end in spans)]
    values = logits(cut, [context] * len(cut)).columns()[:, columns].sum(axis=1)
    for (start, end), value in zip(spans, values[1:], strict=True):
        out[start:end] = (values[0] - value) / (end - start)
    return out
