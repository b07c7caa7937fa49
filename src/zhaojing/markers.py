"""How official prose numbers its headings and list items: 第一章, 一、, （一）, 1., ① and so on."""

from __future__ import annotations

import re

_NUMERAL = "[一二三四五六七八九十百零〇]{1,4}"
# rank of the heading, 1 highest, and how its number looks
MARKERS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, re.compile(rf"第\s*{_NUMERAL}\s*(?:部分|[章编篇])")),
    (2, re.compile(rf"第\s*{_NUMERAL}\s*节")),
    # 一、二季度会议太多: not every numeral before a comma counts a heading
    (3, re.compile(rf"{_NUMERAL}\s*[、.．,，](?!{_NUMERAL}(?:季|月|年|级|线|期|批|类|把手|是))")),
    (4, re.compile(rf"[（(]\s*{_NUMERAL}\s*[)）]")),
    (5, re.compile(r"[0-9０-９]{1,2}\s*(?:[、．]|[.](?![0-9０-９]))")),
    (6, re.compile(r"[（(]\s*[0-9０-９]{1,2}\s*[)）]|[0-9０-９]{1,2}[)）]|[①-⑳]")),
)


def is_marked(text: str) -> bool:
    """Tell whether ``text`` begins with the number of a heading or a list item."""
    return any(marker.match(text) for _, marker in MARKERS)
