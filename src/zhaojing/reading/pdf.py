"""PDF files with a text layer: lines from their geometry, put back into paragraphs.

A page gives lines; page numbers and running heads go; a line that reaches the right margin
runs on into the next one unless that one is indented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import pypdfium2 as pdfium

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block

MAX_PAGES = 10_000

_PAGE_NUMBER = re.compile(
    r"[\s\-—–_·.•|]*(?:第\s*)?[\divxIVX]{1,4}(?:\s*页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?[\s\-—–_·.•|]*"
)
_EDGE_LINES = 2  # how many lines at the top and the bottom of a page may be a running head


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text and its box, in points from the bottom left corner of the page."""

    text: str
    left: float
    right: float
    top: float
    height: float
    page: int


def read_pdf(data: bytes) -> Iterator[Block]:
    """Yield the paragraphs of a PDF, each with the pages it spans.

    Raises
    ------
    UnreadableFile
        The file is encrypted, corrupt, over :data:`MAX_PAGES`, or has no text.
    """
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        key = "file.password" if "password" in str(error).lower() else "file.corrupt"
        raise UnreadableFile(key, detail=str(error)) from error
    try:
        if len(pdf) > MAX_PAGES:
            raise UnreadableFile("file.too_large", size=f"{len(pdf)} pages", limit=MAX_PAGES)
        pages = [list(_lines(pdf, number)) for number in range(len(pdf))]
    finally:
        pdf.close()
    if not any(pages):
        raise UnreadableFile("file.no_text_layer")
    yield from _paragraphs(_without_furniture(pages))


def _lines(pdf: pdfium.PdfDocument, number: int) -> Iterator[_Line]:
    page = pdf[number]
    textpage = page.get_textpage()
    try:
        start = 0
        # pdfium ends its lines with \r\n and indexes characters as this string does
        for piece in re.split(r"(\r\n|[\r\n])", textpage.get_text_range()):
            text = piece.strip().replace("\ufffe", "").replace("\x00", "")
            if text:
                first = start + len(piece) - len(piece.lstrip())
                last = start + len(piece.rstrip()) - 1
                left, _, _, top = textpage.get_charbox(first, loose=True)
                _, bottom, right, _ = textpage.get_charbox(last, loose=True)
                yield _Line(text, left, right, top, max(top - bottom, 1.0), number + 1)
            start += len(piece)
    finally:
        textpage.close()
        page.close()


def _without_furniture(pages: list[list[_Line]]) -> list[_Line]:
    """Drop page numbers and the lines that recur, digits aside, at page edges."""

    def key(line: _Line) -> str:
        return re.sub(r"[\d\s]+", "", line.text)

    def edges(lines: list[_Line]) -> list[_Line]:
        return lines[:_EDGE_LINES] + lines[_EDGE_LINES:][-_EDGE_LINES:]

    seen = Counter(name for lines in pages for name in {key(line) for line in edges(lines)})
    # a heading that stands at two page edges by chance must survive; three pages are no chance
    heads = {name for name, count in seen.items() if count >= 3 and count * 3 >= len(pages)}
    kept: list[_Line] = []
    for lines in pages:
        dropped = {
            id(line)
            for line in edges(lines)
            if _PAGE_NUMBER.fullmatch(line.text) or key(line) in heads
        }
        kept += [line for line in lines if id(line) not in dropped]
    return kept


def _paragraphs(lines: list[_Line]) -> Iterator[Block]:
    """Join the lines of a paragraph; the margins are those most lines share."""
    if not lines:
        return
    size = median(line.height for line in lines)
    rights = sorted(line.right for line in lines)
    # the ninth decile, since most lines of prose are full and a few stick out
    right_margin = rights[int(len(rights) * 0.9)]
    lefts = Counter(round(line.left) for line in lines)
    left_margin = min(
        (left for left, count in lefts.items() if count * 10 >= len(lines)), default=0
    )

    text = ""
    pages: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        previous = lines[index - 1] if index else None
        if previous is not None and not _runs_on(previous, line, left_margin, right_margin, size):
            yield Block(text, pages=tuple(pages))
            text, pages = "", []
        if text and text[-1].isascii() and text[-1].isalnum() and line.text[0].isascii():
            text += " "  # an English word ends at the margin
        if not pages or pages[-1][1] != line.page:
            pages.append((len(text), line.page))
        text += line.text
    yield Block(text, pages=tuple(pages))


def _runs_on(
    previous: _Line, line: _Line, left_margin: float, right_margin: float, size: float
) -> bool:
    # a number or a Latin word moves to the next line whole, and leaves its room empty
    word = re.match(r"[!-~]*", line.text)
    moved = len(word[0]) * 0.6 * size if word else 0.0
    full = previous.right >= right_margin - 1.6 * size - moved
    indented = line.left >= left_margin + 1.2 * size
    same_type = abs(previous.height - line.height) < 0.35 * size
    # pdfium sometimes cuts one printed line in two; the second part starts to the right
    same_row = line.page == previous.page and abs(line.top - previous.top) < 0.4 * size
    return same_row or (full and not indented and same_type)
