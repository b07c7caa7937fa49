"""Labelling a corpus: ``label``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from zhaojing.cli.options import LangOption, ModelOption, ModeOption, load
from zhaojing.cli.root import app
from zhaojing.messages import DEFAULT_LANG, say
from zhaojing.mode import DEFAULT_MODE


@app.command()
def label(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help=".jsonl .csv .txt 或 -。Sentences to label.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help=".jsonl .csv 或 -。Where the rows go.")
    ] = "-",
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """给语料逐句加标签。Label a corpus, one row a sentence."""
    from zhaojing import labelling
    from zhaojing.output import refuse_overwriting

    labelling.check_output(output)
    if labelling.STREAM not in (source, output):
        refuse_overwriting(output, source)
    items = labelling.read_items(source)
    rows = labelling.write_rows(labelling.label(items, load(model, mode)), output)
    if output != labelling.STREAM:
        print(say("cli.labelled", lang, rows=rows, path=output), file=sys.stderr)
