"""Every message exists in both languages and is used."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from zhaojing.errors import UnreadableFile, ZhaojingError
from zhaojing.messages import MESSAGES, say

SOURCE = "\n".join(
    path.read_text("utf-8")
    for path in (ROOT / "src").rglob("*")
    if path.suffix in (".py", ".jinja") and path.name != "messages.py"
)


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_use_the_same_placeholders(key: str) -> None:
    zh, en = (set(re.findall(r"{(\w+)}", text)) for text in MESSAGES[key])
    assert zh == en


@pytest.mark.parametrize("key", MESSAGES)
def test_every_message_is_used(key: str) -> None:
    family = key.partition(".")[0] == "metric"  # looked up by name
    assert family or f'"{key}"' in SOURCE or f"'{key}'" in SOURCE


def test_an_error_says_where_what_and_what_to_do() -> None:
    error = UnreadableFile("file.empty", where="甲.txt")
    assert str(error) == "甲.txt：文件是空的（0 字节）；请向报送人重新索取"
    assert error.describe("en") == "甲.txt: the file is empty (0 bytes); ask for it again"
    assert isinstance(error, ZhaojingError)


def test_values_are_filled_in() -> None:
    assert "9" in say("cli.failed", "en", count=9)
