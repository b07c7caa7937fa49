"""Rows into units of work: runs of rows that are labelled together, bounded in size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from zhaojing.context import Context, context_of
from zhaojing.labelling.request import LabelRequest
from zhaojing.labelling.sources import MAX_TEXT, WHOLE_FILE, Corpus, RawRow, default_doc_id, plain
from zhaojing.records import Fault, FaultyRecords, has_surrogate, text_faults, type_fault

# Passages are read in windows of 200 sentences; where one is cut at a multiple of that, the
# results are those of the whole.
PIECE = 1_000
_UNIT_ROWS = 256
_UNIT_CHARACTERS = 512 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence to label, or a text that is yet to be split, and where it came from.

    ``part`` counts the sentences of one row of the source, from 0.
    """

    file: str
    line: int
    doc_id: str
    index: int
    text: str
    context: Context
    kept: dict[str, Any]
    part: int = 0


@dataclass(slots=True)
class Unit:
    """A contiguous run of rows: what one worker labels at a time.

    Attributes
    ----------
    rows
        What can be labelled; a record holds several, and is never cut.
    faults
        One for each row that cannot, and for each file that could not be read to its end.
    read
        Rows of the source, sound or not.
    characters
        Length of all texts.
    done
        Bytes of the source that had been read when the unit was full.
    """

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    read: int = 0
    characters: int = 0
    done: int = 0


def cut_into_units(corpus: Corpus, request: LabelRequest) -> Iterator[Unit]:
    """Yield all of ``corpus`` in order.

    Rows that give the same ``doc_id`` and successive values of ``index`` are neighbours in a
    document: each is the context of the next, and a unit ends between two of them only where that
    changes no result.
    """
    unit = Unit()
    full = min(_UNIT_ROWS, request.shard_rows)
    file, count = "", 0  # the present file, and its rows so far
    last: Row | None = None  # what the next row may be a neighbour of
    run = 0  # neighbours so far
    for found in corpus:
        if found.file != file:
            file, count, last = found.file, 0, None
        try:
            rows = _rows(found, request, count, last)
        except FaultyRecords as error:
            unit.faults.append(error.faults[0])
            unit.read += error.faults[0].line != WHOLE_FILE
            last = None
            continue
        run = run + 1 if rows[0].context.previous else 1
        is_full = len(unit.rows) >= full or unit.characters >= _UNIT_CHARACTERS
        if is_full and run % PIECE == 1:
            unit.done = corpus.done
            yield unit
            unit = Unit()
        unit.rows += rows
        unit.read += 1
        unit.characters += sum(len(row.text) for row in rows)
        last = rows[0] if len(rows) == 1 else None
        count += 1
    unit.done = corpus.done
    yield unit


def _rows(found: RawRow | Fault, request: LabelRequest, count: int, last: Row | None) -> list[Row]:
    """Return the rows of what was found: one, or the sentences of a record.

    Raises
    ------
    FaultyRecords
        It breaks the schema.
    """
    if isinstance(found, Fault):
        raise FaultyRecords([found])
    values, name, line = found.values, found.file, found.line
    try:
        kept = {column: plain(values.get(column)) for column in request.keep}
    except ValueError as error:
        raise FaultyRecords([Fault(name, line, "", "fault.surrogate")]) from error
    doc_id = default_doc_id(name)
    if "sentences" in values and request.text_column not in values:
        return _of_record(found, _text(found, values, "doc_id", f"{doc_id}:{line}"), kept)
    text = _text(found, values, request.text_column)
    context = Context(heading=_text(found, values, "heading", ""))
    doc_id = _text(found, values, "doc_id", f"{doc_id}:{line}" if request.split else doc_id)
    given = str(values.get("index", ""))
    # nine digits: longer numbers are no positions, and int() refuses very long ones
    index = int(given) if given.isdecimal() and len(given) < 10 else count
    row = Row(name, line, doc_id, index, text, context, kept)
    follows = (
        last is not None
        and not request.split
        and {"doc_id", "index"} <= values.keys()
        and (row.doc_id, row.index) == (last.doc_id, last.index + 1)
    )
    if follows and last is not None:
        row = replace(row, context=replace(context, previous=last.text))
    return [row]


def _of_record(found: RawRow, doc_id: str, kept: dict[str, Any]) -> list[Row]:
    name, line, sentences = found.file, found.line, found.values["sentences"]
    if not isinstance(sentences, list):
        raise FaultyRecords([type_fault(name, line, "sentences", "array", sentences)])
    if not sentences:
        raise FaultyRecords([Fault(name, line, "sentences", "fault.blank")])
    texts, headings = [], []
    for index, sentence in enumerate(sentences):
        place = f"sentences[{index}]"
        if not isinstance(sentence, dict):
            raise FaultyRecords([type_fault(name, line, place, "object", sentence)])
        texts.append(_text(found, sentence, "text", place=f"{place}."))
        headings.append(_text(found, sentence, "heading", "", place=f"{place}."))
    contexts = context_of(headings, texts)
    return [
        Row(name, line, doc_id, index, text, context, kept, part=index)
        for index, (text, context) in enumerate(zip(texts, contexts, strict=True))
    ]


def _text(
    found: RawRow, values: dict[str, Any], key: str, default: str | None = None, place: str = ""
) -> str:
    """Return a text of a row; one with a ``default`` may be missing, or something else than text."""
    name, line, field_name = found.file, found.line, f"{place}{key}"
    if default is None:
        faults = text_faults(name, line, field_name, values, key)
        if faults:
            raise FaultyRecords(faults)
        text = str(values[key])
    else:
        text = str(values.get(key) or default)
        if has_surrogate(text):
            raise FaultyRecords([Fault(name, line, field_name, "fault.surrogate")])
    if len(text) > MAX_TEXT:
        raise FaultyRecords([Fault(name, line, field_name, "label.too_long", {"limit": MAX_TEXT})])
    return text
