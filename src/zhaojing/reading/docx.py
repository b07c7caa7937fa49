"""Word files: paragraphs, tables and text boxes in reading order, with list numbers.

Headers, footers, footnotes, comments, deleted text and tables of contents are left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import docx
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block
from zhaojing.reading.docx_numbering import Numbering

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from lxml.etree import _Element

MAX_UNPACKED_BYTES = 512 * 1024 * 1024

_LEFT_OUT = {
    qn("w:del"),
    qn("w:moveFrom"),
    qn("w:pPr"),
    qn("w:rPr"),
    qn("w:sectPr"),
    qn("w:instrText"),
    # Word writes a text box twice; the fallback repeats it for readers of 2007
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
_TEXT, _BOX, _PARAGRAPH, _TABLE = qn("w:t"), qn("w:txbxContent"), qn("w:p"), qn("w:tbl")
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}


def read_docx(data: bytes) -> Iterator[Block]:
    """Yield the blocks of a ``.docx`` in reading order; tables go row by row."""
    _check_package(data)
    word = docx.Document(io.BytesIO(data))
    yield from _Walker(word).walk(word.element.body, in_table=False)


def _check_package(data: bytes) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise UnreadableFile("file.corrupt", detail=str(error)) from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("file.password")
    if not any(entry.filename.startswith("word/") for entry in entries):
        raise UnreadableFile("file.misnamed", suffix=".docx", actual="ZIP")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFile("file.too_large", size=unpacked >> 20, limit=MAX_UNPACKED_BYTES >> 20)


class _Walker:
    def __init__(self, word: WordDocument) -> None:
        self.styles = {style.style_id: style for style in word.styles}
        self.numbering = Numbering(word)

    def walk(self, container: _Element, *, in_table: bool) -> Iterator[Block]:
        """Yield the blocks below ``container``, whatever it wraps them in."""
        for child in container.iterchildren():
            if child.tag in _LEFT_OUT:
                continue
            if child.tag == _PARAGRAPH:
                yield from self._paragraph(child, in_table)
            else:
                yield from self.walk(child, in_table=in_table or child.tag == _TABLE)

    def _paragraph(self, paragraph: _Element, in_table: bool) -> Iterator[Block]:
        style = self._style(paragraph)
        name = (style.name or "").lower() if style is not None else ""
        if name.startswith("toc "):
            return
        text: list[str] = []
        boxes: list[_Element] = []
        self._collect(paragraph, text, boxes)
        content = "".join(text)
        if content.strip():
            marker = self.numbering.next_marker(paragraph, style)
            yield Block(marker + content, self._heading_level(paragraph, name), in_table)
        for box in boxes:
            yield from self.walk(box, in_table=in_table)

    def _collect(self, element: _Element, text: list[str], boxes: list[_Element]) -> None:
        for child in element.iterchildren():
            if child.tag == _TEXT:
                text.append(child.text or "")
            elif child.tag in _BREAKS:
                text.append(_BREAKS[child.tag])
            elif child.tag == _BOX:
                boxes.append(child)
            elif child.tag not in _LEFT_OUT:
                self._collect(child, text, boxes)

    def _style(self, paragraph: _Element) -> ParagraphStyle | None:
        name = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        style = self.styles.get(name.get(qn("w:val"), "")) if name is not None else None
        return style if isinstance(style, ParagraphStyle) else None

    @staticmethod
    def _heading_level(paragraph: _Element, style_name: str) -> int | None:
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None:
            level = int(outline.get(qn("w:val"), "9"))
            return level + 1 if level < 9 else None  # 9 is Word's "body text"
        if style_name.startswith("heading ") and style_name[8:].isdigit():
            return int(style_name[8:])
        return None
