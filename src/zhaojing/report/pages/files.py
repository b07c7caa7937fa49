"""Where the pages of a run stand."""

from __future__ import annotations

from pathlib import Path

from zhaojing.report.listed import ListedFolder

INDEX_FILE = "index.html"
PAGES_FOLDER = "报告"


def pages(folder: Path) -> ListedFolder:
    """Return where the pages of the reports of a run into ``folder`` stand."""
    return ListedFolder(folder / PAGES_FOLDER, ".html")
