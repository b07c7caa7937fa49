"""The published figures are of the data and the model that stand beside them."""

from __future__ import annotations

import json

import pytest

from conftest import ROOT
from zhaojing.classifier import Classifier
from zhaojing.evaluation import evaluate, predict
from zhaojing.records import fingerprint, read_records

PAGE = (ROOT / "docs/results.md").read_text("utf-8")


@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_page_shows_the_shipped_model(split: str, default_classifier: Classifier) -> None:
    records = read_records(ROOT / f"data/{split}.jsonl")
    metrics = evaluate(records, predict(default_classifier, records), resamples=0)
    count = metrics["n_sentences"]
    head = f"## {split}: {len(records)} documents, {count:,} sentences\n"
    section = PAGE.partition(head)[2].partition("\n## ")[0]
    row = next(line for line in section.splitlines() if "shipped model" in line)
    for value in (
        metrics["categories"]["macro_f1"],
        metrics["problems"]["macro_f1"],
        metrics["role"]["accuracy"],
        metrics["flagged"]["precision"],
    ):
        assert f"| {value:.3f} (" in row


def test_committed_predictions_are_of_these_data() -> None:
    files = sorted((ROOT / "results").glob("*/*.jsonl"))
    assert files
    for file in files:
        with file.open(encoding="utf-8") as lines:
            said = json.loads(next(lines))["data"]
        data = [ROOT / f"data/{file.stem}.jsonl", ROOT / "data/train.jsonl"]
        assert said == [fingerprint(path) for path in data], file
