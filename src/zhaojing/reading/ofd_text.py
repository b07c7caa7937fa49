"""Where the characters of an OFD page stand: text objects, matrices, steps (GB/T 33190-2016, 11).

The glyph numbers of ``CGTransform`` are of no use to a reader: ``TextCode`` holds the characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import atan2, degrees, hypot
from statistics import median

from lxml.etree import _Element

from zhaojing.errors import UnreadableFile

MAX_OBJECTS = 20_000_000  # objects and characters of a file; a full page has two thousand

# a b c d e f: x' = ax + cy + e, y' = bx + dy + f
Matrix = tuple[float, float, float, float, float, float]
Vector = tuple[float, float]

_SIZE = 3.7  # millimetres, of a text that does not say
_FAR = 1e6  # millimetres, beyond any page
_ASKEW = 15.0  # degrees off the horizontal and the vertical
_DEEPEST = 8  # composite objects inside one another
_READING = {"90": (0.0, 1.0), "180": (-1.0, 0.0), "270": (0.0, -1.0)}  # ReadDirection
_CONTAINERS = {"Layer", "PageBlock", "Content"}
_HIDDEN = {"false", "0"}
_INDENTATION = re.compile(r"\s*\n\s*")
_ESCAPED = re.compile(r"\\([0-9A-Fa-f]{4})")  # characters that XML cannot hold, table 45


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and where it begins on its baseline, in millimetres from the top left corner.

    ``turn`` counts the quarter turns, clockwise, of the direction in which its text is read.
    """

    text: str
    x: float
    y: float
    width: float
    height: float
    turn: int


class GlyphReader:
    """Finds the glyphs on the pages of one file."""

    def __init__(self) -> None:
        self._objects = 0

    def below(
        self, parent: _Element, units: Mapping[str, _Element], matrix: Matrix, depth: int = 0
    ) -> Iterator[Glyph]:
        """Yield the visible glyphs below ``parent``, in the order in which they are painted.

        ``units`` are the composite objects by their ID; ``matrix`` leads to the page.

        Raises
        ------
        UnreadableFile
            Over ``MAX_OBJECTS``, as composite objects can multiply what a small file holds; or
            one of them is not there, or in itself.
        """
        for child in parent.iterchildren("{*}*"):
            self._count(1)
            kind = child.tag.rpartition("}")[2]
            if child.get("Visible") in _HIDDEN:
                continue
            if kind in _CONTAINERS:
                yield from self.below(child, units, matrix, depth)
            elif kind == "TextObject":
                yield from self._text(child, _placed(child, matrix))
            elif kind == "CompositeObject":
                unit = units.get(child.get("ResourceID", ""))
                if unit is None or depth == _DEEPEST:
                    raise UnreadableFile("file.corrupt", detail="CompositeObject")
                yield from self.below(unit, units, _placed(child, matrix), depth + 1)

    def _count(self, objects: int) -> None:
        self._objects += objects
        if self._objects > MAX_OBJECTS:
            raise UnreadableFile("file.corrupt", detail=f"over {MAX_OBJECTS} objects")

    def _text(self, element: _Element, matrix: Matrix) -> Iterator[Glyph]:
        size = number(element.get("Size"), _SIZE)
        em = size * number(element.get("HScale"), 1.0)
        reading = _READING.get(element.get("ReadDirection", ""), (1.0, 0.0))
        x = y = 0.0
        for code in element.iterchildren("{*}TextCode"):
            text = _characters(code)
            self._count(len(text))
            x, y = number(code.get("X"), x), number(code.get("Y"), y)  # by default the last ones
            if text:
                steps = _steps(code, text, em, reading)
                yield from _glyphs(text, (x, y), steps, em, size, matrix)


def _characters(code: _Element) -> str:
    """Return the text of a TextCode, escapes resolved; those of a rare character come in pairs."""
    text = _INDENTATION.sub("", "".join(map(str, code.itertext())))
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _steps(code: _Element, text: str, em: float, reading: Vector) -> list[Vector]:
    """Return the way from each character to the next: as told, or else by its usual width."""
    widths = [em if _is_wide(char) else em / 2 for char in text]
    xs, ys = (_deltas(code.get(name), len(text)) for name in ("DeltaX", "DeltaY"))
    if not xs and not ys:
        return [(width * reading[0], width * reading[1]) for width in widths]
    still = [0.0] * len(text)
    rest_x, rest_y = (widths, still) if xs else (still, widths)
    return list(zip(xs + rest_x[len(xs) :], ys + rest_y[len(ys) :], strict=True))


def _deltas(text: str | None, most: int) -> list[float]:
    """Return up to ``most`` steps of a DeltaX or DeltaY, in which ``g 5 3.2`` is 3.2 five times."""
    words = iter((text or "").split())
    steps: list[float] = []
    try:
        for word in words:
            times = int(next(words)) if word == "g" else 1
            step = _finite(next(words) if word == "g" else word)
            steps += [step] * min(times, most - len(steps))
    except (ValueError, StopIteration):
        return []
    return steps


def _glyphs(
    text: str, place: Vector, steps: list[Vector], em: float, size: float, matrix: Matrix
) -> Iterator[Glyph]:
    """Yield the characters of a text, none if it lies askew: watermarks do."""
    ways = [step for step in steps[:-1] if step != (0.0, 0.0)] or steps  # the last leads nowhere
    # the median, since a text may jump to where its next row begins
    x, y = median(x for x, _ in ways), median(y for _, y in ways)
    long = hypot(x, y) or 1.0
    ahead = _turned((x / long, y / long), matrix)
    down = _turned((-y / long, x / long), matrix)
    angle = degrees(atan2(ahead[1], ahead[0]))
    quarters = round(angle / 90)
    if abs(angle - 90 * quarters) > _ASKEW:
        return
    for char, step in zip(text, steps, strict=True):
        # a Latin letter reaches to the next one, since no font is looked at
        gap = hypot(*step)
        width = em if _is_wide(char) else gap if 0 < gap < em else em / 2
        left, base = _turned(place, matrix)
        yield Glyph(
            text=char,
            x=left + matrix[4],
            y=base + matrix[5],
            width=width * hypot(*ahead),
            height=size * hypot(*down),
            turn=quarters % 4,
        )
        place = (place[0] + step[0], place[1] + step[1])


def _turned(vector: Vector, matrix: Matrix) -> Vector:
    """Return ``vector`` as ``matrix`` turns and stretches it, without moving it."""
    (x, y), (a, b, c, d, _, _) = vector, matrix
    return a * x + c * y, b * x + d * y


def _placed(element: _Element, outer: Matrix) -> Matrix:
    """Return the matrix from inside a graphic object to the page.

    Its CTM comes first, then its Boundary's corner, then ``outer``, what it is part of.
    """
    a, b, c, d, e, f = numbers(element.get("CTM"), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
    left, top, _, _ = numbers(element.get("Boundary"), (0.0, 0.0, 0.0, 0.0))
    x, y = _turned((e + left, f + top), outer)
    return (*_turned((a, b), outer), *_turned((c, d), outer), x + outer[4], y + outer[5])


def number(text: str | None, default: float) -> float:
    """Return ``text`` as a number, ``default`` if it is none."""
    return numbers(text, (default,))[0]


def numbers(text: str | None, default: tuple[float, ...]) -> tuple[float, ...]:
    """Return as many numbers of ``text`` as ``default`` has, ``default`` itself if that fails."""
    try:
        found = tuple(_finite(word) for word in (text or "").split())
    except ValueError:
        return default
    return found[: len(default)] if len(found) >= len(default) else default


def _finite(word: str) -> float:
    value = float(word)
    if not abs(value) < _FAR:
        raise ValueError(word)
    return value


def _is_wide(char: str) -> bool:
    return ord(char) > 0x2E7F
