"""What a person sees of a screening: terminal summary, ``results.jsonl``, ``report.html``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from zhaojing.classifier import Classifier
from zhaojing.errors import UnreadableFile
from zhaojing.messages import Lang
from zhaojing.output import write_atomically
from zhaojing.report.html import render
from zhaojing.screening import Report

RESULTS_FILE = "results.jsonl"
PAGE_FILE = "report.html"


def result_files(folder: Path) -> tuple[Path, Path]:
    """Return what a screening writes into ``folder``."""
    return folder / RESULTS_FILE, folder / PAGE_FILE


def write_results(
    reports: Sequence[Report],
    failures: Sequence[UnreadableFile],
    classifier: Classifier,
    folder: Path,
    lang: Lang,
) -> None:
    """Write ``results.jsonl`` (a row a sentence) and ``report.html`` into ``folder``."""
    rows, page = result_files(folder)
    with write_atomically(rows) as file:
        for report in reports:
            for row in report.rows():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with write_atomically(page) as file:
        file.write(render(reports, failures, classifier, lang))
