"""Keep evaluation text out of pre-training: no paragraph may share 13 characters with it.

The 13-gram test of Brown et al. 2020 (arXiv:2005.14165, appendix C), over characters instead of
words; punctuation and spaces do not count, so another comma hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from zhaojing.normalize import normalize
from zhaojing.pretraining.sources import Source
from zhaojing.records import read_records

SIZE = 13  # characters
_MARKS = re.compile(r"[\W_]+")


def evaluation_grams(files: tuple[Path, ...]) -> frozenset[str]:
    """Return all runs of 13 characters in the sentences of annotated ``files``."""
    sentences = (s.text for record in read_records(*files) for s in record.sentences)
    return frozenset(gram for text in sentences for gram in _grams(normalize(text)))


def leave_out(source: Source, grams: frozenset[str]) -> int:
    """Drop the paragraphs of ``source`` that hold one of ``grams``; return how many went."""
    if not grams:
        return 0
    dropped = 0
    for document in source.documents:
        kept = [line for line in document if grams.isdisjoint(_grams(line))]
        dropped += len(document) - len(kept)
        document[:] = kept
    source.documents = [document for document in source.documents if document]
    return dropped


def _grams(text: str) -> Iterable[str]:
    """Yield the runs of normalised ``text``; those of a source are normalised when it is read."""
    plain = _MARKS.sub("", text)
    return (plain[i : i + SIZE] for i in range(len(plain) - SIZE + 1))
