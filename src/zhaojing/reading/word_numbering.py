"""Word's automatic list numbers, which are not in the text: 一、 （一） 1. ① and so on.

ECMA-376 Part 1, sections 17.9 (numbering) and 17.18.59 (number formats).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml.etree import _Element

from zhaojing.reading.word_xml import integer, qn, value

_DIGITS = "零一二三四五六七八九"
_CHINESE_FORMATS = {
    "chineseCounting",
    "chineseCountingThousand",
    "ideographDigital",
    "japaneseCounting",
    "taiwaneseCountingThousand",
}
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def chinese_number(number: int) -> str:
    """Return 1–99 in Chinese numerals (12 → 十二); larger numbers in digits."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return head + (_DIGITS[ones] if ones else "")


def _format(number: int, style: str) -> str:
    if style in _CHINESE_FORMATS:
        return chinese_number(number)
    if style.startswith("decimalEnclosedCircle") and 0 < number <= 20:
        return chr(0x2460 + number - 1)
    if style in ("lowerLetter", "upperLetter") and 0 < number <= 26:
        return chr((97 if style == "lowerLetter" else 65) + number - 1)
    if style in ("lowerRoman", "upperRoman") and 0 < number < 40:
        roman = ""
        for amount, sign in _ROMAN:
            count, number = divmod(number, amount)
            roman += sign * count
        return roman if style == "lowerRoman" else roman.upper()
    return str(number)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    style: str
    text: str

    @classmethod
    def of(cls, element: _Element) -> _Level:
        return cls(
            integer(value(element, "start"), 1),
            value(element, "numFmt") or "decimal",
            value(element, "lvlText") or "",
        )


class Numbering:
    """Counts list items as Word does; call :meth:`next_marker` once a paragraph, in order."""

    def __init__(self, part: _Element | None, styles: Mapping[str, _Element]) -> None:
        self._styles = styles
        self._levels: dict[str, dict[int, _Level]] = {}  # by numId
        self._abstract: dict[str, str] = {}  # numId → the list that it counts on
        self._restarts: dict[tuple[str, int], int] = {}
        self._counters: dict[str, dict[int, int]] = {}
        if part is None:
            return
        abstract = {
            element.get(qn("abstractNumId"), ""): {
                integer(level.get(qn("ilvl")), 0): _Level.of(level)
                for level in element.iterchildren(qn("lvl"))
            }
            for element in part.iterchildren(qn("abstractNum"))
        }
        for number in part.iterchildren(qn("num")):
            identity = number.get(qn("numId"), "")
            self._abstract[identity] = value(number, "abstractNumId") or ""
            levels = dict(abstract.get(self._abstract[identity], {}))
            for override in number.iterchildren(qn("lvlOverride")):
                depth = integer(override.get(qn("ilvl")), 0)
                replaced = override.find(qn("lvl"))
                if replaced is not None:
                    levels[depth] = _Level.of(replaced)
                start = value(override, "startOverride")
                if start is not None:
                    self._restarts[identity, depth] = integer(start, 1)
            self._levels[identity] = levels

    def next_marker(self, paragraph: _Element, style: str) -> str:
        """Return the number Word shows before ``paragraph``, or ``""``; counts it."""
        identity, depth = self._reference(paragraph, style)
        levels = self._levels.get(identity, {})
        if depth not in levels:
            return ""
        counters = self._counters.setdefault(self._abstract[identity], {})
        # a restart takes effect at the first paragraph of its list only
        restart = self._restarts.pop((identity, depth), None)
        current = counters.get(depth, levels[depth].start - 1)
        counters[depth] = current + 1 if restart is None else restart
        for deeper in [level for level in counters if level > depth]:
            del counters[deeper]
        if levels[depth].style == "bullet":
            return "• "
        if levels[depth].style == "none":
            return ""

        def number(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            if level not in levels:
                return ""
            return _format(counters.get(level, levels[level].start), levels[level].style)

        return re.sub(r"%([1-9])", number, levels[depth].text)

    def _reference(self, paragraph: _Element, style: str) -> tuple[str, int]:
        """Find ``(numId, level)`` on the paragraph or up its chain of styles."""
        identity, depth = "", None
        for element in (paragraph, *style_chain(self._styles, style)):
            properties = element.find(f"{qn('pPr')}/{qn('numPr')}")
            if properties is None:
                continue
            if depth is None and value(properties, "ilvl") is not None:
                depth = integer(value(properties, "ilvl"), 0)
            if value(properties, "numId") is not None:
                identity = value(properties, "numId") or ""
                break
        return identity, depth or 0


def style_chain(styles: Mapping[str, _Element], name: str) -> list[_Element]:
    """Return style ``name`` and the styles that it is based on, nearest first."""
    chain: list[_Element] = []
    while (style := styles.get(name)) is not None and style not in chain:
        chain.append(style)
        name = value(style, "basedOn") or ""
    return chain
