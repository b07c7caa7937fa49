"""What an annotated corpus must satisfy as a whole, beyond the schema of each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhaojing.corpus.similar import similar_pairs
from zhaojing.errors import InvalidRecords
from zhaojing.messages import DEFAULT_LANG, Lang, say
from zhaojing.normalize import normalize
from zhaojing.records import Record, read_records
from zhaojing.splitting import is_one_unit

ALLOWED_RUNS_FILE = "fixed-terms.txt"
RUN_LENGTH = 20  # characters
MAX_DOCUMENTS_A_RUN = 3
MAX_WITHIN = 0.01  # share of a split's sentences that may have a near-duplicate in it
SHORT = 12  # characters; "（二）整改措施" stands in many documents and must


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the corpus must not have; ``key`` is its message."""

    key: str
    values: Mapping[str, object]

    def describe(self, lang: Lang = DEFAULT_LANG) -> str:
        """Return one line."""
        return say(self.key, lang, **self.values)


@dataclass(frozen=True, slots=True)
class _Place:
    split: str
    doc_id: str
    index: int

    def __str__(self) -> str:
        return f"{self.split}:{self.doc_id}[{self.index}]"


def read_corpus(folder: Path) -> dict[str, list[Record]]:
    """Return the records of every ``.jsonl`` in ``folder`` by the name of its split.

    Raises
    ------
    FaultyRecords
        Some line breaks the schema, or a document occurs twice; all faults are listed.
    InvalidRecords
        There is no such file.
    """
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise InvalidRecords("records.nothing", where=folder)
    read_records(*paths)  # together first, so that a document in two splits is seen
    return {path.stem: read_records(path) for path in paths}


def check_corpus(folder: Path, splits: Mapping[str, Sequence[Record]]) -> list[Finding]:
    """Return every finding in ``splits``, read from ``folder``, which may list allowed runs."""
    allowed_file = folder / ALLOWED_RUNS_FILE
    allowed = allowed_file.read_text(encoding="utf-8") if allowed_file.exists() else ""
    places = [
        _Place(split, record.doc_id, index)
        for split, records in splits.items()
        for record in records
        for index in range(len(record.sentences))
    ]
    texts = [s.text for records in splits.values() for r in records for s in r.sentences]
    return [
        *_not_one_unit(places, texts),
        *_similar_sentences(places, texts),
        *_similar_documents(splits),
        *_shared_runs(splits, allowed),
    ]


def _not_one_unit(places: Sequence[_Place], texts: Sequence[str]) -> Iterator[Finding]:
    for place, text in zip(places, texts, strict=True):
        if not is_one_unit(text):
            yield Finding("corpus.resplit", {"place": place, "text": text})


def _similar_sentences(places: Sequence[_Place], texts: Sequence[str]) -> Iterator[Finding]:
    rows = [row for row, text in enumerate(texts) if len(text) >= SHORT]
    within: dict[str, set[int]] = defaultdict(set)
    for a, b, jaccard in similar_pairs([texts[row] for row in rows]):
        one, other = places[rows[a]], places[rows[b]]
        if one.split == other.split:
            within[one.split].add(rows[b])
        else:
            values = {"a": one, "b": other, "share": f"{jaccard:.2f}", "text": texts[rows[a]]}
            yield Finding("corpus.across", values)
    for split, found in within.items():
        size = sum(place.split == split for place in places)
        if len(found) > MAX_WITHIN * size:
            values = {"split": split, "share": f"{len(found) / size:.1%}", "count": len(found)}
            yield Finding("corpus.within", values)


def _similar_documents(splits: Mapping[str, Sequence[Record]]) -> Iterator[Finding]:
    named = [(split, record) for split, records in splits.items() for record in records]
    texts = ["".join(s.text for s in record.sentences) for _, record in named]
    for a, b, jaccard in similar_pairs(texts):
        values = {
            "a": f"{named[a][0]}:{named[a][1].doc_id}",
            "b": f"{named[b][0]}:{named[b][1].doc_id}",
            "share": f"{jaccard:.2f}",
        }
        yield Finding("corpus.documents", values)


def _shared_runs(splits: Mapping[str, Sequence[Record]], allowed: str) -> Iterator[Finding]:
    """Find runs of :data:`RUN_LENGTH` characters that more than three documents share."""
    fixed = "\n".join(normalize(line).replace(" ", "") for line in allowed.splitlines())
    holders: dict[str, set[str]] = defaultdict(set)
    for records in splits.values():
        for record in records:
            for sentence in record.sentences:
                text = normalize(sentence.text).replace(" ", "")
                for start in range(len(text) - RUN_LENGTH + 1):
                    holders[text[start : start + RUN_LENGTH]].add(record.doc_id)
    common = [run for run, documents in holders.items() if len(documents) > MAX_DOCUMENTS_A_RUN]
    for run in common:
        if run not in fixed:
            documents = sorted(holders[run])
            yield Finding("corpus.run", {"run": run, "documents": ", ".join(documents)})
