"""Make of a fine-tuned torch encoder a folder that runs without torch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zhaojing.classifier import Classifier, Model
from zhaojing.errors import InvalidConfig, InvalidModel, MissingExtra
from zhaojing.heads import N_OUTPUTS
from zhaojing.model_folder import ENCODER, ONNX, Manifest
from zhaojing.output import refuse_overwriting
from zhaojing.training.finish import CARD_FILE, check_output, libraries, write_folder

OPSET = 18  # the exporter's own, which needs no conversion
BLOCK = 16  # weights that share a scale
_CARD = """
## Export

The weights were rounded to eight bits on export to ONNX. The figures above are those of the model
before: measure the export with `zhaojing evaluate`.
"""


def export_model(source: Path, output: Path) -> Path:
    """Write the encoder in ``source`` as a folder of kind ``onnx`` and return ``output``.

    Calibration, thresholds, second look, provenance and card are carried over.

    Raises
    ------
    InvalidConfig
        ``source`` holds another kind of model, or ``output`` something else than a model.
    InvalidModel
        ``source`` is missing or damaged, or its encoder cannot be expressed in ONNX.
    MissingExtra
        The extras ``train`` and ``onnx`` are not installed.
    OutputFailed
        ``output`` is ``source``, or nothing can be written there.
    """
    check_output(output)
    refuse_overwriting(output, source)
    kind = Manifest.read(source).kind
    if kind != ENCODER:
        raise InvalidConfig("export.kind", where=source, kind=kind)
    classifier = Classifier.load(source)
    model = _converted(classifier.model, source)
    origin = classifier.manifest.provenance | {"export": libraries("onnx", "onnxruntime", "torch")}
    manifest = replace(classifier.manifest, kind=ONNX, provenance=origin)
    card = source / CARD_FILE
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    exported = Classifier(model, manifest, passage_model=classifier.passage_model)
    write_folder(exported, output, text + _CARD)
    return output


def _converted(model: Any, source: Path) -> Model:
    """Return the same encoder with eight-bit weights and a tokenizer that cuts by itself."""
    from zhaojing.onnx_model import OnnxModel  # the extra may be missing

    tokenizer = model.tokenizer.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_length, strategy="longest_first")
    try:
        with _quietly():
            graph = _rounded(_graph(model.network, model.tokenizer.model_input_names))
            return OnnxModel(graph, tokenizer.to_str().encode("utf-8"))
    except ModuleNotFoundError as error:
        raise MissingExtra("train") from error
    except Exception as error:  # whatever the exporter meets in an encoder it does not know
        raise InvalidModel("export.failed", where=source, detail=repr(error)) from error


def _graph(network: Any, names: list[str]) -> Any:
    """Return ``network`` as an ONNX model of any batch and length."""
    import torch

    class Columns(torch.nn.Module):
        """The network with tensors in and a tensor out, as the exporter wants it."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: torch.Tensor) -> Any:
            return self.network(**dict(zip(names, inputs, strict=True)))["logits"]

    example = tuple(torch.ones((2, 7), dtype=torch.int64) for _ in names)
    axes = {0: "batch", 1: "length"}
    program = torch.onnx.export(
        Columns().eval(),
        example,
        input_names=names,
        output_names=["logits"],
        opset_version=OPSET,
        dynamic_shapes=((axes,) * len(names),),
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise ValueError("the exporter returned nothing")
    return program.model_proto


def _rounded(model: Any) -> bytes:
    """Store the weights in eight bits, a scale for each :data:`BLOCK` of them in a row.

    onnxruntime multiplies them out once, when it loads the file, and computes in single precision.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    restore = []
    for tensor in list(graph.initializer):
        # the last layer is small, and stands next to the labels
        if (
            tensor.data_type != TensorProto.FLOAT
            or len(tensor.dims) != 2
            or N_OUTPUTS in tensor.dims
        ):
            continue
        weights = numpy_helper.to_array(tensor)
        if weights.size % BLOCK:
            continue
        blocks = weights.reshape(-1, BLOCK)
        scale = np.maximum(np.abs(blocks).max(axis=1, keepdims=True), 1e-30) / 127
        parts = {
            "rounded": np.round(blocks / scale).astype(np.int8),
            "scale": scale.astype(np.float32),
            "shape": np.array(weights.shape, dtype=np.int64),
        }
        name = tensor.name
        graph.initializer.remove(tensor)
        for part, value in parts.items():
            graph.initializer.append(numpy_helper.from_array(value, f"{name}.{part}"))
        restore += [
            helper.make_node("Cast", [f"{name}.rounded"], [f"{name}.cast"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [f"{name}.blocks"]),
            helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
        ]
    _strip(model)
    nodes = [*restore, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return bytes(model.SerializeToString())


def _strip(model: Any) -> None:
    """Take out the exporter's notes, which name the source files of this machine."""
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField("doc_string")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep from the user what the exporters say of their own future and of absent libraries."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
