"""What a person sees of a reviewed ledger on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from zhaojing.labels import Category
from zhaojing.messages import Lang, say
from zhaojing.review import Review


def print_review(console: Console, review: Review, lang: Lang) -> None:
    """Print the precision of all flags, of each practice and of praise, then what was not used."""
    table = Table(say("report.category", lang), box=None, pad_edge=False)
    for key in ("review.right", "review.judged", "review.precision", "metric.interval"):
        table.add_column(say(key, lang), justify="right")
    rows = {say("review.flags", lang): review.flags}
    rows |= {Category(name).label(lang): found for name, found in review.practices.items()}
    rows[say("ledger.praise", lang)] = review.praise
    for name, found in rows.items():
        share = "–" if found.share is None else f"{found.share:.1%}"
        interval = "–".join(f"{end:.1%}" for end in found.interval or ()) or "–"
        table.add_row(name, str(found.right), str(found.judged), share, interval)
    console.print(table)
    console.print(say("review.counts", lang, unsure=review.unsure, unjudged=review.unjudged))
    if review.left_out:
        console.print(say("review.left_out", lang, count=review.left_out), soft_wrap=True)
