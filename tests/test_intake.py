"""Archives and the formats of older offices come in, hostile ones do no harm, and nothing stays."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhaojing import Classifier, Screener, UnreadableFile
from zhaojing.reading import Document, Source, find_sources, read, read_source, soffice
from zhaojing.reading.archive import MAX_MEMBERS, MAX_RATIO, Room, unpack
from zhaojing.screening import screen_all

TEXT = "会议太多，层层陪会。"
ROWS = [
    "一、会议方面",
    "文山会海仍未根治。",
    "1.开会多",
    "2.发文多",
    "甲",
    "乙",
    "丙",
    "丁",
    "完。",
]

needs_office = pytest.mark.skipif(soffice._find_program() is None, reason="needs LibreOffice")
unix_only = pytest.mark.skipif(sys.platform == "win32", reason="a shell script plays LibreOffice")


def read_bytes(name: str, data: bytes) -> Document:
    return read_source(Source(Path(name), lambda: data))


def why_unreadable(name: str, data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_bytes(name, data)
    assert caught.value.where == name
    return caught.value.key


# --- formats of older offices ---------------------------------------------------------------


@cache
def report_docx() -> bytes:
    word = docx.Document()
    word.add_heading(ROWS[0], 1)
    word.add_paragraph(ROWS[1])
    for row in ROWS[2:4]:
        word.add_paragraph(row[2:], style="List Number")
    cells = [cell for row in word.add_table(rows=2, cols=2).rows for cell in row.cells]
    for cell, text in zip(cells, ROWS[4:8], strict=True):
        cell.text = text
    word.add_paragraph(ROWS[8])
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One report in every format that LibreOffice writes for us."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "a.docx").write_bytes(report_docx())
    for suffix in ("doc", "rtf", "odt"):
        subprocess.run(
            [
                *(str(soffice._find_program()), f"-env:UserInstallation={folder.as_uri()}/profile"),
                *("--headless", "--convert-to", suffix, "--outdir", str(folder)),
                str(folder / "a.docx"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return {suffix: (folder / f"a.{suffix}").read_bytes() for suffix in ("doc", "rtf", "odt")}


@needs_office
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("旧.doc", "doc"),
        ("旧.wps", "doc"),
        ("旧.rtf", "rtf"),
        ("旧.odt", "odt"),
        ("改名.doc", "rtf"),
    ],
)
def test_text_headings_numbers_and_tables_survive(
    reports: dict[str, bytes], name: str, kind: str
) -> None:
    document = read_bytes(name, reports[kind])
    assert document.text.split("\n") == ROWS
    assert document.path == Path(name)
    assert [p.heading_level for p in document.paragraphs] == [1] + [None] * 8
    assert [p.in_table for p in document.paragraphs] == [False] * 4 + [True] * 4 + [False]


@pytest.mark.parametrize("name", ["a.doc", "a.wps", "a.docm"])
def test_a_docx_by_another_name_needs_no_libreoffice(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(soffice, "_find_program", lambda: None)
    assert read_bytes(name, report_docx()).text.split("\n") == ROWS


def test_a_page_that_a_web_system_calls_doc_is_read_as_html() -> None:
    page = f"\ufeff<!DOCTYPE html><html><body><p>{TEXT}</p></body></html>"
    assert read_bytes("a.doc", page.encode()).text == TEXT


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@needs_office
def test_a_broken_and_a_locked_file(reports: dict[str, bytes]) -> None:
    assert why_unreadable("坏.doc", OLE) == "office.failed"
    word = bytearray(reports["doc"])
    word[word.index(b"\xec\xa5\x01\x01") + 11] |= 1  # fEncrypted
    assert why_unreadable("密.doc", bytes(word)) == "file.password"


def test_what_never_reaches_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soffice, "_find_program", pytest.fail)
    assert why_unreadable("密.doc", OLE + "EncryptedPackage".encode("utf-16-le")) == "file.password"
    assert why_unreadable("旧.docx", OLE) == "file.legacy_word"
    assert why_unreadable("a.doc", TEXT.encode()) == "file.corrupt"
    assert why_unreadable("a.doc", b"%PDF-1.7") == "file.misnamed"
    assert why_unreadable("a.doc", zipped(("x", b"x"))) == "file.misnamed"
    locked = ("META-INF/manifest.xml", b"<manifest:encryption-data/>")
    assert why_unreadable("密.odt", zipped(("content.xml", b"x"), locked)) == "file.password"
    bomb = zipped(("content.xml", bytes(50_000_000)))
    assert why_unreadable("大.odt", bomb) == "archive.bomb"


def test_without_libreoffice_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if list(Path("/opt").glob("libreoffice*")) or sys.platform == "win32":
        pytest.skip("LibreOffice is where its installer puts it")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableFile) as caught:
        read_bytes("旧.doc", OLE)
    assert caught.value.key == "office.missing"
    assert "安装 LibreOffice" in caught.value.describe("zh")
    assert "另存为 .docx" in caught.value.describe("zh")


def test_a_program_beside_the_reports_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("soffice", "soffice.exe"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(["", "."]))
    found = soffice._find_program()
    assert found is None or tmp_path not in found.parents


# --- what a document asks LibreOffice to fetch ----------------------------------------------

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[1], "a").write(self.path + "\\n")
        self.send_error(404)
    do_HEAD = do_OPTIONS = do_GET
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def linking_odt(port: str) -> bytes:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for short, full in [
            ("office", "office"), ("text", "text"), ("draw", "drawing"), ("svg", "svg-compatible"),
        ]
    )  # fmt: skip
    frames = "".join(
        '<draw:frame text:anchor-type="as-char" svg:width="2cm" svg:height="2cm">'
        f'<draw:{kind} xlink:href="http://127.0.0.1:{port}/{kind}" xlink:type="simple" '
        'xlink:actuate="onLoad"/></draw:frame>'
        for kind in ("image", "object")
    )
    content = (
        f'<office:document-content {names} xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'office:version="1.2"><office:body><office:text><text:p>{TEXT}{frames}</text:p>'
        "</office:text></office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.text"
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = "".join(
        f'<m:file-entry m:full-path="{path}" m:media-type="{kind}"/>'
        for path, kind in [("/", mimetype), ("content.xml", "text/xml")]
    )
    manifest = f'<m:manifest xmlns:m="{space}" m:version="1.2">{entries}</m:manifest>'
    return zipped(
        (zipfile.ZipInfo("mimetype"), mimetype.encode()),  # has to lie there unpacked
        ("content.xml", content.encode()),
        ("META-INF/manifest.xml", manifest.encode()),
    )


@needs_office
def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    log.touch()
    command = [sys.executable, "-c", SERVER, str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            data = linking_odt(server.stdout.readline().strip())
            assert read_bytes("a.odt", data).text == TEXT
            assert log.read_text() == ""
            monkeypatch.setattr(soffice, "_SETTINGS", ())  # it is the settings that hold it back
            assert read_bytes("a.odt", data).text == TEXT
            assert log.read_text() != ""
        finally:
            server.kill()


# --- LibreOffice fails, and what is left of it ----------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, which the test must leave empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    soffice._remove_abandoned.cache_clear()
    yield folder
    assert not list(folder.iterdir())


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a shell script in LibreOffice's place; it stands in the file that this returns."""
    script = tmp_path / "bin" / "soffice"
    script.parent.mkdir()
    script.touch()
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    return script


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def await_content(path: Path) -> str:
    for _ in range(200):
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text().strip()
        time.sleep(0.05)
    raise AssertionError(f"{path.name} was not written")


@unix_only
def test_too_slow_is_killed_with_all_its_children(
    temporary: Path, pretend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soffice, "TIME_LIMIT", 1)
    pretend.write_text(f"#!/bin/sh\nsleep 77 & echo $! > {tmp_path}/child\nsleep 77\n")
    begun = time.monotonic()
    assert why_unreadable("慢.doc", OLE) == "office.slow"
    assert time.monotonic() - begun < 10
    assert not is_running(int(await_content(tmp_path / "child")))


@unix_only
@pytest.mark.parametrize(
    "script", ["kill -SEGV $$", "exit 3", "exit 0", "echo x > report.docx; exit 1"]
)
def test_a_crash_and_a_lie(temporary: Path, pretend: Path, script: str) -> None:
    pretend.write_text(f"#!/bin/sh\n{script}\n")
    assert why_unreadable("a.rtf", b"{\\rtf1 x}") == "office.failed"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_memory_is_limited(temporary: Path, pretend: Path, tmp_path: Path) -> None:
    pretend.write_text(f"#!/bin/sh\nsleep 0.5\nulimit -v > {tmp_path}/kilobytes\n")
    assert why_unreadable("a.doc", OLE) == "office.failed"
    assert int(await_content(tmp_path / "kilobytes")) * 1024 <= soffice.MEMORY_LIMIT


@unix_only
def test_a_program_that_cannot_start(temporary: Path, pretend: Path) -> None:
    pretend.write_bytes(b"\x7fELF of another machine")
    assert why_unreadable("a.doc", OLE) == "office.failed"


@unix_only
def test_a_converted_file_that_is_no_docx(temporary: Path, pretend: Path) -> None:
    pretend.write_text("#!/bin/sh\necho no zip > report.docx\n")
    assert why_unreadable("a.doc", OLE) == "file.corrupt"


READ = """
import sys
from zhaojing.reading import read
print(read(sys.argv[1]).text, end="")
"""


def reading(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", READ, str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, encoding="utf-8")


def await_end(child: int, temporary: Path) -> None:
    """See that a process goes, and its files; on a loaded machine it takes its time."""
    for _ in range(1200):
        if not any(temporary.iterdir()) and not is_running(child):
            break
        time.sleep(0.05)
    assert not any(temporary.iterdir())
    assert not is_running(child)


@unix_only
def test_an_interrupt_leaves_nothing(temporary: Path, pretend: Path, tmp_path: Path) -> None:
    pretend.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/child\nsleep 77\n")
    report = tmp_path / "a.doc"
    report.write_bytes(OLE)
    with reading(report) as reader:
        child = int(await_content(tmp_path / "child"))
        reader.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in reader.communicate(timeout=60)[1]
    await_end(child, temporary)


@unix_only
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_leaves_nothing(
    temporary: Path, pretend: Path, tmp_path: Path, sign: signal.Signals
) -> None:
    pretend.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/child\nsleep 77\n")
    report = tmp_path / "a.doc"
    report.write_bytes(OLE)
    with reading(report) as reader:
        child = int(await_content(tmp_path / "child"))
        reader.send_signal(sign)
    await_end(child, temporary)


@unix_only
def test_what_a_broken_down_machine_left_goes_at_the_next_run(
    temporary: Path, pretend: Path, tmp_path: Path
) -> None:
    left, fresh = temporary / "zhaojing-office-left", temporary / "zhaojing-office-fresh"
    for folder in (left, fresh):
        (folder / "profile").mkdir(parents=True)
        (folder / "report.doc").write_bytes(OLE)
    os.utime(left, (0, 0))
    pretend.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/child\nsleep 77\n")
    report = tmp_path / "a.doc"
    report.write_bytes(OLE)
    with reading(report) as reader:
        await_content(tmp_path / "child")
        assert not left.exists()
        (busy,) = set(temporary.iterdir()) - {fresh}
        os.utime(busy, (0, 0))
        pretend.write_text("#!/bin/sh\n")
        assert why_unreadable("b.doc", OLE) == "office.failed"
        assert busy.exists()  # its owner lives
        reader.send_signal(signal.SIGINT)
    shutil.rmtree(fresh)


@needs_office
@unix_only
def test_libreoffice_killed_leaves_no_socket(
    temporary: Path, reports: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with soffice._workshop() as folder:
        report = folder / "report.doc"
        report.write_bytes(reports["doc"])
        command = [str(soffice._find_program()), *soffice._arguments(folder), str(report)]
        place = {**os.environ, "TMPDIR": str(folder)}
        with subprocess.Popen(
            command, start_new_session=True, stderr=subprocess.DEVNULL, env=place
        ) as office:
            while not soffice._sockets(folder):
                assert office.poll() is None, "LibreOffice names its socket otherwise now"
                time.sleep(0.01)
            os.killpg(office.pid, signal.SIGKILL)
        assert soffice._sockets(folder)
    assert not soffice._sockets(folder)


@needs_office
def test_two_at_once(temporary: Path, reports: dict[str, bytes], tmp_path: Path) -> None:
    report = tmp_path / "a.doc"
    report.write_bytes(reports["doc"])
    with reading(report) as first, reading(report) as second:
        outputs = [reader.communicate(timeout=120) for reader in (first, second)]
    assert [text.split("\n") for text, _ in outputs] == [ROWS, ROWS], outputs


# --- archives -------------------------------------------------------------------------------


class RawName(zipfile.ZipInfo):
    """A member whose name is written as Chinese Windows does: GBK, with no flag."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # zipfile's name
        return self.filename.encode("gbk"), self.flag_bits


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def patched(data: bytes, offset: int, value: bytes, *, both: bool = False) -> bytes:
    """Overwrite a field of the last member: in the central directory, ``both``: where it lies too.

    ``offset`` counts in the central record; the local one lacks its second field of two bytes.
    """
    changed = bytearray(data)
    starts = [data.rindex(b"PK\x01\x02") + offset]
    if both:
        starts.append(data.rindex(b"PK\x03\x04") + offset - 2)
    for start in starts:
        changed[start : start + len(value)] = value
    return bytes(changed)


def contents(data: bytes, room: Room | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the text of what can be read and the fault of the rest, by path."""
    texts: dict[str, str] = {}
    faults: dict[str, str] = {}
    for found in unpack(Source(Path("报告.zip"), lambda: data), room):
        try:
            if isinstance(found, UnreadableFile):
                raise found
            texts[found.path.as_posix()] = read_source(found).text
        except UnreadableFile as error:
            faults[error.where or ""] = error.key
    return texts, faults


def test_members_are_reports_by_themselves() -> None:
    data = zipped(
        ("内层/", b""),
        ("内层/文件.docx", report_docx()),
        ("说明.txt", TEXT.encode("gb18030")),
        ("空.txt", b""),
        ("坏.docx", b"PK\x03\x04broken"),
        ("表.xlsx", b"PK\x03\x04"),
        ("再包.zip", zipped(("a.txt", TEXT.encode()), ("三层.zip", zipped(("b.md", b"# b"))))),
    )
    texts, faults = contents(data)
    assert texts == {
        "报告.zip/内层/文件.docx": "\n".join(ROWS),
        "报告.zip/说明.txt": TEXT,
        "报告.zip/再包.zip/a.txt": TEXT,
        "报告.zip/再包.zip/三层.zip/b.md": "b",
    }
    assert faults == {
        "报告.zip/空.txt": "file.empty",
        "报告.zip/坏.docx": "file.corrupt",
        "报告.zip/表.xlsx": "file.unsupported",
    }


def test_nesting_ends() -> None:
    data = zipped(("a.txt", TEXT.encode()))
    for depth in (3, 2, 1):
        data = zipped((f"{depth}.zip", data), (f"{depth}.txt", TEXT.encode()))
    texts, faults = contents(data)
    assert faults == {"报告.zip/1.zip/2.zip/3.zip": "archive.too_deep"}
    assert len(texts) == 3


@pytest.mark.parametrize("name", ["会议/一.txt", "誠\u6a5f\u80fd/工作.txt", "许\\a.txt"])
def test_names_in_gbk_without_a_flag(name: str) -> None:
    data = zipped((RawName(name), TEXT.encode()), (RawName("一.txt"), TEXT.encode()))
    shown = name.replace("\\", "/")
    assert set(contents(data)[0]) == {f"报告.zip/{shown}", "报告.zip/一.txt"}


def test_names_in_utf8_without_a_flag() -> None:
    class Mac(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
            return self.filename.encode(), self.flag_bits

    assert set(contents(zipped((Mac("总结.txt"), TEXT.encode())))[0]) == {"报告.zip/总结.txt"}


def test_no_name_leads_out_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [
        "../../上.txt",
        "/etc/根.txt",
        "a/../../b.txt",
        "..\\窗.txt",
        "C:\\盘.txt",
        "..",
        "\x07",
    ]
    data = zipped(*((RawName(name), TEXT.encode()) for name in names))
    texts, faults = contents(data)
    assert set(texts) == {
        f"报告.zip/{name}" for name in ("上.txt", "etc/根.txt", "a/b.txt", "窗.txt", "C:/盘.txt")
    }
    assert faults == {"报告.zip/?": "file.unsupported", "报告.zip/\ufffd": "file.unsupported"}
    assert not list(tmp_path.iterdir())  # nothing is unpacked to disk


def test_system_files_are_no_reports_and_alone_they_are_none() -> None:
    junk = [
        "__MACOSX/._a.txt",
        "Thumbs.db",
        "内/~$a.docx",
        ".DS_Store",
        ".git/a.txt",
        "desktop.ini",
    ]
    junked = [(name, b"x") for name in junk]
    assert contents(zipped(*junked, ("a.txt", TEXT.encode()))) == ({"报告.zip/a.txt": TEXT}, {})
    assert contents(zipped(*junked)) == ({}, {"报告.zip": "archive.nothing"})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_of_one_name_are_both_read() -> None:
    data = zipped(("a.txt", b"first."), ("a.txt", b"second."))
    found = [read_source(f).text for f in unpack(Source(Path("a.zip"), lambda: data))]  # type: ignore[arg-type]
    assert found == ["first.", "second."]


GOOD = ("好.txt", TEXT.encode())
FLAGS, METHOD, SIZE = 8, 10, 24


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (patched(zipped(GOOD, ("a.txt", b"x")), FLAGS, b"\x01\x00", both=True), "file.password"),
        (patched(zipped(GOOD, ("a.txt", b"x")), METHOD, b"\x0c\x00", both=True), "archive.method"),
        (patched(zipped(GOOD, ("a.txt", b"x")), METHOD, b"\x63\x00", both=True), "archive.method"),
        (patched(zipped(GOOD, ("a.txt", b"xyz" * 9)), SIZE, b"\x05\0\0\0"), "file.corrupt"),
        (patched(zipped(GOOD, ("a.txt", b"x")), SIZE, b"\0\0\0\x40"), "file.too_large"),
        (zipped(GOOD, ("a.txt", bytes(40_000_000))), "archive.bomb"),
        (zipped(GOOD, ("a.txt", b"hello")).replace(b"a.txtPK", b"b.txtPK"), "file.corrupt"),
    ],
    ids=["encrypted", "bzip2", "unknown method", "lies small", "lies large", "bomb", "renamed"],
)
def test_a_bad_member_leaves_the_others_alone(data: bytes, key: str) -> None:
    texts, faults = contents(data)
    assert texts == {"报告.zip/好.txt": TEXT}
    assert list(faults.values()) == [key]


def test_a_size_that_lies_costs_no_memory() -> None:
    packed = zipped(("a.txt", bytes(200_000_000)))
    data = patched(packed, SIZE, b"\x09\0\0\0")
    tracemalloc.start()
    try:
        assert contents(data) == ({}, {"报告.zip/a.txt": "file.corrupt"})
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_limits_hold_for_an_archive_and_all_within_it() -> None:
    member = os.urandom(400_000)
    inner = zipped(("c.bin", member), ("d.bin", member))
    data = zipped(("a.bin", member), ("inner.zip", inner), ("b.bin", member), GOOD)
    texts, faults = contents(data, Room(unpacked=1_300_000))
    assert faults == {
        "报告.zip/a.bin": "file.unsupported",
        "报告.zip/inner.zip/c.bin": "archive.too_much",
        "报告.zip/inner.zip/d.bin": "archive.too_much",
        "报告.zip/b.bin": "archive.too_much",
    }
    assert texts == {"报告.zip/好.txt": TEXT}
    assert contents(data, Room(members=5)) == (
        {"报告.zip/好.txt": TEXT},
        {
            "报告.zip/a.bin": "file.unsupported",
            "报告.zip/inner.zip": "archive.too_many",
            "报告.zip/b.bin": "file.unsupported",
        },
    )


def test_a_crowd_of_members_is_refused_at_once() -> None:
    data = zipped(*((f"{i}.txt", b"x") for i in range(MAX_MEMBERS + 1)))
    assert contents(data) == ({}, {"报告.zip": "archive.too_many"})
    record = data[data.rindex(b"PK\x01\x02") : data.rindex(b"PK\x05\x06")]
    begun = time.monotonic()
    assert contents(b"PK\x03\x04" + record * 1_000_000) == ({}, {"报告.zip": "archive.too_many"})
    assert time.monotonic() - begun < 5


def test_a_very_repetitive_report_is_no_bomb() -> None:
    text = TEXT * 30_000
    data = zipped(("a.txt", text.encode()))
    assert len(text.encode()) > MAX_RATIO * len(data)
    assert contents(data)[0] == {"报告.zip/a.txt": text}


@pytest.mark.parametrize("cut", [1, 30, 100, -60, -20, -1])
def test_a_truncated_archive(cut: int) -> None:
    assert contents(zipped(GOOD, ("a.txt", b"x"))[:cut]) == ({}, {"报告.zip": "file.corrupt"})


def test_an_archive_of_another_kind() -> None:
    assert contents(b"Rar!\x1a\x07\x00") == ({}, {"报告.zip": "file.misnamed"})
    assert contents(b"") == ({}, {"报告.zip": "file.empty"})


@cache
def some_archive() -> bytes:
    return zipped(GOOD, ("b.docx", report_docx()), ("c.zip", zipped(("d.html", b"<p>x"))))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_our_own_error(data: bytes) -> None:
    contents(data)
    contents(b"PK\x03\x04" + data)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(1, 100_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_archive_raises_only_our_own_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(some_archive())
    for position, value in changes:
        data[-position % len(data)] = value
    contents(bytes(data))


def test_one_report_cannot_be_read_from_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(GOOD))
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "archive.not_one"


# --- a pile ---------------------------------------------------------------------------------


def test_a_pile_with_archives(tmp_path: Path, default_classifier: Classifier) -> None:
    (tmp_path / "散.txt").write_text(TEXT, "utf-8")
    (tmp_path / "报告.zip").write_bytes(zipped(GOOD, ("空.txt", b"")))
    (tmp_path / "坏.zip").write_bytes(b"PK\x03\x04")
    seen: list[str] = []
    reports, failures = screen_all(
        Screener(default_classifier),
        [tmp_path, tmp_path / "报告.zip"],
        on_file=lambda path: seen.append(path.relative_to(tmp_path).as_posix()),
    )
    assert [report.path for report in reports] == [
        tmp_path / "报告.zip" / "好.txt",
        tmp_path / "散.txt",
    ]
    assert reports[0].rows()[0]["doc_id"] == str(tmp_path / "报告.zip" / "好.txt")
    assert {failure.key for failure in failures} == {"file.corrupt", "file.empty"}
    assert seen == ["报告.zip/好.txt", "报告.zip/空.txt", "散.txt"]


def test_files_are_looked_at_one_after_the_other(tmp_path: Path) -> None:
    for name in ("a.zip", "b.txt"):
        (tmp_path / name).write_bytes(zipped(GOOD))
    found = find_sources([tmp_path])
    assert isinstance(first := next(found), Source)
    (tmp_path / "a.zip").unlink()
    assert read_source(first).text == TEXT
    with contextlib.suppress(StopIteration):
        assert isinstance(next(found), Source)
