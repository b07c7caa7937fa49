"""Where a report comes from: a path to show and the bytes behind it, a file's or an archive's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from zhaojing.errors import UnreadableFile

MAX_BYTES = 100 * 1024 * 1024

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True, slots=True)
class Source:
    """A report that can be read.

    Attributes
    ----------
    path
        What people see; inside an archive ``报告.zip/内层/文件.docx``.
    fetch
        Returns the bytes, or raises whatever it may: :meth:`load` tidies that up.
    """

    path: Path
    fetch: Callable[[], bytes]

    @classmethod
    def of_file(cls, path: Path) -> Source:
        """Return the source that is a file on disk; nothing is read yet."""
        return cls(path, partial(_read_file, path))

    @property
    def suffix(self) -> str:
        """The end of the name, in lower case."""
        return self.path.suffix.lower()

    def load(self) -> bytes:
        """Return the bytes.

        Raises
        ------
        UnreadableFile
            They cannot be had, or there are none.
        """
        with blamed_on(self.path):
            data = self.fetch()
            if not data:
                raise UnreadableFile("file.empty")
        return data


@contextmanager
def blamed_on(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong into an :class:`UnreadableFile` that names ``path``."""
    try:
        yield
    except UnreadableFile as error:
        values = error.values | {"suffix": path.suffix or path.name}
        raise UnreadableFile(error.key, where=path, **values) from error
    except Exception as error:  # third-party parsers raise anything on hostile bytes
        raise UnreadableFile("file.corrupt", where=path, detail=type(error).__name__) from error


def is_system_file(name: str) -> bool:
    """Whether a file or folder is one that systems leave about, and no report."""
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM_FILES


def _read_file(path: Path) -> bytes:
    try:
        if not path.exists():
            raise UnreadableFile("file.missing")
        if not path.is_file():
            raise UnreadableFile("file.not_a_file")
        check_size(path.stat().st_size)
        return path.read_bytes()
    except PermissionError as error:
        raise UnreadableFile("file.no_permission") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadableFile("file.corrupt", detail=str(error)) from error


def check_size(size: int) -> None:
    """Refuse a report of more than ``MAX_BYTES`` bytes."""
    if size > MAX_BYTES:
        raise UnreadableFile("file.too_large", size=size >> 20, limit=MAX_BYTES >> 20)
