"""The end of every training run: score it, write the manifest and the model card."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zhaojing
from zhaojing.classifier import Classifier
from zhaojing.context import Context
from zhaojing.errors import InvalidConfig
from zhaojing.evaluation import evaluate
from zhaojing.heads import Calibration, Logits, Thresholds
from zhaojing.model_folder import MANIFEST_FILE, Manifest
from zhaojing.output import check_folder
from zhaojing.records import Record
from zhaojing.training.card import model_card
from zhaojing.training.config import TrainingConfig

CARD_FILE = "README.md"
_LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "jieba")


def check_output(folder: Path) -> None:
    """Refuse, before any work, a folder that a model may not take the place of.

    Raises
    ------
    InvalidConfig
        ``folder`` exists and is neither empty nor a model folder.
    OutputFailed
        Nothing can be written beside it.
    """
    if folder.is_symlink() or folder.exists():
        is_folder = folder.is_dir() and not folder.is_symlink()
        is_model = is_folder and (folder / MANIFEST_FILE).is_file()
        if not is_model and not (is_folder and not any(folder.iterdir())):
            raise InvalidConfig("train.occupied", where=folder)
    check_folder(folder.absolute().parent)


class _Recorded:
    """A model that gives back logits computed before."""

    def __init__(self, logits: Logits) -> None:
        self._logits, self._next = logits, 0

    def logits(self, texts: Sequence[str], contexts: Sequence[Context]) -> Logits:
        here = slice(self._next, self._next + len(texts))
        self._next += len(texts)
        every = self._logits
        return Logits(every.categories[here], every.roles[here], every.levels[here])


def score(manifest: Manifest, records: Sequence[Record], logits: Logits) -> dict[str, Any]:
    """Return the metrics of ``logits`` under the calibration and thresholds of ``manifest``."""
    texts = [sentence.text for record in records for sentence in record.sentences]
    return evaluate(records, Classifier(_Recorded(logits), manifest).classify(texts))


def finish(
    config: TrainingConfig,
    kind: str,
    save: Callable[[Path], None],
    calibration: Calibration,
    thresholds: Thresholds,
    *,
    train: Sequence[Record],
    scored: Mapping[str, tuple[Sequence[Record], Logits]],
) -> Path:
    """Write the whole model folder beside its place, then move it there."""
    bare = Manifest(kind, config.context, thresholds, calibration)
    provenance = {
        "zhaojing": zhaojing.__version__,
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": f"{platform.machine()}, {platform.system()}",
        "libraries": {name: version(name) for name in _LIBRARIES if _installed(name)},
        "config": config.to_json(),
        "data": [_fingerprint(path) for path in (*config.train, *config.dev)],
        "train": {"documents": len(train), "sentences": sum(len(r.sentences) for r in train)},
        "metrics": {name: score(bare, *pair) for name, pair in scored.items()},
    }
    manifest = Manifest(kind, config.context, thresholds, calibration, provenance)
    place = config.output.absolute()
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".training-") as scratch:
        folder = Path(scratch) / "model"
        folder.mkdir()
        save(folder)
        manifest.write(folder)
        (folder / CARD_FILE).write_text(model_card(manifest), encoding="utf-8")
        for file in folder.iterdir():
            file.chmod(0o644)  # safetensors writes for the owner alone
        if place.exists():
            place.rename(Path(scratch) / "replaced")
        folder.rename(place)
    return config.output


def _fingerprint(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _installed(name: str) -> bool:
    from importlib.metadata import PackageNotFoundError

    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
