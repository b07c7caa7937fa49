"""Fit the second look (:mod:`zhaojing.passage`) on logits of sentences the model never saw."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from zhaojing.heads import Logits
from zhaojing.passage import PassageModel, surroundings
from zhaojing.training.calibrate import fit_calibration
from zhaojing.training.examples import Targets

# chosen by cross-validation on train: docs/decisions/0007
FEWEST = 1500  # sentences
_STILL = 0.01
_HIDDEN = 96
_PENALTY = 3.0
_EPOCHS = 40


def fit_passage_model(
    logits: Logits,
    alone: Logits,
    passages: Sequence[slice],
    targets: Targets,
    folds: NDArray[np.int64],
    seed: int,
) -> tuple[PassageModel | None, Logits]:
    """Return the model, and the logits that it corrects in folds it was not fitted on.

    Where sentences are too few, or the held-out log loss does not fall, it has learnt noise:
    then there is none, and ``logits`` stay.

    ``logits`` are held-out outputs of the first model in context, ``alone`` those without;
    every sentence is a row of both kinds, since the second look must also leave a sentence
    that comes alone as it was. ``folds`` is the ``(n,)`` fold of each sentence.
    """
    if len(folds) < FEWEST or folds.max() == 0:
        return None, logits
    together = surroundings(logits, passages)
    apart = surroundings(alone, [slice(row, row + 1) for row in range(len(folds))])
    truth = targets.columns()
    corrected = np.empty((len(folds), truth.shape[1]))
    for fold in range(folds.max() + 1):
        kept = folds != fold
        model = _fit(together[kept], apart[kept], truth[kept], seed)
        corrected[~kept] = model(together[~kept])
    second = Logits.from_columns(corrected)
    if _log_loss(second, targets) >= _log_loss(logits, targets):
        return None, logits
    return _fit(together, apart, truth, seed), second


def _log_loss(logits: Logits, targets: Targets) -> float:
    """Return the mean log loss of the categories, both looks calibrated alike."""
    given = fit_calibration(logits, targets).apply(logits).categories
    return float(-np.log(np.where(targets.categories, given, 1 - given) + 1e-12).mean())


def _fit(
    together: NDArray[np.float64],
    apart: NDArray[np.float64],
    truth: NDArray[np.bool_],
    seed: int,
) -> PassageModel:
    rows, targets = np.concatenate([together, apart]), np.concatenate([truth, truth])
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    # an input that never changed here says nothing, and must not shout when it changes later
    spread[spread < _STILL] = np.inf
    network = MLPClassifier(
        (_HIDDEN,),
        alpha=_PENALTY,
        batch_size=256,
        max_iter=_EPOCHS,
        random_state=seed,
        n_iter_no_change=_EPOCHS,
    )
    with warnings.catch_warnings():  # a fixed number of passes is meant
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit((rows - mean) / spread, targets.astype(np.int64))
    (first, second), (first_bias, second_bias) = network.coefs_, network.intercepts_
    first = first / spread[:, None]
    return PassageModel(
        hidden=first.astype(np.float32),
        hidden_bias=(first_bias - mean @ first).astype(np.float32),
        output=second.astype(np.float32),
        output_bias=second_bias.astype(np.float32),
    )
