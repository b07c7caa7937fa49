"""Zip archives: every member is a report by itself, read in memory and never written to disk.

An archive is hostile: no number in it is trusted beyond the limits below, and what one member does
wrong is said of that member alone.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from zhaojing.errors import UnreadableFile
from zhaojing.reading.signatures import check_signature
from zhaojing.reading.source import Source, blamed_on, check_size, is_system_file

MAX_UNPACKED = 1024 * 1024 * 1024  # bytes, of an archive and all that are in it
MAX_MEMBERS = 2000  # likewise
MAX_NESTING = 2  # archives inside the outermost one
MAX_RATIO = 200  # unpacked to packed; the markup of a report reaches 30

_UNSUSPICIOUS = 32 * 1024 * 1024  # bytes that may be of any ratio: a blank page packs well
_MAX_ENTRIES = 100_000  # beyond it, to list them alone takes seconds and hundreds of megabytes
_ENTRY = b"PK\x01\x02"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack without any bound
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flags, APPNOTE.TXT 4.4.4


@dataclass
class Room:
    """What an archive and all that are in it may still hold."""

    unpacked: int = MAX_UNPACKED
    members: int = MAX_MEMBERS
    charged: set[int] = field(default_factory=set)  # members that were loaded before, by id

    def charge(self, entry: zipfile.ZipInfo) -> None:
        """Take what ``entry`` unpacks to off the room there is; only once if loaded again."""
        if id(entry) in self.charged:
            return
        if entry.file_size > self.unpacked:
            raise UnreadableFile("archive.too_much", limit=MAX_UNPACKED >> 20)
        self.unpacked -= entry.file_size
        self.charged.add(id(entry))


def unpack(
    archive: Source, room: Room | None = None, nesting: int = 0
) -> Iterator[Source | UnreadableFile]:
    """Yield the reports in ``archive``, also those of archives in it, and what went wrong.

    A member is unpacked only when it is loaded; how it fails is seen then.
    """
    room = room or Room()
    try:
        with blamed_on(archive.path):
            members = list(_members(archive, room))
    except UnreadableFile as error:
        yield error
        return
    for member in members:
        if member.suffix != ".zip":
            yield member
        elif nesting < MAX_NESTING:
            yield from unpack(member, room, nesting + 1)
        else:
            yield UnreadableFile("archive.too_deep", where=member.path, limit=MAX_NESTING)


def _members(archive: Source, room: Room) -> Iterator[Source]:
    data = archive.load()
    check_signature(archive.suffix, data)
    if data.count(_ENTRY) > _MAX_ENTRIES:
        raise UnreadableFile("archive.too_many", limit=MAX_MEMBERS)
    opened = zipfile.ZipFile(io.BytesIO(data))
    entries = opened.infolist()
    empty, seen = True, Counter[Path]()
    for name, entry in zip(_names(entries), entries, strict=True):
        # “..” goes, so that nobody who uses the path is led out of the archive
        steps = [step for step in name.split("/") if step not in ("", ".", "..")] or ["?"]
        if name.endswith("/") or any(map(is_system_file, steps)):
            continue
        if room.members == 0:
            raise UnreadableFile("archive.too_many", limit=MAX_MEMBERS)
        room.members -= 1
        empty = False
        path = Path(f"{archive.path}/{'/'.join(steps)}")
        seen[path] += 1
        if seen[path] > 1:  # a name can stand there twice, and a report needs one of its own
            path = path.with_name(f"{path.stem} ({seen[path]}){path.suffix}")
        yield Source(path, partial(read_member, opened, entry, room))
    if empty:
        raise UnreadableFile("archive.nothing")


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return the names as they were meant: Chinese Windows writes GBK, and no flag that says so.

    One program wrote them all, so one encoding holds for all: a short name alone can be valid
    UTF-8 by chance.
    """
    # not .filename: on Windows a backslash in it is replaced, which is half of many a character
    raw = {e: e.orig_filename.encode("cp437") for e in entries if not e.flag_bits & _UTF8}
    try:
        decoded = {entry: name.decode("utf-8") for entry, name in raw.items()}
    except UnicodeDecodeError:
        decoded = {entry: name.decode("gb18030", "replace") for entry, name in raw.items()}
    names = [decoded.get(entry, entry.orig_filename) for entry in entries]
    return [name.replace("\\", "/").replace("\0", "\ufffd") for name in names]


def check_member(entry: zipfile.ZipInfo) -> None:
    """Refuse a member that is encrypted, or packed so that it unpacks without any bound."""
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableFile("file.password")
    if entry.compress_type not in _METHODS:
        raise UnreadableFile("archive.method")


def read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: Room) -> bytes:
    """Return the unpacked bytes of one member, and take them off what ``room`` there is.

    Raises
    ------
    UnreadableFile
        It is encrypted, too large, packed too tightly or in a way that cannot be bounded.
    """
    check_member(entry)
    size = entry.file_size
    check_size(size)
    if size > max(_UNSUSPICIOUS, MAX_RATIO * entry.compress_size):
        raise UnreadableFile("archive.bomb", limit=MAX_RATIO)
    room.charge(entry)
    with archive.open(entry) as member:
        # with a number: else all that is packed gets unpacked first, however small `size` is
        return member.read(size)
