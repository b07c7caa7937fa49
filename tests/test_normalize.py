"""Normalisation folds what does not matter and never moves an offset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhaojing.normalize import normalize


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＰＰ打卡１２次", "APP打卡12次"),
        ("“会多”，「文多」", '"会多","文多"'),
        ("一\u3000二\t三\u200b四\n", "一 二 三 四 "),
        ("①②（一）；！", "12(一);!"),
        ("⽂件", "文件"),  # Kangxi radical from a PDF
        ("25℃½", "25℃½"),  # NFKC would lengthen these
        ("檢查組進村，層層陪會", "检查组进村,层层陪会"),
        ("顯著於後，乾坤瞭然", "显著于后,乾坤瞭然"),
        ("会太多.文太长. 3.5倍，A.B.", "会太多。文太长。 3.5倍,A.B."),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert normalize(text) == folded


@given(st.text())
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(normalize(text)) == len(text)


@given(st.text())
def test_twice_is_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
