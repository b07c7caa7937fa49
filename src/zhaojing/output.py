"""Write results whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from zhaojing.errors import OutputFailed


@contextmanager
def write_atomically(path: str | Path, *, newline: str | None = "\n") -> Iterator[IO[str]]:
    """Open a UTF-8 text file that takes the place of ``path`` only once it is complete.

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
        with os.fdopen(descriptor, "w", encoding="utf-8", newline=newline) as file:
            yield file
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files
        temporary.replace(target)
    except OSError as error:
        raise OutputFailed("output.failed", where=target, detail=error.strerror or error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
