"""The sentences of a corpus, one by one, for those who look at it and label nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zhaojing.context import Context
from zhaojing.errors import InvalidRecords
from zhaojing.labelling.request import STREAM, LabelRequest
from zhaojing.labelling.sources import Corpus
from zhaojing.labelling.units import cut_into_units
from zhaojing.records import FaultyRecords


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence, and where it stands."""

    doc_id: str
    index: int
    text: str
    context: Context | None = None


def read_items(source: str | Path) -> Iterator[Item]:
    """Yield the sentences of ``source``, whatever :func:`zhaojing.labelling.label_corpus` reads.

    Raises
    ------
    InvalidRecords
        It is missing, empty or of an unknown format, or a row breaks the schema.
    """
    request = LabelRequest(source=str(source), output=STREAM)
    corpus = Corpus(request)
    corpus.check()
    empty = True
    for unit in cut_into_units(corpus, request):
        if unit.faults:
            raise FaultyRecords(unit.faults)
        for row in unit.rows:
            empty = False
            yield Item(row.doc_id, row.index, row.text, row.context)
    if empty:
        raise InvalidRecords("records.nothing", where=source)
