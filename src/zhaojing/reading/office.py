"""Word-processor files whose names do not tell their format: what they hold decides who reads them.

Word 97-2003, RTF and OpenDocument text become ``.docx`` by way of LibreOffice.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from zhaojing.errors import UnreadableFile
from zhaojing.reading.archive import Room, read_member
from zhaojing.reading.document import Block
from zhaojing.reading.docx import read_docx
from zhaojing.reading.html import read_html
from zhaojing.reading.signatures import HTML, OLE, RTF, signature
from zhaojing.reading.soffice import convert


def read_word(data: bytes) -> Iterable[Block]:
    """Return the blocks of a word-processor file, whichever of their formats the bytes are.

    Raises
    ------
    UnreadableFile
        As :func:`as_docx`.
    """
    return read_html(data) if signature(data) == HTML else read_docx(as_docx(data))


def as_docx(data: bytes) -> bytes:
    """Return a word-processor file as ``.docx``, converted where it is none.

    Raises
    ------
    UnreadableFile
        It is a web page, encrypted or unpacks to too much, or as
        :func:`~zhaojing.reading.soffice.convert`.
    """
    kind = signature(data)
    if kind == HTML:
        raise UnreadableFile("comment.no_word")
    if kind == OLE:
        return _convert_ole(data)
    if kind == RTF:
        return convert(data, ".rtf")
    package = zipfile.ZipFile(io.BytesIO(data))
    if "content.xml" in package.namelist():  # OpenDocument (ISO/IEC 26300); .docx has none
        _check_odt(package)
        return convert(data, ".odt")
    return data


def _convert_ole(data: bytes) -> bytes:
    try:
        return convert(data, ".doc")
    except UnreadableFile as error:
        if error.key == "office.failed" and _is_encrypted(data):
            raise UnreadableFile("file.password") from error
        raise


def _check_odt(package: zipfile.ZipFile) -> None:
    """Refuse what is encrypted, and what unpacks to more than a machine can hold."""
    room = Room()
    for entry in package.infolist():
        content = read_member(package, entry, room)
        if entry.filename == "META-INF/manifest.xml" and b"encryption-data" in content:
            raise UnreadableFile("file.password")


def _is_encrypted(data: bytes) -> bool:
    """Whether a Word 97-2003 file needs a password ([MS-DOC] 2.5.2, ``fEncrypted``)."""
    sectors = range(512, len(data) - 512, 512)
    return any(data[at : at + 2] == b"\xec\xa5" and data[at + 11] & 1 for at in sectors)
