"""Settings of a run: a dataclass filled from a TOML file, the command line, or Python."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from zhaojing.errors import InvalidConfig, UnreadableFile, printable
from zhaojing.reading.text import decode

Range = tuple[str, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Base of the settings of a kind of run.

    Fields are typed ``int``, ``float``, ``str``, ``bool``, ``Path``, ``tuple[Path, ...]``,
    ``dict[str, float]`` or ``dict[str, str]``.
    """

    @classmethod
    def build(cls, file: Path | None, given: Mapping[str, Any]) -> Self:
        """Take the settings of ``file``, overridden by the values of ``given`` not ``None``.

        Paths in a file are relative to the folder the command runs in.

        Raises
        ------
        InvalidConfig
            The file cannot be read, names an unknown setting, or a needed one is missing.
        """
        values: dict[str, Any] = {}
        if file is not None:
            try:
                values = tomllib.loads(decode(file.read_bytes()))
                repr(values)  # ValueError: a number in it is too long to be told
            except OSError as error:
                detail = error.strerror or error
                raise InvalidConfig("config.unreadable", where=file, detail=detail) from error
            except (ValueError, RecursionError, UnreadableFile) as error:
                raise InvalidConfig("config.no_toml", where=file, detail=str(error)) from error
        values |= {key: value for key, value in given.items() if value is not None}
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        missing = [name for name, field in known.items() if _needed(field) and not values.get(name)]
        try:
            if unknown:
                allowed = ", ".join(known)
                raise InvalidConfig("config.unknown", names=", ".join(unknown), allowed=allowed)
            if missing:
                raise InvalidConfig("config.missing", names=", ".join(missing))
            return cls(**{name: _convert(name, known[name], v) for name, v in values.items()})
        except InvalidConfig as error:
            told = {name: printable(str(value)) for name, value in error.values.items()}
            raise InvalidConfig(error.key, where=file, **told) from error

    def plain(self, *without: str) -> dict[str, Any]:
        """Return the settings but for ``without`` as plain data; paths as the names of files."""
        values = asdict(self).items()
        return {name: _names(value) for name, value in values if name not in without}


def check_ranges(settings: object, ranges: Iterable[Range]) -> None:
    """Raise :class:`InvalidConfig` for the first ``(name, low, high)`` that does not hold."""
    for name, low, high in ranges:
        value = getattr(settings, name)
        if not low <= value <= high:
            raise InvalidConfig("config.range", name=name, low=low, high=high, value=value)


def _names(value: Any) -> Any:
    if isinstance(value, tuple):
        return [path.name for path in value]
    return value.name if isinstance(value, Path) else value


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _convert(name: str, field: Field[Any], value: object) -> object:
    kind = str(field.type)
    if kind.startswith("tuple"):
        value = [value] if isinstance(value, str | Path) else value
        if isinstance(value, list | tuple) and all(isinstance(v, str | Path) for v in value):
            return tuple(map(Path, value))
    elif kind.startswith("dict"):
        fits = _is_text if kind == "dict[str, str]" else _is_number
        if isinstance(value, Mapping) and all(map(fits, value.values())):
            return dict(value)
    elif kind == "Path":
        if isinstance(value, str | Path):
            return Path(value)
    elif _is_number(value) if kind == "float" else type(value).__name__ == kind:
        return value
    raise InvalidConfig("config.type", name=name, kind=kind, value=repr(value))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
