"""The output folder: shards, rejects and the manifest by which an interrupted run goes on.

After each shard, first the shard is there, then the rejects up to it, then the manifest that names
it; each file is replaced as a whole. So whatever stops a run, the manifest tells the truth about a
run up to some unit, and what is beyond it is written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from zhaojing import __version__
from zhaojing.errors import InvalidConfig, OutputFailed
from zhaojing.labelling.engine import Labelled
from zhaojing.labelling.exports import companions, rows_into, shard_suffix
from zhaojing.labelling.rejects import REJECTS_FILE, reject_lines
from zhaojing.labelling.request import LabelRequest
from zhaojing.labelling.sources import WHOLE_FILE, Corpus
from zhaojing.messages import Lang
from zhaojing.model_folder import default_folder
from zhaojing.output import check_folder, write_atomically, write_bytes_atomically

MANIFEST_FILE = "manifest.json"
LOCK_FILE = ".lock"
_FORMAT = 1
_OPTIONS = (
    "text_column",
    "split",
    "keep",
    "only_flagged",
    "min_score",
    "sample",
    "seed",
    "packing",
    "shard_rows",
)


@dataclass(slots=True)
class Counts:
    """What has become of the rows of the source, and of their sentences.

    ``rows`` = ``labelled`` + ``rejected``, and ``sentences`` = ``written`` + ``left_out``.
    ``unreadable`` counts files that could not be read, or not to their end.
    """

    rows: int = 0
    labelled: int = 0
    rejected: int = 0
    unreadable: int = 0
    sentences: int = 0
    left_out: int = 0
    written: int = 0

    @property
    def has_rejects(self) -> bool:
        """Whether something was not labelled."""
        return bool(self.rejected or self.unreadable)

    def add(self, result: Labelled) -> None:
        """Take in what became of one unit."""
        whole_files = sum(fault.line == WHOLE_FILE for fault in result.faults)
        self.rows += result.read
        self.labelled += result.labelled
        self.rejected += len(result.faults) - whole_files
        self.unreadable += whole_files
        self.sentences += result.sentences
        self.left_out += result.left_out
        self.written += len(result.output)

    def check(self, rows: int) -> None:
        """Compare with the ``rows`` that were read.

        Raises
        ------
        OutputFailed
            Some have been lost, or come twice.
        """
        sums = (self.rows, self.labelled + self.rejected, rows)
        if len(set(sums)) > 1 or self.sentences != self.written + self.left_out:
            raise OutputFailed("label.lost", counts=json.dumps(asdict(self)), rows=rows)


@dataclass(slots=True)
class State:
    """How far a run is: the units that are in its shards, and what they came to."""

    complete: bool = False
    units: int = 0
    rejects_bytes: int = 0
    counts: Counts = field(default_factory=Counts)
    shards: list[dict[str, Any]] = field(default_factory=list)


class OutputFolder:
    """A folder that one run at a time writes its shards into; :func:`open_folder` gives one."""

    def __init__(self, request: LabelRequest, corpus: Corpus, lang: Lang) -> None:
        self.path, self.request, self.lang = Path(request.output), request, lang
        self.identity = _identity(request, corpus)
        self.state = self._resumed() if request.resume else State()
        if not request.resume and any(not p.name.startswith(".") for p in self.path.iterdir()):
            raise InvalidConfig("label.occupied", where=self.path)
        self._tidy()
        self._save()

    def take(self, results: Iterator[Labelled]) -> None:
        """Write ``results``, those of the units after ``state.units``, shard by shard.

        Raises
        ------
        OutputFailed
            A file cannot be written. What has been finished stays.
        """
        state, request = self.state, self.request
        result = next(results, None)
        while result is not None or not state.shards:  # one at least, even if it is empty
            name = f"part-{len(state.shards):05d}{shard_suffix(request.kind, request.compression)}"
            rows = 0
            with (
                write_bytes_atomically(self.path / name) as file,
                rows_into(file, request.kind, request.compression, request.columns) as write,
                (self.path / REJECTS_FILE).open("ab") as rejects,
            ):
                while result is not None:
                    for row in result.output:
                        write(row)
                    rejects.write(reject_lines(result.faults, self.lang))
                    rows += len(result.output)
                    state.units += 1
                    state.counts.add(result)
                    if rows >= request.shard_rows:
                        break
                    result = next(results, None)
                rejects.flush()
                os.fsync(rejects.fileno())
                state.rejects_bytes = rejects.tell()
            state.shards.append({"file": name, "rows": rows, "sha256": _of_file(self.path / name)})
            self._save()
            result = next(results, None)

    def finish(self, rows: int) -> None:
        """Close the run, of which ``rows`` were read, once its counts add up."""
        self.state.counts.check(rows)
        digests = {shard["file"]: shard["sha256"] for shard in self.state.shards}
        for name, content in companions(self.request.kind, digests).items():
            with write_atomically(self.path / name) as file:
                file.write(content)
        self.state.complete = True
        self._save()

    def _save(self) -> None:
        value = {"format": _FORMAT, **self.identity, **asdict(self.state)}
        with write_atomically(self.path / MANIFEST_FILE) as file:
            json.dump(value, file, ensure_ascii=False, indent=1)
            file.write("\n")

    def _resumed(self) -> State:
        """Return how far the run in the folder is, once it is certain that it is this one."""
        manifest = self.path / MANIFEST_FILE
        if not manifest.exists():
            if any(not p.name.startswith(".") for p in self.path.iterdir()):
                raise InvalidConfig("label.not_ours", where=self.path)
            return State()
        try:
            value = json.loads(manifest.read_text(encoding="utf-8"))
            before = {name: value[name] for name in self.identity}
            state = State(**{f.name: value[f.name] for f in fields(State)})
            state.counts = Counts(**value["counts"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidConfig("label.not_ours", where=self.path) from error
        changed = sorted(_changes(before, self.identity))
        if changed:
            raise InvalidConfig("label.changed", where=self.path, what=", ".join(changed))
        for shard in state.shards:
            file = self.path / shard["file"]
            if not file.is_file() or _of_file(file) != shard["sha256"]:
                raise InvalidConfig("label.shard_changed", where=file)
        if self.request.sample is not None and not state.complete:
            return State()  # what has been drawn is known at the end only
        return state

    def _tidy(self) -> None:
        """Take away what a run that was killed has left beyond its manifest."""
        listed = {shard["file"] for shard in self.state.shards}
        try:
            for path in self.path.iterdir():
                half = path.name.startswith((".part-", f".{MANIFEST_FILE}."))
                if half or (path.name.startswith("part-") and path.name not in listed):
                    path.unlink()
            with (self.path / REJECTS_FILE).open("ab") as rejects:
                rejects.truncate(self.state.rejects_bytes)
        except OSError as error:
            detail = error.strerror or error
            raise OutputFailed("output.failed", where=self.path, detail=detail) from error


@contextmanager
def open_folder(request: LabelRequest, corpus: Corpus, lang: Lang) -> Iterator[OutputFolder]:
    """Make the output folder this run's alone, with what an earlier part of the run has done.

    Raises
    ------
    InvalidConfig
        Another run is writing there, the folder holds something else, or the run that is to be
        resumed had other inputs, options, model or program.
    OutputFailed
        Nothing can be written there.
    """
    path = Path(request.output)
    check_folder(path)
    with (path / LOCK_FILE).open("ab") as lock:
        if not _locked(lock):
            raise InvalidConfig("label.locked", where=path)
        yield OutputFolder(request, corpus, lang)


def _locked(file: IO[bytes]) -> bool:
    """Lock ``file`` until it is closed; the system does that for a process that was killed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _identity(request: LabelRequest, corpus: Corpus) -> dict[str, Any]:
    """Return all that decides the bytes of the output; how many processes make them does not."""
    options = {name: getattr(request, name) for name in _OPTIONS}
    options |= {"keep": list(request.keep), "format": request.kind}
    return {
        "zhaojing": __version__,
        "model": model_digest(request.model or default_folder()),
        "options": options | {"policy": request.policy.to_json()},
        "inputs": [file.fingerprint() for file in corpus.files],
    }


def model_digest(folder: Path) -> str:
    """Return what only a model folder with the same files has."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            digest.update(_of_file(file).encode())
    return digest.hexdigest()


def _changes(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in ("zhaojing", "model"):
        if before[name] != now[name]:
            yield name
    for name, value in now["options"].items():
        if before["options"].get(name) != value:
            yield name
    files = [{entry["file"]: entry for entry in side["inputs"]} for side in (before, now)]
    for name in {*files[0], *files[1]}:
        if files[0].get(name) != files[1].get(name):
            yield name


def _of_file(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
