"""Train the classical model: sparse features, one logistic regression an output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from zhaojing.classifier import Classifier, Prediction, decide
from zhaojing.context import NO_CONTEXT
from zhaojing.errors import InvalidConfig
from zhaojing.evaluation import predict
from zhaojing.features import Vectorizer
from zhaojing.heads import Logits
from zhaojing.linear import LinearModel
from zhaojing.mode import DEFAULT_MODE
from zhaojing.model_folder import LINEAR, Manifest
from zhaojing.records import Record
from zhaojing.training.calibrate import calibrate
from zhaojing.training.config import TrainingConfig
from zhaojing.training.examples import Targets, inputs, passages
from zhaojing.training.finish import finish
from zhaojing.training.passage import fit_passage_model


def train_linear(
    config: TrainingConfig, train: Sequence[Record], dev: Sequence[Record], *, resume: bool = False
) -> Path:
    """Cross-validate, fit on all of ``train``, and write the model folder.

    Calibration and thresholds come from the out-of-fold logits, so ``dev`` stays unseen and is
    only reported on. A run takes minutes, so ``resume`` has nothing to do.
    """
    if len(train) < 2:
        raise InvalidConfig("config.invalid", detail="cross-validation needs two documents or more")
    logits, alone, folds = cross_validate(config, train)
    targets = Targets.of(train)
    passage_model = None
    if config.context:
        passage_model, logits = fit_passage_model(
            logits, alone, passages(train), targets, folds, config.seed
        )
    manifest = calibrate(LINEAR, config.context, logits, targets)
    model = fit(config, train)
    classifier = Classifier(model, manifest, passage_model=passage_model)
    scored = {f"{folds.max() + 1}-fold cross-validation over documents": (
        train, _nested(manifest, logits, targets, folds)
    )}  # fmt: skip
    if dev:
        scored["dev"] = dev, predict(classifier, dev)
    return finish(config, classifier, train=train, scored=scored)


def cross_validate(
    config: TrainingConfig, records: Sequence[Record]
) -> tuple[Logits, Logits, NDArray[np.int64]]:
    """Return logits from models that never saw the document: in context, alone; and the folds."""
    splits = KFold(min(config.folds, len(records)), shuffle=True, random_state=config.seed)
    out: dict[int, NDArray[np.float64]] = {}
    fold_of: dict[int, int] = {}
    pairs = [(kept.tolist(), held.tolist()) for kept, held in splits.split(list(records))]
    for fold, (kept, held_out) in enumerate(track(pairs, description="cross-validation")):
        model = fit(config, [records[i] for i in kept])
        for i in held_out:
            both = (inputs([records[i]], context) for context in (config.context, False))
            out[i] = np.stack([model.logits(*given).columns() for given in both])
            fold_of[i] = fold
    documents = range(len(records))
    together, alone = np.concatenate([out[i] for i in documents], axis=1)
    folds = np.concatenate([np.full(out[i].shape[1], fold_of[i]) for i in documents])
    return Logits.from_columns(together), Logits.from_columns(alone), folds


def _nested(
    manifest: Manifest, logits: Logits, targets: Targets, folds: NDArray[np.int64]
) -> list[Prediction]:
    """Decide each fold with a calibration that was fitted on the others."""
    found: list[Prediction | None] = [None] * len(folds)
    for fold in range(folds.max() + 1):
        held_out = folds == fold
        others = calibrate(
            manifest.kind, manifest.uses_context, logits.take(~held_out), targets.take(~held_out)
        )
        balanced = others.thresholds[DEFAULT_MODE]
        predictions = decide(logits.take(held_out), others.calibration, balanced)
        for row, prediction in zip(np.flatnonzero(held_out), predictions, strict=True):
            found[row] = prediction
    return [prediction for prediction in found if prediction is not None]


def fit(config: TrainingConfig, records: Sequence[Record]) -> LinearModel:
    """Fit one logistic regression an output on every sentence of ``records``.

    With context on, each sentence is seen twice, in its context and alone, since the model
    must also serve sentences that come without one.
    """
    texts, contexts = inputs(records, config.context)
    targets = Targets.of(records)
    vectorizer = Vectorizer.fit(texts, contexts, min_count=config.min_count)
    if not vectorizer.features:
        raise InvalidConfig("train.no_features", count=config.min_count)
    columns = targets.columns()
    if config.context:
        texts, contexts = texts * 2, contexts + [NO_CONTEXT] * len(contexts)
        columns = np.concatenate([columns, columns])
    starts, where, values = vectorizer.transform(texts, contexts)
    rows = csr_matrix((values, where, starts), shape=(len(texts), len(vectorizer.features)))
    weights, bias = zip(*_regressions(rows, columns, config), strict=True)
    return LinearModel(
        vectorizer, np.stack(weights, axis=1).astype(np.float32), np.array(bias, dtype=np.float32)
    )


def _regressions(
    rows: csr_matrix, columns: NDArray[np.bool_], config: TrainingConfig
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield the weights and the bias of each output."""
    for truth in columns.T:
        positives, total = truth.sum(), len(truth)
        if positives in (0, total):  # nothing to learn: the prior, smoothed
            yield (
                np.zeros(rows.shape[1]),
                float(np.log((positives + 0.5) / (total - positives + 0.5))),
            )
            continue
        regression = LogisticRegression(
            C=config.regularization, solver="liblinear", dual=True, max_iter=2000,
            random_state=config.seed,
        )  # fmt: skip
        regression.fit(rows, truth)
        yield regression.coef_[0], float(regression.intercept_[0])
