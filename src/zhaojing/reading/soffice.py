"""LibreOffice turns files of other formats into ``.docx`` for us.

Each file gets a soffice process and a user profile of its own. They live in a temporary folder that
goes away with them, even if we are killed; should the whole machine go down, a later run finds it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from zhaojing.errors import UnreadableFile
from zhaojing.reading.office_watch import watched
from zhaojing.reading.source import check_size

TIME_LIMIT = 120  # seconds; a cold start on a slow ARM machine takes twenty
MEMORY_LIMIT = 4 * 1024**3  # bytes of address space; an ordinary report needs less than one GiB

_PREFIX = "zhaojing-office-"
_SECURITY = "Office.Common/Security/Scripting"
_PROXY = "Inet/Settings"
# What the profile says, so that a file can neither run anything nor make LibreOffice fetch anything
_SETTINGS = (
    (_SECURITY, "DisableMacrosExecution", "true"),
    (_SECURITY, "MacroSecurityLevel", "3"),  # the highest
    (_SECURITY, "DisableActiveContent", "true"),  # 7.4 does not know it and goes on
    (_SECURITY, "BlockUntrustedRefererLinks", "true"),  # linked pictures, objects, sections
    ("Office.Writer/Content/Update", "Link", "2"),  # never
    # should a link slip through all the same: a proxy where nobody listens
    (_PROXY, "ooInetProxyType", "2"),
    (_PROXY, "ooInetHTTPProxyName", "127.0.0.1"),
    (_PROXY, "ooInetHTTPProxyPort", "9"),
    (_PROXY, "ooInetHTTPSProxyName", "127.0.0.1"),
    (_PROXY, "ooInetHTTPSProxyPort", "9"),
    (_PROXY, "ooInetNoProxy", ""),
)


def convert(data: bytes, suffix: str) -> bytes:
    """Return a file of format ``suffix``, as ``.doc``, as a ``.docx``.

    Raises
    ------
    UnreadableFile
        LibreOffice is missing, cannot open the file, or takes longer than ``TIME_LIMIT``.
    """
    program = _find_program()
    if program is None:
        raise UnreadableFile("office.missing")
    _remove_abandoned()
    try:
        with _workshop() as folder:
            report = folder / f"report{suffix}"
            report.write_bytes(data)
            code = _run([str(program), *_arguments(folder), str(report)], folder)
            converted = report.with_suffix(".docx")
            if code != 0 or not converted.exists():
                raise UnreadableFile("office.failed", detail=f"soffice {code}")
            check_size(converted.stat().st_size)
            return converted.read_bytes()
    except OSError as error:  # disk full, or no permission to start it
        raise UnreadableFile("office.failed", detail=error) from error


def _find_program() -> Path | None:
    """Return LibreOffice's program, from ``PATH`` or where its installers put it."""
    # not shutil.which: on Windows it begins with the current folder, which may hold the reports
    folders = [Path(folder) for folder in os.get_exec_path() if Path(folder).is_absolute()]
    if sys.platform == "win32":
        names = ["soffice.exe"]
        roots = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)")]
        folders += [Path(root, "LibreOffice", "program") for root in roots if root]
    else:
        names = ["soffice", "libreoffice"]
        folders += sorted(Path("/opt").glob("libreoffice*/program"), reverse=True)
    places = (folder / name for folder in folders for name in names)
    return next((place for place in places if os.access(place, os.X_OK)), None)


def _arguments(folder: Path) -> list[str]:
    return [
        f"-env:UserInstallation={_profile(folder).as_uri()}",
        "--headless",
        "--norestore",
        "--convert-to",
        "docx",
        "--outdir",
        str(folder),
    ]


def _run(command: list[str], folder: Path) -> int:
    """Run soffice to its end, or to the end of its time; nothing of it is left running."""
    environment = os.environ | dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP"), str(folder))
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        _pid_file(folder).write_text(str(process.pid), "ascii")
        _limit(process.pid)
        return process.wait(TIME_LIMIT)
    except subprocess.TimeoutExpired as error:
        raise UnreadableFile("office.slow", seconds=TIME_LIMIT) from error
    finally:
        _kill(process.pid, process.wait)
        process.wait()
        _pid_file(folder).unlink(missing_ok=True)  # the number may be another's soon


def clean_up(folder: Path) -> None:
    """End the soffice that works in ``folder``, if one does, and remove the folder."""
    with suppress(OSError, ValueError):
        _kill(int(_pid_file(folder).read_text("ascii")))
    _remove(folder)


def _pid_file(folder: Path) -> Path:
    return folder / "pid"


def _limit(pid: int) -> None:
    """Let the system stop it too: should we be killed, nobody else looks after it."""
    if sys.platform == "linux":
        import resource

        for kind, limit in ((resource.RLIMIT_AS, MEMORY_LIMIT), (resource.RLIMIT_CPU, TIME_LIMIT)):
            with suppress(OSError):  # a stricter limit holds already
                resource.prlimit(pid, kind, (limit, limit))


def _kill(pid: int, reap: Callable[[], object] = lambda: None) -> None:
    """End soffice and all that it started: its launcher ``pid`` is only the first of them."""
    if sys.platform == "win32":
        taskkill = Path(os.environ["SYSTEMROOT"], "System32", "taskkill.exe")
        subprocess.run(  # noqa: S603
            [taskkill, "/F", "/T", "/PID", str(pid)], capture_output=True, check=False
        )
    else:
        with suppress(ProcessLookupError, PermissionError):  # macOS: not permitted on a zombie
            for _ in range(100):  # until the last is gone it may still write into the folder
                os.killpg(pid, signal.SIGKILL)
                reap()
                time.sleep(0.01)


@contextmanager
def _workshop() -> Iterator[Path]:
    """Yield a private folder with a profile in it; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    try:
        with watched(folder), _claimed(folder):
            settings = _profile(folder) / "user" / "registrymodifications.xcu"
            settings.parent.mkdir(parents=True)
            settings.write_text(_registry(), "utf-8")
            yield folder
    finally:
        _remove(folder)


def _profile(folder: Path) -> Path:
    return folder / "profile"


def _registry() -> str:
    items = (
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{"".join(items)}</oor:items>'
    )


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Hold ``folder`` until the end of the block or of this process, even if that is killed.

    Raises
    ------
    OSError
        Another process holds it.
    """
    if sys.platform == "win32":
        claim = folder / "claim"
        claim.unlink(missing_ok=True)  # Windows deletes no file that somebody has open
        with claim.open("wb"):
            yield
    else:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)


@cache
def _remove_abandoned() -> None:
    """Remove, once a run, the folders of runs that were killed: a report lies in each."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > 60:  # a new one may not be claimed yet
                with _claimed(folder):
                    pass
                _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for socket in _sockets(folder):
        socket.unlink(missing_ok=True)


def _sockets(folder: Path) -> list[Path]:
    """Return what LibreOffice on Unix leaves behind when it is killed, named for its profile."""
    url = _profile(folder).as_uri().encode("utf-16-le")
    digest = hashlib.md5(url, usedforsecurity=False).digest()
    name = "".join(f"{byte:x}" for byte in digest)
    return list(Path("/tmp").glob(f"OSL_PIPE_*_SingleOfficeIPC_{name}"))  # noqa: S108
