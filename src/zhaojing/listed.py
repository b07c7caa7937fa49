"""A folder of results, a file a report, that a later run into the same place can clear.

``.zhaojing.json`` in it lists the files; nothing that it does not name is overwritten or removed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhaojing.errors import OutputFailed
from zhaojing.output import write_atomically

LIST_FILE = ".zhaojing.json"
_SAFE = r"\w（）《》〔〕【】“”·、，+-"
_UNSAFE = re.compile(f"[^{_SAFE}]+")
_LISTED = re.compile(rf"\d{{3,}}-[{_SAFE}]+(\.[a-z]+)")
_LONGEST = 60  # characters of a name, which Windows limits with its folders to 260
_MOST_BYTES = 150  # of UTF-8; Linux takes 255, a temporary file's name included


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """The folder ``path``, which holds files that end in ``suffix``."""

    path: Path
    suffix: str

    def names(self) -> tuple[str, ...] | None:
        """Return the files of an earlier run, ``None`` if there was none; the list may be forged."""
        try:
            listed = json.loads((self.path / LIST_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        names = listed if isinstance(listed, list) else []
        matches = (_LISTED.fullmatch(name) for name in names if isinstance(name, str))
        return tuple(found[0] for found in matches if found and found[1] == self.suffix)

    def check(self) -> None:
        """Raise :class:`OutputFailed` if the folder is a link or a file."""
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise OutputFailed("output.not_a_folder", where=self.path)

    def begin(self, reports: Sequence[str]) -> tuple[str, ...]:
        """Return a file name for each report and list them beside those of an earlier run.

        Raises
        ------
        OutputFailed
            The folder is a link or a file, or cannot be written.
        """
        self.check()
        earlier = self.names() or ()
        found = {path.name for path in self.path.iterdir()} if self.path.exists() else set()
        names = tuple(self._free_names(reports, found - set(earlier)))
        self._write((*earlier, *names))  # both, so that a run cut short leaves none unlisted
        return names

    def finish(self, names: Sequence[str]) -> None:
        """Remove the files of an earlier run that are none of ``names``.

        Raises
        ------
        OutputFailed
            One of them cannot be removed.
        """
        written = {_folded(name): self.path / name for name in names}
        for name in self.names() or ():
            stale, twin = self.path / name, written.get(_folded(name))
            try:
                # where capitals do not count, the old name may be the new file
                if stale.exists() and not (twin and twin.exists() and stale.samefile(twin)):
                    stale.unlink()
            except OSError as error:
                detail = error.strerror or error
                raise OutputFailed("output.failed", where=stale, detail=detail) from error
        self._write(names)

    def _write(self, names: Sequence[str]) -> None:
        with write_atomically(self.path / LIST_FILE) as file:
            json.dump(names, file, ensure_ascii=False, indent=0)

    def _free_names(self, reports: Sequence[str], taken: Collection[str]) -> Iterator[str]:
        used = set(map(_folded, taken))
        for number, report in enumerate(reports, 1):
            stem = f"{number:03}-{_safe(report)}"
            while _folded(f"{stem}{self.suffix}") in used:
                stem += "-2"
            yield f"{stem}{self.suffix}"


def _safe(report: str) -> str:
    stem = report.rpartition(".")[0] or report
    letters = _UNSAFE.sub("_", unicodedata.normalize("NFC", stem))[:_LONGEST]
    short = letters.encode()[:_MOST_BYTES].decode("utf-8", "ignore")
    return short.strip("_") or "report"


def _folded(name: str) -> str:
    """Return ``name`` as a file system sees it that takes capitals for small letters."""
    return unicodedata.normalize("NFC", name).casefold()
