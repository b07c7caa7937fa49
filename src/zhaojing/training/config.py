"""The settings of a training run, from a TOML file, the command line, or Python."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidConfig

TFIDF = "tfidf"
_PATHS = ("train", "dev")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
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
    regularization: float = 4.0  # C of the logistic regressions, larger is weaker

    # an encoder
    epochs: int = 8  # passes over the data, at most
    patience: int = 2  # epochs without a better dev score before stopping
    batch_size: int = 32  # sentences
    learning_rate: float = 1e-4  # 2e-5 to 5e-5 suits large pretrained encoders
    warmup: float = 0.1  # share of the steps
    weight_decay: float = 0.01
    max_length: int = 192  # tokens of sentence and context together
    dropout: float = 0.1

    @classmethod
    def build(cls, file: Path | None, given: Mapping[str, Any]) -> TrainingConfig:
        """Take the settings of ``file``, overridden by the values of ``given`` not ``None``.

        Paths in a file are relative to the folder the command runs in.

        Raises
        ------
        InvalidConfig
            The file cannot be read, names an unknown setting, or a needed one is missing.
        """
        values: dict[str, Any] = {}
        if file is not None:
            try:
                values = tomllib.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise InvalidConfig("config.invalid", where=file, detail=str(error)) from error
        values |= {key: value for key, value in given.items() if value is not None}
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        missing = [name for name in ("train", "output") if not values.get(name)]
        if unknown or missing:
            detail = f"unknown settings {unknown}" if unknown else f"missing settings {missing}"
            raise InvalidConfig("config.invalid", where=file, detail=detail)
        for name in _PATHS:
            paths = values.get(name, ())
            listed = [paths] if isinstance(paths, str | Path) else paths
            values[name] = tuple(Path(path) for path in listed)
        values["output"] = Path(values["output"])
        for name, value in values.items():
            kind = known[name].type
            if kind in ("int", "float", "bool", "str") and not _fits(value, str(kind)):
                detail = f"{name} must be {kind}, got {value!r}"
                raise InvalidConfig("config.invalid", where=file, detail=detail)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data; paths as the names of their files."""
        value = asdict(self)
        for name in _PATHS:
            value[name] = [path.name for path in value[name]]
        del value["output"]
        return value


def _fits(value: object, kind: str) -> bool:
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value).__name__ == kind
