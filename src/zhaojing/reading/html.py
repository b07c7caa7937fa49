"""HTML pages: visible text, a paragraph a block element."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from zhaojing.reading.document import Block
from zhaojing.reading.text import decode

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,20})", re.IGNORECASE)
_INVISIBLE = {
    "head", "script", "style", "noscript", "template", "nav", "iframe", "svg", "select",
    "option", "button", "textarea", "object",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i",
    "ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACES = re.compile(r"[ \t\n\r\f]+")


def read_html(data: bytes) -> Iterator[Block]:
    """Yield the visible text of a page; a table cell is a block, scripts and menus are not."""
    # no_network and huge_tree=False are the defaults; a page cannot reach out or nest for ever
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = lxml_html.document_fromstring(_decode(data).encode("utf-8", "replace"), parser=parser)
    pending: list[str] = []
    level: int | None = None
    cells = 0
    hidden = 0

    def flush() -> Iterator[Block]:
        text = _SPACES.sub(" ", "".join(pending)).strip(" ")
        pending.clear()
        if text:
            yield Block(text, heading_level=level, in_table=cells > 0)

    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        start = event == "start"
        if tag in _INVISIBLE:
            if start and not hidden:
                yield from flush()
            hidden += 1 if start else -1
        elif tag not in _INLINE and not hidden:
            yield from flush()
            if tag in ("td", "th"):
                cells += 1 if start else -1
            if tag in _HEADINGS:
                level = _HEADINGS[tag] if start else None
        text = element.text if start else element.tail
        if text and not hidden:
            pending.append(text)
    yield from flush()


def _decode(data: bytes) -> str:
    declared = _DECLARED.search(data[:4096])
    if declared:
        # gb2312 on a page means GB18030 to every browser (WHATWG Encoding Standard)
        name = declared[1].decode("ascii").lower()
        name = "gb18030" if name in ("gb2312", "gbk", "gb_2312-80") else name
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(data)
