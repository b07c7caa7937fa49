"""The end of every training run: score it, write the manifest and the model card."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import zhaojing
from zhaojing.classifier import Classifier, Prediction
from zhaojing.errors import InvalidConfig
from zhaojing.evaluation import evaluate
from zhaojing.model_folder import MANIFEST_FILE
from zhaojing.output import check_place
from zhaojing.records import Record, fingerprint
from zhaojing.training.card import model_card
from zhaojing.training.config import TrainingConfig

CARD_FILE = "README.md"
_LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "jieba")


def check_output(folder: Path) -> None:
    """Refuse, before any work, a folder that a model may not take the place of.

    Raises
    ------
    InvalidConfig
        ``folder`` is a link, or exists and is neither empty nor a model folder.
    OutputFailed
        Nothing can be written beside it.
    """
    if folder.is_symlink():  # the folder is moved into place, and would leave the link's target
        raise InvalidConfig("train.occupied", where=folder)
    check_place(folder, MANIFEST_FILE)


def finish(
    config: TrainingConfig,
    classifier: Classifier,
    *,
    train: Sequence[Record],
    scored: Mapping[str, tuple[Sequence[Record], Sequence[Prediction]]],
) -> Path:
    """Score the model, write its manifest and card, and put the folder in its place.

    ``scored`` names the evaluations for the model card: records and predictions for them.
    """
    provenance = {
        "zhaojing": zhaojing.__version__,
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": f"{platform.machine()}, {platform.system()}",
        "libraries": libraries(*_LIBRARIES),
        "config": config.to_json(),
        "data": fingerprints(config),
        "train": {"documents": len(train), "sentences": sum(len(r.sentences) for r in train)},
        "metrics": {name: evaluate(*pair) for name, pair in scored.items()},
    }
    looks_twice = classifier.passage_model is not None
    manifest = replace(classifier.manifest, looks_twice=looks_twice, provenance=provenance)
    finished = Classifier(classifier.model, manifest, passage_model=classifier.passage_model)
    write_folder(finished, config.output, model_card(manifest))
    return config.output


def write_folder(classifier: Classifier, output: Path, card: str) -> None:
    """Write the whole model folder with ``card`` beside its place, then move it there."""
    place = output.absolute()
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".training-") as scratch:
        folder = Path(scratch) / "model"
        folder.mkdir()
        classifier.model.save(folder)
        if classifier.passage_model is not None:
            classifier.passage_model.save(folder)
        classifier.manifest.write(folder)
        (folder / CARD_FILE).write_text(card, encoding="utf-8")
        for file in folder.iterdir():
            file.chmod(0o644)  # safetensors writes for the owner alone
        _take_the_place(folder, place)


def _take_the_place(folder: Path, place: Path) -> None:
    """Move ``folder`` to ``place``; what stood there goes last, and comes back on failure."""
    replaced = place.with_name(f".{place.name}-replaced")
    if place.exists():
        place.rename(replaced)
    try:
        folder.rename(place)
    except BaseException:
        if replaced.exists():
            replaced.rename(place)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def fingerprints(config: TrainingConfig) -> list[dict[str, str]]:
    """Return name and SHA-256 of each data file."""
    return [fingerprint(path) for path in (*config.train, *config.dev)]


def libraries(*names: str) -> dict[str, str]:
    """Return the versions of those that are installed."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
