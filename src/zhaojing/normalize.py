"""One normalisation for every text the models see; it never moves an offset.

Width folding is Unicode NFKC, applied a character at a time and only where it yields exactly
one character, so ``normalize(text)[i]`` always stands for ``text[i]``.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_QUOTES = dict.fromkeys("“”„‟〝〞「」『』﹁﹂﹃﹄＂", '"') | dict.fromkeys("‘’‚‛＇`´", "'")


@lru_cache(maxsize=65536)
def _fold(char: str) -> str:
    if char in _QUOTES:
        return _QUOTES[char]
    category = unicodedata.category(char)
    if char.isspace() or category in ("Cc", "Cf"):
        return " "
    if category == "Cs":  # half a character, which no tokenizer takes
        return "\ufffd"
    folded = unicodedata.normalize("NFKC", char)
    if len(folded) != 1:
        return char
    return " " if folded.isspace() else folded


def normalize(text: str) -> str:
    """Return ``text`` with width, quotes and spaces folded; the length stays the same.

    Full-width letters, digits and signs become half-width (``，`` → ``,``), circled digits
    become digits, every kind of quotation mark becomes ``"`` or ``'``, and every kind of
    space, control or invisible character becomes one space.
    """
    return "".join(map(_fold, text))
