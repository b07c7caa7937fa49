"""Word's automatic list numbers, which are not in the text: 一、 （一） 1. ① and so on.

ECMA-376 Part 1, sections 17.9 (numbering) and 17.18.59 (number formats).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docx.oxml.ns import qn

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle
    from lxml.etree import _Element

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
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            roman += sign * count
        return roman if style == "lowerRoman" else roman.upper()
    return str(number)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    style: str
    text: str


class Numbering:
    """Counts list items as Word does; call :meth:`next_marker` once a paragraph, in order."""

    def __init__(self, word: WordDocument) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract_of: dict[str, str] = {}
        self._counters: dict[str, dict[int, int]] = {}
        try:
            part = word.part.numbering_part.element
        except (KeyError, NotImplementedError):  # the document has no numbering part
            return
        for abstract in part.iterchildren(qn("w:abstractNum")):
            levels = {
                int(level.get(qn("w:ilvl"), "0")): _Level(
                    int(_value(level, "w:start", "1")),
                    _value(level, "w:numFmt", "decimal"),
                    _value(level, "w:lvlText", ""),
                )
                for level in abstract.iterchildren(qn("w:lvl"))
            }
            self._levels[abstract.get(qn("w:abstractNumId"), "")] = levels
        for number in part.iterchildren(qn("w:num")):
            abstract_id = _value(number, "w:abstractNumId", "")
            identity = number.get(qn("w:numId"), "")
            if number.find(f".//{qn('w:startOverride')}") is not None:
                # a restarted list counts for itself, so it gets levels of its own
                self._levels[f"num-{identity}"] = self._levels.get(abstract_id, {})
                abstract_id = f"num-{identity}"
            self._abstract_of[identity] = abstract_id

    def next_marker(self, paragraph: _Element, style: ParagraphStyle | None) -> str:
        """Return the number Word shows before ``paragraph``, or ``""``; counts it."""
        identity, depth = self._reference(paragraph, style)
        abstract = self._abstract_of.get(identity, "")
        levels = self._levels.get(abstract, {})
        if depth not in levels:
            return ""
        counters = self._counters.setdefault(abstract, {})
        counters[depth] = counters.get(depth, levels[depth].start - 1) + 1
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

        return re.sub(r"%(\d)", number, levels[depth].text)

    @staticmethod
    def _reference(paragraph: _Element, style: ParagraphStyle | None) -> tuple[str, int]:
        """Find ``(numId, level)`` on the paragraph or up its chain of styles."""
        elements = [paragraph]
        seen = set()
        while style is not None and style.style_id not in seen:
            seen.add(style.style_id)
            elements.append(style.element)
            base = style.base_style
            style = base if base is not None and hasattr(base, "paragraph_format") else None
        identity, depth = "", None
        for element in elements:
            properties = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if properties is None:
                continue
            if depth is None and properties.find(qn("w:ilvl")) is not None:
                depth = int(_value(properties, "w:ilvl", "0"))
            if properties.find(qn("w:numId")) is not None:
                identity = _value(properties, "w:numId", "")
                break
        return identity, depth or 0


def _value(parent: _Element, tag: str, default: str) -> str:
    child = parent.find(qn(tag))
    return default if child is None else child.get(qn("w:val"), default)
