"""The cases of the behavioural tests: read, validated and, for perturbations, made.

Their format is in ``data/behaviour/README.md``. Every fault is listed with file, line and field; a
field that the format does not know is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidRecords
from zhaojing.evaluation.perturbations import PERTURBATIONS, Seed, perturb
from zhaojing.labels import CATEGORIES, LEVELS, ROLES, Role
from zhaojing.reading.document import LINE_BREAK
from zhaojing.records import (
    Fault,
    FaultyRecords,
    load_bytes,
    parse_json_lines,
    text_faults,
    type_fault,
)

SEEDS_FILE, PERTURBATIONS_FILE, FAIRNESS_FILE = (
    "seeds.jsonl",
    "perturbations.jsonl",
    "fairness.jsonl",
)
_KINDS = ("minimum", "invariance", "direction")
_MEASURES = ("score", Role.PROBLEM.value, *CATEGORIES)
_DIRECTIONS = tuple(f"{measure}_{way}" for measure in _MEASURES for way in ("up", "down"))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence and what stands around it: its heading path and the sentence before."""

    text: str
    heading: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to check; an original with several variants is as many cases.

    Attributes
    ----------
    original, judged
        The same excerpt where its labels are prescribed; else the original and its variant.
    expect
        What the labels must be, by field; or how the variant must move a score, as
        ``"score_up"``; or ``None``, where the labels must stay as they are.
    """

    id: str
    original: Excerpt
    judged: Excerpt
    expect: Mapping[str, Any] | str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """What some cases test: ``zh`` and ``en`` name it, ``about`` says why it matters.

    ``kind`` is ``minimum``, ``invariance`` or ``direction``.
    """

    name: str
    kind: str
    zh: str
    en: str
    about: str
    cases: tuple[Case, ...] = ()


def read_capabilities(folder: Path) -> list[Capability]:
    """Read every file of cases in ``folder`` and make those of its perturbations, by name.

    Raises
    ------
    FaultyRecords
        With every fault in every file; nothing is returned then.
    InvalidRecords
        A file cannot be read, or there is no case at all.
    """
    paths = sorted(folder.glob("*.jsonl"))
    others = (SEEDS_FILE, PERTURBATIONS_FILE, FAIRNESS_FILE)
    faults: list[Fault] = []
    found = [_capability(path, faults) for path in paths if path.name not in others]
    if folder / PERTURBATIONS_FILE in paths:
        seeds = _seeds(folder / SEEDS_FILE, faults)
        found += _perturbed(folder / PERTURBATIONS_FILE, seeds, faults)
    found.sort(key=lambda capability: capability.name)
    for before, after in pairwise(found):
        if before.name == after.name:
            faults.append(
                Fault(str(folder), 1, "capability", "fault.repeated", {"value": after.name})
            )
    if faults:
        raise FaultyRecords(faults)
    if not found:
        raise InvalidRecords("records.nothing", where=folder)
    return found


class Fields:
    """The fields of one JSON object, taken one by one; what is wrong is added to ``faults``."""

    def __init__(
        self, file: str, line: int, value: Any, faults: list[Fault], place: str = ""
    ) -> None:
        self.file, self.line, self.place = file, line, place
        self.left: dict[str, Any] = {}
        self.faults = faults
        if isinstance(value, dict):
            self.left = dict(value)
        else:
            faults.append(type_fault(file, line, place.rstrip("."), "object", value))
            self.faults = []  # that its fields are missing as well says nothing more

    def fault(self, name: str, reason: str, /, **values: object) -> None:
        """Note what is wrong with field ``name``."""
        self.faults.append(Fault(self.file, self.line, self.place + name, reason, values))

    def text(self, name: str, *, blank: bool = False) -> str:
        """Take a text that has no line break and, if it may not be ``blank``, is not."""
        found = text_faults(self.file, self.line, self.place + name, self.left, name)
        self.faults += found
        text = self.left.pop(name, "")
        if found:
            return ""
        if not blank and not text.strip():
            self.fault(name, "fault.blank")
        if LINE_BREAK.search(text):
            self.fault(name, "fault.text")
        return str(text)

    def optional_text(self, name: str) -> str:
        """Take a text that may be absent."""
        return self.text(name) if name in self.left else ""

    def new_id(self, seen: set[str]) -> str:
        """Take the id, which no other line of the file may have, and add it to ``seen``."""
        name = self.text("id")
        if name in seen:
            self.fault("id", "fault.repeated", value=name)
        seen.add(name)
        return name

    def array(self, name: str) -> list[Any]:
        """Take an array."""
        value = self.left.pop(name, None)
        if isinstance(value, list):
            return value
        self.faults.append(type_fault(self.file, self.line, self.place + name, "array", value))
        return []

    def one_of(self, name: str, allowed: Sequence[Any]) -> Any:
        """Take one of the ``allowed`` values; the first of them stands for a wrong one."""
        value = self.left.pop(name, None)
        return value if self._allowed(name, value, allowed) else allowed[0]

    def several(self, name: str, allowed: Sequence[Any]) -> tuple[Any, ...]:
        """Take an array of ``allowed`` values."""
        found = enumerate(self.array(name))
        return tuple(v for i, v in found if self._allowed(f"{name}[{i}]", v, allowed))

    def excerpt(self) -> Excerpt:
        """Take a text with what may stand around it; files hold blank sentences, so it may be."""
        heading, previous = (self.optional_text(name) for name in ("heading", "previous"))
        return Excerpt(self.text("text", blank=True), heading, previous)

    def inner(self, name: str) -> Fields:
        """Take an object."""
        return self.look_into(name, self.left.pop(name, None))

    def look_into(self, name: str, value: Any) -> Fields:
        """Return the fields of ``value``, which stands at ``name``."""
        return Fields(self.file, self.line, value, self.faults, f"{self.place}{name}.")

    def end(self) -> None:
        """Note every field that nobody has taken."""
        for name in self.left:
            self.fault(name, "fault.unknown")

    def _allowed(self, name: str, value: Any, allowed: Sequence[Any]) -> bool:
        # in JSON true is not 1, and a list has no place among the values
        if any(type(value) is type(one) and value == one for one in allowed):
            return True
        written = json.dumps(value, ensure_ascii=False)
        self.fault(name, "fault.value", value=written, allowed=", ".join(map(str, allowed)))
        return False


def read_lines(path: Path, faults: list[Fault]) -> Iterator[Fields]:
    """Yield the fields of each line; a line that is no JSON is added to ``faults``.

    Raises
    ------
    InvalidRecords
        The file is missing or cannot be read.
    """
    for number, value, found in parse_json_lines(load_bytes(path), str(path)):
        faults += found
        if not found:
            yield Fields(str(path), number, value, faults)


def read_headed(path: Path, faults: list[Fault]) -> Iterator[Fields]:
    """Yield the first line's fields, even of an empty file, and then those of the others."""
    lines = read_lines(path, faults)
    yield next(lines, None) or Fields(str(path), 1, {}, faults)
    yield from lines


def _capability(path: Path, faults: list[Fault]) -> Capability:
    head, *lines = read_headed(path, faults)
    capability = _described(head, head.one_of("kind", _KINDS))
    head.end()
    read = {"minimum": _minimum, "invariance": _invariance, "direction": _direction}
    seen: set[str] = set()
    cases = [case for line in lines for case in read[capability.kind](line, seen)]
    if not cases:
        head.fault("", "records.nothing")
    return replace(capability, cases=tuple(cases))


def _described(fields: Fields, kind: str) -> Capability:
    name, zh, en, about = (fields.text(key) for key in ("capability", "zh", "en", "about"))
    return Capability(name, kind, zh, en, about)


def _minimum(fields: Fields, seen: set[str]) -> list[Case]:
    name, excerpt = fields.new_id(seen), fields.excerpt()
    wanted = fields.inner("expect")
    if not wanted.left:
        fields.fault("expect", "fault.blank")
    expect: dict[str, Any] = {
        key: wanted.several(key, CATEGORIES)
        for key in ("categories", "has", "lacks")
        if key in wanted.left
    }
    if isinstance(wanted.left.get("role"), list):
        expect["role"] = wanted.several("role", ROLES)
    elif "role" in wanted.left:
        expect["role"] = (wanted.one_of("role", ROLES),)
    if "level" in wanted.left:
        expect["level"] = wanted.several("level", LEVELS)
        if len(expect["level"]) != 2 or expect["level"] != tuple(sorted(expect["level"])):
            wanted.fault("level", "fault.value", value=expect["level"], allowed="[0, 3]")
    if "flagged" in wanted.left:
        expect["flagged"] = wanted.one_of("flagged", (True, False))
    wanted.end()
    fields.end()
    return [Case(name, excerpt, excerpt, expect)]


def _invariance(fields: Fields, seen: set[str]) -> list[Case]:
    name, original = fields.new_id(seen), fields.excerpt()
    given = fields.array("variants")
    if not given:
        fields.fault("variants", "fault.blank")
    variants = [_variant(fields, f"variants[{i}]", v, original) for i, v in enumerate(given)]
    fields.end()
    return [Case(f"{name}/{i}", original, variant) for i, variant in enumerate(variants, 1)]


def _direction(fields: Fields, seen: set[str]) -> list[Case]:
    name, original = fields.new_id(seen), fields.excerpt()
    variant = _variant(fields, "variant", fields.left.pop("variant", None), original)
    expect = fields.one_of("expect", _DIRECTIONS)
    fields.end()
    return [Case(name, original, variant, expect)]


def _variant(fields: Fields, place: str, value: Any, original: Excerpt) -> Excerpt:
    """Return a variant: an object on its own, or a text that takes the original's place."""
    alone = isinstance(value, str)
    inner = fields.look_into(place, {"text": value} if alone else value)
    variant = replace(original, text=inner.text("text", blank=True)) if alone else inner.excerpt()
    inner.end()
    if variant == original:
        fields.fault(place, "fault.repeated", value=variant.text)
    return variant


def _seeds(path: Path, faults: list[Fault]) -> dict[str, tuple[Excerpt, Seed]]:
    head, *lines = read_headed(path, faults)
    head.text("about")
    head.end()
    seen: set[str] = set()
    seeds = {}
    for fields in lines:
        name, excerpt = fields.new_id(seen), fields.excerpt()
        names = {key: fields.optional_text(key) for key in ("person", "place", "office")}
        for key, value in names.items():
            if value not in excerpt.text:
                fields.fault(key, "fault.not_in_text", value=value)
        fields.end()
        seeds[name] = excerpt, Seed(excerpt.text, **names)
    return seeds


def _perturbed(
    path: Path, seeds: Mapping[str, tuple[Excerpt, Seed]], faults: list[Fault]
) -> list[Capability]:
    head, *lines = read_headed(path, faults)
    head.text("about")
    head.end()
    found = []
    for fields in lines:
        capability = _described(fields, "invariance")
        name = fields.one_of("perturb", tuple(PERTURBATIONS))
        count = fields.one_of("variants", range(1, 11))
        left_out = fields.several("except", tuple(seeds))
        fields.end()
        cases = [
            Case(f"{key}/{number}", original, replace(original, text=text))
            for key, (original, seed) in seeds.items()
            if key not in left_out
            for number, text in enumerate(perturb(name, seed, count), 1)
        ]
        if not cases:
            fields.fault("perturb", "records.nothing")
        found.append(replace(capability, cases=tuple(cases)))
    return found
