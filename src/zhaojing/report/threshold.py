"""What a person sees of the thresholds that a sample promises."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from zhaojing.evaluation.promises import Evidence
from zhaojing.evaluation.thresholds import FLAGS, Choice, describe, shown_name
from zhaojing.messages import Lang, say


def print_choice(console: Console, choice: Choice, lang: Lang) -> None:
    """Print each threshold with what it promises, then what keeps the others from it."""
    wish = choice.wish
    price = "recall" if wish.goal == "precision" else "precision"
    told = {"goal": say(f"metric.{wish.goal}", lang), "share": f"{wish.share:.1%}"}
    told |= {"confidence": f"{wish.confidence:.1%}"}
    counts = {"documents": choice.documents, "sentences": choice.sentences}
    console.print(say("threshold.title", lang, **counts, **told), soft_wrap=True)
    table = Table(say("report.category", lang), box=None, pad_edge=False)
    heads = ("threshold.value", f"metric.{wish.goal}", "threshold.lower", "threshold.worth")
    for key in (*heads, f"metric.{price}"):
        table.add_column(say(key, lang), justify="right")
    for item in choice.found:
        values = [(name, f"{value:g}") for name, value in item.thresholds.items()]
        shown = say("threshold.kept", lang)
        if item.thresholds:
            shown = values.pop()[1] if len(values) == 1 else ""
        table.add_row(
            shown_name(item.name, lang),
            shown,
            _share(item.wished),
            f"{item.wished.lower(wish.confidence):.1%}",
            f"{item.wished.size:.1f}",
            _share(item.price),
        )
        for name, value in values:
            table.add_row(shown_name(name, lang), value)
    console.print(table)
    for item in choice.found:
        if not item.thresholds:
            console.print(describe(item, wish, lang), soft_wrap=True)
    if not any(item.name == FLAGS for item in choice.found):
        console.print(_flags(choice, lang), soft_wrap=True)


def _flags(choice: Choice, lang: Lang) -> str:
    values = {}
    tail = (1 + choice.wish.confidence) / 2
    for name, seen in (("precision", choice.precision), ("recall", choice.recall)):
        values[name] = _share(seen)
        values[f"{name}_low"] = f"{seen.lower(tail):.1%}"
        values[f"{name}_high"] = f"{seen.upper(tail):.1%}"
    return say("threshold.of_flags", lang, **values)


def _share(seen: Evidence) -> str:
    return f"{seen.share:.1%}" if seen.counted else "–"
