"""Gates: figures that must be reached, as ``problems.macro_f1>=0.85``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from zhaojing.errors import InvalidConfig

_RELATIONS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
_GATE = re.compile(
    r"\s*(?P<key>.*[^<>=\s])\s*(?P<relation>[<>]=?)\s*(?P<bound>[^<>=\s]+)\s*", re.DOTALL
)
_NEAR = 5


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure by its dotted key in ``metrics.json``, and what it must be."""

    key: str
    relation: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Read ``KEY>=NUMBER``, or ``>``, ``<=``, ``<``.

        Raises
        ------
        InvalidConfig
            It is none of these.
        """
        match = _GATE.fullmatch(text)
        bound = _finite(match["bound"]) if match else None
        if match is None or bound is None:
            raise InvalidConfig("gate.malformed", gate=text)
        return cls(match["key"], match["relation"], bound)

    def __str__(self) -> str:
        return f"{self.key}{self.relation}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What became of a gate; a figure that is undefined (``None``) misses every gate."""

    gate: Gate
    value: float | None
    passed: bool


def check_gates(gates: Sequence[Gate], metrics: Mapping[str, Any]) -> list[GateResult]:
    """Hold ``metrics``, as ``metrics.json`` has them, against every gate.

    Keys are those of the JSON joined by dots, as ``flagged.precision``,
    ``slices.genre.述职述廉报告.right`` or, of a further model, ``others.NAME.role.accuracy``; with
    ``.low`` or ``.high`` behind it a figure's key means an end of its interval.

    Raises
    ------
    InvalidConfig
        There is no such figure; near ones are named.
    """
    numbers = dict(_flat(metrics))
    for gate in gates:
        if gate.key not in numbers:
            # people know the end of a key better than the way to it
            ends = [key for key in numbers if key.endswith(f".{gate.key}")]
            near = ends or get_close_matches(gate.key, numbers, n=_NEAR, cutoff=0.5)
            shown = ", ".join((near or sorted(numbers))[:_NEAR])
            raise InvalidConfig("gate.unknown", name=gate.key, near=shown)
    return [_hold(gate, numbers[gate.key]) for gate in gates]


def _hold(gate: Gate, value: float | None) -> GateResult:
    passed = value is not None and _RELATIONS[gate.relation](value, gate.bound)
    return GateResult(gate, value, passed)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float | None]]:
    for name in value.get("supports", ()):
        low, high = value.get("intervals", {}).get(name) or (None, None)
        yield f"{prefix}{name}.low", low
        yield f"{prefix}{name}.high", high
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{prefix}{key}.")
        elif item is None or (isinstance(item, int | float) and not isinstance(item, bool)):
            yield f"{prefix}{key}", item


def _finite(text: str) -> float | None:
    try:
        bound = float(text)
    except ValueError:
        return None
    return bound if math.isfinite(bound) else None
