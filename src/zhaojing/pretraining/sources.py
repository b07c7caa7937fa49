"""Read unlabelled text: one paragraph a line, a blank line between documents."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zhaojing.errors import InvalidConfig, UnreadableFile
from zhaojing.normalize import normalize
from zhaojing.records import read_records

RECORDS = "records"
_HAN = re.compile(r"[\u3400-\u9fff]")
_SPACES = re.compile(r" +")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SHORTEST = 8  # characters of a paragraph; shorter ones are list marks and page furniture
_HAN_SHARE = 0.5  # below it a paragraph is a table of figures or foreign text
_SHORTEST_DOCUMENT = 40  # characters; a headline without its body teaches little

Document = list[str]


@dataclass(slots=True)
class Source:
    """A named collection of documents, each a list of normalised paragraphs."""

    name: str
    documents: list[Document]
    bytes_read: int

    @property
    def characters(self) -> int:
        """Characters in all paragraphs."""
        return sum(len(line) for document in self.documents for line in document)


def read_sources(corpus: Path, records: tuple[Path, ...] = ()) -> Iterator[Source]:
    """Yield the sources of ``corpus`` by name, then the text of annotated ``records``.

    Raises
    ------
    InvalidConfig
        ``corpus`` holds no ``.txt`` or ``.txt.xz`` file.
    UnreadableFile
        A file is damaged or not UTF-8.
    """
    files = sorted(p for p in corpus.glob("*") if p.name.endswith((".txt", ".txt.xz")))
    if not files:
        raise InvalidConfig("pretrain.no_corpus", where=corpus)
    for file in files:
        text = _read(file)
        raw = (block.split("\n") for block in _BLANK_LINE.split(text))
        yield Source(file.name.partition(".txt")[0], _tidy(raw), len(text.encode()))
    if records:
        annotated = [[s.text for s in r.sentences] for r in read_records(*records)]
        size = sum(len(text.encode()) for document in annotated for text in document)
        yield Source(RECORDS, _tidy(iter(annotated), shortest=1), size)


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
        plain = lzma.decompress(data) if file.suffix == ".xz" else data
        return plain.decode("utf-8").replace("\r\n", "\n")
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise UnreadableFile("file.corrupt", where=file, detail=error) from error


def _tidy(documents: Iterator[list[str]], shortest: int = _SHORTEST) -> list[Document]:
    """Normalise every paragraph as the model's input will be; leave out what is no prose."""
    tidied = []
    for document in documents:
        lines = (_SPACES.sub(" ", normalize(line)).strip() for line in document)
        kept = [line for line in lines if _is_prose(line, shortest)]
        if sum(map(len, kept)) >= _SHORTEST_DOCUMENT:
            tidied.append(kept)
    return tidied


def _is_prose(line: str, shortest: int) -> bool:
    return len(line) >= shortest and len(_HAN.findall(line)) >= _HAN_SHARE * len(line)
