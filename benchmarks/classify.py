"""Sentences per second of the default model against a scikit-learn pipeline of the same kind.

    make bench

The peer is what most people would write: ``TfidfVectorizer`` on characters 1-4 and on jieba words,
and one ``LogisticRegression`` an output. Runs alternate; the figure is the median ratio of five
pairs, so that a noisy machine harms both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_union

from zhaojing import Classifier
from zhaojing.records import read_records
from zhaojing.training.examples import Targets
from zhaojing.words import _known_spans, words

PAIRS = 5
SENTENCES = 1_000


def peer(texts: list[str], targets: Targets) -> Pipeline:
    """Fit the pipeline that scikit-learn's documentation would lead one to."""
    features = make_union(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
        TfidfVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 2), min_df=2),
    )
    outputs = OneVsRestClassifier(LogisticRegression(solver="liblinear", dual=True))
    roles = targets.roles[:, None] == np.arange(4)
    truth = np.concatenate([targets.binary(), roles], axis=1)
    return Pipeline([("features", features), ("outputs", outputs)]).fit(texts, truth)


def rate(work: Callable[[list[str]], object], texts: list[str]) -> float:
    """Return sentences per second."""
    _known_spans.cache_clear()  # or the second run would not cut a single word
    begun = time.perf_counter()
    work(texts)
    return len(texts) / (time.perf_counter() - begun)


def main() -> None:
    """Print both rates and their ratio."""
    records = read_records(Path(__file__).parents[1] / "data" / "train.jsonl")
    texts = [sentence.text for record in records for sentence in record.sentences]
    classifier, other = Classifier.load(), peer(texts, Targets.of(records))
    sample = texts[:SENTENCES]
    for work in (classifier.classify, other.predict_proba):
        work(sample[:50])
    pairs = [
        (rate(classifier.classify, sample), rate(other.predict_proba, sample)) for _ in range(PAIRS)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"zhaojing        {ours:8.0f} sentences/s")
    print(f"scikit-learn    {theirs:8.0f} sentences/s")
    print(f"ratio           {ratio:8.2f} (median of {PAIRS} pairs, {len(sample)} sentences)")


if __name__ == "__main__":
    main()
