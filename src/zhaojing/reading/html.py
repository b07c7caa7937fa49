"""HTML pages: visible text, a paragraph a block element."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block
from zhaojing.reading.text import decode

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,20})", re.IGNORECASE)
# what Chinese pages are really in; gb2312 means GB18030 to every browser (WHATWG Encoding Standard)
_CHARSETS = {
    "utf-8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
}
_INVISIBLE = {
    "head", "script", "style", "noscript", "template", "nav", "iframe", "svg", "select",
    "option", "button", "textarea", "object", "rt", "rp",
}  # fmt: skip
# every other element breaks the line, tags that browsers do not know (st1:date, o:p) aside
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACES = re.compile(r"[ \t\n\r\f]+")
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(data: bytes) -> Iterator[Block]:
    """Yield the visible text of a page; a table cell is a block, scripts and menus are not."""
    # huge_tree raises libxml2's limit on depth from 256, at which it drops the rest of a page whose
    # tags were left open, to 2048; the walk below does not recurse. Nothing is fetched.
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = lxml_html.document_fromstring(_decode(data).encode("utf-8", "replace"), parser=parser)
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise UnreadableFile("file.corrupt", detail="HTML nested too deeply")
    yield from _Walk().blocks(root)


class _Walk:
    """One pass over the elements of a page, gathering the text of each block."""

    def __init__(self) -> None:
        self._pending: list[str] = []
        self._level: int | None = None
        self._cells = self._hidden = self._preformatted = 0
        self._items: list[int | None] = []  # the next number of each open list

    def blocks(self, root: etree._Element) -> Iterator[Block]:
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            start = event == "start"
            if tag in _INVISIBLE or _is_hidden(element):
                self._hidden += 1 if start else -1
            elif not self._hidden and tag in _BLOCKS:
                yield from self._flush()
                self._enter(tag, element) if start else self._leave(tag)
            text = element.text if start else element.tail
            if text and not self._hidden:
                self._pending.append(text if self._preformatted else _SPACES.sub(" ", text))
        yield from self._flush()

    def _enter(self, tag: str, element: etree._Element) -> None:
        self._level = _HEADINGS.get(tag, self._level)
        self._cells += tag in ("td", "th")
        self._preformatted += tag == "pre"
        if tag in ("ol", "ul", "menu"):
            first = element.get("start", "1")
            self._items.append((int(first) if first.isdecimal() else 1) if tag == "ol" else None)
        elif tag == "li" and self._items and self._items[-1] is not None:
            self._pending.append(f"{self._items[-1]}.")
            self._items[-1] += 1

    def _leave(self, tag: str) -> None:
        self._level = None if tag in _HEADINGS else self._level
        self._cells -= tag in ("td", "th")
        self._preformatted -= tag == "pre"
        if tag in ("ol", "ul", "menu") and self._items:
            self._items.pop()

    def _flush(self) -> Iterator[Block]:
        text = re.sub(" {2,}", " ", "".join(self._pending)).strip(" ")
        self._pending.clear()
        if text.strip():
            yield Block(text, heading_level=self._level, in_table=self._cells > 0)


def _is_hidden(element: etree._Element) -> bool:
    """Tell whether an element is not shown, or is the header or footer of a converted document."""
    if _NOT_SHOWN.search(element.get("style", "")) or element.get("hidden") is not None:
        return True
    return element.tag == "div" and element.get("title") in ("header", "footer")


def _decode(data: bytes) -> str:
    declared = _DECLARED.search(data[:4096])
    name = _CHARSETS.get(declared[1].decode("ascii").lower(), "") if declared else ""
    if name:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            pass
    return decode(data)
