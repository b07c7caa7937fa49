"""Annotated documents as JSON Lines: one document an object, one object a line.

The schema is section 5 of ``docs/annotation-guideline.md``. ``doc_id`` and ``sentences`` are
required, and in a sentence ``text``, ``categories``, ``role`` and ``embellishment_level``;
``genre``, ``title``, ``source`` and ``heading`` may be empty; fields beyond these are kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhaojing.context import Context, context_of
from zhaojing.errors import InvalidRecords, printable
from zhaojing.labels import CATEGORIES, LEVELS, ROLES, Role
from zhaojing.messages import DEFAULT_LANG, Lang, say
from zhaojing.output import write_atomically
from zhaojing.reading.document import LINE_BREAK

_MAX_FAULTS_SHOWN = 200
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field: where it is, and why, in either language."""

    file: str
    line: int
    field: str
    reason: str
    values: dict[str, object] = dataclasses.field(default_factory=dict)

    def describe(self, lang: Lang = DEFAULT_LANG) -> str:
        """Return ``file, line, field: reason``."""
        place = f"{self.file} {say('records.line', lang, line=self.line)}"
        named = f"{place} {self.field}" if self.field else place
        colon = "：" if lang == "zh" else ": "
        return printable(named + colon + say(self.reason, lang, **self.values))


class FaultyRecords(InvalidRecords):
    """Raised with every fault found in a run; ``faults`` holds them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("records.invalid", count=len(faults), faults="")
        self.faults = tuple(faults)

    def describe(self, lang: Lang = DEFAULT_LANG) -> str:
        """Return a line a fault."""
        lines = [fault.describe(lang) for fault in self.faults[:_MAX_FAULTS_SHOWN]]
        if len(self.faults) > _MAX_FAULTS_SHOWN:
            lines.append(say("records.more", lang, count=len(self.faults) - _MAX_FAULTS_SHOWN))
        return say(self.key, lang, count=len(self.faults), faults="\n".join(lines))


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with its gold labels; ``heading`` is the path joined by ``" > "``."""

    text: str
    categories: tuple[str, ...]
    role: str
    embellishment_level: int
    heading: str = ""
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One annotated document."""

    doc_id: str
    sentences: tuple[LabelledSentence, ...]
    genre: str = ""
    title: str = ""
    source: str = ""
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    def contexts(self) -> list[Context]:
        """Return the context of each sentence: its heading path and the sentence before it.

        Where a record holds some sentences of a document only, ``extra["previous"]`` names the
        one that stood before.
        """
        contexts = context_of(
            [sentence.heading for sentence in self.sentences],
            [sentence.text for sentence in self.sentences],
        )
        return [
            dataclasses.replace(context, previous=str(sentence.extra["previous"]))
            if "previous" in sentence.extra
            else context
            for context, sentence in zip(contexts, self.sentences, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the object that one line of a data file holds."""
        return {
            "doc_id": self.doc_id,
            "genre": self.genre,
            "title": self.title,
            "source": self.source,
            **self.extra,
            "sentences": [
                {
                    "text": sentence.text,
                    "heading": sentence.heading,
                    "categories": list(sentence.categories),
                    "role": sentence.role,
                    "embellishment_level": sentence.embellishment_level,
                    **sentence.extra,
                }
                for sentence in self.sentences
            ],
        }


def read_records(*paths: str | Path) -> list[Record]:
    """Read and validate annotated documents.

    Raises
    ------
    FaultyRecords
        With every fault in every file; nothing is returned then.
    """
    records, faults = validate_records(*paths)
    if faults:
        raise FaultyRecords(faults)
    return records


def validate_records(*paths: str | Path) -> tuple[list[Record], list[Fault]]:
    """Return the sound documents of ``paths`` and every fault of the others."""
    records: list[Record] = []
    faults: list[Fault] = []
    first_seen: dict[str, str] = {}
    for path in paths:
        file = str(path)
        for line, value, problems in parse_json_lines(load_bytes(path), file):
            if problems:
                faults += problems
                continue
            check = _Check(file, line)
            record = check.record(value)
            if record is not None and record.doc_id in first_seen:
                check.fault(
                    "doc_id",
                    "fault.duplicate",
                    value=record.doc_id,
                    place=first_seen[record.doc_id],
                )
            elif record is not None:
                first_seen[record.doc_id] = f"{file}:{line}"
            if check.faults:
                faults += check.faults
            elif record is not None:
                records.append(record)
    return records, faults


def load_bytes(path: str | Path) -> bytes:
    """Return the content of a data file.

    Raises
    ------
    InvalidRecords
        It is missing, a folder, or not readable.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        key = "file.missing"
        if isinstance(error, IsADirectoryError):
            key = "file.not_a_file"
        elif isinstance(error, PermissionError):  # Windows says so of a folder as well
            key = "file.not_a_file" if Path(path).is_dir() else "file.no_permission"
        raise InvalidRecords(key, where=path) from error


def parse_json_lines(data: bytes, name: str) -> Iterator[tuple[int, Any, list[Fault]]]:
    """Yield ``(line number, value, faults)`` for each line of ``data`` that is not blank."""
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            yield number, json.loads(raw.decode("utf-8")), []
        except (ValueError, RecursionError) as error:
            detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
            yield number, None, [Fault(name, number, "", "fault.json", {"detail": detail})]


def fingerprint(path: Path) -> dict[str, str]:
    """Return what identifies a file of records: its name and its SHA-256."""
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def write_records(records: Iterable[Record], path: str | Path) -> None:
    """Write ``records`` to ``path``, whole or not at all."""
    with write_atomically(path) as file:
        for record in records:
            file.write(json.dumps(record.to_json(), ensure_ascii=False) + "\n")


class _Check:
    """Collects the faults of one line."""

    def __init__(self, file: str, line: int) -> None:
        self.file, self.line = file, line
        self.faults: list[Fault] = []

    def fault(self, name: str, reason: str, /, **values: object) -> None:
        self.faults.append(Fault(self.file, self.line, name, reason, values))

    def record(self, value: Any) -> Record | None:
        if not self._is(value, dict, "", "object"):
            return None
        known = {"doc_id", "genre", "title", "source", "sentences"}
        doc_id = self._string(value, "doc_id", "doc_id", required=True)
        texts = {name: self._string(value, name, name) for name in ("genre", "title", "source")}
        sentences: list[LabelledSentence] = []
        if "sentences" not in value:
            self.fault("sentences", "fault.missing")
        elif self._is(value["sentences"], list, "sentences", "array"):
            if not value["sentences"]:
                self.fault("sentences", "fault.blank")
            found = [self._sentence(s, i) for i, s in enumerate(value["sentences"])]
            sentences = [sentence for sentence in found if sentence is not None]
        extra = {key: item for key, item in value.items() if key not in known}
        return Record(doc_id, tuple(sentences), **texts, extra=extra) if doc_id else None

    def _sentence(self, value: Any, index: int) -> LabelledSentence | None:
        place = f"sentences[{index}]"
        if not self._is(value, dict, place, "object"):
            return None
        known = {"text", "heading", "categories", "role", "embellishment_level"}
        text = self._string(value, "text", f"{place}.text", required=True)
        heading = self._string(value, "heading", f"{place}.heading")
        categories = self._categories(value, f"{place}.categories")
        role = self._choice(value, "role", f"{place}.role", str, "string", ROLES)
        level = self._choice(
            value, "embellishment_level", f"{place}.embellishment_level", int, "integer", LEVELS
        )
        if role == Role.OTHER and categories:
            self.fault(f"{place}.categories", "fault.other_role", role=role)
        extra = {key: item for key, item in value.items() if key not in known}
        return LabelledSentence(text, categories, role or "", level or 0, heading, extra)

    def _categories(self, value: dict[str, Any], place: str) -> tuple[str, ...]:
        if "categories" not in value:
            self.fault(place, "fault.missing")
            return ()
        given = value["categories"]
        if not self._is(given, list, place, "array"):
            return ()
        chosen: list[str] = []
        for index, item in enumerate(given):
            if not self._is(item, str, f"{place}[{index}]", "string"):
                continue
            if item not in CATEGORIES:
                self._not_allowed(f"{place}[{index}]", item, CATEGORIES)
            elif item in chosen:
                self.fault(f"{place}[{index}]", "fault.repeated", value=item)
            else:
                chosen.append(item)
        return tuple(category for category in CATEGORIES if category in chosen)

    def _choice(
        self, value: dict[str, Any], key: str, place: str, kind: type, name: str,
        allowed: Sequence[Any],
    ) -> Any:  # fmt: skip
        if key not in value:
            self.fault(place, "fault.missing")
        elif self._is(value[key], kind, place, name):
            if value[key] in allowed:
                return value[key]
            self._not_allowed(place, value[key], allowed)
        return None

    def _not_allowed(self, place: str, value: object, allowed: Sequence[Any]) -> None:
        shown = ", ".join(map(str, allowed))
        self.fault(place, "fault.value", value=json.dumps(value, ensure_ascii=False), allowed=shown)

    def _string(
        self, value: dict[str, Any], key: str, place: str, *, required: bool = False
    ) -> str:
        if key not in value:
            if required:
                self.fault(place, "fault.missing")
            return ""
        found = text_faults(self.file, self.line, place, value, key)
        if found:
            self.faults += found
            return ""
        text = str(value[key])
        if required and not text.strip():
            self.fault(place, "fault.blank")
        if LINE_BREAK.search(text):
            self.fault(place, "fault.text")
        return text

    def _is(self, value: Any, kind: type, place: str, name: str) -> bool:
        # JSON's true is a Python int; it is no level
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return True
        self.faults.append(type_fault(self.file, self.line, place, name, value))
        return False


def text_faults(file: str, line: int, place: str, value: dict[str, Any], key: str) -> list[Fault]:
    """Return what keeps ``value[key]`` from being a text: missing, no string, half a character."""
    if key not in value:
        return [Fault(file, line, place, "fault.missing")]
    if not isinstance(value[key], str):
        return [type_fault(file, line, place, "string", value[key])]
    if has_surrogate(value[key]):
        return [Fault(file, line, place, "fault.surrogate")]
    return []


def has_surrogate(text: str) -> bool:
    """Tell whether ``text`` holds half a character: JSON can spell one, UTF-8 cannot."""
    return bool(_SURROGATE.search(text))


def type_fault(file: str, line: int, place: str, expected: str, value: Any) -> Fault:
    """Return the fault of a value that has another JSON type than ``expected``."""
    return Fault(
        file, line, place, "fault.type", {"expected": expected, "actual": _json_type(value)}
    )


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")
