"""How far a run is: a bar on a terminal, a line now and then elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zhaojing.labelling import Progress
from zhaojing.messages import Lang, say

EVERY = 30.0  # seconds between two lines


@contextmanager
def shown_progress(lang: Lang) -> Iterator[Callable[[Progress], None]]:
    """Show progress; the value is called with each."""
    begun = told = time.monotonic()
    first: int | None = None  # sentences at the start: a resumed run has some

    def rate(progress: Progress) -> str:
        nonlocal first
        first = progress.sentences if first is None else first
        return f"{(progress.sentences - first) / max(time.monotonic() - begun, 1e-9):,.0f}"

    def tell(progress: Progress) -> None:
        nonlocal told
        pace = rate(progress)
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            share = f"{progress.done / progress.size:.0%}" if progress.size else "–"
            values = {"sentences": f"{progress.sentences:,}", "rate": pace, "share": share}
            print(say("label.progress", lang, **values), file=sys.stderr, flush=True)

    if not sys.stderr.isatty():
        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(progress: Progress) -> None:
            values = {"sentences": f"{progress.sentences:,}", "rate": rate(progress)}
            text = say("label.rate", lang, **values)
            total = progress.size or None
            bar.update(task, description=text, completed=progress.done, total=total)

        yield advance
