"""The classical model at inference time: sparse rows times a weight matrix, numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from zhaojing.context import Context
from zhaojing.features import Vectorizer
from zhaojing.heads import N_OUTPUTS, Array, Logits

WEIGHTS_FILE = "model.safetensors"
VOCABULARY_FILE = "vocabulary.txt"


class LinearModel:
    """Logistic regressions, one column an output, over one sparse row a sentence.

    ``weights`` has shape ``(n_features, N_OUTPUTS)``, ``bias`` ``(N_OUTPUTS,)``.
    """

    def __init__(
        self, vectorizer: Vectorizer, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> None:
        expected = (len(vectorizer), N_OUTPUTS)
        if weights.shape != expected or bias.shape != (N_OUTPUTS,):
            raise ValueError(f"weights {weights.shape} do not fit {expected}")
        if not all(np.isfinite(part).all() for part in (weights, bias, vectorizer.idf)):
            raise ValueError("weights that are no finite numbers")
        self.vectorizer, self.weights, self.bias = vectorizer, weights, bias

    def logits(self, texts: Sequence[str], contexts: Sequence[Context]) -> Logits:
        """Return the logits of normalised ``texts`` in normalised ``contexts``."""
        starts, columns, values = self.vectorizer.transform(texts, contexts)
        out = np.empty((len(texts), N_OUTPUTS), dtype=np.float32)
        for row in range(len(texts)):
            here = slice(starts[row], starts[row + 1])
            out[row] = values[here] @ self.weights[columns[here]] + self.bias
        return Logits.from_columns(out)

    def relevance(self, text: str, context: Context, columns: Sequence[int]) -> Array:
        """Return what each character of normalised ``text`` adds to the outputs ``columns``.

        Exact, since an output is a sum over the features: each shares its part evenly among its
        occurrences and their characters. Length, heading and sentence before are left out.
        """
        features, shares, starts, ends = self.vectorizer.located(text)
        weights = self.weights[features][:, list(columns)].sum(axis=1)
        added = shares * weights / (ends - starts)
        edges = np.zeros(len(text) + 1)  # what begins to count at a place, less what ends there
        np.add.at(edges, starts, added)
        np.subtract.at(edges, ends, added)
        return np.cumsum(edges)[:-1]

    def save(self, folder: Path) -> None:
        """Write weights (half precision: they are sums of thousands of terms) and vocabulary."""
        tensors: dict[str, NDArray[Any]] = {
            "weights": self.weights.astype(np.float16),
            "bias": self.bias.astype(np.float32),
            "idf": self.vectorizer.idf.astype(np.float32),
        }
        save_file(tensors, folder / WEIGHTS_FILE)
        (folder / VOCABULARY_FILE).write_bytes(self.vectorizer.vocabulary)

    @classmethod
    def load(cls, folder: Path) -> LinearModel:
        """Read what :meth:`save` wrote."""
        tensors = load_file(folder / WEIGHTS_FILE)
        vectorizer = Vectorizer((folder / VOCABULARY_FILE).read_bytes(), tensors["idf"])
        return cls(vectorizer, tensors["weights"].astype(np.float32), tensors["bias"])
