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
_COMMON = re.compile(r"[ -~\s\u2010-\u2027\u2460-\u2473\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_BROKEN = "\ufffd"
_ATX_HEADING = re.compile(r"(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")


def decode(data: bytes) -> str:
    """Decode Chinese text: byte-order mark, UTF-8, UTF-16, GB18030, then a detector.

    Ordered tries beat statistical detection on the short files offices send. UTF-8 is taken at its
    word, since other encodings almost never look like it; a guess at any other is checked for
    control characters and rare scripts. A few broken bytes do not cost the rest of a file.

    Raises
    ------
    UnreadableFile
        The bytes are binary data or in no known encoding.
    """
    data = data.rstrip(b"\x1a")  # DOS ends a text with it
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _cleaned(data.decode(encoding, errors="replace"))
    strict = ["utf-16-le", "utf-16-be"] if b"\x00" in data else ["utf-8", "gb18030"]
    for encoding in strict:
        text = data.decode(encoding, errors="replace")
        if _BROKEN not in text and (encoding == "utf-8" or _plausible(text)):
            return _cleaned(text)
    if b"\x00" not in data:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:200_000]).best()
        guessed = [best.encoding] if best else []
        for encoding in ("utf-8", *guessed, "gb18030"):
            text = data.decode(encoding, errors="replace")
            if text.count(_BROKEN) * 50 <= len(text) and _plausible(text):
                return _cleaned(text)
    binary = b"\x00" in data or bool(_CONTROL.search(data[:4096].decode("latin-1")))
    raise UnreadableFile("file.binary" if binary else "file.encoding")


def _cleaned(text: str) -> str:
    """Drop byte-order marks and stray control characters; many of them are no stray ones."""
    if len(_CONTROL.findall(text)) * 100 > len(text):
        raise UnreadableFile("file.binary")
    return _CONTROL.sub("", text.replace("\ufeff", ""))


def _plausible(text: str) -> bool:
    """Four in five characters are everyday Chinese or ASCII, and almost none a control sign."""
    if len(_CONTROL.findall(text)) * 100 > len(text):
        return False
    sample = text[:20_000]
    return len(_COMMON.findall(sample)) * 5 >= len(sample) * 4


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
