"""Every format is read as a person would read it, and hostile bytes end in our own error."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import struct
import tracemalloc
import zipfile
from functools import cache
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhaojing.errors import UnreadableFile
from zhaojing.reading import SUFFIXES, Document, find_reports, read
from zhaojing.reading.docx import read_docx
from zhaojing.reading.html import read_html
from zhaojing.reading.text import decode
from zhaojing.reading.word_numbering import chinese_number
from zhaojing.splitting import split

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
TEXT = "一、问题表现\n会议太多，层层陪会。\n整改：不再陪会。"


# --- plain text -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode("gb18030"),
    ],
    ids=["utf8", "utf8-bom", "gb18030", "utf16-bom", "utf16le", "utf16be", "utf16be-bom", "crlf"],
)
def test_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "甲.txt"
    path.write_bytes(data)
    assert read(path).text == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_byte_does_not_lose_the_page(encoding: str) -> None:
    assert decode((TEXT * 40).encode(encoding) + b"\xff\xff").startswith(TEXT)


@pytest.mark.parametrize(
    "text", ["“红头变白头”", "①会多②文多", "——会议太多", "……", "A·B·C", "ئۇيغۇر", "😀"]
)
def test_utf8_is_taken_at_its_word(text: str) -> None:
    assert decode(text.encode()) == text


def test_a_mostly_ascii_gb18030_table_keeps_its_chinese() -> None:
    rows = [f"{i},row{i},会" if i % 40 == 0 else f"{i},row{i},0" for i in range(400)]
    text = "\n".join(rows)
    assert decode(text.encode("gb18030")) == text


def test_stray_signs_are_dropped() -> None:
    text = "会议太多，层层陪会，层层发文，人人叫苦。" * 20
    assert decode((text + "\ufeff" + text + "\x08").encode() + b"\x1a") == text + text


def test_markdown_headings_lose_their_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# 会议方面\n**市开会太多，人人叫苦。\n## 整改\n不再陪会。", "utf-8")
    units = split(read(path))
    assert [u.text for u in units] == ["会议方面", "**市开会太多，人人叫苦。", "整改", "不再陪会。"]
    assert units[3].heading == ("会议方面", "整改")


# --- Word -----------------------------------------------------------------------------------


def numbered_word() -> bytes:
    """A Word file with automatic numbers, a table, a text box, marks of revision and a header."""
    word = docx.Document()
    word.sections[0].header.paragraphs[0].text = "页眉不读"
    word.sections[0].footer.paragraphs[0].text = "页脚不读"
    numbering = word.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (style, text) in enumerate(
            [("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")]
        )
    )
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>')
    )

    def item(text: str, depth: int) -> None:
        paragraph = word.add_paragraph(text)
        properties = paragraph._p.get_or_add_pPr()
        properties.append(
            parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>'
            )
        )

    item("会议方面", 0)
    item("问题表现", 1)
    item("开会太多。", 2)
    item("陪会太多。", 2)
    item("整改措施", 1)
    item("合并开会。", 2)
    item("文件方面", 0)
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells], ["甲一", "甲二", "乙一", "乙二"], strict=True
    ):
        cell.text = text
    last = word.add_paragraph("留下的")
    last._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>添上的</w:t></w:r></w:ins>"))
    last._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>删去的</w:delText></w:r></w:del>")
    )
    last._p.append(
        parse_xml(
            f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>框里的</w:t></w:r></w:p>"
            "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>框里的</w:t></w:r>"
            "</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def test_word_keeps_numbers_tables_and_boxes_and_drops_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(numbered_word())
    units = split(read(path))
    assert [unit.text for unit in units] == [
        "一、会议方面",
        "（一）问题表现",
        "1.开会太多。",
        "2.陪会太多。",
        "（二）整改措施",
        "1.合并开会。",
        "二、文件方面",
        *("甲一", "甲二", "乙一", "乙二"),
        "留下的添上的",
        "框里的",
    ]
    assert units[3].heading == ("一、会议方面", "（一）问题表现")
    assert units[5].heading == ("一、会议方面", "（二）整改措施")


def word(body: str, styles: str = "", numbering: str = "") -> bytes:
    """Return a Word package of bare parts, as small as one can be."""
    space = nsdecls("w")
    return make_zip(
        word__document__xml=f"<w:document {space}><w:body>{body}</w:body></w:document>",
        word__styles__xml=f"<w:styles {space}>{styles}</w:styles>",
        word__numbering__xml=f"<w:numbering {space}>{numbering}</w:numbering>",
    )


def word_units(data: bytes) -> list[tuple[str, tuple[str, ...]]]:
    return [(u.text, u.heading) for u in split(Document.from_blocks(read_docx(data)))]


def test_word_headings_by_custom_style_and_text_that_is_not_shown() -> None:
    def p(text: str, style: str = "x", run: str = "") -> str:
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
            f"<w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>"
        )

    styles = (
        '<w:style w:styleId="a"><w:name w:val="甲"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
        '<w:style w:styleId="b"><w:name w:val="乙"/><w:basedOn w:val="h"/></w:style>'
        '<w:style w:styleId="h"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="t"><w:name w:val="toc 1"/></w:style>'
    )
    body = (
        p("目录里的一行", "t") + p("会议方面存在的突出问题", "a") + p("陪会现象", "b")
        + p("会太多。") + p("看不见", run="<w:vanish/>")
    )  # fmt: skip
    assert word_units(word(body, styles)) == [
        ("会议方面存在的突出问题", ()),
        ("陪会现象", ("会议方面存在的突出问题",)),
        ("会太多。", ("会议方面存在的突出问题", "陪会现象")),
    ]


def test_word_numbering_counts_empty_items_and_restarts_where_told() -> None:
    def item(text: str, number: int) -> str:
        reference = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
        return f"<w:p><w:pPr>{reference}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="5"/></w:lvlOverride></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="broken"/></w:num>'
    )
    body = (
        item("甲", 1) + item("", 1) + item("丙", 1) + item("戊", 2) + item("己", 1) + item("庚", 3)
    )
    texts = [text for text, _ in word_units(word(body, numbering=numbering))]
    assert texts == ["1.甲", "3.丙", "5.戊", "6.己", "庚"]


def test_word_paragraphs_joined_by_a_deleted_mark() -> None:
    body = (
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>会议太</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>多。</w:t></w:r></w:p>"
    )
    assert word_units(word(body)) == [("会议太多。", ())]


def test_word_in_the_strict_dialect_is_read() -> None:
    body = "<w:body><w:p><w:r><w:t>会太多。</w:t></w:r></w:p></w:body>"
    space = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    data = make_zip(word__document__xml=f"<w:document {space}>{body}</w:document>")
    assert word_units(data) == [("会太多。", ())]


@pytest.mark.parametrize(
    ("number", "chinese"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (100, "100")],
)
def test_chinese_numbers(number: int, chinese: str) -> None:
    assert chinese_number(number) == chinese


# --- PDF ------------------------------------------------------------------------------------


def test_pdf_lines_are_rejoined_and_furniture_is_gone() -> None:
    document = read(SAMPLES / "03-年度工作报告.pdf")
    units = split(document)
    texts = [unit.text for unit in units]
    assert "年度工作报告" not in texts  # the running head
    assert not any(text.strip("—- 0123456789") == "" for text in texts)  # page numbers
    # every prose unit of the source ends as a sentence does: no line break is left inside one
    prose = [text for text in texts if len(text) > 20]
    assert sum(text[-1] in "。；：" for text in prose) >= len(prose) * 0.9
    assert {unit.page for unit in units} == set(range(1, units[-1].page + 1))  # type: ignore[operator]


FILES = Path(__file__).parent / "files"


def test_pdf_of_a_report_whose_sections_begin_pages_equals_its_word_file() -> None:
    def texts(name: str) -> list[str]:
        return ["".join(unit.text.split()) for unit in split(read(FILES / name))]

    assert texts("six-pages.pdf") == texts("six-pages.docx")


def test_pdf_running_head_of_two_pages_is_not_spliced_in() -> None:
    text = read(FILES / "two-pages-with-running-head.pdf").text
    assert "内部资料" not in text
    assert "今年以来，全局上下认真落实" in text


def test_pdf_with_a_rare_character_keeps_its_lines() -> None:
    units = split(read(FILES / "rare-character.pdf"))
    assert units[0].text.startswith("𠮷林镇")
    assert all(unit.text[-1] in "。；：" for unit in units[1:])


# --- HTML -----------------------------------------------------------------------------------


def test_html_gives_visible_text_in_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(
        "<html><head><meta charset=gb2312><title>题</title><style>p{}</style></head><body>"
        "<nav>首页</nav><h2>会议<b>方面</b></h2><p>开会\n  太多，<a href=x>层层</a>陪会。</p>"
        "<script>var x='不读'</script><!-- 不读 --><table><tr><td>甲</td><td>乙</td></tr></table>"
        "一行<br>又一行&nbsp;&amp;完</body></html>".encode("gb18030")
    )
    units = split(read(path))
    assert [unit.text for unit in units] == [
        "会议方面",
        "开会 太多，层层陪会。",
        "甲",
        "乙",
        "一行",
        "又一行\xa0&完",
    ]
    assert units[1].heading == ("会议方面",)


def html_units(body: str) -> list[str]:
    return [unit.text for unit in split(Document.from_blocks(read_html(body.encode())))]


def test_html_with_tags_left_open_is_not_cut_off() -> None:
    body = "".join(f"<p><font color=red>第{i}段会议太多。" for i in range(600))
    assert len(html_units(body)) == 600


def test_html_nested_beyond_what_the_parser_can_do_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p><font>会议太多。" * 3000, "utf-8")
    with pytest.raises(UnreadableFile):
        read(path)


def test_control_characters_never_leave_a_reader() -> None:
    body = "<meta charset=utf-8><p>会议\x1b[31m太多&#27;]0;x</p>"
    assert all(char.isprintable() for unit in html_units(body) for char in unit)


def test_html_numbers_lists_and_ignores_unknown_and_hidden_elements() -> None:
    body = (
        "<ol><li>会多</li><li>文<img src=x>多</li></ol><ul><li>人少</li></ul>"
        "<p>于<st1:date>3月</st1:date>整改<o:p></o:p>完</p><p style='display: none'>不读</p>"
        "<div title=footer>5</div><pre>一行\n两行</pre><ruby>照<rt>zhao</rt></ruby>镜"
    )
    expected = ["1.会多", "2.文多", "人少", "于3月整改完", "一行", "两行", "照镜"]
    assert html_units(body) == expected


# --- bad input ------------------------------------------------------------------------------


def make_zip(**entries: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__xml", ".xml").replace("__", "/"), text)
    return buffer.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
BAD_FILES = {
    ("空.txt", b""): "file.empty",
    ("空白.txt", b" \n\n"): "file.no_sentences",
    ("图.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256))): "file.misnamed",
    ("乱.txt", bytes(range(256)) * 20): "file.binary",
    ("旧.docx", OLE): "file.legacy_word",
    ("密.docx", OLE + "EncryptedPackage".encode("utf-16-le")): "file.password",
    ("改名.docx", b"%PDF-1.4 ..."): "file.misnamed",
    ("改名.pdf", make_zip(word__document="x")): "file.misnamed",
    ("压缩包.docx", make_zip(a="x")): "file.misnamed",
    ("坏.docx", make_zip(word__document="x")): "file.corrupt",
    ("断.docx", numbered_word()[:-900]): "file.corrupt",
    ("文本.docx", TEXT.encode()): "file.corrupt",
    ("坏.pdf", b"%PDF-1.7\nnothing here"): "file.corrupt",
    ("表.xlsx", b"PK\x03\x04"): "file.unsupported",
    ("无后缀", b"x"): "file.unsupported",
}


@pytest.mark.parametrize(("named", "key"), BAD_FILES.items(), ids=[n for n, _ in BAD_FILES])
def test_bad_files(tmp_path: Path, named: tuple[str, bytes], key: str) -> None:
    path = tmp_path / named[0]
    path.write_bytes(named[1])
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == key
    assert caught.value.where == str(path)
    assert "\n" not in caught.value.describe("zh")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path, key in [(tmp_path / "无.txt", "file.missing"), (tmp_path, "file.not_a_file")]:
        with pytest.raises(UnreadableFile) as caught:
            read(path)
        assert caught.value.key == key


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "大.txt"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)  # sparse: takes no disk
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "file.too_large"


def test_a_zip_bomb_is_refused_unpacked_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhaojing.reading.word_xml.MAX_PART_BYTES", 1000)
    path = tmp_path / "a.docx"
    path.write_bytes(numbered_word())
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "file.too_large"


def test_encrypted_pdf_and_pdf_without_text(tmp_path: Path) -> None:
    import pypdfium2 as pdfium

    blank = tmp_path / "扫描.pdf"
    pdf = pdfium.PdfDocument.new()
    pdf.new_page(595, 842)
    pdf.save(blank)
    with pytest.raises(UnreadableFile) as caught:
        read(blank)
    assert caught.value.key == "file.no_text_layer"

    locked = tmp_path / "密.pdf"
    locked.write_bytes(ENCRYPTED_PDF)
    with pytest.raises(UnreadableFile) as caught:
        read(locked)
    assert caught.value.key == "file.password"


# A PDF whose encryption dictionary no empty password opens (40-bit RC4, made up keys).
ENCRYPTED_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<"
    + b"41" * 32
    + b">/U<"
    + b"42" * 32
    + b">>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]/Size 5>>\n%%EOF"
)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root reads all")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, "utf-8")
    path.chmod(0)
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "file.no_permission"


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(min_size=1, max_size=400))
def test_arbitrary_bytes_raise_only_our_own_error(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes({".pdf": b"%PDF-1.4\n", ".docx": b"PK\x03\x04"}.get(suffix, b"") + data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, 40_000), value=st.integers(0, 255))
def test_a_damaged_word_file(tmp_path: Path, position: int, value: int) -> None:
    data = bytearray(numbered_word_once())
    data[position % len(data)] = value
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


@cache
def numbered_word_once() -> bytes:
    return numbered_word()


# --- folders --------------------------------------------------------------------------------


def test_folders_yield_every_file_but_system_files(tmp_path: Path) -> None:
    (tmp_path / "子").mkdir()
    for name in ("b.txt", "子/a.docx", "~$b.docx", ".hidden.txt", "c.wps", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    found, failures = find_reports(tmp_path)
    assert [path.name for path in found] == ["b.txt", "c.wps", "a.docx"]
    assert not failures
    assert find_reports(tmp_path / "b.txt") == ([tmp_path / "b.txt"], [])


def test_links_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    (tmp_path / "甲").mkdir()
    (tmp_path / "甲" / "a.txt").write_text(TEXT, "utf-8")
    folder = tmp_path / "报告"
    folder.mkdir()
    (folder / "链接").symlink_to(tmp_path / "甲")
    (folder / "圈").symlink_to(folder)
    (folder / "断.txt").symlink_to(tmp_path / "无.txt")
    found, _ = find_reports(folder)
    assert [path.name for path in found] == ["断.txt", "a.txt"]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    found, failures = find_reports(tmp_path)
    assert not found
    assert [failure.key for failure in failures] == ["folder.nothing"]


def test_a_part_that_lies_about_its_size_takes_no_memory(tmp_path: Path) -> None:
    honest, said = 80 * 1024 * 1024, 1000
    file = tmp_path / "小.docx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * honest)
    content = file.read_bytes().replace(struct.pack("<I", honest), struct.pack("<I", said))
    file.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(UnreadableFile):
        read(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 1024 * 1024
