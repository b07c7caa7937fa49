"""What a screening was made of, ``manifest.json``, so that anyone can make it again."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zhaojing
from zhaojing.errors import InvalidConfig, printable
from zhaojing.judging.fixed_wording import read_fixed_wording
from zhaojing.model_folder import default_folder
from zhaojing.pile import Pile, Request, work_through
from zhaojing.policy import Policy
from zhaojing.reading import MAX_BYTES, find_reports
from zhaojing.results_folder import read_record

_FORMAT = 1
_LIBRARIES = ("jieba", "lxml", "numpy", "pypdfium2")


def run_record(request: Request, pile: Pile) -> dict[str, Any]:
    """Return all that decides the results of a run, but for a digest of the sentences' rows."""
    return {
        "format": _FORMAT,
        "zhaojing": zhaojing.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "libraries": {name: version(name) for name in _LIBRARIES},
        "folder": printable(Path.cwd()),
        "paths": [printable(path) for path in request.paths],
        "earlier": [printable(path) for path in request.earlier],
        "policy": request.policy.to_json(),
        "model": printable(request.model) if request.model else None,
        **_digests(request, pile),
    }


def _digests(request: Request, pile: Pile) -> dict[str, Any]:
    folder = request.model or default_folder()
    wording = "\n".join(read_fixed_wording())
    return {
        "sha256": {
            "model": _of_files(sorted(file for file in folder.iterdir() if file.is_file())),
            "fixed_wording": hashlib.sha256(wording.encode()).hexdigest(),
        },
        "inputs": list(_inputs(request)),
        "unread": [failure.describe("en") for failure in pile.failures],
        "reports": [
            {
                "name": found.report.name,
                "sentences": len(found.report.sentences),
                "flagged": len(found.report.flagged),
                "index": round(found.risk.index, 6) if found.risk else None,
                "shares": {k: round(v, 6) for k, v in found.risk.shares.items()}
                if found.risk
                else {},
            }
            for found in pile.judgements
        ],
    }


def result_lines(pile: Pile) -> Iterator[str]:
    """Yield the lines of ``results.jsonl``: one a sentence, the report most at risk first."""
    for found in pile.judgements:
        for row in found.report.rows():
            yield json.dumps(row, ensure_ascii=False) + "\n"


def _inputs(request: Request) -> Iterator[dict[str, Any]]:
    for named in (*request.paths, *request.earlier):
        for path in find_reports(named, output=request.output)[0]:
            # what cannot be read is listed as such
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size <= MAX_BYTES:
                    yield {"file": printable(path), "sha256": _of_files([path])}


def _of_files(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _of_lines(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Replay:
    """A run made again: what was the same, by the keys of the record, and what was not.

    ``changed`` holds paths of inputs that are other files now, or are gone, or are new.
    """

    same: dict[str, bool]
    changed: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether the results are those of the record."""
        return self.same["results"] and self.same["reports"]


def replay(record_file: Path) -> Replay:
    """Screen again what ``record_file`` names, in its folder, and compare.

    Raises
    ------
    InvalidConfig
        The file is no record of a run of this format.
    """
    try:
        record = read_record(record_file)
        if record["format"] != _FORMAT:
            raise ValueError(f"format {record['format']}")
        request = Request(
            paths=tuple(map(Path, record["paths"])),
            earlier=tuple(map(Path, record["earlier"])),
            model=Path(record["model"]) if record["model"] else None,
            policy=Policy.build(None, record["policy"]),
            output=record_file.absolute().parent,
        )
        before = {entry["file"]: entry["sha256"] for entry in record["inputs"]}
        folder, digests, reports = record["folder"], dict(record["sha256"]), record["reports"]
        if not Path(folder).is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidConfig("replay.invalid", where=record_file, detail=repr(error)) from error
    with contextlib.chdir(folder):  # names of files are relative to it
        pile = work_through(request)
        now = _digests(request, pile)
        now["sha256"]["results"] = _of_lines(result_lines(pile))
    after = {entry["file"]: entry["sha256"] for entry in now["inputs"]}
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    same = {name: digests.get(name) == digest for name, digest in now["sha256"].items()}
    same |= {"inputs": not changed, "reports": reports == now["reports"]}
    return Replay(same, tuple(sorted(changed)))
