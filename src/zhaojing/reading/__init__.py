"""Read a report into a :class:`Document`; one reader a format.

Input files are hostile: whatever their bytes, :func:`read` returns a document or raises
:class:`~zhaojing.errors.UnreadableFile`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block, Document, Paragraph
from zhaojing.reading.signatures import check_signature
from zhaojing.reading.source import MAX_BYTES, Source, blamed_on, is_system_file
from zhaojing.results_folder import holds_results, result_files

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "Block",
    "Document",
    "Paragraph",
    "Source",
    "find_reports",
    "find_sources",
    "read",
    "read_source",
]


def _read_docx(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.docx import read_docx

    return read_docx(data)


def _read_word(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.office import read_word

    return read_word(data)


def _read_pdf(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.pdf import read_pdf

    return read_pdf(data)


def _read_ofd(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.ofd import read_ofd

    return read_ofd(data)


def _read_picture(data: bytes) -> Iterable[Block]:
    from zhaojing.reading.ocr import read_picture

    return read_picture(data)


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
    ".docm": _read_docx,
    ".doc": _read_word,
    ".wps": _read_word,
    ".rtf": _read_word,
    ".odt": _read_word,
    ".pdf": _read_pdf,
    ".ofd": _read_ofd,
    ".txt": _read_text,
    ".md": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), _read_picture),
}
_ARCHIVE = ".zip"
SUFFIXES: tuple[str, ...] = (*_READERS, _ARCHIVE)


def read(path: str | Path) -> Document:
    """Read one report from a file of one of the formats in ``SUFFIXES``, archives left out.

    Raises
    ------
    UnreadableFile
        The file is missing, empty, too large, of another format than its name says,
        encrypted, corrupt, without text, or not text at all; an archive, which may hold many
        reports; or of a format that needs LibreOffice, which is missing or fails.
    """
    return read_source(Source.of_file(Path(path)))


def read_source(source: Source) -> Document:
    """Read one report, wherever it comes from; raises as :func:`read` does."""
    data = source.load()
    with blamed_on(source.path):
        if source.suffix == _ARCHIVE:
            raise UnreadableFile("archive.not_one")
        if source.suffix not in _READERS:
            raise UnreadableFile("file.unsupported")
        check_signature(source.suffix, data)
        document = Document.from_blocks(_READERS[source.suffix](data), source.path)
        if not document.text.strip():
            raise UnreadableFile("file.no_sentences")
    return document


def find_sources(
    paths: Iterable[str | Path], *, output: Path | None = None
) -> Iterator[Source | UnreadableFile]:
    """Yield every report in ``paths``, once each, and an error for what cannot be looked into.

    Folders are walked as :func:`find_reports` does; each report in an archive is one by itself.
    """
    from zhaojing.reading.archive import unpack

    seen: set[str] = set()
    for named in paths:
        files, failures = find_reports(named, output=output)
        yield from failures
        for path in files:
            identity = os.path.realpath(path)
            if identity in seen:
                continue
            seen.add(identity)
            source = Source.of_file(path)
            if source.suffix == _ARCHIVE:
                yield from unpack(source)
            else:
                yield source


def find_reports(
    path: str | Path, *, output: Path | None = None
) -> tuple[list[Path], list[UnreadableFile]]:
    """Return the files below ``path``, in order of name, and the folders that cannot be read.

    A path that is no folder is returned as it is. Files of formats that :func:`read` refuses are
    returned too: a report must not drop out of a pile unsaid. Hidden files, Word's lock files
    (``~$…``) and Windows' own files are no reports, nor are the results of a screening: those in
    ``output`` are this run's, and of any others it is said that they were left out.
    """
    if not os.path.isdir(path):  # noqa: PTH112  # pathlib's raises on a name that is too long
        return [Path(path)], []
    found: list[Path] = []
    failures: list[UnreadableFile] = []

    def failed(error: OSError) -> None:
        failures.append(UnreadableFile("file.no_permission", where=error.filename))

    own = os.path.realpath(output) if output else None
    skipped: set[str] = set()
    visited: set[str] = set()
    for folder, subfolders, names in os.walk(path, onerror=failed, followlinks=True):
        if os.path.realpath(folder) in visited:  # a link back up the tree
            subfolders.clear()
            continue
        visited.add(os.path.realpath(folder))
        subfolders[:] = sorted(name for name in subfolders if not is_system_file(name))
        if holds_results(Path(folder)):
            results = {os.path.realpath(file) for file in result_files(Path(folder))}
            skipped |= results
            if os.path.realpath(folder) != own:
                failures.append(UnreadableFile("folder.results", where=folder))
        for name in sorted(names):
            file = Path(folder, name)
            if not is_system_file(name) and os.path.realpath(file) not in skipped:
                found.append(file)
    if not found and not failures:
        failures.append(UnreadableFile("folder.nothing", where=path, suffixes=" ".join(SUFFIXES)))
    return found, failures
