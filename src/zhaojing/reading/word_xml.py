"""The XML parts of a Word package, read with the standard library's zip and lxml.

Not python-docx: it refuses whole files for a broken link to a picture, for macros, or for the
Strict dialect, none of which keeps a person from reading the text.
"""

from __future__ import annotations

import io
import zipfile

from lxml import etree

from zhaojing.errors import UnreadableFile

MAX_PART_BYTES = 48 * 1024 * 1024  # of XML, which takes twenty times the memory when parsed

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"


def qn(tag: str) -> str:
    """Return ``tag`` in Word's main namespace, as lxml spells it."""
    return f"{{{_MAIN}}}{tag}"


def value(parent: etree._Element, tag: str) -> str | None:
    """Return the ``w:val`` of the child ``tag``, ``None`` if it is missing."""
    child = parent.find(qn(tag))
    return None if child is None else child.get(qn("val"))


def integer(text: str | None, default: int) -> int:
    """Return ``text`` as a number of list items or levels; ``default`` if it is none."""
    try:
        number = int(text or "")
    except ValueError:
        return default
    return number if 0 <= number < 100_000 else default


class Package:
    """A ``.docx`` file: named XML parts.

    Raises
    ------
    UnreadableFile
        It is no zip file, encrypted, or holds no Word document.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            entries = self._archive.infolist()
        except zipfile.BadZipFile as error:
            raise UnreadableFile("file.corrupt", detail=str(error)) from error
        if any(entry.flag_bits & 1 for entry in entries):
            raise UnreadableFile("file.password")
        self._names = {entry.filename for entry in entries}
        if not any(name.startswith("word/") for name in self._names):
            raise UnreadableFile("file.misnamed", suffix=".docx", actual="ZIP")

    def part(self, name: str) -> etree._Element | None:
        """Return the root of part ``name``, ``None`` if the package lacks it.

        Raises
        ------
        UnreadableFile
            The part is too large when unpacked.
        """
        if name not in self._names:
            return None
        size = self._archive.getinfo(name).file_size
        if size > MAX_PART_BYTES:
            raise UnreadableFile("file.too_large", size=size >> 20, limit=MAX_PART_BYTES >> 20)
        content = self._archive.read(name).replace(_STRICT, _MAIN.encode())
        # hostile XML: no entity is expanded, nothing is fetched; depth stays limited
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        return etree.fromstring(content, parser)
