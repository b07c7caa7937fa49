"""The XML parts of a Word package, read and replaced with the standard library's zip and lxml.

Not python-docx: it refuses whole files for a broken link to a picture, for macros, or for the
Strict dialect, none of which keeps a person from reading the text.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from itertools import count
from posixpath import dirname, join, normpath, relpath, split
from urllib.parse import unquote

from lxml import etree

from zhaojing.errors import UnreadableFile
from zhaojing.reading.archive import check_member

MAX_PART_BYTES = 48 * 1024 * 1024  # of XML, which takes twenty times the memory when parsed
MAX_COPY_BYTES = 1024 * 1024 * 1024  # unpacked, of a package that is copied

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_LINK = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_TYPES_PART = "[Content_Types].xml"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"


def qn(tag: str) -> str:
    """Return ``tag`` in Word's main namespace, as lxml spells it."""
    return f"{{{_MAIN}}}{tag}"


def new(tag: str, *children: etree._Element, **values: str) -> etree._Element:
    """Return an element of Word's main namespace with ``values`` as its attributes."""
    attributes = {qn(name): text for name, text in values.items()}
    element = etree.Element(qn(tag), attributes, {"w": _MAIN})
    element.extend(children)
    return element


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

    Attributes
    ----------
    main
        The name of the part that holds the text.
    strict
        Whether a part that has been read is written in the Strict dialect.

    Raises
    ------
    UnreadableFile
        It is no zip file, encrypted, packed in an odd way, or holds no Word document.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            entries = self._archive.infolist()
        except zipfile.BadZipFile as error:
            raise UnreadableFile("file.corrupt", detail=str(error)) from error
        for entry in entries:
            check_member(entry)
        self._names = dict.fromkeys(entry.filename for entry in entries)  # a set that keeps order
        if not any(name.startswith("word/") for name in self._names):
            raise UnreadableFile("file.misnamed", suffix=".docx", actual="ZIP")
        self.strict = False
        named = self.related("", "officeDocument")  # Word Online names it document2.xml
        self.main = named if named in self._names else "word/document.xml"

    def document(self) -> etree._Element:
        """Return the root of the part that holds the text.

        Raises
        ------
        UnreadableFile
            There is none, or it has no body.
        """
        root = self.part(self.main)
        if root is None or root.find(qn("body")) is None:
            raise UnreadableFile("file.corrupt", detail=f"no {self.main}")
        return root

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
        with self._archive.open(name) as part:
            content = part.read(size)  # what is said to be small may unpack to anything
        self.strict = self.strict or _STRICT in content
        # hostile XML: no entity is expanded, nothing is fetched; depth stays limited
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        return etree.fromstring(content.replace(_STRICT, _MAIN.encode()), parser)

    def related(self, source: str, kind: str) -> str | None:
        """Return the name of the part that ``source`` is related to by ``kind``.

        ``source`` is the name of a part, empty for the package itself (ECMA-376 Part 2, 9.3).
        """
        root = self.part(_relationships_of(source))
        for link in () if root is None else root.iterchildren(f"{_LINKS}Relationship"):
            inside = link.get("TargetMode") != "External"
            if inside and link.get("Type", "").endswith(f"/relationships/{kind}"):
                target = unquote(link.get("Target", ""))
                return normpath(join("/", dirname(source), target)).lstrip("/")
        return None

    def name_of(self, kind: str) -> str:
        """Return the name that the main part's ``kind`` of part has, or would have."""
        return self.related(self.main, kind) or join(dirname(self.main), f"{kind}.xml")

    def registration(self, kind: str) -> dict[str, etree._Element]:
        """Return, by name, the parts that must change for the main part to have ``kind``."""
        changed: dict[str, etree._Element] = {}
        name = self.name_of(kind)
        types = self.part(_TYPES_PART)
        known = () if types is None else {entry.get("PartName") for entry in types}
        if types is not None and f"/{name}" not in known:
            attributes = {"PartName": f"/{name}", "ContentType": _TYPE.format(kind)}
            etree.SubElement(types, f"{_TYPES}Override", attributes)
            changed[_TYPES_PART] = types
        if self.related(self.main, kind) is None:
            part = _relationships_of(self.main)
            links = self.part(part)
            if links is None:
                links = etree.Element(f"{_LINKS}Relationships")
            taken = {link.get("Id") for link in links}
            attributes = {
                "Id": next(f"rId{number}" for number in count(1) if f"rId{number}" not in taken),
                "Type": f"{_STRICT_LINK if self.strict else _LINK}/{kind}",
                "Target": relpath(name, dirname(self.main) or "."),
            }
            etree.SubElement(links, f"{_LINKS}Relationship", attributes)
            changed[part] = links
        return changed

    def copy_with(self, parts: Mapping[str, etree._Element]) -> bytes:
        """Return the package with ``parts`` put in; all others have the same bytes.

        Raises
        ------
        UnreadableFile
            The package is too large when unpacked.
        """
        size = sum(self._archive.getinfo(name).file_size for name in self._names)
        if size > MAX_COPY_BYTES:
            raise UnreadableFile("file.too_large", size=size >> 20, limit=MAX_COPY_BYTES >> 20)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as copy:
            for name in self._names | dict.fromkeys(parts):
                info = zipfile.ZipInfo(name)  # dated 1980, so that equal input gives equal bytes
                info.compress_type = zipfile.ZIP_DEFLATED
                if name in parts:
                    copy.writestr(info, self._serialised(parts[name]))
                    continue
                with self._archive.open(name) as source, copy.open(info, "w") as target:
                    shutil.copyfileobj(source, target)
        return buffer.getvalue()

    def _serialised(self, root: etree._Element) -> bytes:
        content = etree.tostring(
            root.getroottree(), encoding="UTF-8", xml_declaration=True, standalone=True
        )
        return content.replace(_MAIN.encode(), _STRICT) if self.strict else content


def _relationships_of(part: str) -> str:
    """Return the name of the part that lists what ``part`` is related to."""
    folder, name = split(part)
    return join(folder, "_rels", f"{name}.rels")
