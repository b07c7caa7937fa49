"""What a person sees of an evaluation on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zhaojing.errors import printable
from zhaojing.evaluation.annotators import Annotators
from zhaojing.evaluation.gates import GateResult
from zhaojing.evaluation.page import (
    HEADLINE,
    Cell,
    agreement_rows,
    cell,
    difference_rows,
    label_rows,
    slice_name,
)
from zhaojing.evaluation.plots import letters
from zhaojing.evaluation.study import Study
from zhaojing.messages import Lang, say

_WORST = 5
_FEW = "*"


def print_study(
    console: Console, study: Study, lang: Lang, gates: Sequence[GateResult] = ()
) -> None:
    """Print the main figures of every model, the first one's labels and worst slices, gates."""
    named = letters(study)
    for name, letter in named.items():
        console.print(f"{say('evaluation.model', lang, model=letter)}  {escape(printable(name))}")
    counts = {"sentences": f"{study.n_sentences:,}", "documents": f"{study.n_documents:,}"}
    console.print(say("evaluation.support", lang, **counts))
    console.print()
    _print(console, say("evaluation.asked", lang), list(named.values()), _headline(study, lang))
    columns = [say(f"metric.{name}", lang) for name in ("precision", "recall", "f1")]
    rows = [
        (label, [_figure(one) for one in cells]) for label, cells in label_rows(study.judged, lang)
    ]
    _print(console, say("evaluation.labels", lang), columns, rows)
    worst = [one for one in study.judged.slices if not one.right.few][:_WORST]
    if worst:
        rows = [
            (printable(slice_name(one, lang)), [_figure(cell(one.right, ".0%", lang))])
            for one in worst
        ]
        _print(console, say("evaluation.slices", lang), [say("plot.right", lang)], rows)
    for comparison in study.comparisons:
        first, second = named[comparison.first], named[comparison.second]
        rows = [(row[0], list(row[1:4])) for row in difference_rows(comparison, lang)]
        title = say("evaluation.against", lang, first=first, second=second)
        columns = [say("evaluation.difference", lang), say("metric.interval", lang), "p"]
        _print(console, title, columns, rows)
    console.print(say("evaluation.few_sign", lang, sign=_FEW))
    for gate in gates:
        result = say("evaluation.passed" if gate.passed else "evaluation.not_passed", lang)
        value = "–" if gate.value is None else f"{gate.value:.4g}"
        style = "" if gate.passed else "red"
        console.print(f"{escape(str(gate.gate))}  {value}  {result}", style=style, soft_wrap=True)


def print_annotators(console: Console, annotators: Annotators, lang: Lang) -> None:
    """Print kappa between two people and of the model with each, field by field."""
    rows = agreement_rows(annotators, lang)
    counts = {"sentences": annotators.n_sentences, "documents": annotators.n_documents}
    console.print(say("evaluation.about_agreement", lang, **counts), soft_wrap=True)
    pairs = [pair for pair, _, _ in rows[0][1]]
    said = [
        (name, [f"{_figure(one)} {verdict}".strip() for _, one, verdict in cells])
        for name, cells in rows
    ]
    _print(console, say("evaluation.agreement", lang), pairs, said)


def _headline(study: Study, lang: Lang) -> list[tuple[str, list[str]]]:
    return [
        (
            say(key, lang),
            [_figure(cell(m.figures.get(name), form, lang)) for m in study.models.values()],
        )
        for name, key, _, form in HEADLINE
    ]


def _print(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]
) -> None:
    table = Table(title, box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")
    for name, values in rows:
        table.add_row(escape(name), *values)
    console.print(table)
    console.print()


def _figure(one: Cell) -> str:
    ends = f" ({one.interval})" if one.interval else ""
    return f"{one.value}{ends} n={one.sentences}{_FEW if one.few else ''}"
