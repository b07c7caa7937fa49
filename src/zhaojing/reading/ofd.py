"""OFD files, the Chinese fixed-layout format (GB/T 33190-2016): a zip of pages of placed glyphs.

Read are the pages of every document in the package, with the templates behind them; annotations,
signatures and attachments are left out. What a template puts on several pages is a running head
or a letterhead and goes, and so does text that lies askew, which is a watermark. A page that is
nothing but pictures is a scan: the largest of them is recognised, if the extra ``ocr`` is there.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from lxml import etree
from lxml.etree import _Element

from zhaojing.errors import UnreadableFile, printable
from zhaojing.reading import ocr
from zhaojing.reading.archive import Room, read_member
from zhaojing.reading.document import Block
from zhaojing.reading.layout import MAX_PAGES, Char, Page, blocks, in_columns, in_rows, lines_of
from zhaojing.reading.ofd_text import Glyph, GlyphReader, numbers

MAX_PART_BYTES = 16 * 1024 * 1024  # of XML or of a scan; a page has a few megabytes
MAX_TOTAL_BYTES = 512 * 1024 * 1024  # of these, counted each time that one is read
MAX_PAGE_CHARS = 200_000

_POINT = 72 / 25.4  # points a millimetre, OFD's unit
_A4 = (0.0, 0.0, 210.0, 297.0)
_ABOVE, _BELOW = 0.88, 0.12  # of its size, where a Chinese character stands on the baseline
_NO_CHARACTER = re.compile("[\ue000-\uf8ff\ufffd]")  # glyphs of an embedded font without a code
_UNREADABLE = 0.1  # share of these in a text; bullets and logos make up less


def read_ofd(data: bytes) -> Iterator[Block]:
    """Yield the paragraphs of an OFD file, each with the pages it spans.

    The pages of several documents in one package are counted through.

    Raises
    ------
    UnreadableFile
        It is no OFD file, encrypted or damaged, over one of the limits, or has no readable text.
    """
    package = _Package(data)
    root = package.part("ofd.xml")
    reader = GlyphReader()
    documents = [
        _Document(package, package.resolve("", location.text), reader)
        for location in root.iterfind("{*}DocBody/{*}DocRoot")
    ]
    if not documents:
        raise UnreadableFile("file.corrupt", detail="no DocRoot")
    count = sum(len(document.page_names) for document in documents)
    if count > MAX_PAGES:
        raise UnreadableFile("file.too_many_pages", pages=count, limit=MAX_PAGES)
    pages: list[Page] = []
    first = 1
    for document in documents:
        pages += document.pages(first)
        first += len(document.page_names)
    text = "".join(line.text for page in pages for line in page.lines)
    if len(_NO_CHARACTER.findall(text)) >= _UNREADABLE * len(text):
        raise UnreadableFile("ofd.no_text")
    yield from blocks(pages)


class _Package:
    """The zip file: XML parts by name, and what may still be read of them."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except zipfile.BadZipFile as error:
            raise UnreadableFile("file.corrupt", detail=str(error)) from error
        self._entries = {_normal(entry.filename): entry for entry in self._archive.infolist()}
        # GM/T 0099-2020 encrypts the parts and lists how in this one
        if "encryptions.xml" in self._entries:
            raise UnreadableFile("file.password")
        if "ofd.xml" not in self._entries:
            raise UnreadableFile("file.misnamed", suffix=".ofd", actual="ZIP")
        self._parsed = 0  # bytes

    def find(self, base: str, location: str | None) -> str | None:
        """Return the name of the part that part ``base`` calls ``location``, if there is one.

        Some producers write it from the root where they should from the folder of ``base``.
        """
        location = (location or "").strip()
        names = [_normal(posixpath.join(posixpath.dirname(base), location)), _normal(location)]
        return next((name for name in names if name in self._entries), None)

    def resolve(self, base: str, location: str | None) -> str:
        """Return the name of the part that part ``base`` calls ``location``."""
        name = self.find(base, location)
        if name is None:
            raise UnreadableFile("file.corrupt", detail=f"no {printable((location or '')[:80])}")
        return name

    def part(self, name: str) -> _Element:
        """Return the root of the part ``name``."""
        # hostile XML: no entity is expanded, nothing is fetched; depth stays limited
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        return etree.fromstring(self.content(name), parser)

    def content(self, name: str) -> bytes:
        """Return the bytes of the part ``name``."""
        entry = self._entries[name]
        self._parsed += entry.file_size
        for size, limit in ((entry.file_size, MAX_PART_BYTES), (self._parsed, MAX_TOTAL_BYTES)):
            if size > limit:
                raise UnreadableFile("file.too_large", size=size >> 20, limit=limit >> 20)
        return read_member(self._archive, entry, Room())


def _normal(path: str) -> str:
    """Return ``path`` as it is compared: from the root, as lenient as Windows producers are."""
    return posixpath.normpath("/" + path.replace("\\", "/")).lstrip("/").lower()


class _Document:
    """One document of a package."""

    def __init__(self, package: _Package, name: str, reader: GlyphReader) -> None:
        self._package = package
        self._reader = reader
        root = package.part(name)
        self.page_names = [
            package.resolve(name, page.get("BaseLoc")) for page in root.iterfind("{*}Pages/{*}Page")
        ]
        self._templates = {
            template.get("ID", ""): package.resolve(name, template.get("BaseLoc"))
            for template in root.iterfind("{*}CommonData/{*}TemplatePage")
        }
        self._area = numbers(root.findtext("{*}CommonData/{*}PageArea/{*}PhysicalBox"), _A4)
        self._pictures: dict[str, str] = {}  # names of parts, by ID
        self._scans = 0
        self._units = self._units_of(name, root, "{*}CommonData/{*}PublicRes")
        self._units |= self._units_of(name, root, "{*}CommonData/{*}DocumentRes")

    def _units_of(self, name: str, root: _Element, resources: str) -> dict[str, _Element]:
        """Return the composite objects of the ``resources`` that part ``name`` lists, by ID.

        The pictures among them are noted.
        """
        units: dict[str, _Element] = {}
        for resource in root.iterfind(resources):
            part = self._package.find(name, resource.text)
            if part is None:  # of fonts that are not embedded, for instance
                continue
            kept = self._package.part(part)
            for unit in kept.iterfind("{*}CompositeGraphicUnits/{*}CompositeGraphicUnit"):
                units[unit.get("ID", "")] = unit
            for media in kept.iterfind("{*}MultiMedias/{*}MultiMedia"):
                place = posixpath.join(kept.get("BaseLoc", ""), media.findtext("{*}MediaFile", ""))
                picture = self._package.find(part, place)
                if picture is not None:
                    self._pictures[media.get("ID", "")] = picture
        return units

    def pages(self, first: int) -> Iterator[Page]:
        """Yield the pages, counted from ``first``, each after a template that only it has."""
        read = [self._read(name, number) for number, name in enumerate(self.page_names, first)]
        uses = Counter(template for _, templates in read for template in templates)
        for number, (content, templates) in enumerate(read, first):
            for template in templates:
                if uses[template] == 1 and template in self._templates:
                    yield from self._read(self._templates[template], number)[0]
            yield from content

    def _read(self, name: str, number: int) -> tuple[list[Page], list[str]]:
        """Return what the page or template in part ``name`` holds, and which templates it has.

        It comes as a page for each direction of reading, the most usual one first, so that a
        table that lies on its side is put together by itself.
        """
        root = self._package.part(name)
        units = self._units | self._units_of(name, root, "{*}PageRes")
        left, top, width, height = numbers(root.findtext("{*}Area/{*}PhysicalBox"), self._area)
        turns: dict[int, list[Char]] = defaultdict(list)
        glyphs = self._reader.below(root, units, (1.0, 0.0, 0.0, 1.0, -left, -top))
        for count, glyph in enumerate(glyphs, 1):
            if count > MAX_PAGE_CHARS:
                detail = f"over {MAX_PAGE_CHARS} characters on page {number}"
                raise UnreadableFile("file.corrupt", detail=detail)
            turns[glyph.turn].append(_char(glyph, width, height))
        templates = [template.get("TemplateID", "") for template in root.iterfind("{*}Template")]
        pages = [
            _page(chars, number, *((height, width) if turn % 2 else (width, height)))
            for turn, chars in sorted(turns.items(), key=lambda item: -len(item[1]))
        ]
        pictures = root.findall(".//{*}ImageObject")
        if not pages and pictures:
            pages = [self._scan(pictures, number, width * _POINT, height * _POINT)]
        return pages, templates

    def _scan(self, pictures: Sequence[_Element], number: int, width: float, height: float) -> Page:
        """Return what can be recognised in the largest of ``pictures``, perhaps no line."""
        largest = max(pictures, key=_area)
        part = self._pictures.get(largest.get("ResourceID", ""))
        page = None
        if part and ocr.is_installed():
            self._scans += 1
            ocr.check_count(self._scans)
            page = ocr.recognise_file(self._package.content(part), number, width)
        return page or Page(number, width, height, lines=[], confidence=0.0)


def _area(item: _Element) -> float:
    _, _, width, height = numbers(item.get("Boundary"), (0.0, 0.0, 0.0, 0.0))
    return width * height


def _page(chars: Sequence[Char], number: int, width: float, height: float) -> Page:
    width, height = width * _POINT, height * _POINT
    return Page(number, width, height, in_columns(in_rows(lines_of(chars, number)), width))


def _char(glyph: Glyph, width: float, height: float) -> Char:
    """Return ``glyph`` in points, on a page of so many millimetres turned to read it upright."""
    # from its baseline's start to the left edge and to the bottom edge of the turned page
    left, bottom = {
        0: (glyph.x, height - glyph.y),
        1: (glyph.y, glyph.x),
        2: (width - glyph.x, glyph.y),
        3: (height - glyph.y, width - glyph.x),
    }[glyph.turn]
    return Char(
        glyph.text,
        left=left * _POINT,
        bottom=(bottom - _BELOW * glyph.height) * _POINT,
        right=(left + glyph.width) * _POINT,
        top=(bottom + _ABOVE * glyph.height) * _POINT,
    )
