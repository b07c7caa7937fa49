"""Sentences per second of an exported encoder against ``transformers.pipeline``, weights the same.

    python benchmarks/encoder.py [SENTENCES]

The encoder is random: six layers, 384 wide, 8,000 characters; speed does not ask for more. The peer
is what most people would write, one sentence at a time and in batches of 32, on one thread as ours
is. Runs alternate; the figure is the median ratio of five rounds, in processor time, so that what
else runs on the machine harms all alike.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from zhaojing.encoder import EncoderModel, MultiTaskEncoder
from zhaojing.encoder_io import beside
from zhaojing.model_folder import ENCODER, Manifest
from zhaojing.normalize import normalize
from zhaojing.onnx_model import OnnxModel
from zhaojing.records import read_records
from zhaojing.training.examples import inputs
from zhaojing.training.export import export_model

ROUNDS = 5
VOCABULARY = 8_000
Work = Callable[[], object]


def encoder(folder: Path, characters: list[str]) -> Any:
    """Write a random encoder into ``folder`` and return it with its tokenizer."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    fill = [f"[unused{n}]" for n in range(VOCABULARY - len(special) - len(characters))]
    vocabulary = folder.with_name("vocabulary.txt")
    vocabulary.write_text("\n".join([*special, *characters, *fill]), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(vocab=str(vocabulary))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=6,
        intermediate_size=1536,
    )
    model = EncoderModel(MultiTaskEncoder(transformers.BertModel(config)), tokenizer, 192)
    folder.mkdir()
    model.save(folder)
    Manifest(ENCODER).write(folder)
    return model


def peer(model: Any) -> Any:
    """Return the pipeline: the same encoder under a classifier's head."""
    network = transformers.BertForSequenceClassification(model.network.encoder.config)
    network.bert.load_state_dict(model.network.encoder.state_dict(), strict=False)
    return transformers.pipeline(
        "text-classification", model=network.eval(), tokenizer=model.tokenizer, device="cpu"
    )


def seconds(work: Work) -> float:
    """Return the processor time of one run."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Print the rates and their ratios."""
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found, around = inputs(read_records(Path(__file__).parents[1] / "data" / "dev.jsonl"), True)
    texts = [normalize(text) for text in found]
    contexts = [context.normalized() for context in around]
    characters = sorted({char for text in texts for char in text if not char.isspace()})
    picked = np.random.default_rng(0).permutation(len(texts))[:count]
    texts, contexts = [texts[i] for i in picked], [contexts[i] for i in picked]
    pairs = list(zip(texts, map(beside, contexts), strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        model = encoder(Path(scratch) / "torch", characters)
        folder = export_model(Path(scratch) / "torch", Path(scratch) / "onnx")
        ours, pipe = OnnxModel.load(folder), peer(model)
        given = [{"text": text, "text_pair": other} for text, other in pairs]
        cut = {"truncation": "longest_first", "max_length": 192}
        works: dict[str, Work] = {
            "zhaojing": lambda: ours.logits(texts, contexts),
            "pipeline, one at a time": lambda: [pipe(item, **cut) for item in given],
            "pipeline, batches of 32": lambda: pipe(given, batch_size=32, **cut),
        }
        rounds = [{k: seconds(work) for k, work in works.items()} for _ in range(ROUNDS)]
    for name in rounds[0]:
        rate = statistics.median(count / times[name] for times in rounds)
        ratio = statistics.median(times[name] / times["zhaojing"] for times in rounds)
        print(f"{name:25} {rate:7.1f} sentences/s   zhaojing is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
