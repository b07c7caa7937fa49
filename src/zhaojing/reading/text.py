"""Plain text and Markdown: find the encoding, then take the lines as paragraphs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import LINE_BREAK, Block

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ufffe\uffff]")
_COMMON = re.compile(r"[ -~\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_ATX_HEADING = re.compile(r"(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")


def decode(data: bytes) -> str:
    """Decode Chinese text: byte-order mark, UTF-8, UTF-16, GB18030, then a detector.

    Ordered tries beat statistical detection on the short files offices send. A wrong guess
    shows as control characters or rare scripts, so each candidate is checked for those.

    Raises
    ------
    UnreadableFile
        The bytes are binary data or in no known encoding.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_try(data, encoding), "file.encoding")
    candidates = ["utf-8", "gb18030"]
    if b"\x00" in data:
        candidates = ["utf-16-le", "utf-16-be"]
    for encoding in candidates:
        text = _try(data, encoding)
        if text is not None and _plausible(text):
            return text
    if b"\x00" not in data:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:200_000]).best()
        text = _try(data, best.encoding) if best else None
        if text is not None and _plausible(text):
            return text
        # Last resort for a GB18030 page with a few broken bytes: most of it still reads.
        text = data.decode("gb18030", errors="replace")
        if text.count("\ufffd") * 50 < len(text) and _plausible(text):
            return text
    binary = b"\x00" in data or bool(_CONTROL.search(data[:4096].decode("latin-1")))
    raise UnreadableFile("file.binary" if binary else "file.encoding")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _checked(text: str | None, key: str) -> str:
    if text is None:
        raise UnreadableFile(key)
    if _CONTROL.search(text):
        raise UnreadableFile("file.binary")
    return text.removeprefix("\ufeff")


def _plausible(text: str) -> bool:
    """No control characters, and four in five characters from everyday Chinese or ASCII."""
    if _CONTROL.search(text):
        return False
    sample = text[:20_000]
    return len(_COMMON.findall(sample)) * 5 >= len(sample) * 4 or sample.isascii()


def read_markdown(data: bytes) -> Iterator[Block]:
    """Yield a block a line; ``#`` headings keep their level and lose their mark.

    Other markup stays: in these reports ``**`` far more often masks a name than sets bold.
    """
    for line in LINE_BREAK.split(decode(data)):
        heading = _ATX_HEADING.match(line)
        if heading:
            yield Block(heading[2], heading_level=len(heading[1]))
        else:
            yield Block(line)
