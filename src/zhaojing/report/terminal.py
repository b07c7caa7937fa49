"""Tables and progress on the terminal; plain lines where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from zhaojing.corpus.agreement import Agreement
from zhaojing.errors import ZhaojingError, printable
from zhaojing.heads import NEVER
from zhaojing.judging import Judgement
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.pile import Pile
from zhaojing.report.marks import LETTERS, practices
from zhaojing.report.pages.settings import in_words
from zhaojing.run_record import Replay
from zhaojing.screening import Report, ScreenedSentence

STRONGEST_SHOWN = 5
_EXCERPT = 60
_REPLAYED = {
    "model": "replay.model",
    "fixed_wording": "replay.fixed_wording",
    "inputs": "replay.inputs",
    "results": "replay.results",
    "reports": "replay.reports",
}
_NOT_SPLITS = ("prose_by_genre", "leaks")


def console() -> Console:
    """Return the console for results; rich turns colours off when it is not a terminal."""
    return Console(soft_wrap=False, highlight=False)


@contextmanager
def progress(console: Console, text: str) -> Iterator[Callable[[Path], None]]:
    """Show which file is being read; the value is called with each path."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(text, total=None)

        def advance(path: Path) -> None:
            bar.update(task, description=f"{text} {escape(printable(path.name))}")

        yield advance


def print_summary(
    console: Console, pile: Pile, failures: Sequence[ZhaojingError], folder: Path, lang: Lang
) -> None:
    """Print what a clerk needs at once: the ranked files, the strongest sentences, failures."""
    reports = [found.report for found in pile.judgements]
    if reports:
        console.print(_files_table(pile.judgements, lang))
        strongest = sorted(
            ((report, item) for report in reports for item in report.strongest(STRONGEST_SHOWN)),
            key=lambda pair: -pair[1].strength,
        )[:STRONGEST_SHOWN]
        if strongest:
            console.print(f"\n{say('report.strongest', lang)}")
        for report, item in strongest:
            console.print(_line(report, item, lang), soft_wrap=True)
        console.print()
        flagged = sum(len(report.flagged) for report in reports)
        sentences = sum(len(report.sentences) for report in reports)
        counts = {"files": len(reports), "sentences": sentences, "flagged": flagged}
        console.print(say("cli.summary", lang, **counts))
        if pile.pairs:
            console.print(say("cli.copied", lang, count=len(pile.pairs)))
        console.print(say("report.notice", lang))
    if failures:
        console.print(say("cli.failed", lang, count=len(failures)), style="red")
        for failure in failures:
            console.print("  " + escape(failure.describe(lang)), style="red", soft_wrap=True)
    console.print(escape(say("cli.written", lang, path=folder)), soft_wrap=True)


def _files_table(judgements: Sequence[Judgement], lang: Lang) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(say("report.file", lang), overflow="fold")
    for key in ("risk.index", "report.sentences", "report.flagged", "report.mean_embellishment"):
        table.add_column(say(key, lang), justify="right")
    table.add_column(say("report.practices", lang), overflow="fold")
    for found in judgements:
        report, index = found.report, found.risk
        comma = "、" if lang == "zh" else ", "
        shown = comma.join(f"{name} {count}" for name, count in practices(report, lang)[:3])
        table.add_row(
            escape(report.short_name),
            f"{index.index:.0f} ({index.low:.0f}–{index.high:.0f})" if index else "–",
            str(len(report.sentences)),
            str(len(report.flagged)),
            f"{report.mean_embellishment:.2f}",
            shown or say("report.none", lang),
        )
    return table


def print_policy(
    console: Console, file: Path | None, settings: Iterable[tuple[str, str, str]], lang: Lang
) -> None:
    """Print the settings that hold: what, its value, and where it comes from or why."""
    console.print(escape(say("policy.file", lang, path=file or "–")), soft_wrap=True)
    columns = (say(key, lang) for key in ("policy.setting", "policy.value", "policy.reason"))
    table = Table(*columns, box=None, pad_edge=False)
    for setting in in_words(tuple(settings), lang):
        table.add_row(*map(escape, setting))
    console.print(table)


def print_replay(console: Console, found: Replay, lang: Lang) -> None:
    """Print what was the same when a screening was made again, and what was not."""
    for name, same in found.same.items():
        answer = say("replay.same" if same else "replay.changed", lang)
        what = say(_REPLAYED[name], lang)
        console.print(f"{what}  {answer}", style="" if same else "red")
    for path in found.changed:
        console.print("  " + escape(printable(path)), style="red", soft_wrap=True)


def _line(report: Report, item: ScreenedSentence, lang: Lang) -> str:
    sentence, prediction = item.sentence, item.prediction
    key = "report.page" if sentence.page else "report.paragraph"
    place = say(key, lang, page=sentence.page, paragraph=sentence.paragraph)
    role = Role(prediction.role)
    shown = [Category(name).label(lang) for name in item.practices]
    shown = shown or [say("report.embellishment", lang)]
    letters = [*shown, role.label(lang), f"{item.strength:.2f}"]
    text = sentence.text if len(sentence.text) <= _EXCERPT else sentence.text[:_EXCERPT] + "…"
    name = escape(report.short_name)
    return f"  [bold]{' · '.join(letters)}[/bold]  {name} {place}\n    {escape(text)}"


def print_model(console: Console, value: Mapping[str, Any], lang: Lang) -> None:
    """Print what ``zhaojing model info`` found."""
    for key in ("folder", "size_bytes", "kind", "uses_context"):
        console.print(f"{key}: {escape(str(value[key]))}", soft_wrap=True)
    table = Table(say("report.category", lang), "id", box=None, pad_edge=False)
    table.add_column("", justify="center")
    for mode in value["thresholds"]:
        table.add_column(mode, justify="right")
    names = [(c.label(lang), c.value, LETTERS[c.value]) for c in Category]
    for row in (*names, (say("report.embellishment", lang), "embellishment_score", "")):
        limits = (found[row[1]] for found in value["thresholds"].values())
        table.add_row(*row, *("–" if limit == NEVER else f"{limit:.3f}" for limit in limits))
    console.print(table)
    for key, item in value["provenance"].items():
        console.print(f"{key}: {escape(str(item))}", soft_wrap=True)


def print_agreement(console: Console, count: int, found: Sequence[Agreement], lang: Lang) -> None:
    """Print what ``zhaojing data agreement`` found."""
    table = Table(say("metric.name", lang), "raw", "κ", "α", box=None, pad_edge=False)
    for item in found:
        table.add_row(item.field, _number(item.raw), _number(item.kappa), _number(item.alpha))
    console.print(table)
    console.print(f"n = {count}")


def print_statistics(console: Console, value: Mapping[str, Any], lang: Lang) -> None:
    """Print what ``zhaojing data stats`` found: one table of labels, one of genres."""
    splits = {name: found for name, found in value.items() if name not in _NOT_SPLITS}
    labels = Table(say("metric.name", lang), *splits, box=None, pad_edge=False)
    for key in ("documents", "sentences", "without_category"):
        labels.add_row(key, *(str(found[key]) for found in splits.values()))
    for category in Category:
        for role in Role:
            counts = [found["categories"][category.value][role.value] for found in splits.values()]
            if any(counts):
                labels.add_row(f"{category.label(lang)} · {role.label(lang)}", *map(str, counts))
    for role in Role:
        levels = (found["levels"][role.value].values() for found in splits.values())
        labels.add_row(f"{role.label(lang)} · 0/1/2/3", *("/".join(map(str, n)) for n in levels))
    for key in ("origins", "probes"):
        for name in value["all"][key]:
            counts = [found[key].get(name, 0) for found in splits.values()]
            labels.add_row(f"{key} · {name}", *map(str, counts))
    console.print(labels)
    columns = ("n", "chars", "p10", "p50", "p90", "d-1", "d-2", "d-3")
    genres = Table("genre", *columns, box=None, pad_edge=False)
    for name, prose in value["prose_by_genre"].items():
        distinct = (f"{share:.2f}" for share in prose.distinct)
        lengths = (f"{prose.mean_length:.1f}", *map(str, prose.deciles))
        genres.add_row(escape(name), str(prose.sentences), *lengths, *distinct)
    console.print(genres)
    if "leaks" in value:
        for name, found in value["leaks"]["splits"].items():
            shown = "–" if found is None else f"AUC {found[0]:.3f} ({found[1]} documents)"
            console.print(f"train / {name}: {shown}")
        for leak in value["leaks"]["labels"]:
            console.print(f"{leak.field}: {leak.found:.3f} (chance {leak.chance:.3f})")


def _number(value: float | int | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
