"""Pages of placed characters or lines, put back into paragraphs: what PDF, OFD and scans share.

A page gives lines; page numbers and running heads go; a line that reaches the right margin
runs on into the next one unless that one is indented. Two columns are read one after the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from zhaojing.markers import is_marked
from zhaojing.reading.document import Block

MAX_PAGES = 10_000

_PAGE_NUMBER = re.compile(
    # 一: what a dash beside the number is recognised as in a scan
    r"[\s\-—–_·.•|一]*(?:第\s*)?[\divxIVX]{1,4}(?:\s*页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?[\s\-—–_·.•|一]*"
)
_MARGIN = 0.13  # share of the page's height, at either end, where running heads stand
_SAME_PLACE = 8.0  # points by which a running head moves from page to page, as on scans
_COLUMN_GAP = 2.0  # width of a gap between columns or cells, in ems


@dataclass(frozen=True, slots=True)
class Char:
    """A character and its box, in points from the bottom left corner of the page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Line:
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
class Page:
    """The lines of a page in reading order; sizes in points.

    ``confidence`` is how sure the recogniser of a picture was, in [0, 1]: 0 where nothing could be
    read, ``None`` where the file itself holds the text.
    """

    number: int
    width: float
    height: float
    lines: list[Line]
    confidence: float | None = None


def line_of(row: Sequence[Char], page: int) -> Line:
    """Return the line that ``row``, characters from left to right and not all blank, makes."""
    shown = [char for char in row if char.text.strip()]
    height = median(char.top - char.bottom for char in shown) or 1.0
    wide = [char.right - char.left for char in shown if ord(char.text) > 0x2E7F]
    em = (median(wide) if wide else 0.0) or height
    text = ""
    for previous, char in zip([None, *row[:-1]], row, strict=True):
        # a wide gap is a column of a table or a tab, whatever characters it is made of
        if previous is not None and char.left - previous.right > em and text[-1:].strip():
            text += " "
        text += char.text
    return Line(
        text=text.strip(),
        left=shown[0].left,
        right=max(char.right for char in shown),
        top=max(char.top for char in shown),
        height=height,
        em=em,
        page=page,
    )


def lines_of(chars: Sequence[Char], page: int) -> list[Line]:
    """Return the lines that ``chars``, in any order, make: rows, cut at gaps as wide as a gutter."""
    lines: list[Line] = []
    row: list[Char] = []
    for char in sorted(chars, key=lambda char: -char.bottom):
        if row and row[-1].bottom - char.bottom > 0.4 * min(_height(char), _height(row[-1])):
            lines += _pieces(row, page)
            row = []
        row.append(char)
    return [*lines, *_pieces(row, page)]


def _pieces(row: list[Char], page: int) -> Iterator[Line]:
    piece: list[Char] = []
    for char in sorted(row, key=lambda char: char.left):
        if piece and _is_reprint(piece[-1], char):
            continue
        if piece and char.left - piece[-1].right > _COLUMN_GAP * _height(char):
            yield from _line_if_shown(piece, page)
            piece = []
        piece.append(char)
    yield from _line_if_shown(piece, page)


def _line_if_shown(row: list[Char], page: int) -> Iterator[Line]:
    if any(char.text.strip() for char in row):
        yield line_of(row, page)


def _is_reprint(first: Char, second: Char) -> bool:
    """Whether a character is printed twice in one place, as for bold type or a shadow."""
    close = second.left - first.left < 0.2 * _height(first)
    return close and first.text == second.text and first.text.isalnum()  # —— may be one glyph


def _height(char: Char) -> float:
    return char.top - char.bottom


def in_rows(lines: Iterable[Line]) -> list[Line]:
    """Return ``lines`` from the top of the page down, and from left to right within a row."""

    def middle(line: Line) -> float:
        return line.top - line.height / 2

    rows: list[list[Line]] = []
    for line in sorted(lines, key=middle, reverse=True):
        above = rows[-1][-1] if rows else None
        # the lower of the two decides, so that a seal does not gather the lines that it covers
        if above and middle(above) - middle(line) < 0.5 * min(above.height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]


def in_columns(lines: list[Line], width: float) -> list[Line]:
    """Number the columns of a page: two if most lines keep to one half of it."""
    middle = width / 2
    left = [line for line in lines if line.right <= middle + line.em]
    right = [line for line in lines if line.left >= middle - line.em]
    if min(len(left), len(right)) * 3 < len(lines) or len(lines) < 8:
        return lines
    column = {id(line): 1 for line in left} | {id(line): 2 for line in right}
    placed = [replace(line, column=column.get(id(line), 0)) for line in lines]
    return sorted(placed, key=lambda line: line.column)


def blocks(pages: Sequence[Page]) -> Iterator[Block]:
    """Yield the paragraphs of ``pages``, each with the pages it spans."""
    confidence = tuple((p.number, p.confidence) for p in pages if p.confidence is not None)
    for block in _paragraphs(_without_furniture(pages)):
        yield replace(block, page_confidence=confidence)
        confidence = ()


def body_lines(page: Page) -> list[Line]:
    """Return the lines of a page that do not lie in its margins."""
    margin = {id(line) for line in _margin_lines(page)}
    return [line for line in page.lines if id(line) not in margin]


def _without_furniture(pages: Sequence[Page]) -> list[Line]:
    """Drop page numbers and running heads: outermost lines in the margin that recur in place."""

    def place(page: Page, line: Line) -> tuple[str, int]:
        return re.sub(r"[\d\s]+", "", line.text), round((page.height - line.top) / _SAME_PLACE)

    margins = [_margin_lines(page) for page in pages]
    seen = Counter(
        key
        for page, margin in zip(pages, margins, strict=True)
        for key in {place(page, line) for line in margin}
    )
    # twice is a running head in a document of two pages, and chance in a longer one
    often = min(3, len(pages))
    kept: list[Line] = []
    for page, margin in zip(pages, margins, strict=True):
        dropped = set()
        for line in margin:
            name, height = place(page, line)
            recurs = max(seen[name, height + shift] for shift in (-1, 0, 1)) >= max(often, 2)
            if _PAGE_NUMBER.fullmatch(line.text) or (name and recurs and not is_marked(line.text)):
                dropped.add(id(line))
        kept += [line for line in page.lines if id(line) not in dropped]
    return kept


def _margin_lines(page: Page) -> list[Line]:
    """Return up to two lines at the top and at the bottom of a page that lie in its margins."""
    ordered = sorted(page.lines, key=lambda line: -line.top)
    top = [line for line in ordered[:2] if line.top >= page.height * (1 - _MARGIN)]
    rest = ordered[len(top) :]
    return top + [line for line in rest[-2:] if line.top - line.height <= page.height * _MARGIN]


def _paragraphs(lines: Sequence[Line]) -> Iterator[Block]:
    """Join the lines of a paragraph."""
    margins = _margins(lines)
    body = median(line.height for line in lines) if lines else 0.0
    text = ""
    pages: list[tuple[int, int]] = []
    previous: Line | None = None
    for line in lines:
        if previous is not None and not _runs_on(previous, line, margins, body):
            yield Block(text, pages=tuple(pages))
            text, pages = "", []
        if text and previous is not None and _is_parted(previous, line):
            text += " "
        if not pages or pages[-1][1] != line.page:
            pages.append((len(text), line.page))
        text += line.text
        previous = line
    if text:
        yield Block(text, pages=tuple(pages))


def _is_parted(previous: Line, line: Line) -> bool:
    """Whether a space stands between two joined lines: of cells, or after an English word."""
    if _same_row(previous, line) and line.left - previous.right > line.em:
        return True
    return previous.text[-1].isascii() and previous.text[-1].isalnum() and line.text[0].isascii()


def _same_row(previous: Line, line: Line) -> bool:
    return (
        (line.page, line.column) == (previous.page, previous.column)
        and abs(line.top - previous.top) < 0.4 * line.height
        and line.left >= previous.right - line.em
    )


def _margins(lines: Sequence[Line]) -> dict[int, tuple[float, float]]:
    """Return the left and right margin of each column: what most of its lines share."""
    columns: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        columns[line.column].append(line)
    found: dict[int, tuple[float, float]] = {}
    for column, members in columns.items():
        rights = sorted(line.right for line in members)
        # to a quarter of an em: the lines of a scan waver by a few points
        step = median(line.em for line in members) / 4
        lefts = Counter(round(line.left / step) for line in members)
        common = [left for left, count in lefts.items() if count * 10 >= len(members)]
        # the ninth decile, since most lines of prose are full and a few stick out
        left = step * min(common, default=min(lefts))
        found[column] = (left, rights[int(len(rights) * 0.9)])
    return found


def _runs_on(
    previous: Line, line: Line, margins: dict[int, tuple[float, float]], body: float
) -> bool:
    if _same_row(previous, line):
        return True
    if abs(previous.height - line.height) >= 0.2 * max(previous.height, line.height):
        return False
    if line.height > 1.15 * body:  # a title of several centred lines
        return not is_marked(line.text) and previous.text[-1] not in "。！？；"
    # a number or a Latin word moves to the next line whole, and leaves its room empty; so does a
    # character with the marks behind it that may not begin a line
    word, bound = re.match(r"[!-~]*", line.text), re.match(r".[，。；：、！？）】》”’]*", line.text)
    moved = max(0.6 * len(word[0]) if word else 0.0, len(bound[0]) - 1.0 if bound else 0.0)
    left, _ = margins[line.column]
    _, right = margins[previous.column]
    full = previous.right >= right - (2.2 + moved) * line.em
    indented = line.left >= left + 1.2 * line.em
    return full and not indented
