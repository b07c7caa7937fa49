"""What a person sees of a screening: pages, ledger, comments in Word copies, plain rows."""

from __future__ import annotations

import json
from pathlib import Path

from zhaojing.errors import OutputFailed, ZhaojingError
from zhaojing.messages import Lang
from zhaojing.output import check_folder, write_atomically
from zhaojing.pile import Pile, Request
from zhaojing.run_record import RUN_FILE, run_record

RESULTS_FILE = "results.jsonl"


def result_files(folder: Path) -> list[Path]:
    """Return what a screening writes into ``folder``, and has written: none of it is a report."""
    from zhaojing.report.ledger import LEDGER_FILE
    from zhaojing.report.pages import INDEX_FILE, pages
    from zhaojing.report.word_copies import word_copies

    files = [folder / name for name in (RESULTS_FILE, RUN_FILE, LEDGER_FILE, INDEX_FILE)]
    for listed in (pages(folder), word_copies(folder)):
        files += [listed.path / name for name in listed.names() or ()]
    return files


def check_results(folder: Path) -> None:
    """Refuse, before any work, a folder in which the results cannot be written.

    Raises
    ------
    OutputFailed
        It cannot be written, or holds files of these names that no screening wrote.
    """
    check_folder(folder)
    if not (folder / RUN_FILE).is_file():
        for path in result_files(folder):
            if path.exists():
                raise OutputFailed("output.foreign", where=path)


def write_results(request: Request, pile: Pile, folder: Path, lang: Lang) -> list[ZhaojingError]:
    """Write everything into ``folder``; return what could not be read or copied.

    Raises
    ------
    OutputFailed
        A file cannot be written.
    """
    from zhaojing.report.ledger import LEDGER_FILE, write_ledger
    from zhaojing.report.pages import write_pages
    from zhaojing.report.word_copies import write_word_copies

    leave_out = result_files(folder)
    reports = [found.report for found in pile.judgements]
    manifest = pile.classifier.manifest
    model = f"{pile.classifier.folder.name if pile.classifier.folder else ''} ({manifest.kind})"
    with write_atomically(folder / RUN_FILE) as file:  # first: it says that the rest is ours
        json.dump(run_record(request, pile, leave_out), file, ensure_ascii=False, indent=2)
        file.write("\n")
    with write_atomically(folder / RESULTS_FILE) as file:
        for report in reports:
            for row in report.rows():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    settings = tuple(pile.policy.explain(manifest))
    write_pages(pile.judgements, pile.pairs, pile.failures, settings, model, folder, lang)
    write_ledger(reports, pile.failures, folder / LEDGER_FILE, lang, model)
    return [*pile.failures, *write_word_copies(reports, folder, lang)]
