"""Sentences in, labels out: load a model folder and classify with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from zhaojing.context import NO_CONTEXT, Context
from zhaojing.errors import InvalidModel, ZhaojingError
from zhaojing.heads import N_OUTPUTS, Array, Calibration, Logits, Thresholds, decide_roles
from zhaojing.labels import CATEGORIES, ROLES, Role
from zhaojing.mode import DEFAULT_MODE, Mode
from zhaojing.model_folder import LINEAR, ONNX, Manifest, default_folder
from zhaojing.normalize import normalize
from zhaojing.offline import stay_offline
from zhaojing.passage import PassageModel, find_passages

BATCH = 1024  # sentences the model is given at once


class Model(Protocol):
    """What a kind of model must offer; texts and contexts arrive normalised."""

    def logits(self, texts: Sequence[str], contexts: Sequence[Context]) -> Logits:
        """Return the raw outputs of ``texts``."""

    def relevance(self, text: str, context: Context, columns: Sequence[int]) -> Array:
        """Return what each character of ``text`` does for the outputs ``columns`` together."""

    def save(self, folder: Path) -> None:
        """Write all that ``load`` needs into ``folder``."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The labels of one sentence.

    Attributes
    ----------
    categories
        Ids of the practices over their threshold, in the guideline's order; none if the role
        is ``other``.
    category_scores, role_scores
        Calibrated probabilities by id, each in [0, 1]; those of the roles sum to 1.
    role
        The id of the likeliest role, but ``other`` only where no category given is likelier.
    embellishment_score
        Expected level / 3, in [0, 1].
    flagged
        Some category with a role other than ``measure``, or a score over its threshold.
    """

    categories: tuple[str, ...]
    category_scores: dict[str, float]
    role: str
    role_scores: dict[str, float]
    embellishment_score: float
    flagged: bool

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain data, scores rounded to four digits."""
        return {
            "categories": list(self.categories),
            "category_scores": {k: round(v, 4) for k, v in self.category_scores.items()},
            "role": self.role,
            "role_scores": {k: round(v, 4) for k, v in self.role_scores.items()},
            "embellishment_score": round(self.embellishment_score, 4),
            "flagged": self.flagged,
        }


def is_flagged(categories: Sequence[str], role: str, score: float, threshold: float) -> bool:
    """Tell whether a sentence deserves a look: the rule for predictions and gold alike."""
    return (bool(categories) and role != Role.MEASURE) or score >= threshold


class Classifier:
    """A loaded model; :meth:`load` is the usual way to get one."""

    def __init__(
        self,
        model: Model,
        manifest: Manifest,
        folder: Path | None = None,
        passage_model: PassageModel | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.model, self.manifest, self.folder = model, manifest, folder
        self.passage_model = passage_model
        self.thresholds = thresholds or manifest.thresholds[DEFAULT_MODE]

    @classmethod
    def load(cls, path: str | Path | None = None, *, mode: Mode = DEFAULT_MODE) -> Classifier:
        """Load a model folder; without ``path``, the default one.

        ``mode`` chooses among the thresholds that were fitted with the model: ``cautious`` for a
        precision of 0.95 where it can be had, ``balanced`` for the best F1, ``sensitive`` for
        the best F2, which counts a miss four times.

        Raises
        ------
        InvalidModel
            The folder is missing, damaged, or made for another version.
        MissingExtra
            The model is a torch encoder and the extra ``train`` is not installed, or an exported
            one and the extra ``onnx`` is not.
        """
        folder = default_folder() if path is None else Path(path)
        manifest = Manifest.read(folder)
        model: Model
        try:
            if manifest.kind == LINEAR:
                from zhaojing.linear import LinearModel

                model = LinearModel.load(folder)
            elif manifest.kind == ONNX:
                from zhaojing.onnx_model import OnnxModel

                model = OnnxModel.load(folder)
            else:
                stay_offline()
                from zhaojing.encoder import EncoderModel

                model = EncoderModel.load(folder)
            passage_model = PassageModel.load(folder) if manifest.looks_twice else None
        except FileNotFoundError as error:
            name = Path(error.filename or str(error)).name
            raise InvalidModel("model.file_missing", where=folder, name=name) from error
        except ZhaojingError:
            raise
        except Exception as error:  # loaders of third parties raise anything on a damaged folder
            raise InvalidModel("model.corrupt", where=folder, detail=repr(error)) from error
        return cls(model, manifest, folder, passage_model, manifest.thresholds[mode])

    def with_thresholds(self, thresholds: Thresholds) -> Classifier:
        """Return a classifier that decides by other thresholds, with the same model."""
        return Classifier(self.model, self.manifest, self.folder, self.passage_model, thresholds)

    def classify(
        self, sentences: Sequence[str], *, contexts: Sequence[Context | None] | None = None
    ) -> list[Prediction]:
        """Label ``sentences``, each with its context where one is given.

        Neighbours whose contexts name each other as predecessor are read as one passage, so
        the sentences of a document belong in one call, in order.

        Parameters
        ----------
        sentences
            Texts of one sentence each; any string is accepted, an empty one too.
        contexts
            As many as sentences; ``None`` for a sentence that stands alone.

        Raises
        ------
        TypeError
            ``sentences`` is a single string, or holds something else than strings.
        ValueError
            ``contexts`` is of another length.
        """
        if (
            isinstance(sentences, str)
            or not isinstance(sentences, Sequence)
            or not all(isinstance(text, str) for text in sentences)
        ):
            raise TypeError("classify() takes a sequence of strings")
        given = [None] * len(sentences) if contexts is None else list(contexts)
        if not all(context is None or isinstance(context, Context) for context in given):
            raise TypeError("contexts are Context objects or None")
        if len(given) != len(sentences):
            raise ValueError(f"{len(given)} contexts for {len(sentences)} sentences")
        used = given if self.manifest.uses_context else [None] * len(sentences)
        logits = self._logits(sentences, used)
        if self.passage_model is not None:
            logits = self.passage_model.correct(logits, find_passages(sentences, used))
        return decide(logits, self.manifest.calibration, self.thresholds)

    def _logits(self, sentences: Sequence[str], contexts: Sequence[Context | None]) -> Logits:
        columns = [np.empty((0, N_OUTPUTS))]
        for start in range(0, len(sentences), BATCH):
            batch = slice(start, start + BATCH)
            seen = [NO_CONTEXT if c is None else c.normalized() for c in contexts[batch]]
            texts = [normalize(text) for text in sentences[batch]]
            columns.append(self.model.logits(texts, seen).columns())
        return Logits.from_columns(np.concatenate(columns))


def decide(logits: Logits, calibration: Calibration, thresholds: Thresholds) -> list[Prediction]:
    """Turn logits into probabilities and these into labels."""
    probabilities = calibration.apply(logits)
    over = probabilities.categories >= np.array([thresholds.categories[c] for c in CATEGORIES])
    roles = decide_roles(probabilities, over)
    predictions = []
    for row, score in enumerate(probabilities.embellishment.tolist()):
        role = ROLES[roles[row]]
        # the guideline gives no category to a sentence whose role is "other"
        chosen = () if role == Role.OTHER else tuple(np.flatnonzero(over[row]))
        categories = tuple(CATEGORIES[column] for column in chosen)
        predictions.append(
            Prediction(
                categories=categories,
                category_scores=dict(
                    zip(CATEGORIES, probabilities.categories[row].tolist(), strict=True)
                ),
                role=role,
                role_scores=dict(zip(ROLES, probabilities.roles[row].tolist(), strict=True)),
                embellishment_score=score,
                flagged=is_flagged(categories, role, score, thresholds.embellishment),
            )
        )
    return predictions
