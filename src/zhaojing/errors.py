"""Every error this package raises on purpose.

::

    ZhaojingError
    ├── UnreadableFile     one input file cannot be read; a batch goes on without it
    ├── InvalidRecords     rows or records break the schema; lists every fault
    ├── InvalidModel       a model folder is missing, damaged or of another version
    ├── InvalidConfig      an option or a configuration file makes no sense
    ├── MissingExtra       an optional dependency is not installed
    └── OutputFailed       a result could not be written

Each message says what happened, where, and what to do, in Chinese or English.
"""

from __future__ import annotations

from os import PathLike, fspath

from zhaojing.messages import DEFAULT_LANG, Lang, say


def printable(path: str | PathLike[str]) -> str:
    """Return ``path`` as text for people: no control characters, no bytes that are no character."""
    text = fspath(path).encode("utf-8", "replace").decode("utf-8")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


class ZhaojingError(Exception):
    """Base of all errors; ``describe(lang)`` gives the message in either language.

    ``key`` names the text in :mod:`zhaojing.messages`, ``where`` the file, line or page.
    """

    exit_code = 1

    def __init__(
        self, key: str, *, where: str | PathLike[str] | None = None, **values: object
    ) -> None:
        super().__init__(key)
        self.key = key
        self.where = None if where is None else printable(where)
        self.values = values

    def describe(self, lang: Lang = DEFAULT_LANG) -> str:
        """Return one line (or one block) that says where, what and what to do."""
        text = say(self.key, lang, **self.values)
        if not self.where:
            return text
        return f"{self.where}：{text}" if lang == "zh" else f"{self.where}: {text}"

    def __str__(self) -> str:
        return self.describe()


class UnreadableFile(ZhaojingError):
    """An input file is missing, empty, encrypted, corrupt, misnamed, too large or not text."""


class InvalidRecords(ZhaojingError):
    """Records or rows that break the schema; ``faults`` holds every one of them."""

    exit_code = 2


class InvalidModel(ZhaojingError):
    """A model folder that is missing, damaged or made for other labels."""

    exit_code = 2


class InvalidConfig(ZhaojingError):
    """An option or configuration file that cannot be used."""

    exit_code = 2


class MissingExtra(ZhaojingError):
    """An optional dependency is absent; the message holds the line that installs it."""

    exit_code = 2

    def __init__(self, extra: str) -> None:
        super().__init__("extra.missing", extra=extra)


class OutputFailed(ZhaojingError):
    """A result could not be written: disk full, no permission, or not a folder."""
