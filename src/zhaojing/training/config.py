"""The settings of a training run, from a TOML file, the command line, or Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidConfig
from zhaojing.settings import Settings, check_ranges

TFIDF = "tfidf"
_RANGES = (
    ("seed", 0, 2**32 - 1),
    ("folds", 2, 1000),
    ("min_count", 1, 1000),
    ("regularization", 1e-6, 1e6),
    ("epochs", 1, 10_000),
    ("patience", 1, 10_000),
    ("batch_size", 1, 100_000),
    ("learning_rate", 1e-9, 1.0),
    ("warmup", 0.0, 1.0),
    ("weight_decay", 0.0, 10.0),
    ("max_length", 8, 100_000),
    ("dropout", 0.0, 0.99),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig(Settings):
    """Everything that decides the outcome of a run; written into the model's manifest.

    ``encoder`` is :data:`TFIDF` for the classical model, else a hub id or a local folder that
    ``AutoModel`` can load.
    """

    train: tuple[Path, ...]
    output: Path
    dev: tuple[Path, ...] = ()
    encoder: str = TFIDF
    context: bool = True  # heading path and previous sentence are inputs
    seed: int = 0

    # the classical model
    folds: int = 5  # cross-validation over documents, for calibration and thresholds
    min_count: int = 2  # sentences a feature must occur in
    regularization: float = 8.0  # C of the logistic regressions, larger is weaker

    # an encoder
    epochs: int = 8  # passes over the data, at most
    patience: int = 2  # epochs without a better dev score before stopping
    batch_size: int = 32  # sentences
    learning_rate: float = 1e-4  # 2e-5 to 5e-5 suits large pretrained encoders
    warmup: float = 0.1  # share of the steps
    weight_decay: float = 0.01
    max_length: int = 192  # tokens of sentence and context together
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if not self.train:
            raise InvalidConfig("config.missing", names="train")
        check_ranges(self, _RANGES)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data; paths as the names of their files."""
        return self.plain("output")
