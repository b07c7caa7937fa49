"""Write results whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from zhaojing.errors import InvalidConfig, OutputFailed


@contextmanager
def write_atomically(path: str | Path, *, newline: str | None = "\n") -> Iterator[IO[str]]:
    """Open a UTF-8 text file that takes the place of ``path`` only once it is complete.

    Raises
    ------
    OutputFailed
        The folder cannot be made or the file cannot be written; ``path`` is left as it was.
    """
    with (
        write_bytes_atomically(path) as content,
        io.TextIOWrapper(content, encoding="utf-8", newline=newline) as file,
    ):
        yield file


@contextmanager
def write_bytes_atomically(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of ``path`` only once it is complete.

    Raises
    ------
    OutputFailed
        The folder cannot be made or the file cannot be written; ``path`` is left as it was.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files
        temporary.replace(target)
    except OSError as error:
        raise OutputFailed("output.failed", where=target, detail=error.strerror or error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def write_json(value: object, path: str | Path) -> None:
    """Write ``value`` as indented JSON, whole or not at all; raises as :func:`write_atomically`."""
    with write_atomically(path) as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.write("\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_folder(folder: str | Path) -> None:
    """Make ``folder`` and try to write into it, so that a long run does not end in an error.

    Raises
    ------
    OutputFailed
        It is no folder, or nothing can be written there.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        raise OutputFailed("output.not_a_folder", where=folder) from error
    except OSError as error:
        raise OutputFailed("output.failed", where=folder, detail=error.strerror or error) from error


def check_place(folder: Path, marker: str) -> None:
    """Refuse, before any work, a folder that holds something else than what ``marker`` marks.

    Raises
    ------
    InvalidConfig
        ``folder`` exists, is not empty, and has no file ``marker``.
    OutputFailed
        Nothing can be written beside it.
    """
    ours = (folder / marker).is_file()
    if folder.exists() and not ours and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidConfig("train.occupied", where=folder)
    check_folder(folder.absolute().parent)


def refuse_overwriting(target: str | Path, *inputs: str | Path) -> None:
    """Raise :class:`OutputFailed` if ``target`` is one of the files that are read."""
    if any(os.path.realpath(target) == os.path.realpath(source) for source in inputs):
        raise OutputFailed("output.is_input", where=target)


@contextmanager
def standard_output() -> Iterator[IO[str]]:
    """Open standard output as UTF-8 text with ``\\n`` line ends, on every system."""
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        yield file
    finally:
        file.flush()
        file.detach()
