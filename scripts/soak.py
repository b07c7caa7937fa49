"""Screen piles of mixed, partly damaged reports for hours in one process: does anything grow?

    python scripts/soak.py HOURS

Prints memory, open files, left-over temporary files and child processes over time, and ends with
exit code 1 if one of them grew, or if the same files ever gave other results. Linux only: it reads
``/proc``. Every pile follows from its number, so a bad one can be made again.
"""

from __future__ import annotations

import ctypes
import gc
import io
import os
import random
import statistics
import sys
import tempfile
import time
import zipfile
from html import escape
from pathlib import Path
from typing import NamedTuple

import pypdfium2

from zhaojing.pile import Request, work_through
from zhaojing.reading import find_sources, ocr, read_source, soffice
from zhaojing.report import check_results, write_results
from zhaojing.results_folder import RESULTS_FILE
from zhaojing.splitting import split

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FILES = 6  # a pile
OLD_EVERY, SCAN_EVERY = 25, 25  # piles: LibreOffice and recognition take seconds each
SAME_EVERY = 20  # piles: the samples, whose results must not change
ROWS = 40  # lines of the table, whatever the time
# medians of the last third of the piles may be so many times those of the middle one; Python's
# blocks grow until the caches are full, of words and of what is how wide
GROWTH = {"used": 1.02, "blocks": 1.05, "mib": 1.25}


class State(NamedTuple):
    """What the system says of this process after a pile."""

    piles: int
    minutes: float
    mib: int  # resident: also what is free again, but lies between what is not
    used: float  # MiB that C libraries hold
    blocks: int  # thousands, that Python holds
    files: int
    temporary: int
    children: int


class Heap(ctypes.Structure):
    """What glibc says of its heap, ``struct mallinfo2`` of malloc.h."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def report(kind: str, lines: list[str], dice: random.Random) -> bytes:
    """Return a report of format ``kind`` with ``lines`` in it."""
    if kind in ("rtf", "doc", "wps"):  # offices call one of these another
        codes = "\\par ".join("".join(f"\\u{ord(c)}?" for c in line) for line in lines)
        return b"{\\rtf1\\ansi " + codes.encode() + b"}"
    if kind == "html":
        return "".join(f"<p>{escape(line)}</p>" for line in lines).encode("gb18030")
    if kind == "ofd":
        return packed(ofd_parts(lines))
    if kind == "zip":
        return packed({f"内{n}.txt": line for n, line in enumerate(lines[:5])})
    if kind in ("png", "jpg", "tif", "bmp"):
        return scan({"jpg": "jpeg", "tif": "tiff"}.get(kind, kind))
    if kind in ("docx", "pdf"):
        return dice.choice(sorted(SAMPLES.glob(f"*.{kind}"))).read_bytes()
    return "\n".join(lines).encode()


def packed(parts: dict[str, str]) -> bytes:
    """Return a zip file of ``parts``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def ofd_parts(lines: list[str]) -> dict[str, str]:
    """Return the parts of an OFD file (GB/T 33190-2016) of one page."""
    space = 'xmlns="http://www.ofdspec.org/2016"'
    objects = "".join(
        f'<TextObject Boundary="20 {10 * n} 170 8" Size="5"><TextCode X="0" Y="5" '
        f'DeltaX="g {len(line)} 5">{escape(line)}</TextCode></TextObject>'
        for n, line in enumerate(lines[:25], 1)
    )
    return {
        "OFD.xml": f"<OFD {space}><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>",
        "D.xml": f'<Document {space}><Pages><Page BaseLoc="P.xml"/></Pages></Document>',
        "P.xml": f"<Page {space}><Content><Layer>{objects}</Layer></Content></Page>",
    }


def scan(kind: str) -> bytes:
    """Return the head of a sample's first page as a picture."""
    with pypdfium2.PdfDocument(next(SAMPLES.glob("*.pdf"))) as pdf:
        picture = pdf[0].render(scale=1.5).to_pil()
    buffer = io.BytesIO()
    picture.crop((0, 0, picture.width, picture.height // 4)).save(buffer, kind)
    return buffer.getvalue()


def write_pile(folder: Path, number: int, lines: list[str]) -> None:
    """Replace what lies in ``folder`` with pile ``number``."""
    dice = random.Random(number)  # noqa: S311
    for file in folder.iterdir():
        file.unlink()
    kinds = dice.choices(["txt", "md", "html", "docx", "pdf", "ofd", "zip"], k=FILES)
    if number % OLD_EVERY == 1:
        kinds += dice.choices(["rtf", "doc", "wps"])
    if number % SCAN_EVERY == 2 and ocr.is_installed():
        kinds += dice.choices(["png", "jpg", "tif", "bmp"])
    for place, kind in enumerate(kinds):
        data = bytearray(report(kind, dice.sample(lines, 30), dice))
        if dice.random() < 1 / 3:
            for _ in range(dice.choice((1, 10, 100))):
                data[dice.randrange(len(data))] = dice.randrange(256)
        (folder / f"{place}.{kind}").write_bytes(data)


def screen(paths: Path, output: Path) -> bytes:
    """Screen as the command does, and return the rows."""
    request = Request(paths=(paths,), output=output)
    check_results(output, request.paths)
    write_results(request, work_through(request), "zh")
    return (output / RESULTS_FILE).read_bytes()


def state(piles: int, minutes: float, temporary: Path) -> State:
    """Ask the system, once it has back all that it can have back."""
    gc.collect()
    libc = ctypes.CDLL(None)
    libc.malloc_trim(0)
    libc.mallinfo2.restype = Heap
    heap = libc.mallinfo2()
    status = Path("/proc/self/status").read_text("utf-8").split("VmRSS:")[1]
    parents = [
        stat.rpartition(")")[2].split()[1]
        for stat in map(read_or_nothing, Path("/proc").glob("[0-9]*/stat"))
        if stat
    ]
    return State(
        piles,
        minutes,
        int(status.split()[0]) >> 10,
        round((heap.uordblks + heap.hblkhd) / 2**20, 1),
        sys.getallocatedblocks() // 1000,
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        len(list(temporary.rglob("*"))),
        parents.count(str(os.getpid())),
    )


def read_or_nothing(file: Path) -> str:
    """Return the text of a file that may be gone by now."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def faults(states: list[State]) -> list[str]:
    """Return what grew between the middle third and the last one."""
    third = len(states) // 3
    middle, last = states[third : 2 * third], states[2 * third :]
    found = [
        f"{name} grew"
        for name in ("files", "temporary", "children")
        if max(getattr(s, name) for s in last) > max(getattr(s, name) for s in middle)
    ]
    for name, times in GROWTH.items():
        before, after = (
            statistics.median(getattr(s, name) for s in part) for part in (middle, last)
        )
        found += [f"{name} grew"] * (after > before * times)
    return found


def main() -> int:
    """Screen until the time is over, and say what grew."""
    seconds = float(sys.argv[1]) * 3600
    lines = [s.text for found in find_sources([SAMPLES]) for s in split(read_source(found))]
    print(f"LibreOffice: {bool(soffice._find_program())}, recognition: {ocr.is_installed()}")
    print("piles  minutes   MiB   used  blocks  files  temporary  children")
    states: list[State] = []
    wrong: list[str] = []
    printed, begun = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        inbox, temporary = Path(place, "in"), Path(place, "tmp")
        inbox.mkdir()
        temporary.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        same = screen(SAMPLES, Path(place, "same"))
        while (spent := time.monotonic() - begun) < seconds or len(states) < 3:
            write_pile(inbox, len(states), lines)
            screen(inbox, Path(place, "out"))
            if len(states) % SAME_EVERY == 0 and screen(SAMPLES, Path(place, "same")) != same:
                wrong.append(f"other results after pile {len(states)}")
            states.append(state(len(states) + 1, spent / 60, temporary))
            if spent >= printed * seconds / ROWS:
                printed += 1
                print(
                    "{:5}  {:7.1f}  {:4}  {:5}  {:6}  {:5}  {:9}  {:8}".format(*states[-1]),
                    flush=True,
                )
    wrong += faults(states)
    print("; ".join(wrong) or "nothing grew")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
