"""Fine-tune an encoder with transformers' Trainer."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from zhaojing.classifier import Classifier, decide
from zhaojing.encoder import EncoderModel, encode, load_pretrained
from zhaojing.encoder_io import to_logits
from zhaojing.errors import InvalidConfig
from zhaojing.evaluation import evaluate
from zhaojing.mode import DEFAULT_MODE
from zhaojing.model_folder import ENCODER, Manifest
from zhaojing.records import Record
from zhaojing.training.calibrate import calibrate
from zhaojing.training.config import TrainingConfig
from zhaojing.training.examples import Targets, inputs, passages
from zhaojing.training.finish import fingerprints, finish
from zhaojing.training.passage import fit_passage_model

RUN_FILE = "run.json"  # beside the checkpoints: what run they are of


def train_encoder(
    config: TrainingConfig, train: Sequence[Record], dev: Sequence[Record], *, resume: bool = False
) -> Path:
    """Fine-tune with early stopping on ``dev``, calibrate on ``dev``, write the model folder.

    Checkpoints lie beside the model in ``<output>-checkpoints``; ``resume`` goes on from the
    last of them.

    Raises
    ------
    InvalidConfig
        The encoder cannot be found or loaded, or ``resume`` finds another run's checkpoints.
    """
    set_seed(config.seed)
    network, tokenizer = load_pretrained(config.encoder, config.dropout)
    checkpoints = config.output.with_name(config.output.name + "-checkpoints")
    data = {
        "train": to_dataset(train, tokenizer, config),
        "dev": to_dataset(dev, tokenizer, config),
    }
    trainer = Trainer(
        model=network,
        args=_arguments(config, checkpoints, len(data["train"])),
        train_dataset=data["train"],
        eval_dataset=data["dev"],
        processing_class=tokenizer,
        compute_metrics=_Selection(config, dev),
        callbacks=[EarlyStoppingCallback(config.patience)],
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(checkpoints, config, resume=resume))
    model = EncoderModel(network.to("cpu"), tokenizer, config.max_length)
    logits, targets = model.logits(*inputs(dev, config.context)), Targets.of(dev)
    passage_model = None
    if config.context:
        alone, found = model.logits(*inputs(dev, False)), passages(dev)
        # documents in turn, so that each is corrected by a model that never saw it
        folds = np.concatenate([np.full(p.stop - p.start, i % 5) for i, p in enumerate(found)])
        passage_model, logits = fit_passage_model(logits, alone, found, targets, folds, config.seed)
    manifest = calibrate(ENCODER, config.context, logits, targets)
    # calibration and thresholds were fitted on dev too, so this flatters slightly
    scored = {
        "dev (also used for calibration)": (
            dev,
            decide(logits, manifest.calibration, manifest.thresholds[DEFAULT_MODE]),
        )
    }
    classifier = Classifier(model, manifest, passage_model=passage_model)
    return finish(config, classifier, train=train, scored=scored)


def _last_checkpoint(folder: Path, config: TrainingConfig, *, resume: bool) -> str | None:
    """Return the checkpoint to go on from; without ``resume``, clear those of an earlier run.

    Raises
    ------
    InvalidConfig
        The checkpoints are of a run with other settings or other data.
    """
    run = folder / RUN_FILE
    # more passes over the same data go on from where fewer ended
    settings = {k: v for k, v in config.to_json().items() if k != "epochs"}
    this = {"settings": settings, "data": fingerprints(config)}
    if resume and run.is_file():
        if json.loads(run.read_text(encoding="utf-8")) != this:
            raise InvalidConfig("train.other_run", where=folder)
        return get_last_checkpoint(str(folder))  # type: ignore[no-untyped-call, no-any-return]
    if run.is_file():  # ours to delete
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run.write_text(json.dumps(this, ensure_ascii=False), encoding="utf-8")
    return None


def to_dataset(records: Sequence[Record], tokenizer: Any, config: TrainingConfig) -> Dataset:
    """Return tokenised sentences with their targets."""
    texts, contexts = inputs(records, config.context)
    targets = Targets.of(records)
    columns = dict(encode(tokenizer, texts, contexts, config.max_length))
    return Dataset.from_dict(
        columns
        | {
            "categories": targets.categories.astype(np.float32).tolist(),
            "role": targets.roles.tolist(),
            "level": targets.levels.tolist(),
        }
    )


def _arguments(config: TrainingConfig, folder: Path, sentences: int) -> TrainingArguments:
    steps = math.ceil(sentences / config.batch_size) * config.epochs
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size * 2,
        learning_rate=config.learning_rate,
        warmup_steps=round(steps * config.warmup),
        weight_decay=config.weight_decay,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="selection",
        greater_is_better=True,
        label_names=["categories", "role", "level"],
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        logging_strategy="epoch",
        report_to=[],
        seed=config.seed,
        data_seed=config.seed,
    )


class _Selection:
    """Scores an epoch on dev: the mean of category macro-F1, role accuracy and level kappa."""

    def __init__(self, config: TrainingConfig, dev: Sequence[Record]) -> None:
        self._manifest = Manifest(ENCODER, config.context)
        self._dev = dev

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        outputs = prediction.predictions
        columns = outputs[0] if isinstance(outputs, tuple) else outputs
        limits = self._manifest.thresholds[DEFAULT_MODE]
        given = decide(to_logits(columns), self._manifest.calibration, limits)
        metrics = evaluate(self._dev, given, resamples=0)
        parts = {
            "categories_macro_f1": metrics["categories"]["macro_f1"],
            "role_accuracy": metrics["role"]["accuracy"],
            "quadratic_kappa": metrics["embellishment"]["quadratic_kappa"],
        }
        known = {name: value or 0.0 for name, value in parts.items()}
        return known | {"selection": sum(known.values()) / len(known)}
