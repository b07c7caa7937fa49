"""PDF files with a text layer: lines from their geometry, put back into paragraphs.

A page gives lines; page numbers and running heads go; a line that reaches the right margin
runs on into the next one unless that one is indented. Two columns are read one after the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from zhaojing.errors import UnreadableFile
from zhaojing.markers import is_marked
from zhaojing.reading.document import Block

MAX_PAGES = 10_000

_PAGE_NUMBER = re.compile(
    r"[\s\-—–_·.•|]*(?:第\s*)?[\divxIVX]{1,4}(?:\s*页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?[\s\-—–_·.•|]*"
)
_MARGIN = 0.13  # share of the page's height, at either end, where running heads stand
_LINE_ENDS = {"\r", "\n"}
_IGNORED = {"\ufffe", "\x00", "\x02"}  # pdfium's soft hyphen and its friends


@dataclass(frozen=True, slots=True)
class _Char:
    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text and its box, in points from the bottom left corner of the page.

    ``em`` is the width of its Chinese characters; ``column`` is 0 for the whole width of the page,
    1 and 2 for the left and the right of two columns.
    """

    text: str
    left: float
    right: float
    top: float
    height: float
    em: float
    page: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    width: float
    height: float
    lines: list[_Line]


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
            raise UnreadableFile("file.too_many_pages", pages=len(pdf), limit=MAX_PAGES)
        pages = [_read_page(pdf, number) for number in range(len(pdf))]
    finally:
        pdf.close()
    if not any(page.lines for page in pages):
        raise UnreadableFile("file.no_text_layer")
    yield from _paragraphs(_without_furniture(pages))


def _read_page(pdf: pdfium.PdfDocument, index: int) -> _Page:
    page = pdf[index]
    textpage = page.get_textpage()
    try:
        width, height = page.get_size()
        lines = [_line(row, index + 1) for row in _rows(textpage)]
    finally:
        textpage.close()
        page.close()
    return _Page(index + 1, width, height, _in_columns(lines, width))


def _rows(textpage: pdfium.PdfTextPage) -> Iterator[list[_Char]]:
    """Yield the characters of each line that pdfium sees, from left to right.

    pdfium keeps the order of the content stream, in which the quotation marks of another font may
    follow the whole line. It counts UTF-16 units, so a rare character takes two places.
    """
    row: list[_Char] = []
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
            row.append(_Char(text, *textpage.get_charbox(index, loose=True)))
    if any(char.text.strip() for char in row):
        yield sorted(row, key=lambda char: char.left)


def _line(row: Sequence[_Char], page: int) -> _Line:
    shown = [char for char in row if char.text.strip()]
    height = median(char.top - char.bottom for char in shown) or 1.0
    wide = [char.right - char.left for char in shown if ord(char.text) > 0x2E7F]
    em = median(wide) if wide else height
    text = ""
    for previous, char in zip([None, *row[:-1]], row, strict=True):
        # a wide gap is a column of a table or a tab, whatever characters it is made of
        if previous is not None and char.left - previous.right > em and text[-1:].strip():
            text += " "
        text += char.text
    return _Line(
        text=text.strip(),
        left=shown[0].left,
        right=max(char.right for char in shown),
        top=max(char.top for char in shown),
        height=height,
        em=em,
        page=page,
    )


def _in_columns(lines: list[_Line], width: float) -> list[_Line]:
    """Number the columns of a page: two if most lines keep to one half of it."""
    middle = width / 2
    left = [line for line in lines if line.right <= middle + line.em]
    right = [line for line in lines if line.left >= middle - line.em]
    if min(len(left), len(right)) * 3 < len(lines) or len(lines) < 8:
        return lines
    column = {id(line): 1 for line in left} | {id(line): 2 for line in right}
    placed = [replace(line, column=column.get(id(line), 0)) for line in lines]
    return sorted(placed, key=lambda line: line.column)


def _without_furniture(pages: Sequence[_Page]) -> list[_Line]:
    """Drop page numbers and running heads: outermost lines in the margin that recur in place."""

    def place(page: _Page, line: _Line) -> tuple[str, int]:
        return re.sub(r"[\d\s]+", "", line.text), round((page.height - line.top) / 4)

    margins = {page.number: _margin_lines(page) for page in pages}
    seen = Counter(
        key for page in pages for key in {place(page, line) for line in margins[page.number]}
    )
    # twice is a running head in a document of two pages, and chance in a longer one
    often = min(3, len(pages))
    kept: list[_Line] = []
    for page in pages:
        dropped = set()
        for line in margins[page.number]:
            name, height = place(page, line)
            recurs = max(seen[name, height + shift] for shift in (-1, 0, 1)) >= max(often, 2)
            if _PAGE_NUMBER.fullmatch(line.text) or (name and recurs and not is_marked(line.text)):
                dropped.add(id(line))
        kept += [line for line in page.lines if id(line) not in dropped]
    return kept


def _margin_lines(page: _Page) -> list[_Line]:
    """Return up to two lines at the top and at the bottom of a page that lie in its margins."""
    ordered = sorted(page.lines, key=lambda line: -line.top)
    top = [line for line in ordered[:2] if line.top >= page.height * (1 - _MARGIN)]
    rest = ordered[len(top) :]
    return top + [line for line in rest[-2:] if line.top - line.height <= page.height * _MARGIN]


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Block]:
    """Join the lines of a paragraph."""
    margins = _margins(lines)
    body = median(line.height for line in lines) if lines else 0.0
    text = ""
    pages: list[tuple[int, int]] = []
    previous: _Line | None = None
    for line in lines:
        if previous is not None and not _runs_on(previous, line, margins, body):
            yield Block(text, pages=tuple(pages))
            text, pages = "", []
        if text and text[-1].isascii() and text[-1].isalnum() and line.text[0].isascii():
            text += " "  # an English word ends at the margin
        if not pages or pages[-1][1] != line.page:
            pages.append((len(text), line.page))
        text += line.text
        previous = line
    if text:
        yield Block(text, pages=tuple(pages))


def _margins(lines: Sequence[_Line]) -> dict[int, tuple[float, float]]:
    """Return the left and right margin of each column: what most of its lines share."""
    columns: dict[int, list[_Line]] = defaultdict(list)
    for line in lines:
        columns[line.column].append(line)
    found: dict[int, tuple[float, float]] = {}
    for column, members in columns.items():
        rights = sorted(line.right for line in members)
        lefts = Counter(round(line.left) for line in members)
        common = [left for left, count in lefts.items() if count * 10 >= len(members)]
        # the ninth decile, since most lines of prose are full and a few stick out
        found[column] = (min(common, default=min(lefts)), rights[int(len(rights) * 0.9)])
    return found


def _runs_on(
    previous: _Line, line: _Line, margins: dict[int, tuple[float, float]], body: float
) -> bool:
    left, _ = margins[line.column]
    _, right = margins[previous.column]
    same_type = abs(previous.height - line.height) < 0.2 * max(previous.height, line.height)
    same_row = (
        (line.page, line.column) == (previous.page, previous.column)
        and abs(line.top - previous.top) < 0.4 * line.height
        and line.left >= previous.right - line.em
    )
    if same_row or not same_type:
        return same_row
    if line.height > 1.15 * body:  # a title of several centred lines
        return not is_marked(line.text) and previous.text[-1] not in "。！？；"
    # a number or a Latin word moves to the next line whole, and leaves its room empty; so does a
    # character with the marks behind it that may not begin a line
    word, bound = re.match(r"[!-~]*", line.text), re.match(r".[，。；：、！？）】》”’]*", line.text)
    moved = max(0.6 * len(word[0]) if word else 0.0, len(bound[0]) - 1.0 if bound else 0.0)
    full = previous.right >= right - (2.2 + moved) * line.em
    indented = line.left >= left + 1.2 * line.em
    return full and not indented
