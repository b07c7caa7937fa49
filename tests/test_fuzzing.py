"""Real files, changed at random where their structure is, at every door of the program.

As part of the tests each door sees a few dozen inputs, the same every time. ``ZHAOJING_FUZZ=5000``
makes it so many new ones a door; ``docs/reliability.md`` says how else to run this, and what it
found.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import os
import re
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import lxml.html
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from lxml import etree

import test_ledger
import test_pages
import test_word_comments
from conftest import ROOT, document, sentence
from test_ofd import LONG, package, page, prose, rows
from test_pages import browser, visit  # noqa: F401  # fixtures
from test_review import judge
from zhaojing import Classifier, UnreadableFile
from zhaojing.errors import (
    InvalidConfig,
    InvalidModel,
    InvalidRecords,
    ZhaojingError,
    printable,
)
from zhaojing.features import Vectorizer
from zhaojing.heads import N_OUTPUTS
from zhaojing.linear import LinearModel
from zhaojing.listed import LIST_FILE
from zhaojing.model_folder import LINEAR, MANIFEST_FILE, Manifest
from zhaojing.passage import N_SURROUNDINGS, PassageModel
from zhaojing.pile import Request, work_through
from zhaojing.policy import Policy
from zhaojing.reading import Document, Source, find_sources, ocr, read_source
from zhaojing.reading.document import LINE_BREAK
from zhaojing.records import read_records, validate_records, write_records
from zhaojing.report import check_results, write_results
from zhaojing.report.pages.visible import visible
from zhaojing.report.word_comments import comment_on
from zhaojing.results_folder import LEDGER_FILE, RUN_FILE, result_files
from zhaojing.review import import_review
from zhaojing.run_record import replay
from zhaojing.splitting import split, split_text
from zhaojing.words import word_spans

EXAMPLES = int(os.environ.get("ZHAOJING_FUZZ", "0"))
SAMPLES = ROOT / "data" / "samples"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def fuzzed(examples: int = 40) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


# --- what must hold of every document -----------------------------------------------------------


def told(error: ZhaojingError) -> str:
    """Return the key of an error that can be said in both languages, on any terminal."""
    for lang in ("zh", "en"):
        said = error.describe(lang)
        assert said
        assert not CONTROL.search(said.replace("\n", "")), said
    return error.key


def sound(found: Document) -> Document:
    """Test what holds of every document and of its sentences."""
    text, units = found.text, split(found)
    assert not CONTROL.search(text)
    assert "\n".join(text[p.start : p.end] for p in found.paragraphs) == text
    position = 0
    for unit in units:
        assert text[unit.start : unit.end] == unit.text == unit.text.strip() != ""
        assert not LINE_BREAK.search(unit.text)
        assert not text[position : unit.start].strip()
        position = unit.end
    assert not text[position:].strip()
    assert [unit.paragraph for unit in units] == sorted(unit.paragraph for unit in units)
    pages = [unit.page for unit in units]
    assert len(set(map(type, pages))) <= 1
    assert all(number >= 1 for number in pages if number is not None)
    return found


def look_at(name: str, data: bytes) -> Document | None:
    """Read ``data`` twice; return the document, ``None`` if it was refused in so many words."""
    source = Source(Path(name), lambda: data)
    try:
        found = sound(read_source(source))
    except UnreadableFile as error:
        event(f"{told(error)} {error.values.get('detail', '')}"[:60])
        return None
    event("read")
    assert read_source(source) == found
    return found


@pytest.fixture(autouse=True)
def _nothing_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page takes seconds to recognise; test_ocr.py damages pictures."""
    monkeypatch.setattr(ocr, "is_installed", lambda: False)


# --- packages: Word, OFD, ledgers ---------------------------------------------------------------

VALUES = st.sampled_from(
    [
        *(
            "",
            "0",
            "-1",
            "1",
            "99999999999",
            "1e400",
            "nan",
            "9" * 5000,
            "true",
            "../../x",
            "\u202e",
        ),
        *("<&>", "甲。乙；", " ", "A" * 9000, "%1%2%3", "_x0007_", "rId1", "#", "//", "１", "𠮷"),
    ]
) | st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]))
PARTS = {".xml", ".rels"}


class Content(bytes):
    """Bytes of a file, too many of them to be shown when a test fails: it prints how to repeat it."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@st.composite
def changed_xml(draw: st.DrawFn, content: bytes) -> bytes:
    """Return an XML part with some elements moved, repeated, renamed, emptied, or filled oddly."""
    root = etree.fromstring(content)
    for _ in range(draw(st.integers(1, 4))):
        elements = [e for e in root.iter() if isinstance(e.tag, str)]
        element, other = (elements[draw(st.integers(0, len(elements) - 1))] for _ in "ab")
        parent = element.getparent()
        match draw(st.integers(0, 8)):
            case 0 if parent is not None:
                parent.remove(element)
            case 1 if parent is not None and len(elements) < 5000:
                for _ in range(draw(st.sampled_from([1, 2, 30]))):
                    element.addnext(copy.deepcopy(element))
            case 2 if element not in other.iterancestors() and element is not other:
                other.append(element)
            case 3 if element.attrib:
                name = draw(st.sampled_from(sorted(element.attrib)))
                element.set(name, draw(VALUES))
            case 4 if element.attrib:
                del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]
            case 5:
                element.text = draw(VALUES)
            case 6:
                element.tail = draw(VALUES)
            case 7:
                element.tag = other.tag
            case 8 if parent is not None:
                for _ in range(draw(st.sampled_from([1, 20, 240, 300]))):
                    inner = etree.SubElement(element, element.tag)
                    element = inner
                element.text = draw(VALUES)
    encoding = draw(st.sampled_from(["UTF-8"] * 6 + ["UTF-16", "GB18030"]))
    declared = etree.tostring(root, encoding=encoding, xml_declaration=True)
    if draw(st.integers(0, 9)) == 0:
        kind = f'<!DOCTYPE a [<!ENTITY b "{"c" * 99}">]>'.encode(encoding).removeprefix(b"\xff\xfe")
        end = declared.index(">".encode(encoding.replace("16", "16-le"))) + (
            1 + (encoding[-1] == "6")
        )
        declared = declared[:end] + kind + declared[end:]
    return declared


@st.composite
def changed_package(draw: st.DrawFn, parts: dict[str, bytes]) -> bytes:
    """Return a zip of ``parts`` after one to three changes, most of them inside an XML part."""
    parts = dict(parts)
    for _ in range(draw(st.integers(1, 3))):
        name, other = (draw(st.sampled_from(sorted(parts))) for _ in "ab")
        match draw(st.integers(0, 9)):
            case 0 if len(parts) > 1:
                del parts[name]
            case 1:
                parts[name], parts[other] = parts[other], parts[name]
            case 2:
                parts[
                    draw(st.sampled_from([f"/{name}", name.upper(), name.replace("/", "\\")]))
                ] = parts.pop(name)
            case 3:
                parts[name] = parts[name][: draw(st.integers(0, 400))]
            case _ if Path(name).suffix in PARTS and parts[name][:1] == b"<":
                with contextlib.suppress(etree.XMLSyntaxError):  # cut before, or nested too deeply
                    parts[name] = draw(changed_xml(parts[name]))
    buffer = io.BytesIO()
    method = draw(st.sampled_from([zipfile.ZIP_DEFLATED] * 4 + [zipfile.ZIP_STORED]))
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return Content(buffer.getvalue())


@cache
def members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


WORD_FILES = [*sorted(SAMPLES.glob("*.docx")), ROOT / "tests" / "files" / "six-pages.docx"]


@fuzzed()
@given(st.sampled_from(WORD_FILES).flatmap(lambda file: changed_package(members(file))))
def test_word_files(data: bytes) -> None:
    found = look_at("甲.docx", data)
    if found is not None:
        report = test_word_comments.screened(data)
        try:
            commented = comment_on(data, report, "zh")
        except Exception as error:  # noqa: BLE001  # as word_copies does: one copy is missing then
            event(f"no copy: {type(error).__name__}")
            return
        again = look_at("甲.docx", commented)
        assert again is not None
        assert again.text == found.text


OFD_PARTS = {
    name: content.encode()
    for name, content in package(
        page(prose(rows(LONG))), page(prose(rows("一、会议过多。") + rows(LONG[::-1])))
    ).items()
}


@fuzzed()
@given(changed_package(OFD_PARTS))
def test_ofd_files(data: bytes) -> None:
    look_at("甲.ofd", data)


@cache
def ledger(place: Path) -> dict[str, bytes]:
    report = test_ledger.report("甲.txt", test_ledger.item(), test_ledger.item("文太多了。"))
    path = test_ledger.write(place, report)
    verdicts = {"verdict": "属实"}, {"verdict": "误报", "categories": "无", "level": "无"}
    return members(judge(path, *verdicts))


@fuzzed()
@given(st.data())
def test_ledgers(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    place = tmp_path_factory.getbasetemp() / "ledgers"
    file, records = place / "改.xlsx", place / "r.jsonl"
    file.write_bytes(data.draw(changed_package(ledger(_made(place)))))
    try:
        review = import_review(file)
    except InvalidRecords as error:
        event(told(error))
        return
    event("read")
    assert review.flags.right <= review.flags.judged
    write_records(review.records, records)
    assert read_records(records) == list(review.records)  # whatever is taken in can be learnt from


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def declared(parts: dict[str, bytes], said: int, method: int) -> bytes:
    """Return a zip file of ``parts`` in which the largest says that it has ``said`` bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    honest = max(map(len, parts.values()))
    return buffer.getvalue().replace(struct.pack("<I", honest), struct.pack("<I", said))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts memory another way")
@pytest.mark.parametrize(
    ("name", "part", "method"),
    [
        ("小.ofd", "OFD.xml", zipfile.ZIP_DEFLATED),
        ("小.ofd", "OFD.xml", zipfile.ZIP_BZIP2),
        ("小.docx", "word/document.xml", zipfile.ZIP_BZIP2),
        ("小.xlsx", "[Content_Types].xml", zipfile.ZIP_DEFLATED),
        ("小.xlsx", "xl/workbook.xml", zipfile.ZIP_BZIP2),
    ],
)
def test_a_part_that_lies_about_its_size_takes_no_memory(
    tmp_path: Path, name: str, part: str, method: int
) -> None:
    # in another process: what the decompressors take is seen by the system alone
    parts = {part: b" " * (100 << 20)}
    if part == "xl/workbook.xml":
        place = _made(tmp_path / "t")
        parts = ledger(place) | parts
    (tmp_path / name).write_bytes(declared(parts, 2_000_000, method))
    code = (
        "import resource, sys; from pathlib import Path; import openpyxl\n"
        "from zhaojing.errors import ZhaojingError; from zhaojing.reading import read\n"
        "from zhaojing.review import import_review\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10\n"
        "before, file = peak(), Path(sys.argv[1])\n"
        "try: import_review(file) if file.suffix == '.xlsx' else read(file)\n"
        "except ZhaojingError: print(peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 40  # MiB


# --- PDF ----------------------------------------------------------------------------------------

PDF_FILES = [next(SAMPLES.glob("*.pdf")), *sorted((ROOT / "tests" / "files").glob("*.pdf"))]
TOKEN = re.compile(rb"\d+ \d+ R|/[A-Za-z0-9]+|-?\d+(?:\.\d+)?|<[0-9A-Fa-f]{2,}>|\b[A-Za-z]{1,9}\b")
ODD_TOKENS = st.sampled_from(
    [
        *(b"", b"-1", b"0", b"2147483648", b"1e39", b"99999999999999999999", b"1 0 R", b"0 0 R"),
        *(b"null", b"[", b"]", b"<<", b">>", b"<FEFF>", b"(\\", b"/Kids", b"/Prev 0", b"endobj"),
    ]
)


@cache
def loosened(file: Path) -> tuple[bytes, ...]:
    """Return the objects of a PDF with their streams unpacked, so that all of it can be changed."""

    def unpacked(stream: re.Match[bytes]) -> bytes:
        try:
            content = zlib.decompress(stream[2])
        except zlib.error:
            return stream[0]
        return re.sub(rb"/Filter\s*/FlateDecode", b"", stream[1]) + content + stream[3]

    pattern = rb"(<<[^\0]{0,900}?/FlateDecode.{0,200}?stream\r?\n)(.*?)(\r?\nendstream)"
    content = re.sub(pattern, unpacked, file.read_bytes(), flags=re.DOTALL)
    return tuple(re.split(rb"(?=\b\d+ 0 obj\b)", content))


@st.composite
def changed_pdf(draw: st.DrawFn) -> bytes:
    """Return a PDF with objects dropped, doubled and swapped, and numbers and names replaced."""
    objects = list(loosened(draw(st.sampled_from(PDF_FILES))))
    for _ in range(draw(st.integers(1, 6))):
        at, other = (draw(st.integers(0, len(objects) - 1)) for _ in "ab")
        match draw(st.integers(0, 7)):
            case 0:
                objects[at] = b""
            case 1:
                objects.insert(other, objects[at])
            case 2:
                objects[at], objects[other] = objects[other], objects[at]
            case _:
                tokens = list(TOKEN.finditer(objects[at]))
                assume(tokens)
                token = tokens[draw(st.integers(0, len(tokens) - 1))]
                another = tokens[draw(st.integers(0, len(tokens) - 1))][0]
                new = draw(ODD_TOKENS | st.just(another))
                objects[at] = objects[at][: token.start()] + new + objects[at][token.end() :]
    return Content(b"".join(objects))


@fuzzed()
@given(changed_pdf())
def test_pdf_files(data: bytes) -> None:
    look_at("甲.pdf", data)


# --- text, Markdown, HTML -----------------------------------------------------------------------


@cache
def sentences() -> list[str]:
    return [s.text for found in find_sources([SAMPLES]) for s in split(read_source(found))]


LINES = st.lists(st.deferred(lambda: st.sampled_from(sentences())), min_size=3, max_size=12)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")


@fuzzed()
@given(LINES, st.sampled_from(["\n", "\r\n", "\r", "\u2028"]), st.sampled_from([".txt", ".md"]))
def test_a_text_says_the_same_in_every_encoding(lines: list[str], end: str, suffix: str) -> None:
    texts = [
        [unit.text for unit in split(sound(read_source(Source(Path(f"a{suffix}"), lambda d=d: d))))]
        for d in (end.join(lines).encode(encoding) for encoding in ENCODINGS)
    ]
    assert all(found == split_text("\n".join(lines)) for found in texts)


@fuzzed()
@given(LINES, st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=4))
def test_damaged_text(lines: list[str], changes: list[tuple[int, bytes]]) -> None:
    for encoding in ENCODINGS:
        data = "\n".join(lines).encode(encoding)
        for place, new in changes:
            data = data[: place % len(data)] + new + data[place % len(data) + 1 :]
        for suffix in (".txt", ".md", ".html", ".doc"):
            look_at(f"a{suffix}", data)


TAGS = st.sampled_from(
    [
        "p",
        "div",
        "span",
        "table",
        "tr",
        "td",
        "li",
        "ol",
        "h1",
        "h6",
        "br",
        "pre",
        "b",
        "script",
        "style",
        "title",
        "svg",
        "textarea",
        "select",
        "rt",
        "font",
        "a",
        "o:p",
        "st1:date",
        "body",
        "html",
        "template",
        "noscript",
        "frameset",
        "plaintext",
        "math",
    ]
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        ' style="display:none"',
        " hidden",
        " start=9",
        ' start="９999"',
        " title=header",
        ' a="',
        " '",
    ]
)
MARKUP = st.lists(
    st.one_of(
        st.builds("<{}{}>".format, TAGS, ATTRIBUTES),
        st.builds("</{}>".format, TAGS),
        st.sampled_from(["&nbsp;", "&#0;", "&#xD800;", "&#x110000;", "&amp;lt;", "<!--", "-->"]),
        st.sampled_from(["<![CDATA[", "]]>", "<?x?>", "<", ">", "<!doctype html>", "\x0b", "\r"]),
        st.deferred(lambda: st.sampled_from(sentences())),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


@fuzzed()
@given(MARKUP)
def test_html_says_the_same_in_every_encoding(markup: str) -> None:
    markup = markup.replace("\ud800", "").encode("utf-8", "ignore").decode()
    found = [
        look_at("a.html", f"<meta charset={name}>会议太多。{markup}".encode(name))
        for name in ("utf-8", "gb18030")
    ]
    assert found[0] == found[1]


# --- archives -----------------------------------------------------------------------------------

NAMES = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(["..", ".", "", "C:", "a\0b", "甲", "~$x", "CON", " ", "x" * 300]))
    .map("/".join),
    st.binary(max_size=20).map(lambda raw: raw.decode("gb18030", "replace")),
).map(lambda name: name.encode("utf-8", "ignore").decode() + ".txt")  # fmt: skip


@fuzzed()
@given(
    st.lists(st.tuples(NAMES, st.sampled_from(["会议太多。", ""])), max_size=6),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_archives(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[tuple[str, str]],
    damage: list[tuple[int, int]],
    encoding: str,
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (name, content) in enumerate(files):
            raw = name.encode(encoding)[:200]
            info = zipfile.ZipInfo(f"{number:03}" + "x" * len(raw))
            archive.writestr(info, content)
    data = bytearray(buffer.getvalue())
    for number, (name, _) in enumerate(files):  # zipfile itself would tidy the names up
        raw = name.encode(encoding)[:200]
        data = data.replace(f"{number:03}".encode() + b"x" * len(raw), raw + b".md")
    for place, value in damage:
        data[place % len(data)] = value
    archive = tmp_path_factory.getbasetemp() / "a.zip"
    archive.write_bytes(data)
    seen: list[str] = []
    for found in find_sources([archive]):
        if isinstance(found, UnreadableFile):
            told(found)
            continue
        assert found.path.is_relative_to(archive)
        assert ".." not in found.path.parts
        seen.append(os.path.realpath(found.path))
        try:
            sound(read_source(found))
        except UnreadableFile as error:
            event(told(error))
    assert len(seen) == len(set(seen))


# --- the splitter -------------------------------------------------------------------------------

SIGNS = st.text("会。；！？“”‘’《》（）()\"'.．1一、;&#a …—\n\t\u3000", min_size=1, max_size=8)


@fuzzed()
@given(st.lists(st.tuples(SIGNS, st.integers(1, 40)), max_size=8))
def test_nothing_but_white_space_is_lost_between_units(parts: list[tuple[str, int]]) -> None:
    text = "".join(sign * count for sign, count in parts)
    sound(Document.from_text(text))


@fuzzed()
@given(SIGNS)
def test_splitting_takes_time_in_proportion(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.process_time()
        split_text(text)
        return time.process_time() - begun

    # 4 times; in its square 16 times and more, and that every time
    assert any(seconds(40_000) < 12 * seconds(10_000) + 0.1 for _ in range(5))


# --- records, settings, models, records of runs -------------------------------------------------

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.just(10**400),
        VALUES,
        st.sampled_from(["meetings", "problem", "other", "\ud800", "\x1b[2J", "a\0b"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3),
    max_leaves=4,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in ``value`` with a key to what it holds."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


@st.composite
def changed_json(draw: st.DrawFn, value: Any) -> Any:
    """Return a copy of ``value`` in which some items are dropped, swapped, or are something else."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(value))
        if not found:
            break
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        match draw(st.integers(0, 5)):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[draw(VALUES)] = draw(JSON)
            case 2:
                other, place = found[draw(st.integers(0, len(found) - 1))]
                holder[key] = copy.deepcopy(other[place])
            case _:
                holder[key] = draw(JSON)
    return value


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


RECORD = document("d1", sentence(extra={"a": [1]}), sentence("文太多。", role="measure"), note="x")


@fuzzed()
@given(st.lists(changed_json(RECORD), min_size=1, max_size=3))
def test_records(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    place = tmp_path_factory.getbasetemp()
    file, again = place / "\x1b[2J.jsonl", place / "b.jsonl"
    file.write_bytes(b"\n".join(map(dumped, values)))
    records, faults = validate_records(file)
    assert len(records) + len({fault.line for fault in faults}) == len(values)
    for fault in faults:
        for lang in ("zh", "en"):
            assert not CONTROL.search(fault.describe(lang))
    write_records(records, again)
    assert read_records(again) == records


TOML = """mode = "cautious"
[thresholds]
perks = 0.8
embellishment_score = 1
[off]
inspections = "另有专项检查"
[allow]
"督查激励" = "国务院文件规定的名称"
[fixed_wording]
"现将有关情况报告如下" = "公文套语"
"""
TOML_TOKENS = st.sampled_from(
    [
        *(
            "",
            "nan",
            "inf",
            "-1",
            "1e400",
            "0x" + "f" * 5000,
            "9" * 5000,
            "true",
            "1979-05-27",
            "[[a]]",
        ),
        *(
            '""',
            '"\\u001b[2J"',
            "'''",
            "[" * 2000,
            "{a=" * 2000,
            "a." * 2000,
            "mode",
            "=",
            "\n",
            "#",
        ),
    ]
)


@fuzzed()
@given(
    st.lists(st.tuples(st.integers(0, 200), TOML_TOKENS | VALUES), min_size=1, max_size=3),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_settings(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]], encoding: str
) -> None:
    tokens = re.findall(r'"[^"]*"|\w+|\s|.', TOML)
    for place, token in changes:
        tokens[place % len(tokens)] = token
    file = tmp_path_factory.getbasetemp() / "zhaojing.toml"
    file.write_bytes("".join(tokens).encode(encoding))
    try:
        policy = Policy.build(file, {})
    except InvalidConfig as error:
        event(told(error))
        return
    event("read")
    assert Policy.build(None, policy.to_json()) == policy
    assert list(policy.explain(Manifest(kind=LINEAR)))
    assert policy.allowed("会议。") in ("", *policy.allow.values())


@cache
def model_parts(folder: Path) -> dict[str, bytes]:
    """Return the files of a model of three features."""
    vocabulary = "characters\t会\nwords\t会议\nshape\tdigits 0\n"
    dice = np.random.default_rng(0)
    vectorizer = Vectorizer(vocabulary.encode(), np.ones(3, np.float32))
    shape = (3, N_OUTPUTS)
    weights = dice.normal(size=shape).astype(np.float32)
    LinearModel(vectorizer, weights, np.zeros(N_OUTPUTS, np.float32)).save(folder)
    sizes = (N_SURROUNDINGS, 4), (4,), (4, N_OUTPUTS), (N_OUTPUTS,)
    PassageModel(*(dice.normal(size=size).astype(np.float32) for size in sizes)).save(folder)
    Manifest(kind=LINEAR, looks_twice=True).write(folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def changed_model(parts: dict[str, bytes]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return a file of a model folder, changed: its JSON, its header, its numbers or its lines."""

    @st.composite
    def changed(draw: st.DrawFn) -> tuple[str, bytes]:
        name = draw(st.sampled_from(sorted(parts)))
        content = parts[name]
        if name == MANIFEST_FILE:
            return name, dumped(draw(changed_json(json.loads(content))))
        data = bytearray(content)
        if name.endswith(".safetensors") and draw(st.booleans()):
            size = struct.unpack_from("<Q", content)[0]
            header = dumped(draw(changed_json(json.loads(content[8 : 8 + size]))))
            size = draw(st.sampled_from([len(header)] * 5 + [0, len(header) - 1, 2**40, 2**64 - 1]))
            return name, struct.pack("<Q", size) + header + content[8 + len(header) :]
        for _ in range(draw(st.integers(1, 4))):
            value = draw(st.sampled_from([0, 9, 10, 0x7C, 0x7F, 0x80, 0xFF]))
            data[draw(st.integers(0, len(data) - 1))] = value
        return name, bytes(data[: draw(st.sampled_from([len(data)] * 5 + [len(data) // 2, 0]))])

    return changed()


@fuzzed()
@given(st.data())
def test_model_folders(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    parts = model_parts(_made(tmp_path_factory.getbasetemp() / "model"))
    folder = _made(tmp_path_factory.getbasetemp() / "changed")
    name, content = data.draw(changed_model(parts))
    for file, whole in parts.items():
        (folder / file).write_bytes(content if file == name else whole)
    try:
        classifier = Classifier.load(folder)
    except InvalidModel as error:
        event(told(error))
        return
    event("read")
    for found in classifier.classify(["会议太多。", "", "1"]):
        scores = [*found.category_scores.values(), *found.role_scores.values()]
        assert all(0 <= score <= 1 for score in [*scores, found.embellishment_score])
    assert all(map(math.isfinite, classifier.manifest.calibration.slope))


@fuzzed(20)
@given(st.data())
def test_records_of_runs(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    model = _made(tmp_path_factory.getbasetemp() / "model")
    model_parts(model)
    folder = _made(tmp_path_factory.getbasetemp() / "run")
    request = Request(paths=(SAMPLES / "04-典型问题通报.txt",), model=model, output=folder)
    if not (folder / RUN_FILE).exists():
        write_results(request, work_through(request), "zh")
        assert replay(folder / RUN_FILE).is_same
        (folder / "whole.json").write_bytes((folder / RUN_FILE).read_bytes())
    whole = json.loads((folder / "whole.json").read_bytes())
    deep = st.just(b'{"format": ' + b"[" * 100_000)
    content = data.draw(changed_json(whole).map(dumped) | deep)
    (folder / RUN_FILE).write_bytes(content)
    (folder / "报告" / LIST_FILE).write_bytes(content)
    assert all(file.is_relative_to(folder) for file in result_files(folder))
    try:
        check_results(folder, request.paths)
        replay(folder / RUN_FILE)
    except ZhaojingError as error:
        event(told(error))


# --- what goes out ------------------------------------------------------------------------------

OUTGOING = st.one_of(
    st.text(min_size=1, max_size=60),
    st.lists(st.sampled_from([*test_pages.POISON, "会", "&lt;", "<!--", "]]>", "\\", "`", "{%"]))
    .map("".join),
    MARKUP,
).filter(str.strip)  # fmt: skip


TEMPLATES = "".join(
    file.read_text("utf-8")
    for file in (ROOT / "src" / "zhaojing" / "report" / "pages" / "templates").iterdir()
)
OUR_TAGS = set(re.findall(r"<([a-z][a-z0-9]*)", TEMPLATES)) | {"tbody"}
OUR_ATTRIBUTES = set(re.findall(r"[\s\"}]([a-z][a-z0-9-]*)(?==|[\s>])", TEMPLATES))


def pages_of(folder: Path, texts: list[str], name: str) -> dict[str, Any]:
    """Write the pages of a report whose every text is one of ``texts``."""
    kinds = [test_pages.prediction("meetings"), test_pages.prediction("perks", role="measure")]
    items = [
        test_pages.ScreenedSentence(
            test_pages.Sentence(text, 0, len(text), number + 1, None, (text,)),
            kinds[number % 2],
            ((0, 1),),
            text if number % 3 == 2 else "",
        )
        for number, text in enumerate(texts)
    ]
    found = Document.from_text("\n".join(texts), Path(name))
    return test_pages.write(
        folder,
        test_pages.judged(test_pages.Report(found, tuple(items))),
        failures=[UnreadableFile("file.corrupt", where=text, detail=text) for text in texts],
        policy=[("allow", text, text) for text in texts],
        model=texts[0],
    )


@fuzzed()
@given(st.lists(OUTGOING, min_size=3, max_size=6))
def test_pages_show_any_text_as_itself(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "pages"
    name = texts[0].replace("/", "⁄").replace("\0", "")[:200] or "甲"
    for file, root in pages_of(folder, texts, name).items():
        elements = [e for e in root.iter() if isinstance(e.tag, str)]
        assert {e.tag for e in elements} <= OUR_TAGS
        assert {attribute for e in elements for attribute in e.attrib} <= OUR_ATTRIBUTES
        shown = root.text_content()
        for text in texts:
            assert visible(text) in shown, file


@test_pages.needs_browser
def test_a_browser_shows_any_text_as_itself(
    visit: test_pages.Opener,  # noqa: F811
    tmp_path: Path,
) -> None:
    texts: list[str] = []

    @settings(fuzzed(150), database=None)
    @given(OUTGOING)
    def gather(text: str) -> None:
        texts.append(text)

    gather()
    pages_of(tmp_path, texts, "甲.txt")
    for file in test_pages.all_pages(tmp_path):
        page = visit(file)
        assert page.locator("script").count() == 1
        shown = page.evaluate("document.body.textContent")
        for text in texts:
            assert visible(text) in shown


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names")
def test_hostile_names_come_out_of_a_whole_screening_as_themselves(
    tmp_path: Path, default_classifier: Classifier
) -> None:
    names: dict[str, str] = {}  # by how they are shown: two may look the same

    @settings(fuzzed(60), database=None)
    @given(OUTGOING)
    def gather(text: str) -> None:
        name = text.replace("/", "⁄").replace("\0", "").encode("utf-8", "replace").decode()
        names[printable(name.lstrip(".~")[:50])] = name.lstrip(".~")[:50]

    gather()
    inbox, output = _made(tmp_path / "in"), tmp_path / "out"
    for name in names.values():
        content = f"会议太多，层层陪会。\n{name}\n".encode()
        Path(os.fsdecode(os.fsencode(inbox) + f"/{name}.txt".encode())).write_bytes(content)
    request = Request(paths=(inbox,), output=output)
    pile = work_through(request)
    write_results(request, pile, "zh")
    rows = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    shown = {row["doc_id"] for row in rows}
    assert len(shown) == len(pile.judgements) > len(names) // 2
    assert not any(CONTROL.search(name) for name in shown)
    for file in test_pages.all_pages(output):
        assert len(lxml.html.fromstring(file.read_text("utf-8")).findall(".//script")) == 1
    for path in output.rglob("*"):
        assert path.resolve().is_relative_to(output.resolve())
    review = import_review(output / LEDGER_FILE)
    assert review.unjudged == sum(row["flagged"] for row in rows)
    assert replay(output / RUN_FILE).is_same


# --- what was found, so that it stays mended ------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "mode = " + "[" * 3000 + "]" * 3000,
        "mode = " + "9" * 5000,
        "mode = 0x" + "f" * 9000,
        "[thresholds]\nperks = 0x" + "f" * 9000,
        'mode = "\\u001b[2J"',
    ],
    ids=["nested", "digits", "hexadecimal", "threshold", "escape"],
)
def test_settings_that_cannot_be_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "z.toml").write_text(text, "utf-8")
    with pytest.raises(InvalidConfig) as caught:
        Policy.build(tmp_path / "z.toml", {})
    assert told(caught.value) in ("config.no_toml", "config.value")


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", math.nan), ("temperature", 10**400), ("slope", [math.inf] * 9)],
)
def test_a_calibration_that_is_no_number(tmp_path: Path, name: str, value: object) -> None:
    model_parts(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST_FILE).read_bytes())
    manifest["calibration"][name] = value
    (tmp_path / MANIFEST_FILE).write_bytes(dumped(manifest))
    with pytest.raises(InvalidModel):
        Classifier.load(tmp_path)


def test_weights_that_are_no_numbers(tmp_path: Path) -> None:
    model_parts.__wrapped__(tmp_path)
    for file in ("model.safetensors", "passage.safetensors"):
        content = (tmp_path / file).read_bytes()
        (tmp_path / file).write_bytes(content[:-4] + struct.pack("<f", math.nan))
        with pytest.raises(InvalidModel):
            Classifier.load(tmp_path)
        (tmp_path / file).write_bytes(content)
    assert Classifier.load(tmp_path)


def test_json_nested_without_end(tmp_path: Path) -> None:
    deep = b'{"a":' + b"[" * 100_000
    (tmp_path / MANIFEST_FILE).write_bytes(deep)
    with pytest.raises(InvalidModel):
        Manifest.read(tmp_path)
    (tmp_path / RUN_FILE).write_bytes(deep)
    with pytest.raises(InvalidConfig):
        replay(tmp_path / RUN_FILE)
    _made(tmp_path / "报告")
    (tmp_path / "报告" / LIST_FILE).write_bytes(deep)
    assert len(result_files(tmp_path)) == 4


def test_a_nul_in_the_name_of_a_member(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("aXb.txt", "会议太多。")
    archive.write_bytes(archive.read_bytes().replace(b"aXb.txt", b"a\0b.txt"))
    pile = work_through(Request(paths=(archive,)))
    assert [found.report.short_name for found in pile.judgements] == ["a�b.txt"]


def test_the_unit_separator_is_a_control_character() -> None:
    assert Document.from_text("会\x1f议").text == "会 议"


def test_endless_sentences_are_not_kept_in_memory() -> None:
    word_spans("会议")
    tracemalloc.start()
    for number in range(5):
        word_spans(f"{number}" + "会议太多材料太多" * 2000)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 1 << 19
