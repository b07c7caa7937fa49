"""The second look: what a model says of a sentence, corrected by what it says of its neighbours.

A practice is told in several sentences, and most of them name it once at best. So the outputs of
the sentences around are inputs of a second, small model: stacked sequential learning (Cohen &
Carvalho 2005, IJCAI). It works on any kind of model, since it sees outputs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from zhaojing.context import Context
from zhaojing.heads import N_OUTPUTS, Array, Logits, sigmoid

Weights = NDArray[np.float32]
PASSAGE_FILE = "passage.safetensors"
REACH = 2  # sentences to either side that are seen one by one
DECAYS = (0.5, 0.8, 0.95)  # weight of a sentence k away is decay**k
N_SURROUNDINGS = N_OUTPUTS * (1 + 2 * REACH + len(DECAYS)) + 2 * REACH
_TENSORS = ("hidden", "hidden_bias", "output", "output_bias")
_WINDOW = 200  # sentences; a passage is cut there, so that the work stays linear


class PassageModel:
    """A network of one hidden layer from a sentence's surroundings to its corrected logits.

    ``hidden`` has shape ``(N_SURROUNDINGS, units)``, ``hidden_bias`` ``(units,)``, ``output``
    ``(units, N_OUTPUTS)``, ``output_bias`` ``(N_OUTPUTS,)``; the units are rectified.
    """

    def __init__(
        self, hidden: Weights, hidden_bias: Weights, output: Weights, output_bias: Weights
    ) -> None:
        units = len(hidden_bias)
        shapes = hidden.shape, output.shape, output_bias.shape
        if shapes != ((N_SURROUNDINGS, units), (units, N_OUTPUTS), (N_OUTPUTS,)):
            raise ValueError(f"weights of shapes {shapes} do not fit together")
        if not all(np.isfinite(part).all() for part in (hidden, hidden_bias, output, output_bias)):
            raise ValueError("weights that are no finite numbers")
        self.hidden, self.hidden_bias = hidden, hidden_bias
        self.output, self.output_bias = output, output_bias

    def __call__(self, seen: Array) -> Array:
        """Return ``(n, N_OUTPUTS)`` logits for ``(n, N_SURROUNDINGS)`` surroundings."""
        units = np.maximum(seen @ self.hidden.astype(np.float64) + self.hidden_bias, 0)
        # products of other sizes differ in their last bits, and company must not show
        return np.round(units @ self.output.astype(np.float64) + self.output_bias, 6)

    def correct(self, logits: Logits, passages: Sequence[slice]) -> Logits:
        """Return the corrected logits of all sentences."""
        return Logits.from_columns(self(surroundings(logits, passages)))

    def save(self, folder: Path) -> None:
        """Write the weights."""
        save_file({name: getattr(self, name) for name in _TENSORS}, folder / PASSAGE_FILE)

    @classmethod
    def load(cls, folder: Path) -> PassageModel:
        """Read what :meth:`save` wrote."""
        tensors = load_file(folder / PASSAGE_FILE)
        return cls(*(tensors[name] for name in _TENSORS))


def find_passages(texts: Sequence[str], contexts: Sequence[Context | None]) -> list[slice]:
    """Cut ``texts`` into runs in which each names the one before it as its predecessor."""
    starts = [
        row
        for row, context in enumerate(contexts)
        if row == 0 or context is None or not texts[row - 1] or context.previous != texts[row - 1]
    ]
    return [slice(start, end) for start, end in pairwise([*starts, len(texts)])]


def surroundings(logits: Logits, passages: Sequence[slice]) -> Array:
    """Return what the second model sees of each sentence, ``(n, N_SURROUNDINGS)``.

    In this order: its own logits; the probabilities of each sentence up to ``REACH`` before and
    after it, and whether there is one; the mean of all others, with weights that decay with
    distance. Nothing tells how long the passage is: ours are shorter than whole reports. A
    sentence alone has zeros.
    """
    own = logits.columns()
    seen = np.zeros((len(own), N_SURROUNDINGS))
    seen[:, :N_OUTPUTS] = own
    for part in (part for passage in passages for part in _cut(passage)):
        if part.stop - part.start > 1:
            seen[part] = _of_passage(own[part])
    return seen


def _cut(passage: slice) -> list[slice]:
    return [
        slice(start, min(start + _WINDOW, passage.stop))
        for start in range(passage.start, passage.stop, _WINDOW)
    ]


def _of_passage(own: Array) -> Array:
    size = len(own)
    probabilities = sigmoid(own)
    columns = [own]
    for step in range(1, REACH + 1):
        for offset in (-step, step):
            neighbour, there = np.zeros_like(own), np.zeros((size, 1))
            target = slice(max(0, -offset), max(0, size - max(0, offset)))
            source = slice(max(0, offset), max(0, size + min(0, offset)))
            neighbour[target], there[target] = probabilities[source], 1
            columns += [neighbour, there]
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    for decay in DECAYS:
        weights = decay**distance * (distance > 0)
        total = weights.sum(axis=1, keepdims=True)
        columns.append(weights @ probabilities / np.maximum(total, 1e-9))
    return np.concatenate(columns, axis=1)
