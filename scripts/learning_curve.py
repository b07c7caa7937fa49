"""Train the classical model on parts of the training set: ``python scripts/learning_curve.py``.

For each share, documents are drawn with the seed; what the model says of dev and test goes to
``results/``, where ``scripts/results.py`` reads it. About five minutes on two cores.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from predictions import write_predictions
from zhaojing import Classifier
from zhaojing.evaluation import predict
from zhaojing.records import read_records, write_records
from zhaojing.training import TrainingConfig, train_model

ROOT = Path(__file__).parents[1]
SHARES = (10, 30)
SEED = 0
TRAIN = ROOT / "data/train.jsonl"


def main() -> None:
    """Train once a share and write the predictions."""
    records = read_records(TRAIN)
    order = np.random.default_rng(SEED).permutation(len(records))
    for share in SHARES:
        chosen = [records[i] for i in sorted(order[: len(records) * share // 100])]
        with tempfile.TemporaryDirectory() as scratch:
            part = Path(scratch) / "train.jsonl"
            write_records(chosen, part)
            given = {"train": part, "dev": [], "output": Path(scratch) / "model"}
            config = TrainingConfig.build(ROOT / "models/default.toml", given)
            classifier = Classifier.load(train_model(config))
        for split in ("dev", "test"):
            file = ROOT / f"data/{split}.jsonl"
            gold = read_records(file)
            target = ROOT / "results" / f"tfidf-{share}" / f"{split}.jsonl"
            write_predictions(gold, predict(classifier, gold), target, [file, TRAIN])


if __name__ == "__main__":
    main()
