"""Read a report file into a :class:`Document`; one reader a format.

Input files are hostile: whatever their bytes, :func:`read` returns a document or raises
:class:`~zhaojing.errors.UnreadableFile`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block, Document, Paragraph

__all__ = ["MAX_BYTES", "SUFFIXES", "Block", "Document", "Paragraph", "find_reports", "read"]

MAX_BYTES = 100 * 1024 * 1024


def _read_docx(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.docx import read_docx

    return read_docx(data)


def _read_pdf(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.pdf import read_pdf

    return read_pdf(data)


def _read_html(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.html import read_html

    return read_html(data)


def _read_text(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.text import decode

    return [Block(decode(data))]


def _read_markdown(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.text import read_markdown

    return read_markdown(data)


# Imported on use: a clerk who screens text files does not wait for the PDF library.
_READERS: dict[str, Callable[[bytes], Iterable[Block]]] = {
    ".docx": _read_docx,
    ".pdf": _read_pdf,
    ".txt": _read_text,
    ".md": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
}
SUFFIXES: tuple[str, ...] = tuple(_READERS)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "Word/ZIP"),
    (_OLE, "Word 97-2003"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
)
_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
_EXPECTED = {".docx": "Word/ZIP", ".pdf": "PDF"}


def read(path: str | Path) -> Document:
    """Read one report (``.docx``, ``.pdf``, ``.txt``, ``.md``, ``.html``).

    Raises
    ------
    UnreadableFile
        The file is missing, empty, too large, of another format than its name says,
        encrypted, corrupt, without text, or not text at all.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    data = _load(path, suffix)
    _check_signature(path, suffix, data)
    try:
        document = Document.from_blocks(_READERS[suffix](data), path)
    except UnreadableFile as error:
        raise UnreadableFile(error.key, where=path, **error.values) from error
    except Exception as error:  # third-party parsers raise anything on hostile bytes
        raise UnreadableFile("file.corrupt", where=path, detail=type(error).__name__) from error
    if not document.text.strip():
        raise UnreadableFile("file.no_sentences", where=path)
    return document


def _load(path: Path, suffix: str) -> bytes:
    try:
        if not path.exists():
            raise UnreadableFile("file.missing", where=path)
        if not path.is_file():
            raise UnreadableFile("file.not_a_file", where=path)
        size = path.stat().st_size
        if size == 0:
            raise UnreadableFile("file.empty", where=path)
        if size > MAX_BYTES:
            raise UnreadableFile(
                "file.too_large", where=path, size=size >> 20, limit=MAX_BYTES >> 20
            )
        if suffix not in _READERS:
            raise UnreadableFile("file.unsupported", where=path, suffix=suffix or path.name)
        return path.read_bytes()
    except PermissionError as error:
        raise UnreadableFile("file.no_permission", where=path) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadableFile("file.corrupt", where=path, detail=str(error)) from error


def _check_signature(path: Path, suffix: str, data: bytes) -> None:
    actual = next((name for sign, name in _SIGNATURES if data.startswith(sign)), None)
    if suffix == ".pdf" and b"%PDF-" in data[:1024]:
        return
    if actual == "Word 97-2003":
        # Word stores an encrypted .docx as an OLE container with this stream.
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise UnreadableFile("file.password" if encrypted else "file.legacy_word", where=path)
    expected = _EXPECTED.get(suffix)
    if actual != expected:
        if actual is None:
            raise UnreadableFile("file.corrupt", where=path, detail=f"no {expected} signature")
        raise UnreadableFile("file.misnamed", where=path, suffix=suffix, actual=actual)


def find_reports(
    path: str | Path, *, leave_out: Collection[Path] = ()
) -> tuple[list[Path], list[UnreadableFile]]:
    """Return the files below ``path``, in order of name, and the folders that cannot be read.

    A path that is no folder is returned as it is. Files of formats that :func:`read` refuses are
    returned too: a report must not drop out of a pile unsaid. Hidden files, Word's lock files
    (``~$…``), Windows' own files and those in ``leave_out`` are no reports.
    """
    if not os.path.isdir(path):  # noqa: PTH112  # pathlib's raises on a name that is too long
        return [Path(path)], []
    skipped = {os.path.realpath(file) for file in leave_out}
    found: list[Path] = []
    failures: list[UnreadableFile] = []

    def failed(error: OSError) -> None:
        failures.append(UnreadableFile("file.no_permission", where=error.filename))

    visited: set[str] = set()
    for folder, subfolders, names in os.walk(path, onerror=failed, followlinks=True):
        if os.path.realpath(folder) in visited:  # a link back up the tree
            subfolders.clear()
            continue
        visited.add(os.path.realpath(folder))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            is_report = not name.startswith((".", "~$")) and name.lower() not in _SYSTEM_FILES
            if is_report and os.path.realpath(file) not in skipped:
                found.append(file)
    if not found and not failures:
        failures.append(UnreadableFile("folder.nothing", where=path, suffixes=" ".join(SUFFIXES)))
    return found, failures
