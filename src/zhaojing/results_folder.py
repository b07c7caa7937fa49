"""The folder of a screening's results: what stands where in it, and how it is known as one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from zhaojing.listed import LIST_FILE, ListedFolder

RUN_FILE = "manifest.json"
RESULTS_FILE = "results.jsonl"
LEDGER_FILE = "台账.xlsx"
INDEX_FILE = "index.html"
PAGES_FOLDER = "报告"
COPIES_FOLDER = "批注"


def pages(folder: Path) -> ListedFolder:
    """Return where the pages of the reports of a run into ``folder`` stand."""
    return ListedFolder(folder / PAGES_FOLDER, ".html")


def word_copies(folder: Path) -> ListedFolder:
    """Return where the commented Word copies of a run into ``folder`` stand."""
    return ListedFolder(folder / COPIES_FOLDER, ".docx")


def result_files(folder: Path) -> list[Path]:
    """Return what a screening writes into ``folder``, and has written: none of it is a report."""
    files = [folder / name for name in (RESULTS_FILE, RUN_FILE, LEDGER_FILE, INDEX_FILE)]
    for listed in (pages(folder), word_copies(folder)):
        files += [listed.path / name for name in listed.names() or ()]
    return files


def remove_unfinished(folder: Path) -> None:
    """Remove what a run into ``folder`` that was killed had not finished writing."""
    lists = [listed.path / LIST_FILE for listed in (pages(folder), word_copies(folder))]
    targets = {*result_files(folder), *lists}
    for place in {target.parent for target in targets}:
        for file in place.glob(".*.????????"):  # as write_atomically names it
            if place / file.name[1:-9] in targets:
                with suppress(OSError):
                    file.unlink()


def holds_results(folder: Path) -> bool:
    """Tell whether a screening has written into ``folder``."""
    try:
        read_record(folder / RUN_FILE)
    except (OSError, ValueError, RecursionError):
        return False
    return True


def read_record(file: Path) -> dict[str, Any]:
    """Return the record in ``file``.

    Raises
    ------
    OSError, ValueError
        It cannot be read, or is none of ours.
    """
    record = json.loads(file.read_text(encoding="utf-8"))
    if not (isinstance(record, dict) and {"format", "zhaojing", "sha256"} <= record.keys()):
        raise ValueError("no record of a screening")
    return record
