"""Measuring a model: ``evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from zhaojing.cli.options import LangOption, ModelOption, ModeOption, load
from zhaojing.cli.root import app
from zhaojing.messages import DEFAULT_LANG
from zhaojing.mode import DEFAULT_MODE


@app.command()
def evaluate(
    gold: Annotated[
        Path,
        typer.Argument(metavar="GOLD.jsonl", help="标注数据。Annotated records.", readable=False),
    ],
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="另存指标。Also write the metrics here.")
    ] = None,
    context: Annotated[
        bool, typer.Option(help="是否使用标题和上一句。Use heading and previous sentence.")
    ] = True,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """用留出的标注数据评测模型。Measure a model on held-out annotated data."""
    from zhaojing import evaluation
    from zhaojing.output import refuse_overwriting, write_atomically
    from zhaojing.records import read_records
    from zhaojing.report import terminal

    if json_file is not None:
        refuse_overwriting(json_file, gold)
    records = read_records(gold)
    if not records:
        from zhaojing.errors import InvalidRecords

        raise InvalidRecords("records.nothing", where=gold)
    predictions = evaluation.predict(load(model, mode), records, with_context=context)
    metrics = evaluation.evaluate(records, predictions)
    if json_file is not None:
        with write_atomically(json_file) as file:
            json.dump(metrics, file, ensure_ascii=False, indent=2)
            file.write("\n")
    terminal.print_metrics(terminal.console(), metrics, lang)
