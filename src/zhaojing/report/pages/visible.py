"""Text as it is shown: characters that hide or that turn the reading order stand as their number.

A report may hold them to make a sentence look like another one (Unicode Technical Report 36, 2.2).
"""

from __future__ import annotations

import re
from typing import TypeVar

# controls, format characters, separators of lines, halves of characters, and what else has the
# property Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties.txt)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

Value = TypeVar("Value")


def visible(value: Value) -> Value | str:
    """Return text without a character that cannot be seen; any other value as it is."""
    if not isinstance(value, str) or not _INVISIBLE.search(value):
        return value
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", str(value))
