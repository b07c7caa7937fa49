"""Word vectors: a sentence's numbers, their place in a row, their way to disk and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhaojing import Context
from zhaojing.features import VECTOR_BLOCKS, Vectorizer
from zhaojing.heads import N_OUTPUTS
from zhaojing.linear import LinearModel
from zhaojing.vectors import WordVectors


@pytest.fixture
def vectors() -> WordVectors:
    table = np.array([[3.0, 4.0], [0.0, -2.0]], dtype=np.float32)
    return WordVectors(["会议", "文件"], table, np.array([1.0, 0.5], dtype=np.float32))


def test_a_sentence_is_its_weighted_mean_beside_its_maximum(vectors: WordVectors) -> None:
    both = vectors.sentence(["会议", "文件", "不认识"])
    # mean: (3, 4) + 0.5 · (0, -2) = (3, 3); maximum: (3, 4); each of unit length
    assert both == pytest.approx([0.5**0.5, 0.5**0.5, 0.6, 0.8])
    assert vectors.sentence(["不认识"]) is None


def test_it_stands_behind_the_tf_idf_columns(vectors: WordVectors) -> None:
    context = Context(previous="文件")
    vectorizer = Vectorizer.fit(["会议"], [context], min_count=1, vectors=vectors)
    _, columns, values = vectorizer.transform(["会议"], [context])
    start = len(vectorizer.features)
    assert vectorizer.width == start + len(VECTOR_BLOCKS) * vectors.width
    row = dict(zip(columns.tolist(), values.tolist(), strict=True))
    scales = [scale for scale, _ in VECTOR_BLOCKS]
    assert [row[start + i] for i in range(4)] == pytest.approx(
        [scales[0] * x for x in (0.6, 0.8, 0.6, 0.8)]
    )
    assert row[start + 5] == pytest.approx(-scales[1])
    assert start + 8 not in row  # no heading, no columns


def test_saved_and_loaded_they_give_the_same(tmp_path: Path, vectors: WordVectors) -> None:
    texts, contexts = ["会议文件", "天气"], [Context(), Context(heading="会议", previous="文件")]
    vectorizer = Vectorizer.fit(texts, contexts, min_count=1, vectors=vectors)
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(vectorizer.width, N_OUTPUTS)).astype(np.float16).astype(np.float32)
    model = LinearModel(vectorizer, weights, np.zeros(N_OUTPUTS, dtype=np.float32))
    model.save(tmp_path)
    before, after = (m.logits(texts, contexts) for m in (model, LinearModel.load(tmp_path)))
    for one, other in ((before.categories, after.categories), (before.levels, after.levels)):
        assert one == pytest.approx(other, abs=1e-3)


def test_sizes_must_agree(vectors: WordVectors) -> None:
    with pytest.raises(ValueError, match="1 words"):
        WordVectors(["会议"], vectors.vectors, vectors.weights)
