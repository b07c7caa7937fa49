"""Stands by while LibreOffice works on a report, as a process of its own.

If the one that started it is killed, nobody else ends LibreOffice and removes its folder, in
which the report lies.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DONE = b"done"


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """See to it that ``folder`` does not outlive this process, should that die in the block."""
    # -P: no module of the current folder, where the reports may lie
    command = [sys.executable, "-P", "-m", __name__, str(folder)]
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as watch:
        try:
            yield
        finally:
            watch.communicate(_DONE)


def main() -> None:
    """Wait for the end of standard input, and clean up unless all is said to be done."""
    from zhaojing.reading.soffice import clean_up

    if sys.stdin.buffer.read() != _DONE:
        clean_up(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
