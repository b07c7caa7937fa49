"""The document every reader produces: one text, cut into paragraphs that know their page."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What ends a line in any of our formats; Word's and HTML's soft breaks arrive as "\n" too.
LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# terminals act on them, and no text needs them; a space keeps the offsets of pages
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph as a reader found it.

    ``heading_level`` is what the format itself declares (a Word style, ``<h2>``); ``pages``
    holds ``(offset in text, page)`` pairs, in order, where the format has pages.
    ``page_confidence`` holds the ``(page, confidence)`` pairs that come to be known with this
    block, as in :class:`Document`.
    """

    text: str
    heading_level: int | None = None
    in_table: bool = False
    pages: tuple[tuple[int, int], ...] = ()
    page_confidence: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of ``Document.text``: ``[start, end)`` in characters."""

    start: int
    end: int
    heading_level: int | None = None
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report as plain text; paragraphs are separated by one ``"\\n"``.

    ``page_confidence`` holds ``(page, confidence)`` for each page that is a picture: the mean
    confidence in [0, 1] of the text recognised on it, 0 where nothing on it could be read.
    """

    path: Path | None
    text: str
    paragraphs: tuple[Paragraph, ...]
    page_starts: tuple[tuple[int, int], ...] = ()
    page_confidence: tuple[tuple[int, float], ...] = ()

    @classmethod
    def from_blocks(cls, blocks: Iterable[Block], path: Path | None = None) -> Document:
        """Join ``blocks``; a line break inside a block starts a new paragraph."""
        lines: list[str] = []
        paragraphs: list[Paragraph] = []
        page_starts: list[tuple[int, int]] = []
        page_confidence: list[tuple[int, float]] = []
        position = 0
        for block in blocks:
            begun = position
            for line in LINE_BREAK.split(_CONTROL.sub(" ", block.text)):
                lines.append(line)
                end = position + len(line)
                paragraphs.append(Paragraph(position, end, block.heading_level, block.in_table))
                position = end + 1
            page_starts += [(begun + offset, page) for offset, page in block.pages]
            page_confidence += block.page_confidence
        text = "\n".join(lines)
        return cls(path, text, tuple(paragraphs), tuple(page_starts), tuple(page_confidence))

    @classmethod
    def from_text(cls, text: str, path: Path | None = None) -> Document:
        """Take ``text`` as it is, a paragraph a line."""
        return cls.from_blocks([Block(text)], path)

    def page_at(self, offset: int) -> int | None:
        """Return the page (from 1) that holds ``offset``, or ``None`` without pages."""
        index = bisect_right(self.page_starts, offset, key=lambda start: start[0])
        return self.page_starts[index - 1][1] if index else None
