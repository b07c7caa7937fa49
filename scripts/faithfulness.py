"""Do the words shown as evidence carry the flag? ``python scripts/faithfulness.py > results/evidence.json``.

Comprehensiveness is what the flag's probability loses without them, sufficiency what it loses when
nothing else is left (DeYoung et al. 2020, ACL): the first should be high, the second low. Beside
the words shown stand as many at random, and those that leaving out one word at a time would choose.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zhaojing import Classifier
from zhaojing.evaluation import predict
from zhaojing.evidence import flag_columns, phrases
from zhaojing.heads import Array, sigmoid
from zhaojing.normalize import normalize
from zhaojing.records import read_records
from zhaojing.words import word_spans

Spans = Sequence[tuple[int, int]]
SEED = 0
RESAMPLES = 2000


def masked(text: str, spans: Spans) -> tuple[str, str]:
    """Return ``text`` without ``spans``, and ``spans`` alone."""
    inside = np.zeros(len(text), dtype=bool)
    for start, end in spans:
        inside[start:end] = True
    chosen = "".join(char for char, within in zip(text, inside, strict=True) if within)
    rest = "".join(char for char, within in zip(text, inside, strict=True) if not within)
    return rest, chosen


def occlusion(classifier: Classifier, text: str, context, columns: list[int]) -> Array:
    """Return by how much the outputs fall without each word, shared among its characters."""
    out = np.zeros(len(text))
    spans = word_spans(text)
    cut = [text, *(text[:start] + text[end:] for start, end in spans)]
    values = classifier.model.logits(cut, [context] * len(cut)).columns()[:, columns].sum(axis=1)
    for (start, end), value in zip(spans, values[1:], strict=True):
        out[start:end] = (values[0] - value) / (end - start)
    return out


def at_random(text: str, spans: Spans, rng: np.random.Generator) -> Spans:
    """Return words drawn at random until they have as many characters as ``spans``."""
    wanted, words = sum(end - start for start, end in spans), word_spans(text)
    drawn: list[tuple[int, int]] = []
    for index in rng.permutation(len(words)):
        if sum(end - start for start, end in drawn) >= wanted:
            break
        drawn.append(words[index])
    return drawn


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=Path("data/test.jsonl"))
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    classifier, records = Classifier.load(options.model), read_records(options.gold)
    predictions = iter(predict(classifier, records))
    rng = np.random.default_rng(SEED)
    documents: list[Array] = []  # a sentence a row: two measures of three ways to choose
    shares = []
    for record in records:
        rows = []
        for sentence, context in zip(record.sentences, record.contexts(), strict=True):
            prediction = next(predictions)
            if not prediction.flagged:
                continue
            text, seen, columns = (
                normalize(sentence.text), context.normalized(), flag_columns(prediction)
            )  # fmt: skip
            shown = phrases(text, classifier.model.relevance(text, seen, columns).tolist())
            occluded = phrases(text, occlusion(classifier, text, seen, columns).tolist())
            if not shown or not occluded:
                continue
            chosen = (shown, at_random(text, shown, rng), occluded)
            given = [text, *(part for spans in chosen for part in masked(text, spans))]
            logits = classifier.model.logits(given, [seen] * len(given)).columns()[:, columns]
            fallen = sigmoid(logits[:1]).mean() - sigmoid(logits[1:]).mean(axis=1)
            rows.append(fallen.reshape(3, 2))
            shares.append(sum(end - start for start, end in shown) / len(text))
        if rows:
            documents.append(np.stack(rows))
    draws = rng.integers(len(documents), size=(RESAMPLES, len(documents)))
    sums, sizes = np.stack([d.sum(axis=0) for d in documents]), np.array(list(map(len, documents)))
    spread = sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)[:, None, None]
    mean, ends = sums.sum(axis=0) / sizes.sum(), np.percentile(spread, [2.5, 97.5], axis=0)
    figures = {
        chooser: {
            measure: [round(float(value), 3) for value in (mean[i, j], *ends[:, i, j])]
            for j, measure in enumerate(("comprehensiveness", "sufficiency"))
        }
        for i, chooser in enumerate(("shown", "random", "occlusion"))
    }
    counts = {"sentences": int(sizes.sum()), "documents": len(documents)}
    share = round(float(np.mean(shares)), 3)
    print(
        json.dumps({"gold": options.gold.name, "seed": SEED, **counts, "share": share, **figures})
    )


if __name__ == "__main__":
    main()
