"""One normalisation for every text the models see; it never moves an offset.

Width folding is Unicode NFKC, applied a character at a time and only where it yields exactly
one character; traditional characters become simplified ones by the table of OpenCC, where that
is one for one. So ``normalize(text)[i]`` always stands for ``text[i]``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

_QUOTES = dict.fromkeys("“”„‟〝〞「」『』﹁﹂﹃﹄＂", '"') | dict.fromkeys("‘’‚‛＇`´", "'")
# in GB 2312, the characters of simplified text, but for the sake of names alone
_TRADITIONAL_ALL_THE_SAME = frozenset("後於徵麽")
# typed for 。 on an ASCII keyboard: at the end, or before a space or the next sentence
_FULL_STOP = re.compile(r"(?<=[\u4e00-\u9fff\"')%])\.(?=$|[ \u4e00-\u9fff\"'(])")


@cache
def _simplified() -> dict[str, str]:
    table = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split()[:2] for line in table.splitlines() if len(line.split()) > 1)
    found = {old: new for old, new in pairs if len(old) == len(new) == 1 and _is_foldable(old)}
    return {old: found.get(new, new) for old, new in found.items()}


def _is_foldable(char: str) -> bool:
    """Tell whether no simplified text has ``char``: 乾 and 瞭 are themselves in 乾坤 and 瞭望."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return char in _TRADITIONAL_ALL_THE_SAME


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
    return " " if folded.isspace() else _simplified().get(folded, folded)


def normalize(text: str) -> str:
    """Return ``text`` in one width and script, with plain quotes and spaces, of the same length.

    Full-width letters, digits and signs become half-width (``，`` → ``,``), circled digits
    become digits, every kind of quotation mark becomes ``"`` or ``'``, and every kind of
    space, control or invisible character becomes one space. A full stop typed as ``.`` becomes
    ``。``.
    """
    return _FULL_STOP.sub("。", "".join(map(_fold, text)))
