"""Write the corpus as rows of token ids, without padding, in shards that can be carried.

A folder of packed rows holds ``rows-000.npy`` and on (``uint16``, shape ``(rows, row_length)``),
the tokenizer, and ``packing.json``: the settings and what was read, left out and kept. Rows are
shuffled over all sources, so any shard is a fair sample of the whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from transformers import PreTrainedTokenizerFast

from zhaojing.errors import InvalidConfig
from zhaojing.output import check_folder, write_atomically
from zhaojing.pretraining.config import PretrainingConfig
from zhaojing.pretraining.overlap import evaluation_grams, leave_out
from zhaojing.pretraining.sources import Document, Source, read_sources
from zhaojing.pretraining.tokenizer import CLS, SEP, learn_tokenizer
from zhaojing.records import fingerprint

PACKING_FILE = "packing.json"
HELD_OUT_FILE = "held-out.npy"
SHARD_BYTES = 16 * 2**20
# of every source, the documents kept for the loss that is reported: the tenth, the 110th ...
_HELD_OUT_FIRST, _HELD_OUT_EVERY = 9, 100
_HELD_OUT_ROWS = 512
_CHUNK = 2000  # documents tokenised at once
Rows = NDArray[np.uint16]


def pack(config: PretrainingConfig) -> Path:
    """Read, clean, tokenise and pack the corpus of ``config``; return the folder."""
    folder = config.packed
    annotated = [fingerprint(path) for path in (*config.records, *config.exclude)]
    settings = config.packing() | {"annotated": annotated}
    if (folder / PACKING_FILE).is_file():
        if read_packing(folder)["settings"] != settings:
            raise InvalidConfig("pretrain.other_rows", where=folder)
        return folder
    check_folder(folder)
    for stale in folder.glob("*.npy"):  # of a run that broke off
        stale.unlink()
    console = Console(stderr=True)
    sources, report = _clean(config, console)
    tokenizer = learn_tokenizer(
        (line for source in sources for document in source.documents for line in document),
        config.vocabulary,
    )
    tokenizer.save_pretrained(folder)
    rng = np.random.default_rng(config.seed)
    parts, held_out = [], []
    for source in sources:
        copies = config.weights.get(source.name, 1.0)
        held_out += source.documents[_HELD_OUT_FIRST::_HELD_OUT_EVERY]
        del source.documents[_HELD_OUT_FIRST::_HELD_OUT_EVERY]
        rows = _rows(tokenizer, _weighted(source.documents, copies, rng), config.row_length)
        parts.append(rows)
        report[source.name] |= {"weight": copies, "rows": len(rows)}
        source.documents = []  # a third of the memory each
    rows = np.concatenate(parts)
    del parts
    if not len(rows):
        raise InvalidConfig("config.invalid", where=config.corpus, detail="too few words for a row")
    rng.shuffle(rows)
    aside = _rows(tokenizer, held_out, config.row_length)
    np.save(folder / HELD_OUT_FILE, rng.permutation(aside)[:_HELD_OUT_ROWS])
    per_shard = max(1, SHARD_BYTES // (2 * config.row_length))
    for number, start in enumerate(range(0, len(rows), per_shard)):
        np.save(folder / f"rows-{number:03d}.npy", rows[start : start + per_shard])
    summary = {
        "settings": settings,
        "vocabulary": len(tokenizer),
        "rows": len(rows),
        "tokens": int(rows.size),
        "shards": -(-len(rows) // per_shard),
        "sources": report,
    }
    with write_atomically(folder / PACKING_FILE) as file:  # last: it says that all is there
        json.dump(summary, file, ensure_ascii=False, indent=1)
    console.print(f"{len(rows):,} rows of {config.row_length} tokens")
    return folder


def read_packing(folder: Path) -> dict[str, Any]:
    """Return the summary that :func:`pack` wrote."""
    value: dict[str, Any] = json.loads((folder / PACKING_FILE).read_text(encoding="utf-8"))
    return value


def _clean(config: PretrainingConfig, console: Console) -> tuple[list[Source], dict[str, Any]]:
    """Read all sources without evaluation text and repetition, and say what went."""
    from zhaojing.pretraining.duplicates import Seen  # not needed where rows are packed

    grams = evaluation_grams(config.exclude)
    seen = Seen()
    sources, report = [], {}
    known = set()
    for source in read_sources(config.corpus, config.records):
        known.add(source.name)
        if config.weights.get(source.name, 1.0) == 0:
            continue
        evaluation = leave_out(source, grams)
        paragraphs, documents = seen.remove_from(source)
        report[source.name] = {
            "bytes_read": source.bytes_read,
            "characters_kept": source.characters,
            "documents_kept": len(source.documents),
            "duplicate_paragraphs": paragraphs,
            "duplicate_documents": documents,
            "evaluation_paragraphs": evaluation,
        }
        console.print(source.name, report[source.name])
        sources.append(source)
    if unknown := sorted(set(config.weights) - known):
        raise InvalidConfig("config.invalid", detail=f"weights of unknown sources {unknown}")
    return sources, report


def _weighted(documents: list[Document], copies: float, rng: np.random.Generator) -> list[Document]:
    """Return every document ``copies`` times, a fraction being a chance, in random order."""
    whole, part = divmod(copies, 1.0)
    counts = int(whole) + (rng.random(len(documents)) < part)
    order = rng.permutation(np.repeat(np.arange(len(documents)), counts))
    return [documents[i] for i in order]


def _rows(tokenizer: PreTrainedTokenizerFast, documents: list[Document], length: int) -> Rows:
    """Tokenise and pack: ``[CLS]``, text with ``[SEP]`` between documents, ``[SEP]``."""
    core = tokenizer.backend_tokenizer
    stream = []
    for start in range(0, len(documents), _CHUNK):
        texts = ["".join(document) for document in documents[start : start + _CHUNK]]
        for encoding in core.encode_batch(texts, add_special_tokens=False):
            stream.append(np.array([*encoding.ids, SEP], dtype=np.uint16))
    if not stream:
        return np.empty((0, length), dtype=np.uint16)
    flat = np.concatenate(stream)
    inside = length - 2
    body = flat[: len(flat) // inside * inside].reshape(-1, inside)
    rows = np.full((len(body), length), SEP, dtype=np.uint16)
    rows[:, 0], rows[:, 1:-1] = CLS, body
    return rows
