"""The card of a pre-trained encoder: what it read, for how long, and how well it guesses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from zhaojing.pretraining.config import PretrainingConfig

_POINTS = 12  # of the loss curve that are printed; the file holds them all


def encoder_card(
    config: PretrainingConfig,
    packing: dict[str, Any],
    *,
    parameters: int,
    tokens_seen: int,
    minutes: float,
    losses: Sequence[dict[str, float]],
    held_out: float,
    hardware: str,
) -> str:
    """Return the card as Markdown; every figure comes from the run."""
    names = ("characters_kept", "duplicate_paragraphs", "duplicate_documents",
             "evaluation_paragraphs", "weight", "rows")  # fmt: skip
    sources = "\n".join(
        f"| {name} | {part['bytes_read']:,} | " + " | ".join(f"{part[n]:,}" for n in names) + " |"
        for name, part in packing["sources"].items()
    )
    step = max(1, math.ceil(len(losses) / _POINTS))
    curve = "\n".join(
        f"| {p['step']:,} | {p['minutes']:.1f} | {p['tokens']:,} | {p['loss']:.3f} |"
        for p in losses[step - 1 :: step]
    )
    dropped = sum(part["evaluation_paragraphs"] for part in packing["sources"].values())
    names_of = {file["file"]: file["sha256"] for file in packing["settings"]["annotated"]}
    excluded = ", ".join(f"`{n}` ({names_of[n][:12]}…)" for n in packing["settings"]["exclude"])
    excluded = excluded or "no file"
    return f"""# Model card: zhaojing encoder

## Model details

A Chinese encoder of ModernBERT's type, trained from scratch as a masked language model:
{config.layers} layers, width {config.width}, {config.width // config.head_width} heads,
{parameters:,} parameters, {packing["vocabulary"]:,} tokens in the vocabulary, rows of
{config.row_length} tokens, {config.mask_share:.0%} of them hidden in spans. Finished on
{datetime.now(UTC).strftime("%Y-%m-%d")} in {minutes:.0f} minutes on {hardware}; seed
{config.seed}. Input must be normalised as in `zhaojing.normalize`.

## Intended use

To be fine-tuned for sentence classification (`zhaojing train --encoder`). It writes nothing and
knows nothing that a person should rely on.

## Training data

{packing["tokens"]:,} tokens in {packing["rows"]:,} rows, of which {tokens_seen:,} tokens were
seen ({tokens_seen / packing["tokens"]:.2f} epochs). {dropped:,} paragraphs that share a run of 13
characters with {excluded} were left out, so were repeated paragraphs and nearly repeated documents. A weight is the number of copies of a source.

| source | bytes read | characters kept | repeated paragraphs | repeated documents | evaluation paragraphs | weight | rows |
|---|---|---|---|---|---|---|---|
{sources}

## Metrics

Loss on rows never trained on: {held_out:.3f} nats a hidden token (perplexity
{math.exp(held_out):.1f}).

| step | minutes | tokens | training loss |
|---|---|---|---|
{curve}

The whole curve is in `loss.jsonl`.

## Limits

News and law outweigh reports; text before 2000, dialects and traditional characters are rare.
It was chosen by what a classifier fine-tuned from it scores, never by this loss.
"""
