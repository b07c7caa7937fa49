"""Rows that could not be labelled: one line each, with the reason and the position."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from zhaojing.labelling.sources import WHOLE_FILE
from zhaojing.messages import Lang, say
from zhaojing.records import Fault

REJECTS_FILE = "rejects.jsonl"


def reject_lines(faults: Iterable[Fault], lang: Lang) -> bytes:
    """Return ``faults`` as JSON Lines; ``line`` is null for what ends the reading of a file."""
    return b"".join(
        json.dumps(_to_json(fault, lang), ensure_ascii=False, default=str).encode() + b"\n"
        for fault in faults
    )


def _to_json(fault: Fault, lang: Lang) -> dict[str, Any]:
    return {
        "file": fault.file,
        "line": None if fault.line == WHOLE_FILE else fault.line,
        "field": fault.field,
        "reason": fault.reason,
        "message": say(fault.reason, lang, **fault.values),
    }
