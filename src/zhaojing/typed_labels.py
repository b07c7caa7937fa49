"""Labels as people type them into a workbook: Chinese or English names, any width and case."""

from __future__ import annotations

import re
import unicodedata

from zhaojing.labels import Category, Level, Role
from zhaojing.messages import MESSAGES
from zhaojing.reading.document import LINE_BREAK

SEPARATORS = re.compile(r"[、,;/|\s]+")
NO_CATEGORY = ""


def fold(text: str) -> str:
    """Return ``text`` as names are compared: width, case and white space do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def one_line(text: str) -> str:
    """Return ``text`` with spaces for line breaks."""
    return " ".join(LINE_BREAK.split(text)).strip()


def _names(labels: type[Category] | type[Role] | type[Level]) -> dict[str, str]:
    """Return the id of each label by every name that a person may write for it."""
    return {name: label.value for label in labels for name in (label.zh, label.en, label.value)}


ROLE_NAMES, LEVEL_NAMES = _names(Role), _names(Level)
CATEGORY_NAMES = _names(Category) | dict.fromkeys(MESSAGES["report.none"], NO_CATEGORY)
