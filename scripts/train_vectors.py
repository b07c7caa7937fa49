"""Train the word vectors that the classical model uses, from unlabelled Chinese text.

    pip install '.[vectors]'
    python scripts/train_vectors.py CORPUS_FOLDER models/vectors

``CORPUS_FOLDER`` holds ``NAME.txt.xz`` files, a paragraph a line. Skip-gram with negative sampling
(Mikolov et al. 2013). About ten minutes on two CPU cores: eight to cut the words, two to train.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence

from zhaojing.features import compact, words
from zhaojing.normalize import normalize
from zhaojing.vectors import WordVectors

SEED = 0
SIZE = 64  # dimensions; 128 scored no better in cross-validation
KEPT_WORDS = 30_000  # the most frequent ones; the tail adds megabytes and nothing on dev
SIF_SCALE = 1e-3
# the share of lines taken, 1 where not named: laws and general news would outweigh reports
SHARES = {
    "cctv_xwlb_2012-2026": 0.5,
    "customs_regulations": 0.2,
    "laws_lawbasecn": 0.3,
    "laws_lawrefbook": 0.25,
    "laws_waystowork": 0.3,
    "news_qq_2022-2024": 0.35,
}


def cut(corpus: Path, target: Path) -> dict[str, int]:
    """Write the words of the sampled lines to ``target``; return the bytes used a source."""
    draw = random.Random(SEED)  # noqa: S311  # sampling, not secrecy
    used: dict[str, int] = {}
    with target.open("w", encoding="utf-8") as file:
        for path in sorted(corpus.glob("*.txt.xz")):
            name = path.name.removesuffix(".txt.xz")
            used[name] = 0
            with lzma.open(path, "rt", encoding="utf-8") as source:
                for line in source:
                    text = line.strip()[:600]
                    if len(text) < 8 or draw.random() > SHARES.get(name, 1.0):
                        continue
                    tokens = words(compact(normalize(text)))
                    if len(tokens) > 3:
                        file.write(" ".join(tokens) + "\n")
                        used[name] += len(text.encode())
            print(name, used[name], flush=True)
    return used


def main(corpus: Path, output: Path) -> None:
    """Cut, train, centre, and write vectors and their origin."""
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "words.txt"
        used = cut(corpus, text)
        model = Word2Vec(
            LineSentence(str(text)),
            vector_size=SIZE,
            window=5,
            min_count=8,
            sg=1,
            negative=8,
            sample=1e-4,
            epochs=3,
            workers=2,
            seed=SEED,
        )
    table = model.wv
    counts = np.array(
        [table.get_vecattr(word, "count") for word in table.index_to_key], dtype=float
    )
    kept = slice(0, KEPT_WORDS)
    vectors = table.vectors[kept] / np.linalg.norm(table.vectors[kept], axis=1, keepdims=True)
    # the common direction of all words says how frequent they are, not what they mean
    vectors -= np.average(vectors, axis=0, weights=counts[kept])
    weights = SIF_SCALE / (SIF_SCALE + counts[kept] / counts.sum())
    output.mkdir(parents=True, exist_ok=True)
    WordVectors(table.index_to_key[kept], vectors, weights).save(output)
    origin = {"method": "skip-gram", "size": SIZE, "seed": SEED, "bytes": used}
    (output / "origin.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
