"""What a file holds, by its first bytes, and whether its name may say so."""

from __future__ import annotations

from zhaojing.errors import UnreadableFile

ZIP, OLE, RTF, HTML = "Word/ZIP", "Word 97-2003", "RTF", "HTML"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"{\\rtf", RTF),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
)
_HTML_STARTS = (b"<html", b"<!doctype html")
# offices save one of these and name it another; web systems "export to Word" as HTML
_WORD = (OLE, ZIP, RTF, HTML)
# any kind under any name, as the reader tells them apart; a BMP's mark is too short to trust
_PICTURE = ("PNG", "JPEG", "TIFF", None)
_EXPECTED: dict[str, tuple[str | None, ...]] = {
    ".docx": (ZIP,),
    ".docm": (ZIP,),
    ".pdf": ("PDF",),
    ".ofd": (ZIP,),
    ".zip": (ZIP,),
    ".doc": _WORD,
    ".wps": _WORD,
    ".rtf": _WORD,
    ".odt": _WORD,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), _PICTURE),
}
_PLAIN = (None, HTML)


def signature(data: bytes) -> str | None:
    """Return the format that ``data`` begins like, ``None`` for plain text and the unknown."""
    if data[:100].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_HTML_STARTS):
        return HTML
    return next((name for start, name in _SIGNATURES if data.startswith(start)), None)


def check_signature(suffix: str, data: bytes) -> None:
    """Raise :class:`UnreadableFile` if ``data`` is not what ``suffix`` promises."""
    if suffix == ".pdf" and b"%PDF-" in data[:1024]:
        return
    actual = signature(data)
    # Word stores an encrypted .docx as an OLE container with this stream.
    if actual == OLE and "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableFile("file.password")
    expected = _EXPECTED.get(suffix, _PLAIN)
    if actual in expected:
        return
    if actual == OLE:
        raise UnreadableFile("file.legacy_word")
    if actual is None:
        raise UnreadableFile("file.corrupt", detail=f"no {expected[0]} signature")
    raise UnreadableFile("file.misnamed", suffix=suffix, actual=actual)
