"""PDF files: lines from the geometry of their text layer; pages that are scans are recognised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from zhaojing.errors import UnreadableFile
from zhaojing.reading import ocr
from zhaojing.reading.document import Block
from zhaojing.reading.layout import (
    MAX_PAGES,
    Char,
    Page,
    blocks,
    body_lines,
    in_columns,
    line_of,
)

_LINE_ENDS = {"\r", "\n"}
_IGNORED = {"\ufffe", "\x00", "\x02"}  # pdfium's soft hyphen and its friends
_SCAN = 0.5  # share of the page that the pictures of a scan cover at least
_DRAWN = 20  # objects on a page, as of drawn letters; a frame or a rule needs fewer
_MOST_OBJECTS = 500  # that are looked at; a scan may come in as many strips


def read_pdf(data: bytes) -> Iterator[Block]:
    """Yield the paragraphs of a PDF, each with the pages it spans.

    Raises
    ------
    UnreadableFile
        The file is encrypted, corrupt, over :data:`MAX_PAGES`, has too many scans or too large
        ones, or no text.
    """
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        key = "file.password" if "password" in str(error).lower() else "file.corrupt"
        raise UnreadableFile(key, detail=str(error)) from error
    with closing(pdf):
        if len(pdf) > MAX_PAGES:
            raise UnreadableFile("file.too_many_pages", pages=len(pdf), limit=MAX_PAGES)
        pages = [_read_page(pdf, number) for number in range(1, len(pdf) + 1)]
        scans = [index for index, page in enumerate(pages) if page.confidence is not None]
        if ocr.is_installed():
            ocr.check_count(len(scans))
            for index in scans:
                pages[index] = _recognise(pdf, pages[index])
    if not any(page.lines for page in pages):
        recognised = scans and ocr.is_installed()
        raise UnreadableFile("ocr.nothing" if recognised else "file.no_text_layer")
    yield from blocks(pages)


def _read_page(pdf: pdfium.PdfDocument, number: int) -> Page:
    """Read the text layer of a page; its confidence is 0 if what it shows is a scan."""
    with closing(pdf[number - 1]) as page:
        width, height = page.get_size()
        with closing(page.get_textpage()) as textpage:
            lines = [line_of(row, number) for row in _rows(textpage)]
        text = Page(number, width, height, in_columns(lines, width))
        return replace(text, confidence=0.0) if _is_scan(page, text) else text


def _rows(textpage: pdfium.PdfTextPage) -> Iterator[list[Char]]:
    """Yield the characters of each line that pdfium sees, from left to right.

    pdfium keeps the order of the content stream, in which the quotation marks of another font may
    follow the whole line. It counts UTF-16 units, so a rare character takes two places.
    """
    row: list[Char] = []
    high = 0
    for index in range(textpage.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD
            high = 0
        text = chr(code)
        if text in _LINE_ENDS:
            if any(char.text.strip() for char in row):
                yield sorted(row, key=lambda char: char.left)
            row = []
        elif text not in _IGNORED:
            row.append(Char(text, *textpage.get_charbox(index, loose=True)))
    if any(char.text.strip() for char in row):
        yield sorted(row, key=lambda char: char.left)


def _is_scan(page: pdfium.PdfPage, text: Page) -> bool:
    """Whether a page shows what its text layer lacks.

    A scan may carry a page number as text, and a blank page may hold a frame.
    """
    if body_lines(text):
        return False
    objects = _objects(page)
    covered = 0.0
    for picture in _pictures(objects):
        left, bottom, right, top = picture.get_bounds()
        covered += (right - left) * (top - bottom)
    if text.lines:
        return covered >= _SCAN * text.width * text.height
    return covered > 0 or len(objects) >= _DRAWN


def _objects(page: pdfium.PdfPage) -> list[pdfium.PdfObject]:
    return list(islice(page.get_objects(max_depth=3), _MOST_OBJECTS))


def _pictures(objects: Iterable[pdfium.PdfObject]) -> list[pdfium.PdfImage]:
    return [item for item in objects if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]


def _recognise(pdf: pdfium.PdfDocument, scan: Page) -> Page:
    """Return the page as recognised, or as it is if nothing on it can be."""
    with closing(pdf[scan.number - 1]) as page:
        for picture in _pictures(_objects(page)):
            ocr.check_size(*picture.get_px_size())
        drawn = page.render(scale=ocr.scale_for(scan.width, scan.height)).to_pil()
    recognised = ocr.recognise(drawn, scan.number, scan.width)
    return recognised if recognised.lines else scan
