"""Committed predictions: one line a sentence, so that every published figure can be recomputed.

The first line holds the SHA-256 of the gold and of the training data they belong to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from zhaojing.classifier import Prediction
from zhaojing.records import Record, fingerprint


def write_predictions(
    records: Sequence[Record], predictions: Sequence[Prediction], path: Path, data: Sequence[Path]
) -> None:
    """Write what a model says of each sentence of ``records``; ``data`` are gold and train."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"data": [fingerprint(item) for item in data]}) + "\n")
        for (doc_id, number), given in zip(_places(records), predictions, strict=True):
            row = {
                "doc_id": doc_id,
                "sentence": number,
                "categories": given.categories,
                "role": given.role,
                "embellishment_score": round(given.embellishment_score, 6),
                "flagged": given.flagged,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_predictions(
    records: Sequence[Record], path: Path, data: Sequence[Path]
) -> list[Prediction]:
    """Read what :func:`write_predictions` wrote of the same ``records`` and ``data``."""
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    if json.loads(first) != {"data": [fingerprint(item) for item in data]}:
        raise ValueError(f"{path} is of other data; run the script that writes it again")
    rows = [json.loads(line) for line in lines]
    if [(row["doc_id"], row["sentence"]) for row in rows] != _places(records):
        raise ValueError(f"{path} is damaged; run the script that writes it again")
    return [
        Prediction(
            tuple(row["categories"]),
            {},
            row["role"],
            {},
            row["embellishment_score"],
            row["flagged"],
        )
        for row in rows
    ]


def _places(records: Sequence[Record]) -> list[tuple[str, int]]:
    return [(r.doc_id, i) for r in records for i in range(1, len(r.sentences) + 1)]
