"""Shared fixtures: small annotated data and the models trained on it once a session."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from zhaojing.classifier import Classifier
from zhaojing.records import Record, read_records

ROOT = Path(__file__).parents[1]
DATA = sorted((ROOT / "data").glob("*.jsonl"))


def sentence(text: str = "会太多了。", **fields: Any) -> dict[str, Any]:
    """Return one annotated sentence as JSON data."""
    labels = {"categories": ["meetings"], "role": "problem", "embellishment_level": 0}
    return {"text": text, "heading": "", **labels, **fields}


def document(doc_id: str = "d1", *sentences: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return one annotated document as JSON data."""
    head = {"doc_id": doc_id, "genre": "整改报告", "title": "题", "source": "某县"}
    return {**head, "sentences": list(sentences or [sentence()]), **fields}


def write_jsonl(path: Path, *values: Any) -> Path:
    """Write ``values`` as JSON Lines and return ``path``."""
    path.write_text("".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values), "utf-8")
    return path


@pytest.fixture(autouse=True, scope="session")
def hear_ctrl_c() -> None:
    """A shell that starts us in the background has us, and our children, ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def some_records() -> list[Record]:
    """The first forty documents of the project's own data."""
    return read_records(*DATA)[:40]


@pytest.fixture(scope="session")
def default_classifier() -> Classifier:
    """The model that ships with the project."""
    return Classifier.load()
