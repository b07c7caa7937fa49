"""The words of a text are those that jieba finds."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhaojing.features import compact
from zhaojing.normalize import normalize
from zhaojing.records import Record
from zhaojing.words import word_spans, words

SIGNS = "aZ019+-_.%#&，。；、（） \n\u3000é①Ⅷあ々〇Ω𠀀"
HAN = "".join(map(chr, range(0x4E00, 0x9FD6)))
IN_THE_DICTIONARY = ["AT&T", "c++", "B超", "1号店", "形式主义", "一人得道", "会议", "会", "00后"]


@pytest.fixture(scope="module")
def jieba() -> Any:
    """Its tokenizer, filled in by hand: it would print, and leave a cache in /tmp."""
    with warnings.catch_warnings():
        # its own: pkg_resources, and escapes that newer Pythons dislike
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


def by_jieba(jieba: Any, text: str) -> tuple[str, ...]:
    return tuple(word for word in jieba.cut(text, HMM=False) if re.search(r"[\w%]", word))


def test_sentences_are_cut_as_jieba_cuts_them(jieba: Any, some_records: list[Record]) -> None:
    texts = [normalize(sentence.text) for record in some_records for sentence in record.sentences]
    assert len(texts) > 500
    for text in (*texts, *map(compact, texts)):
        assert words(text) == by_jieba(jieba, text)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(IN_THE_DICTIONARY) | st.text(SIGNS, max_size=4) | st.text(HAN, max_size=4),
        max_size=8,
    ).map("".join)
)
def test_any_text_is_cut_as_jieba_cuts_it(jieba: Any, text: str) -> None:
    assert words(text) == by_jieba(jieba, text)


def test_spans_are_where_the_words_stand() -> None:
    text = "深入整治、 c++ 100%。"
    assert [text[start:end] for start, end in word_spans(text)] == [*words(text)]
    assert words(text) == ("深入", "整治", "c++", "100", "%")
    assert word_spans("") == word_spans("，。 ") == ()


def test_jieba_itself_is_not_started(tmp_path: Path) -> None:
    """It takes a second, prints, and leaves a cache in the folder for temporary files."""
    code = (
        "import sys; from zhaojing.words import words; words('会议'); print('jieba' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (found.stdout.strip(), found.stderr) == ("False", "")
    assert not [*tmp_path.iterdir()]
