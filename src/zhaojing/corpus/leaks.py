"""Two probes for a corpus that gives itself away.

Can a bag of characters tell training documents from test documents of the same genre? Can the
labels be guessed from length and punctuation alone? Both should be close to chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from zhaojing.labels import ROLES
from zhaojing.normalize import normalize
from zhaojing.records import Record

_MARKS = ",.;:!?\"'()、。<>%0123456789《》"


@dataclass(frozen=True, slots=True)
class LabelLeak:
    """Balanced accuracy of guessing from length and punctuation, beside chance."""

    field: str
    found: float
    chance: float


def split_leak(train: Sequence[Record], test: Sequence[Record]) -> tuple[float, int] | None:
    """Return the AUC of telling test documents from training ones, and the documents compared.

    Only genres that both splits have count. 0.5 is chance. ``None`` if under five on a side.
    """
    shared = {record.genre for record in train} & {record.genre for record in test}
    rows = [(record, False) for record in train if record.genre in shared]
    rows += [(record, True) for record in test if record.genre in shared]
    truth = np.array([is_test for _, is_test in rows])
    if min(truth.sum(), (~truth).sum()) < 5:
        return None
    texts = [normalize("".join(s.text for s in record.sentences)) for record, _ in rows]
    model = make_pipeline(
        CountVectorizer(analyzer="char", min_df=2),
        Normalizer(),
        LogisticRegression(C=10, class_weight="balanced", max_iter=2000),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(model, texts, truth, cv=folds, method="decision_function")
    return float(roc_auc_score(truth, scores)), len(rows)


def label_leaks(records: Sequence[Record]) -> list[LabelLeak]:
    """Return how well length and punctuation alone give away role, category and praise."""
    sentences = [sentence for record in records for sentence in record.sentences]
    documents = np.concatenate([[i] * len(r.sentences) for i, r in enumerate(records)])
    shape = np.array([_shape(normalize(sentence.text)) for sentence in sentences])
    targets = {
        "role": np.array([ROLES.index(s.role) for s in sentences]),
        "any category": np.array([bool(s.categories) for s in sentences]).astype(int),
        "any praise": np.array([s.embellishment_level > 0 for s in sentences]).astype(int),
    }
    folds = GroupKFold(5)
    found = []
    for field, truth in targets.items():
        guesses = [
            cross_val_predict(model, shape, truth, cv=folds, groups=documents)
            for model in (
                HistGradientBoostingClassifier(class_weight="balanced", random_state=0),
                DummyClassifier(strategy="most_frequent"),
            )
        ]
        found.append(LabelLeak(field, *(float(balanced_accuracy_score(truth, g)) for g in guesses)))
    return found


def _shape(text: str) -> list[int]:
    return [len(text), *(text.count(mark) for mark in _MARKS)]
