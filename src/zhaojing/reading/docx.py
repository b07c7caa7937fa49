"""Word files: paragraphs, tables and text boxes in reading order, with list numbers.

Headers, footers, footnotes, comments, hidden and deleted text and tables of contents are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

from zhaojing.reading.document import Block
from zhaojing.reading.word_numbering import Numbering, style_chain
from zhaojing.reading.word_xml import COMPATIBILITY, MATH, Package, integer, qn, value

_LEFT_OUT = {
    qn("del"),
    qn("moveFrom"),
    qn("pPr"),
    qn("rPr"),
    qn("sectPr"),
    qn("instrText"),
    qn("rt"),  # the reading above a character
    f"{COMPATIBILITY}Fallback",  # Word writes a text box twice, the second time for 2007
}
_TEXT, _BOX, _PARAGRAPH, _TABLE = {qn("t"), f"{MATH}t"}, qn("txbxContent"), qn("p"), qn("tbl")
_BREAKS = {qn("br"): "\n", qn("cr"): "\n", qn("tab"): "\t", qn("noBreakHyphen"): "-"}
_OFF = {"0", "false", "off"}
_BODY_TEXT = 9  # the outline level that is none


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block's text and the element it stands in; a list number has no element."""

    text: str
    element: _Element | None


LocatedBlock = tuple[Block, list[Piece]]


def read_docx(data: bytes) -> Iterator[Block]:
    """Yield the blocks of a ``.docx`` in reading order; tables go row by row."""
    package = Package(data)
    for block, _ in read_pieces(package, package.document()):
        yield block


def read_pieces(package: Package, document: _Element) -> Iterator[LocatedBlock]:
    """Yield each block of ``document`` with the pieces that join to its text.

    A character of a piece is the character at the same place in its element, if that is ``w:t``
    or ``m:t``, or else the element as a whole.
    """
    for body in document.iterchildren(qn("body")):
        yield from _Walker(package).story(body, in_table=False)


class _Walker:
    def __init__(self, package: Package) -> None:
        part = package.part(package.name_of("styles"))
        self.styles = {
            style.get(qn("styleId"), ""): style
            for style in (() if part is None else part.iterchildren(qn("style")))
        }
        self.numbering = Numbering(package.part(package.name_of("numbering")), self.styles)
        self.pending: list[Piece] = []  # a paragraph whose mark was deleted runs on into the next

    def story(self, container: _Element, *, in_table: bool) -> Iterator[LocatedBlock]:
        """Yield the blocks of a text of its own: the body, or a text box amid a paragraph."""
        around, self.pending = self.pending, []
        yield from self._walk(container, in_table)
        yield from self._finish("", None, in_table)
        self.pending = around

    def _walk(self, container: _Element, in_table: bool) -> Iterator[LocatedBlock]:
        """Yield the blocks below ``container``, whatever it wraps them in."""
        for child in container.iterchildren():
            if child.tag in _LEFT_OUT:
                continue
            if child.tag == _PARAGRAPH:
                yield from self._paragraph(child, in_table)
            else:
                yield from self._walk(child, in_table or child.tag == _TABLE)

    def _paragraph(self, paragraph: _Element, in_table: bool) -> Iterator[LocatedBlock]:
        properties = paragraph.find(qn("pPr"))
        name = "" if properties is None else value(properties, "pStyle") or ""
        chain = style_chain(self.styles, name)
        names = [(value(style, "name") or "").lower() for style in chain]
        if any(style.startswith("toc ") for style in names):
            return
        boxes: list[_Element] = []
        self._collect(paragraph, boxes)
        marker = self.numbering.next_marker(paragraph, name)  # an empty item counts too
        if paragraph.find(f"{qn('pPr')}/{qn('rPr')}/{qn('del')}") is None:
            yield from self._finish(marker, _heading_level(paragraph, chain, names), in_table)
        for box in boxes:
            yield from self.story(box, in_table=in_table)

    def _finish(self, marker: str, level: int | None, in_table: bool) -> Iterator[LocatedBlock]:
        """Yield what has been collected as one block, if it is not blank."""
        pieces, self.pending = [Piece(marker, None), *self.pending], []
        text = "".join(piece.text for piece in pieces)
        if text[len(marker) :].strip():
            yield Block(text, level, in_table), pieces

    def _collect(self, element: _Element, boxes: list[_Element]) -> None:
        for child in element.iterchildren():
            if child.tag in _TEXT:
                # each is a break by itself, else \r\n would be two characters here and one there
                self.pending.append(Piece((child.text or "").replace("\r", "\n"), child))
            elif child.tag in _BREAKS:
                self.pending.append(Piece(_BREAKS[child.tag], child))
            elif child.tag == _BOX:
                boxes.append(child)
            elif child.tag not in _LEFT_OUT and not _is_hidden(child):
                self._collect(child, boxes)


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
