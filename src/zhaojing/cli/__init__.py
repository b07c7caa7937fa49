"""The command line, a module for each use.

Every command imports what it needs when it runs, so that ``--help`` is instant. Exit codes:
0 done, 1 some input failed, 2 wrong usage, configuration or input schema.
"""

from __future__ import annotations

import errno
import os
import signal
import sys

# each adds its commands, and help lists them in this order
# isort: off
from zhaojing.cli import screen, label, evaluate, train, data  # noqa: F401

# isort: on
from zhaojing.cli.root import app
from zhaojing.errors import ZhaojingError
from zhaojing.messages import DEFAULT_LANG, Lang, say

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point of the ``zhaojing`` command."""
    # a report's name may hold characters that a Windows console or a POSIX locale lacks
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    lang = _lang_of(sys.argv)
    # as an interrupt does: what is open is closed, what is temporary goes
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        app()
    except ZhaojingError as error:
        print(say("cli.error", lang) + error.describe(lang), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EPIPE):
            raise
        # what we print has nowhere to go: a full disk, a closed pipe
        # the interpreter flushes at exit, and would fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(say("cli.error", lang) + say("output.failed", lang, detail=error), file=sys.stderr)
        sys.exit(1)


def _lang_of(arguments: list[str]) -> Lang:
    given = " ".join(arguments)
    return "en" if "--lang en" in given or "--lang=en" in given else DEFAULT_LANG
