"""Which files the pages of a run are, so that a later run into the same folder can clear them.

``报告/pages.json`` lists the pages; nothing that it does not name is overwritten or removed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from zhaojing.errors import OutputFailed
from zhaojing.output import write_atomically

INDEX_FILE = "index.html"
PAGES_FOLDER = "报告"
_LIST_FILE = "pages.json"

_SAFE = r"\w（）《》〔〕【】“”·、，+-"
_UNSAFE = re.compile(f"[^{_SAFE}]+")
_PAGE = re.compile(rf"\d{{3,}}-[{_SAFE}]+\.html")
_LONGEST = 60  # characters of a name, which Windows limits with its folders to 260
_MOST_BYTES = 150  # of UTF-8; Linux takes 255, a temporary file's name included


def earlier_pages(folder: Path) -> tuple[Path, ...]:
    """Return the files that an earlier run has written into ``folder``: they are no reports."""
    names = _listed(folder)
    if names is None:
        return ()
    pages = folder / PAGES_FOLDER
    return (folder / INDEX_FILE, pages / _LIST_FILE, *(pages / name for name in names))


def check_pages(folder: Path) -> None:
    """Refuse, before any work, a folder with an ``index.html`` that is not an earlier run's.

    Raises
    ------
    OutputFailed
        There is one, or the folder of the pages is a link or a file.
    """
    pages = folder / PAGES_FOLDER
    if pages.is_symlink() or (pages.exists() and not pages.is_dir()):
        raise OutputFailed("output.not_a_folder", where=pages)
    if (folder / INDEX_FILE).exists() and _listed(folder) is None:
        raise OutputFailed("output.foreign", where=folder / INDEX_FILE)


def begin_pages(folder: Path, reports: Sequence[str]) -> tuple[str, ...]:
    """Return the file name of each report's page and list them beside those of an earlier run.

    Raises
    ------
    OutputFailed
        The folder holds another's files, or cannot be written.
    """
    check_pages(folder)
    pages = folder / PAGES_FOLDER
    earlier = _listed(folder) or ()
    found = {path.name for path in pages.iterdir()} if pages.exists() else set()
    names = tuple(_page_names(reports, found - set(earlier)))
    _write_list(folder, (*earlier, *names))  # both, so that a run cut short leaves none unlisted
    return names


def finish_pages(folder: Path, names: Sequence[str]) -> None:
    """Remove the pages of an earlier run that are none of ``names``.

    Raises
    ------
    OutputFailed
        One of them cannot be removed.
    """
    kept = set(map(_folded, names))
    for name in _listed(folder) or ():
        if _folded(name) not in kept:
            stale = folder / PAGES_FOLDER / name
            try:
                stale.unlink(missing_ok=True)
            except OSError as error:
                detail = error.strerror or error
                raise OutputFailed("output.failed", where=stale, detail=detail) from error
    _write_list(folder, names)


def _listed(folder: Path) -> tuple[str, ...] | None:
    """Return the names in the list of ``folder``, ``None`` without a list; it may be forged."""
    try:
        listed = json.loads((folder / PAGES_FOLDER / _LIST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    names = listed if isinstance(listed, list) else []
    return tuple(name for name in names if isinstance(name, str) and _PAGE.fullmatch(name))


def _write_list(folder: Path, names: Sequence[str]) -> None:
    with write_atomically(folder / PAGES_FOLDER / _LIST_FILE) as file:
        json.dump(names, file, ensure_ascii=False, indent=0)


def _page_names(reports: Sequence[str], taken: Collection[str]) -> Iterator[str]:
    used = set(map(_folded, taken))
    for number, report in enumerate(reports, 1):
        stem = f"{number:03}-{_safe(report)}"
        while _folded(f"{stem}.html") in used:
            stem += "-2"
        yield f"{stem}.html"


def _safe(report: str) -> str:
    stem = report.rpartition(".")[0] or report
    letters = _UNSAFE.sub("_", unicodedata.normalize("NFC", stem))[:_LONGEST]
    short = letters.encode()[:_MOST_BYTES].decode("utf-8", "ignore")
    return short.strip("_") or "report"


def _folded(name: str) -> str:
    """Return ``name`` as a file system sees it that takes capitals for small letters."""
    return unicodedata.normalize("NFC", name).casefold()
