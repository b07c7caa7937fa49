"""Committed predictions: one line a sentence, so that every published figure can be recomputed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from zhaojing.classifier import Prediction
from zhaojing.records import Record


def write_predictions(
    records: Sequence[Record], predictions: Sequence[Prediction], path: Path
) -> None:
    """Write what a model says of each sentence of ``records``."""
    places = [(r.doc_id, i) for r in records for i in range(1, len(r.sentences) + 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for (doc_id, number), given in zip(places, predictions, strict=True):
            row = {
                "doc_id": doc_id,
                "sentence": number,
                "categories": given.categories,
                "role": given.role,
                "embellishment_score": round(given.embellishment_score, 3),
                "flagged": given.flagged,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_predictions(records: Sequence[Record], path: Path) -> list[Prediction]:
    """Read what :func:`write_predictions` wrote of the same ``records``."""
    places = [(r.doc_id, i) for r in records for i in range(1, len(r.sentences) + 1)]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if [(row["doc_id"], row["sentence"]) for row in rows] != places:
        raise ValueError(f"{path} is of other data; run the script that writes it again")
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
