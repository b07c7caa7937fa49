"""Options that several commands share, and what they do with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhaojing.messages import Lang
from zhaojing.mode import DEFAULT_MODE, Mode

if TYPE_CHECKING:
    from zhaojing.classifier import Classifier

MODE_HELP = "cautious 少误报、balanced 均衡、sensitive 少漏报。Few false alarms, or few misses."
ModeOption = Annotated[Mode, typer.Option("--mode", help=MODE_HELP)]
LangOption = Annotated[
    Lang, typer.Option("--lang", help="界面语言 zh 或 en。Language of messages and reports.")
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", help="模型文件夹，默认用自带的。Model folder; the built-in one if absent."
    ),
]


def load(model: Path | None, mode: Mode = DEFAULT_MODE) -> Classifier:
    """Load a model, the built-in one by default."""
    from zhaojing.classifier import Classifier

    return Classifier.load(model, mode=mode)


def print_json(value: Any) -> None:
    """Print JSON as UTF-8 whatever the console's code page: the next program reads it."""
    import dataclasses

    from zhaojing.output import standard_output

    with standard_output() as file:
        json.dump(value, file, ensure_ascii=False, indent=2, default=dataclasses.asdict)
        file.write("\n")
