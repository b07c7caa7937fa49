"""The behavioural tests and the fairness pairs on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zhaojing.evaluation.behaviour import Failure, Result, over_ceiling
from zhaojing.evaluation.cases import Excerpt
from zhaojing.evaluation.fairness import AxisResult, Gap
from zhaojing.messages import Lang, say

_KINDS = {
    "minimum": "behaviour.minimum",
    "invariance": "behaviour.invariance",
    "direction": "behaviour.direction",
}
_AXES = {
    "rank": "fairness.rank",
    "skill": "fairness.skill",
    "era": "fairness.era",
    "dialect": "fairness.dialect",
}
_MEASURES = {
    "flagged": "fairness.flagged",
    "score": "fairness.score",
    "categories_right": "fairness.categories_right",
    "role_right": "fairness.role_right",
}
_COLUMNS = (
    "behaviour.cases",
    "behaviour.failures",
    "behaviour.rate",
    "metric.interval",
    "behaviour.target",
    "behaviour.ceiling",
)
WORST, EXAMPLES = 5, 3  # capabilities whose failures are shown, and failures of each


def print_behaviour(
    console: Console, results: Sequence[Result], ceilings: Mapping[str, float], lang: Lang
) -> None:
    """Print a row a capability, worst first, and failures of the worst; red if over its ceiling."""
    table = Table(say("behaviour.capability", lang), box=None, pad_edge=False)
    table.add_column(say("behaviour.kind", lang))
    for key in _COLUMNS:
        table.add_column(say(key, lang), justify="right")
    over = {found.capability.name for found in over_ceiling(results, ceilings)}
    for found in results:
        capability, ceiling = found.capability, ceilings.get(found.capability.name)
        table.add_row(
            escape(capability.zh if lang == "zh" else capability.en),
            say(_KINDS[capability.kind], lang),
            str(len(capability.cases)),
            str(len(found.failures)),
            f"{found.rate:.1%}",
            "{:.1%}–{:.1%}".format(*found.interval),
            f"≤ {found.target:.0%}",
            "–" if ceiling is None else f"{ceiling:.0%}",
            style="red" if ceilings and capability.name in over else "",
        )
    console.print(table)
    console.print(say("behaviour.how_to_read", lang), soft_wrap=True)
    for found in results[:WORST]:
        if found.failures:
            name = found.capability.zh if lang == "zh" else found.capability.en
            console.print(f"\n[bold]{escape(name)}[/bold]")
        for failure in found.failures[:EXAMPLES]:
            console.print(escape(_example(failure, lang)), soft_wrap=True)


def print_fairness(console: Console, results: Sequence[AxisResult], lang: Lang) -> None:
    """Print the differences between both sides of the pairs, a row an axis and measure."""
    table = Table(say("fairness.axis", lang), box=None, pad_edge=False)
    table.add_column(say("fairness.measure", lang))
    for key in ("fairness.pairs", "fairness.a", "fairness.b", "fairness.difference"):
        table.add_column(say(key, lang), justify="right")
    table.add_column(say("metric.interval", lang), justify="right")
    for found in results:
        for measure, gap in found.gaps.items():
            table.add_row(
                say(_AXES[found.axis], lang),
                say(_MEASURES[measure], lang),
                f"{found.pairs}{' *' if found.few else ''}",
                f"{gap.a:.2f}",
                f"{gap.b:.2f}",
                f"{gap.difference:+.3f}",
                _interval(gap),
            )
    console.print(table)
    if any(found.few for found in results):
        console.print(say("fairness.few", lang))


def _example(failure: Failure, lang: Lang) -> str:
    case = failure.case
    lines = [f"  {case.id}  {_placed(case.judged)}"]
    if case.original != case.judged:
        lines.append(f"    {say('behaviour.original', lang)} {_placed(case.original)}")
    expected, given = _plain(failure.expected), _plain(failure.given)
    lines.append("    " + say("behaviour.expected", lang, expected=expected, given=given))
    return "\n".join(lines)


def _placed(excerpt: Excerpt) -> str:
    around = [part for part in (excerpt.heading, excerpt.previous) if part]
    return f"[{' | '.join(around)}] {excerpt.text}" if around else excerpt.text


def _plain(labels: Mapping[str, Any]) -> str:
    shown = (
        f"{name} {'/'.join(map(str, value)) or '–' if isinstance(value, list | tuple) else value}"
        for name, value in labels.items()
    )
    return ", ".join(shown)


def _interval(gap: Gap) -> str:
    return "–" if gap.low is None or gap.high is None else f"{gap.low:+.3f} … {gap.high:+.3f}"
