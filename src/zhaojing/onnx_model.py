"""An exported encoder at inference time: onnxruntime on the CPU, no torch.

Sentences are computed one at a time, so that each gives the same numbers to the last bit in any
company. On a CPU this is also the quicker way, since nothing is padded (docs/decisions/0011).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.context import Context
from zhaojing.encoder_io import beside, occlude, to_logits
from zhaojing.errors import InvalidModel, MissingExtra
from zhaojing.heads import N_OUTPUTS, Array, Logits
from zhaojing.offline import stay_offline

stay_offline()
try:
    import onnxruntime
    from tokenizers import Tokenizer
except ModuleNotFoundError as error:
    raise MissingExtra("onnx") from error

onnxruntime.disable_telemetry_events()  # what Windows builds log of each model

GRAPH_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_BYTES = 2**31 - 1  # what the format can hold without files beside it


class OnnxModel:
    """A graph in ONNX with its tokenizer, which also holds the length that sentences are cut to.

    ``graph`` and ``tokenizer`` are the contents of the two files.

    Raises
    ------
    ValueError
        The graph refers to other files, takes or gives something unknown, or there is no limit of
        length. onnxruntime and tokenizers raise more for damaged contents.
    """

    def __init__(self, graph: bytes, tokenizer: bytes) -> None:
        # the key that names a file of weights, which onnxruntime would open, or an address it
        # would read; an export has no such word in it
        if b"location" in graph:
            raise ValueError("the graph refers to other files")
        self._files = {GRAPH_FILE: graph, TOKENIZER_FILE: tokenizer}
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._tokenizer.no_padding()
        if self._tokenizer.truncation is None:
            raise ValueError("the tokenizer cuts at no length")
        self._session = onnxruntime.InferenceSession(
            graph, _options(), providers=["CPUExecutionProvider"]
        )
        self._inputs = [put.name for put in self._session.get_inputs()]
        self._compute("", "")

    def logits(self, texts: Sequence[str], contexts: Sequence[Context]) -> Logits:
        """Return the logits of ``texts``; a pair that occurs again is not computed again."""
        pairs = list(zip(texts, map(beside, contexts), strict=True))
        rows = {pair: self._row(*pair) for pair in dict.fromkeys(pairs)}
        return to_logits(np.array([rows[pair] for pair in pairs]).reshape(-1, N_OUTPUTS))

    def relevance(self, text: str, context: Context, columns: Sequence[int]) -> Array:
        """Return by how much the outputs ``columns`` fall without each word of ``text``."""
        return occlude(self.logits, text, context, columns)

    def save(self, folder: Path) -> None:
        """Write both files as they were read."""
        for name, content in self._files.items():
            (folder / name).write_bytes(content)

    @classmethod
    def load(cls, folder: Path) -> OnnxModel:
        """Read what :meth:`save` wrote; nothing else is opened."""
        if (folder / GRAPH_FILE).stat().st_size > MAX_BYTES:
            raise ValueError(f"{GRAPH_FILE} is larger than the format allows")
        return cls((folder / GRAPH_FILE).read_bytes(), (folder / TOKENIZER_FILE).read_bytes())

    def _row(self, text: str, other: str) -> NDArray[np.float32]:
        try:
            return self._compute(text, other)
        except Exception as error:  # a graph may fail on some lengths or tokens only
            raise InvalidModel("model.corrupt", where=GRAPH_FILE, detail=repr(error)) from error

    def _compute(self, text: str, other: str) -> NDArray[np.float32]:
        tokens: Any = self._tokenizer.encode(text, other)
        columns = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.attention_mask,
            "token_type_ids": tokens.type_ids,
        }
        feed = {name: np.array([columns[name]], dtype=np.int64) for name in self._inputs}
        out = self._session.run(["logits"], feed)[0]
        if out.shape != (1, N_OUTPUTS) or not np.isfinite(out).all():
            raise ValueError(f"outputs of shape {out.shape}, or that are no finite numbers")
        return np.asarray(out[0], dtype=np.float32)


def _options() -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # faults come as exceptions
    # the other format it would recognise may refer to files too
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return options
