"""One folder holds everything a model needs: weights, labels, thresholds, calibration, origin.

``zhaojing.json`` is the manifest; the files beside it belong to the kind of model that it
names. Nothing in the folder is code and nothing is pickled.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidModel
from zhaojing.heads import Calibration, Thresholds
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.mode import MODES, Mode
from zhaojing.output import write_atomically

MANIFEST_FILE = "zhaojing.json"
FORMAT = 3
LINEAR, ENCODER, ONNX = "linear", "encoder", "onnx"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``zhaojing.json`` says.

    ``kind`` is :data:`LINEAR`, :data:`ENCODER` or :data:`ONNX`; ``uses_context`` whether heading
    and previous sentence are inputs; ``looks_twice`` whether a second model corrects a sentence by
    its neighbours (:mod:`zhaojing.passage`); ``thresholds`` has one set a mode; ``provenance`` how
    the model came about (data, settings, seed, scores).
    """

    kind: str
    uses_context: bool = True
    looks_twice: bool = False
    thresholds: dict[Mode, Thresholds] = field(
        default_factory=lambda: dict.fromkeys(MODES, Thresholds())
    )
    calibration: Calibration = field(default_factory=Calibration)
    provenance: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the manifest into ``folder``."""
        labels = {"categories": CATEGORIES, "roles": ROLES, "levels": LEVELS}
        value = {"format": FORMAT, "labels": labels, **asdict(self)}
        with write_atomically(folder / MANIFEST_FILE) as file:
            json.dump(value, file, ensure_ascii=False, indent=2)
            file.write("\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check the manifest of ``folder``.

        Raises
        ------
        InvalidModel
            There is none, it is damaged, or it was made for other labels or another format.
        """
        path = folder / MANIFEST_FILE
        try:
            if not path.is_file():
                raise InvalidModel("model.missing", where=folder)
            value = json.loads(path.read_text(encoding="utf-8"))
            if value["format"] != FORMAT:
                found = value["format"]
                raise InvalidModel("model.version", where=path, found=found, expected=FORMAT)
            labels = value["labels"]
            if (labels["categories"], labels["roles"]) != (list(CATEGORIES), list(ROLES)):
                raise InvalidModel("model.labels", where=path, found=labels)
            if value["kind"] not in (LINEAR, ENCODER, ONNX):
                raise ValueError(f"kind {value['kind']!r}")
            calibration = value["calibration"]
            return cls(
                kind=value["kind"],
                uses_context=bool(value["uses_context"]),
                looks_twice=bool(value["looks_twice"]),
                thresholds={mode: _thresholds(value["thresholds"][mode]) for mode in MODES},
                calibration=Calibration(
                    slope=tuple(map(float, calibration["slope"])),
                    intercept=tuple(map(float, calibration["intercept"])),
                    temperature=float(calibration["temperature"]),
                ),
                provenance=dict(value["provenance"]),
            )
        except (ValueError, KeyError, TypeError, OSError, OverflowError, RecursionError) as error:
            raise InvalidModel("model.corrupt", where=path, detail=repr(error)) from error


def _thresholds(value: dict[str, Any]) -> Thresholds:
    categories = {name: float(value["categories"][name]) for name in CATEGORIES}
    limits = Thresholds(categories, float(value["embellishment"]))
    if not all(map(math.isfinite, (*categories.values(), limits.embellishment))):
        raise ValueError(f"thresholds {value!r}")
    return limits


def default_folder() -> Path:
    """Return the folder of the model used when none is named.

    ``$ZHAOJING_MODEL`` if set, else the one inside the installed package, else
    ``models/default`` of the checkout.
    """
    chosen = os.environ.get("ZHAOJING_MODEL")
    if chosen:
        return Path(chosen)
    package = Path(__file__).parent
    installed = package / "models" / "default"
    return installed if installed.is_dir() else package.parents[1] / "models" / "default"


def size_in_bytes(folder: Path) -> int:
    """Return the bytes that ``folder`` takes on disk."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
