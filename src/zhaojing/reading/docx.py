"""Word files: paragraphs, tables and text boxes in reading order, with list numbers.

Headers, footers, footnotes, comments, hidden and deleted text and tables of contents are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block
from zhaojing.reading.word_numbering import Numbering, style_chain
from zhaojing.reading.word_xml import Package, integer, qn, value

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEFT_OUT = {
    qn("del"),
    qn("moveFrom"),
    qn("pPr"),
    qn("rPr"),
    qn("sectPr"),
    qn("instrText"),
    qn("rt"),  # the reading above a character
    f"{_COMPATIBILITY}Fallback",  # Word writes a text box twice, the second time for 2007
}
_TEXT, _BOX, _PARAGRAPH, _TABLE = {qn("t"), f"{_MATH}t"}, qn("txbxContent"), qn("p"), qn("tbl")
_BREAKS = {qn("br"): "\n", qn("cr"): "\n", qn("tab"): "\t", qn("noBreakHyphen"): "-"}
_OFF = {"0", "false", "off"}
_BODY_TEXT = 9  # the outline level that is none


def read_docx(data: bytes) -> Iterator[Block]:
    """Yield the blocks of a ``.docx`` in reading order; tables go row by row."""
    package = Package(data)
    document = package.part("word/document.xml")
    body = None if document is None else document.find(qn("body"))
    if body is None:
        raise UnreadableFile("file.corrupt", detail="no word/document.xml")
    yield from _Walker(package).walk(body, in_table=False)


class _Walker:
    def __init__(self, package: Package) -> None:
        part = package.part("word/styles.xml")
        self.styles = {
            style.get(qn("styleId"), ""): style
            for style in (() if part is None else part.iterchildren(qn("style")))
        }
        self.numbering = Numbering(package.part("word/numbering.xml"), self.styles)
        self.unfinished = ""  # a paragraph whose mark was deleted runs on into the next

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
        properties = paragraph.find(qn("pPr"))
        name = "" if properties is None else value(properties, "pStyle") or ""
        chain = style_chain(self.styles, name)
        names = [(value(style, "name") or "").lower() for style in chain]
        if any(style.startswith("toc ") for style in names):
            return
        text: list[str] = []
        boxes: list[_Element] = []
        self._collect(paragraph, text, boxes)
        marker = self.numbering.next_marker(paragraph, name)  # an empty item counts too
        content = "".join(text)
        if paragraph.find(f"{qn('pPr')}/{qn('rPr')}/{qn('del')}") is not None:
            self.unfinished += content
        elif content.strip() or self.unfinished:
            content, self.unfinished = self.unfinished + content, ""
            yield Block(marker + content, _heading_level(paragraph, chain, names), in_table)
        for box in boxes:
            yield from self.walk(box, in_table=in_table)

    def _collect(self, element: _Element, text: list[str], boxes: list[_Element]) -> None:
        for child in element.iterchildren():
            if child.tag in _TEXT:
                text.append(child.text or "")
            elif child.tag in _BREAKS:
                text.append(_BREAKS[child.tag])
            elif child.tag == _BOX:
                boxes.append(child)
            elif child.tag not in _LEFT_OUT and not _is_hidden(child):
                self._collect(child, text, boxes)


def _is_hidden(run: _Element) -> bool:
    vanish = run.find(f"{qn('rPr')}/{qn('vanish')}")
    return vanish is not None and vanish.get(qn("val"), "true") not in _OFF


def _heading_level(paragraph: _Element, chain: list[_Element], names: list[str]) -> int | None:
    """Return the outline level, from 1, of the paragraph or of the nearest style that has one."""
    for element in (paragraph, *chain):
        outline = element.find(f"{qn('pPr')}/{qn('outlineLvl')}")
        if outline is not None:
            level = integer(outline.get(qn("val")), _BODY_TEXT)
            return level + 1 if level < _BODY_TEXT else None
    for name in names:
        if name.startswith("heading ") and name[8:].isdecimal():
            return int(name[8:])
    return None
