"""Word vectors: what a sentence means beyond the words seen in training.

A sentence is the mean of its word vectors, frequent words weighted down (SIF, Arora, Liang & Ma
2017), beside their element-wise maximum; both of unit length.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

VECTORS_FILE = "vectors.safetensors"
WORDS_FILE = "words.txt"


class WordVectors:
    """Vectors of ``words``, shape ``(n_words, size)``, and the SIF weight of each word."""

    def __init__(
        self, words: Sequence[str], vectors: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> None:
        if len(words) != len(vectors) or len(words) != len(weights):
            raise ValueError(f"{len(words)} words, {len(vectors)} vectors, {len(weights)} weights")
        self.words, self.vectors, self.weights = list(words), vectors, weights
        self._row = {word: row for row, word in enumerate(self.words)}

    @property
    def width(self) -> int:
        """How many numbers stand for a sentence."""
        return 2 * int(self.vectors.shape[1])

    def sentence(self, tokens: Sequence[str]) -> NDArray[np.float32] | None:
        """Return the ``(width,)`` vector of a sentence, ``None`` if it has no known word."""
        rows = [row for token in tokens if (row := self._row.get(token)) is not None]
        if not rows:
            return None
        found = self.vectors[rows].astype(np.float32)
        mean = self.weights[rows] @ found
        return np.concatenate([_unit(mean), _unit(found.max(axis=0))])

    def save(self, folder: Path) -> None:
        """Write the vectors, in half precision, and the words."""
        tensors: dict[str, NDArray[Any]] = {
            "vectors": self.vectors.astype(np.float16),
            "weights": self.weights.astype(np.float32),
        }
        save_file(tensors, folder / VECTORS_FILE)
        (folder / WORDS_FILE).write_bytes("".join(f"{word}\n" for word in self.words).encode())

    @classmethod
    def load(cls, folder: Path) -> WordVectors:
        """Read what :meth:`save` wrote."""
        tensors = load_file(folder / VECTORS_FILE)
        words = (folder / WORDS_FILE).read_bytes().decode("utf-8").split("\n")[:-1]
        return cls(words, tensors["vectors"], tensors["weights"])


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vector)
    return (vector / length if length else vector).astype(np.float32)
