"""What a person sees of a screening: pages, ledger, comments in Word copies, plain rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zhaojing.errors import OutputFailed, ZhaojingError
from zhaojing.messages import Lang
from zhaojing.output import check_folder, refuse_overwriting, write_atomically
from zhaojing.pile import Pile, Request
from zhaojing.records import fingerprint
from zhaojing.results_folder import (
    LEDGER_FILE,
    RESULTS_FILE,
    RUN_FILE,
    holds_results,
    read_record,
    remove_unfinished,
    result_files,
)
from zhaojing.run_record import result_lines, run_record

_LEDGER = "ledger"  # in the record: by which a ledger that was worked on is known


def check_results(folder: Path, inputs: Sequence[Path]) -> None:
    """Refuse, before any work, a folder in which the results cannot be written.

    Raises
    ------
    OutputFailed
        It cannot be written, holds files of these names that no screening wrote, a ledger that
        somebody has worked on, or one of the ``inputs``.
    """
    check_folder(folder)
    files, ledger = result_files(folder), folder / LEDGER_FILE
    if not holds_results(folder):
        for path in files:
            if path.exists():
                raise OutputFailed("output.foreign", where=path)
        remove_unfinished(folder)
        return
    record = read_record(folder / RUN_FILE)
    for path in files:
        refuse_overwriting(path, *inputs)
    if ledger.is_file() and _LEDGER in record and fingerprint(ledger) != record[_LEDGER]:
        raise OutputFailed("output.reviewed", where=ledger)
    remove_unfinished(folder)


def write_results(request: Request, pile: Pile, lang: Lang) -> list[ZhaojingError]:
    """Write everything into ``request.output``; return what could not be read or copied.

    Raises
    ------
    OutputFailed
        A file cannot be written.
    """
    from zhaojing.report.ledger import write_ledger
    from zhaojing.report.pages import write_pages
    from zhaojing.report.word_copies import write_word_copies

    folder = request.output
    if folder is None:
        raise ValueError("the request names no folder for the results")
    reports = [found.report for found in pile.judgements]
    manifest = pile.classifier.manifest
    model = f"{pile.classifier.folder.name if pile.classifier.folder else ''} ({manifest.kind})"
    record, ledger = run_record(request, pile), folder / LEDGER_FILE
    # an earlier ledger stands until it is replaced: people may work on it if this run is killed
    known = {_LEDGER: fingerprint(ledger)} if ledger.is_file() else {}
    _write_record(record | known, folder)  # first: it says that the rest is ours
    with write_atomically(folder / RESULTS_FILE) as file:
        file.writelines(result_lines(pile))
    record["sha256"]["results"] = fingerprint(folder / RESULTS_FILE)["sha256"]
    settings = tuple(pile.policy.explain(manifest))
    write_pages(pile.judgements, pile.pairs, pile.failures, settings, model, folder, lang)
    write_ledger(reports, pile.failures, ledger, lang, model)
    _write_record(record | {_LEDGER: fingerprint(ledger)}, folder)
    return [*pile.failures, *write_word_copies(reports, folder, lang)]


def _write_record(record: Mapping[str, Any], folder: Path) -> None:
    with write_atomically(folder / RUN_FILE) as file:
        json.dump(record, file, ensure_ascii=False, indent=2)
        file.write("\n")
