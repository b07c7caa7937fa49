"""Cut a document into labelled units: sentences and headings, with offsets and heading paths.

The rules are section 1 of ``docs/annotation-guideline.md``. A sentence ends at 。！？； or at
a line break, never inside paired quotation marks or brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhaojing.markers import MARKERS
from zhaojing.reading.document import LINE_BREAK, Document, Paragraph

_PAIRS = {
    "“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "〈": "〉", "（": "）", "(": ")",
    "【": "】", "〔": "〕", "[": "]", "［": "］", "{": "}", "﹁": "﹂", "﹃": "﹄", "〝": "〞",
}  # fmt: skip
# a full-width bracket is often closed by a half-width one, and the other way round
_KIND = {"（": "(", "［": "[", "）": ")", "］": "]"}
_OPENER_OF = {_KIND.get(c, c): _KIND.get(o, o) for o, c in _PAIRS.items()}
_BRACKETS = frozenset("（([【〔［")
_CLOSERS = frozenset(_PAIRS.values()) | {'"'}
_END = frozenset("。！？；!?;｡﹔﹖﹗")
_FULL_STOPS = frozenset(".．")  # typed for 。 on an ASCII keyboard
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}[0-9]?)$")

_STYLE_OFFSET = 2  # Word's or HTML's heading 1 ranks with 一、
_UNNUMBERED_LEVEL = 7
_HEADING_LENGTH = 50
_LOOK_BACK = 12  # characters: an entity or a marker is no longer, and a line may be a megabyte
_SENTENCE_HEADING_LENGTH = 30
_UNNUMBERED_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Sentence:
    """One unit of a document.

    ``document.text[start:end] == text``. ``paragraph`` and ``page`` count from 1; ``page`` is
    ``None`` for formats without pages. ``heading`` is the path of headings above.
    """

    text: str
    start: int
    end: int
    paragraph: int
    page: int | None
    heading: tuple[str, ...]


def split(document: Document) -> list[Sentence]:
    """Return the units of ``document`` in order; only white space lies between them."""
    units = [_paragraph_spans(document.text, paragraph) for paragraph in document.paragraphs]
    sentences: list[Sentence] = []
    path: list[tuple[int, str]] = []
    prose_seen = False
    number = 0
    item_before = ""  # the list item that stands alone right before, if there is one
    for index, (paragraph, spans) in enumerate(zip(document.paragraphs, units, strict=True)):
        if not spans:
            continue
        number += 1
        level = None
        if len(spans) == 1:
            following = next((units[i] for i in range(index + 1, len(units)) if units[i]), [])
            text = document.text[slice(*spans[0])]
            next_text = document.text[following[0][0] : following[-1][1]] if following else ""
            level = _heading_level(text, paragraph, next_text, prose_seen, item_before)
            item_before = text if level is None else ""
        else:
            item_before = ""
        if level is not None:
            path = [(depth, name) for depth, name in path if depth < level]
        prose_seen = prose_seen or document.text[spans[-1][1] - 1] in _END
        heading = tuple(name for _, name in path)
        sentences += [
            Sentence(document.text[start:end], start, end, number, document.page_at(start), heading)
            for start, end in spans
        ]
        if level is not None:
            path.append((level, document.text[slice(*spans[0])]))
    return sentences


def split_text(text: str) -> list[str]:
    """Return the sentences of a piece of plain text."""
    return [sentence.text for sentence in split(Document.from_text(text))]


def _paragraph_spans(text: str, paragraph: Paragraph) -> list[tuple[int, int]]:
    """Return the units of one paragraph as trimmed ``(start, end)`` offsets into ``text``."""
    line = text[paragraph.start : paragraph.end]
    spans = []
    for begin, end in _cuts(line):
        piece = line[begin:end]
        begin += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if begin < end:
            spans.append((paragraph.start + begin, paragraph.start + end))
    return spans


def _cuts(line: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` pieces that tile ``line``."""
    partner = _matching(line)
    start = index = 0
    while index < len(line):
        end = index + 1
        if index in partner:
            end = partner[index] + 1
            ends = _closes_a_sentence(line, start, index, end)
        else:
            ends = _is_end(line, start, index)
        if ends:
            end = _run_of_ends(line, end, partner)
            yield start, end
            start = end
        index = end
    if start < len(line):
        yield start, len(line)


def _matching(line: str) -> dict[int, int]:
    """Map each opening mark to its closing one; marks without a partner are left out."""
    partner: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    open_count: dict[str, int] = {}
    last_curly_close = line.rfind("”")
    for index, char in enumerate(line):
        kind = _KIND.get(char, char)
        if char in '"＂':
            # straight quotes do not say which way they face: one closes what is open, be it a
            # straight quote or a curly one that nothing else will close
            kind = '"'
            curly = open_count.get("“") and last_curly_close < index
            opener = "“" if curly else kind
            closes = bool(open_count.get(opener))
        else:
            opener = _OPENER_OF.get(kind, "")
            closes = bool(opener)
        if not closes and (char in _PAIRS or char in '"＂'):
            stack.append((kind, index))
            open_count[kind] = open_count.get(kind, 0) + 1
        elif closes and open_count.get(opener):
            while stack:
                candidate, position = stack.pop()
                open_count[candidate] -= 1
                if candidate == opener:
                    partner[position] = index
                    break
    return partner


def _is_end(line: str, start: int, index: int) -> bool:
    char = line[index]
    before = line[index - 1] if index > start else ""
    after = line[index + 1] if index + 1 < len(line) else ""
    if char in _FULL_STOPS:
        lead = line[start:index].strip() if index - start <= _LOOK_BACK else ""
        is_marker = any(pattern.fullmatch(lead + char) for _, pattern in MARKERS)
        wordy = bool(_HAN.match(before)) or before in _CLOSERS
        return wordy and not is_marker and (not after or after.isspace() or bool(_HAN.match(after)))
    if char not in _END:
        return False
    if char == ";":
        return not _ENTITY.search(line[max(start, index - _LOOK_BACK) : index])
    if char in "!?":  # not the ? of an address or the ! of !=
        return not (before.isascii() and before and after.isascii() and after.isalnum())
    return True


def _closes_a_sentence(line: str, start: int, opening: int, end: int) -> bool:
    """Tell whether a quotation or bracket that has just closed ends its sentence too.

    It does when its last mark is a full stop and it is direct speech after a colon
    (GB/T 15834-2011, 4.8.3.5), or a bracketed remark that stands for itself.
    """
    inner = line[end - 2]
    if inner not in "。！？!?" or end - opening <= 2:
        return False
    lead = line[start:opening].rstrip()
    if line[opening] in _BRACKETS:
        return not lead
    return lead.endswith(("：", ":")) and line[end : end + 1] not in {*"，、,：:的之等和与及或"}


def _run_of_ends(line: str, end: int, partner: dict[int, int]) -> int:
    """Take in repeated end marks and the closing marks that trail them."""
    while end < len(line) and (line[end] in _END or line[end] in _CLOSERS) and end not in partner:
        end += 1
    return end


def _heading_level(
    text: str, paragraph: Paragraph, next_text: str, prose_seen: bool, item_before: str
) -> int | None:
    """Return the rank of a one-unit paragraph as a heading (1 highest), or ``None``."""
    if paragraph.in_table or len(text) > _HEADING_LENGTH or not _HAN.search(text):
        return None
    marked = next((level for level, marker in MARKERS if marker.match(text)), None)
    if paragraph.heading_level is not None:
        return marked or paragraph.heading_level + _STYLE_OFFSET
    if text[-1] in "；;，,、":
        return None
    if marked is not None:
        if text[-1] not in _END and text[-1] not in _FULL_STOPS:
            return marked
        # a full sentence is a heading only if it is not one of a row of list items
        marker = next(marker for level, marker in MARKERS if level == marked)
        in_a_list = marker.match(next_text) or marker.match(item_before)
        return marked if len(text) <= _SENTENCE_HEADING_LENGTH and not in_a_list else None
    is_bare = (
        prose_seen
        and 2 <= len(text) <= _UNNUMBERED_LENGTH
        and not re.search(r"[，,。；;！？!?…\d０-９]|[：:].", text)
        and not re.search(
            r"(代表|委员|同志们|领导|大家|朋友们|先生|女士|您好|此致|敬礼)\s*[：:]?$", text
        )
        and len(next_text) > 30
        and next_text[-1] in _END
    )
    return _UNNUMBERED_LEVEL if is_bare else None


def is_one_unit(text: str) -> bool:
    """Tell whether ``text`` splits into exactly itself."""
    return not LINE_BREAK.search(text) and split_text(text) == [text]
