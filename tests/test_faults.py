"""A disk that fills up, a kill, a permission lost: no result is ever half of one.

Afterwards each file is absent, the old one or the complete new one, and the next run goes through.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from zhaojing.errors import OutputFailed
from zhaojing.model_folder import default_folder
from zhaojing.output import write_atomically
from zhaojing.results_folder import (
    COPIES_FOLDER,
    INDEX_FILE,
    LEDGER_FILE,
    PAGES_FOLDER,
    RESULTS_FILE,
    RUN_FILE,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")

SAMPLES = ROOT / "data" / "samples"
KILLS = int(os.environ.get("ZHAOJING_KILLS", "2"))
SCREEN = [sys.executable, "-m", "zhaojing", "screen", "--output"]


def screen(
    output: Path, *paths: Path, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Screen ``paths``; ``before`` is run in the new process and may take something from it."""
    return subprocess.run(
        [*SCREEN, output, *paths],
        capture_output=True,
        encoding="utf-8",
        preexec_fn=before,
        check=False,
    )


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two Word files and a text: enough to be stopped amid anything."""
    folder = tmp_path_factory.mktemp("reports")
    for sample in SAMPLES.iterdir():
        if sample.suffix in (".docx", ".txt"):
            shutil.copy(sample, folder)
    return folder


@pytest.fixture(scope="module")
def complete(reports: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nothing stops writes."""
    output = tmp_path_factory.mktemp("complete")
    assert screen(output, reports).returncode == 0
    return contents(output)


def contents(output: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(output)): file.read_bytes()
        for file in output.rglob("*")
        if file.is_file()
    }


def leftovers(output: Path) -> list[str]:
    """Return the temporary files that lie in ``output``."""
    own = (LEDGER_FILE, RESULTS_FILE, RUN_FILE, INDEX_FILE)
    listed = {"html", "docx", "json"}
    return [
        name
        for name in contents(output)
        if Path(name).name not in own and name.rpartition(".")[2] not in listed
    ]


def check_whole(output: Path, complete: dict[str, bytes]) -> None:
    """Test that every file is a complete one; all but the record are the same in every run."""
    found = contents(output)
    for name in leftovers(output):
        assert re.fullmatch(r"\..+\.\w{8}", Path(name).name)
        del found[name]
    for name, content in found.items():
        if name == RUN_FILE:
            assert json.loads(content)["format"]
        elif Path(name).name == ".zhaojing.json":
            assert isinstance(json.loads(content), list)
        else:
            assert content == complete[name], name


def check_next_run(output: Path, reports: Path, complete: dict[str, bytes]) -> None:
    """Test that the next run finishes the work and leaves nothing behind."""
    done = screen(output, reports)
    assert done.returncode == 0, done.stderr
    check_whole(output, complete)
    assert contents(output).keys() == complete.keys()


# --- no room --------------------------------------------------------------------------------------


def limited(size: int) -> Callable[[], None]:
    """Return what keeps a process from writing files of more than ``size`` bytes."""

    def limit() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("size", [2_000, 60_000])
def test_files_that_may_not_grow(
    tmp_path: Path, reports: Path, complete: dict[str, bytes], size: int
) -> None:
    assert size < max(map(len, complete.values()))
    done = screen(tmp_path, reports, before=limited(size))
    assert done.returncode == 1
    assert "无法写出" in done.stderr
    assert "Traceback" not in done.stderr
    check_whole(tmp_path, complete)
    assert not leftovers(tmp_path)
    check_next_run(tmp_path, reports, complete)
    screen(tmp_path, reports, before=limited(size))  # over a complete one
    check_whole(tmp_path, complete)
    assert not leftovers(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if (
        not shutil.which("mount")
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("file systems may not be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk(small_disk: Path, reports: Path, complete: dict[str, bytes]) -> None:
    for room in (0, 64, 200):  # KiB
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * (256 - room - 4 << 10))
        output = small_disk / "out"
        done = screen(output, reports)
        assert done.returncode == 1
        assert "无法写出" in done.stderr
        assert "Traceback" not in done.stderr
        if output.exists():
            check_whole(output, complete)
            assert not leftovers(output)
        filler.unlink()


# --- a kill ---------------------------------------------------------------------------------------


def test_killed_at_any_moment(tmp_path: Path, reports: Path, complete: dict[str, bytes]) -> None:
    dice = random.Random(KILLS)  # noqa: S311
    begun = time.monotonic()
    assert screen(tmp_path / "whole", reports).returncode == 0
    whole = time.monotonic() - begun
    output = tmp_path / "out"
    for number in range(KILLS):
        process = subprocess.Popen(
            [*SCREEN, output, reports], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if number % 2:  # amid the writing, which takes the last few tenths of a second
            wait_for(process, lambda: (output / RUN_FILE).exists())
            time.sleep(dice.uniform(0, 0.3 * whole))
        else:
            time.sleep(dice.uniform(0, whole))
        process.kill()
        process.wait()
        if output.exists():
            check_whole(output, complete)
            assert len(leftovers(output)) <= 1
        if number % 4 == 3:
            shutil.rmtree(output, ignore_errors=True)
    check_next_run(output, reports, complete)


def wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    while process.poll() is None and not ready():
        time.sleep(0.001)


@pytest.mark.parametrize(
    "name",
    [
        RUN_FILE,
        RESULTS_FILE,
        LEDGER_FILE,
        f"{PAGES_FOLDER}/*.html",
        f"{COPIES_FOLDER}/*.docx",
    ],
)
def test_killed_amid_a_file(
    tmp_path: Path, reports: Path, complete: dict[str, bytes], name: str
) -> None:
    # at the moment when the file would take its place, all of it written
    code = (
        "import os, pathlib, sys; from zhaojing.cli import main; replace = pathlib.Path.replace\n"
        "def stop(self, target):\n"
        f"    if pathlib.Path(target).match({name!r}): os.kill(os.getpid(), 9)\n"
        "    return replace(self, target)\n"
        "pathlib.Path.replace = stop; sys.argv = ['zhaojing', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", code, "screen", "--output", tmp_path, reports]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    check_whole(tmp_path, complete)
    assert len(leftovers(tmp_path)) == 1
    check_next_run(tmp_path, reports, complete)


def test_what_somebody_typed_after_a_kill_is_not_overwritten(tmp_path: Path, reports: Path) -> None:
    assert screen(tmp_path, reports).returncode == 0
    record = json.loads((tmp_path / RUN_FILE).read_bytes())
    process = subprocess.Popen(
        [*SCREEN, tmp_path, reports], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    before = (tmp_path / RUN_FILE).stat().st_mtime_ns
    wait_for(process, lambda: (tmp_path / RUN_FILE).stat().st_mtime_ns != before)
    process.kill()
    process.wait()
    with zipfile.ZipFile(tmp_path / LEDGER_FILE, "a") as ledger:
        ledger.writestr("typed", "属实")
    typed = (tmp_path / LEDGER_FILE).read_bytes()
    done = screen(tmp_path, reports)
    assert done.returncode == 1
    assert (tmp_path / LEDGER_FILE).read_bytes() == typed
    assert record["ledger"]


# --- a permission, a folder -----------------------------------------------------------------------

unprivileged = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may do everything"
)


def without_rights(command: list[str | Path]) -> list[str | Path]:
    """Return ``command`` such that root, too, is bound by permissions."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", *command]


@unprivileged
@pytest.mark.parametrize("lost", [".", PAGES_FOLDER])
def test_a_permission_lost_half_way(
    tmp_path: Path, reports: Path, complete: dict[str, bytes], lost: str
) -> None:
    assert screen(tmp_path, reports).returncode == 0
    before = contents(tmp_path)
    command = without_rights([*SCREEN, tmp_path, reports])
    process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
    record = (tmp_path / RUN_FILE).stat().st_mtime_ns
    if lost == ".":  # the check at the beginning has been passed
        time.sleep(1.0)
    else:
        wait_for(process, lambda: (tmp_path / RUN_FILE).stat().st_mtime_ns != record)
    (tmp_path / lost).chmod(0o555)
    said = process.communicate()[1]
    (tmp_path / lost).chmod(0o755)
    assert "Traceback" not in said
    assert process.returncode in (0, 1)
    assert process.returncode == 0 or "无法写出" in said
    check_whole(tmp_path, complete)
    assert not leftovers(tmp_path)
    assert contents(tmp_path).keys() == before.keys()
    check_next_run(tmp_path, reports, complete)


def test_the_folder_is_another_thing_half_way(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"

    def write() -> None:
        with write_atomically(target) as file:
            file.write("x")
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.write_text("a file now")

    for _ in range(2):
        with pytest.raises(OutputFailed):
            write()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, OSError])
def test_an_exception_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write() -> None:
        with write_atomically(target) as file:
            file.write("new" * 100_000)
            raise error

    with pytest.raises((error, OutputFailed)):
        write()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_other_commands_leave_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("会议太多。\n" * 500, "utf-8")
    commands = [
        ["label", tmp_path / "a.txt", "-o", tmp_path / "o" / "b.jsonl"],
        ["label", tmp_path / "a.txt", "-o", tmp_path / "o" / "b.csv"],
        ["evaluate", ROOT / "data" / "dev.jsonl", "--json", tmp_path / "o" / "m.json"],
    ]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "zhaojing", *command],
            capture_output=True,
            encoding="utf-8",
            preexec_fn=limited(1_000),
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert "无法写出" in done.stderr
        assert not list((tmp_path / "o").iterdir())
    assert default_folder().is_dir()
