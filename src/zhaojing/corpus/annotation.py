"""A sample out to the people who label it, and their labels back.

In an office that is a workbook: a row a sentence, with drop-downs for its labels. What the model
says of a sentence is nowhere in it, since people follow what they see. A hidden column holds
what identifies the sentence, so rows may be sorted, filtered or deleted.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.utils import get_column_letter

from zhaojing.corpus.neighbours import AFTER, BEFORE
from zhaojing.corpus.sampling import LEARNING, Drawn, Sample
from zhaojing.errors import InvalidConfig, InvalidRecords, printable
from zhaojing.filled_sheet import (
    KEY,
    LEVEL_NAMES,
    ROLE_NAMES,
    FilledRow,
    Table,
    one_line,
)
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.output import write_atomically
from zhaojing.records import Fault, FaultyRecords, LabelledSentence, Record
from zhaojing.report.sheet import fit_height, looks, offer_labels, set_up, write_header
from zhaojing.workbook import Sheet, legal, read_workbook, save_workbook, write_row

_SHOWN = {BEFORE: 2, AFTER: 1}  # neighbours that people see
_TEXTS = {
    "report.file": 14.0,
    "ledger.heading": 16.0,
    "sample.before": 30.0,
    "ledger.sentence": 50.0,
    "sample.after": 20.0,
}
_CATEGORIES, _ROLE, _LEVEL = "report.category", "ledger.role", "sample.level"
_ENTRIES = {_CATEGORIES: 18.0, _ROLE: 11.0, _LEVEL: 9.0, "ledger.remark": 14.0}
_HINTS = ("sample.categories_hint", "sample.role_hint", "sample.level_hint")
_LABELS = (_CATEGORIES, _ROLE, _LEVEL)


@dataclass(frozen=True, slots=True)
class Labels:
    """What people labelled; ``unlabelled`` counts the sentences they left empty."""

    records: tuple[Record, ...]
    unlabelled: int


def check_target(target: Path) -> None:
    """Refuse a file that is there, since somebody may have labelled it, and unknown formats.

    Raises
    ------
    InvalidConfig
        It is one of these.
    """
    if target.suffix.lower() not in (".xlsx", ".jsonl"):
        raise InvalidConfig("sample.format", where=target)
    if target.exists():
        raise InvalidConfig("sample.exists", where=target)


def write_sample(sample: Sample, target: Path, lang: Lang) -> None:
    """Write ``sample`` for labelling: ``.xlsx`` for people, ``.jsonl`` for other tools.

    Records in ``.jsonl`` have no role and no level yet, so that nothing takes them for labelled.

    Raises
    ------
    InvalidConfig
        The file exists, or is to have another format.
    OutputFailed
        It cannot be written.
    """
    check_target(target)
    if target.suffix.lower() == ".xlsx":
        _write_workbook(sample, target, lang)
        return
    with write_atomically(target) as file:
        for value in _unlabelled(sample):
            file.write(json.dumps(value, ensure_ascii=False) + "\n")


def _unlabelled(sample: Sample) -> Iterable[dict[str, Any]]:
    documents: dict[str, list[Drawn]] = defaultdict(list)
    for drawn in sample.sentences:
        documents[drawn.doc_id].append(drawn)
    purpose = {"sampled_for": LEARNING} if sample.strategy == LEARNING else {}
    for doc_id, found in documents.items():
        sentences = [
            {
                "text": drawn.text,
                "heading": drawn.heading,
                "categories": [],
                "role": "",
                "embellishment_level": None,
                **drawn.extra,
            }
            for drawn in found
        ]
        head = {"doc_id": doc_id, "genre": "", "title": "", "source": ""}
        yield head | purpose | {"sentences": sentences}


def _write_workbook(sample: Sample, target: Path, lang: Lang) -> None:
    book = Workbook()
    book.properties = DocumentProperties(creator="zhaojing", title=say("sample.title", lang))
    styles = looks(book.active)
    book.active.title = say("sample.how", lang)
    book.active.column_dimensions["A"].width = 100
    lines = say("sample.instructions", lang).splitlines()
    for number, line in enumerate((say("sample.title", lang), *lines), 1):
        write_row(book.active, number, [(line, styles["title" if number == 1 else "plain"])])
    for number, label in enumerate((*Category, *Role), len(lines) + 3):
        text = f"{label.label(lang)}：{label.definition(lang)}"
        write_row(book.active, number, [(text, styles["plain"])])
    sheet = book.create_sheet(say("sample.sheet", lang))
    heads = [(say("ledger.number", lang), styles["head"])]
    heads += [(say(key, lang), styles["head"]) for key in _TEXTS]
    heads += [(say(key, lang), styles["entry_head"]) for key in _ENTRIES]
    widths = [6.0, *_TEXTS.values(), *_ENTRIES.values()]
    write_header(sheet, 1, [*heads, (KEY, styles["score_head"])], widths)
    sheet.column_dimensions[get_column_letter(len(heads) + 1)].hidden = True
    for number, drawn in enumerate(sample.sentences, 1):
        before = [text for _, text in drawn.extra[BEFORE][-_SHOWN[BEFORE] :]]
        after = [text for _, text in drawn.extra[AFTER][: _SHOWN[AFTER]]]
        texts = [drawn.doc_id, drawn.heading, "".join(before), drawn.text, "".join(after)]
        write_row(sheet, number + 1, [
            (number, styles["count"]),
            *((text, styles["text"]) for text in texts),
            *[(None, styles["entry"])] * len(_ENTRIES),
            (json.dumps(asdict(_Key.of(drawn, sample.strategy)), ensure_ascii=False), styles["key"]),
        ])  # fmt: skip
        fit_height(sheet, number + 1, zip(texts, _TEXTS.values(), strict=True))
    offer_labels(sheet, len(_TEXTS) + 2, len(sample.sentences) + 1, _HINTS, lang)
    set_up(sheet, 1, len(sample.sentences) + 1, filtered=len(heads), printed=len(heads))
    book.active = 1
    save_workbook(book, target)


def _digest(text: str) -> str:
    """Return what tells that somebody changed a sentence; white space does not count."""
    return hashlib.sha256("".join(legal(text).split()).encode("utf-8")).hexdigest()[:16]


def import_labels(workbook: Path) -> Labels:
    """Read the labels that people gave in a workbook of :func:`write_sample`.

    Raises
    ------
    InvalidRecords
        The file cannot be opened, or is no such workbook, or nothing is labelled in it.
    FaultyRecords
        Some cells make no sense or are missing; all of them are listed.
    """
    reader = _Reader(printable(workbook))
    if not [sheet for sheet in read_workbook(workbook) if reader.take(sheet)]:
        raise InvalidRecords("sample.not_ours", where=workbook, column=KEY)
    if reader.faults:
        raise FaultyRecords(reader.faults)
    if not reader.rows:
        raise InvalidRecords("sample.unlabelled", where=workbook)
    rows = sorted(reader.rows.values(), key=lambda row: (row.doc_id, row.order))
    purpose = {"sampled_for": LEARNING} if reader.is_for_learning else {}
    source = printable(workbook.name)
    records = tuple(
        Record(doc_id, tuple(row.sentence for row in found), source=source, extra=purpose)
        for doc_id, found in groupby(rows, key=lambda row: row.doc_id)
    )
    return Labels(records, len(reader.empty - reader.rows.keys()))


@dataclass(frozen=True, slots=True)
class _Row:
    doc_id: str
    order: int
    sentence: LabelledSentence


class _Reader:
    """Collects the rows of all sheets, and everything that is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: dict[tuple[str, int], _Row] = {}
        self.empty: set[tuple[str, int]] = set()
        self.is_for_learning = False
        self.faults: list[Fault] = []

    def take(self, sheet: Sheet) -> bool:
        """Read ``sheet``; return whether it holds a sample."""
        table = Table.find(sheet, ("ledger.sentence", *_LABELS), self.file)
        if table is None:
            return False
        self.faults += table.faults
        for cells in table.rows():
            self._take_row(cells)
        return True

    def _take_row(self, cells: FilledRow) -> None:
        is_labelled = any(cells.texts[name] for name in _LABELS)
        key = _key(cells) if is_labelled or cells.texts[KEY] else None
        if key is not None:
            self.is_for_learning |= key.strategy == LEARNING
            place = key.doc_id, key.order
            sentence = _sentence(cells, key) if is_labelled else None
            if not is_labelled:
                self.empty.add(place)
            elif sentence is not None:
                row = _Row(*place, sentence)
                if self.rows.setdefault(place, row) != row:
                    cells.fault(_ROLE, "sample.twice")
        self.faults += cells.faults


def _key(cells: FilledRow) -> _Key | None:
    """Return what the hidden column says, ``None`` if it makes no sense."""
    try:
        return _Key.read(cells.texts[KEY])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        cells.fault(KEY, "sample.key", column=KEY)
        return None


def _sentence(cells: FilledRow, key: _Key) -> LabelledSentence | None:
    """Return a sentence with its labels, ``None`` if something is wrong with them."""
    text = cells.texts["ledger.sentence"]
    if _digest(text) != key.digest:
        cells.fault("ledger.sentence", "sample.changed")
    for column in (_ROLE, _LEVEL):
        if not cells.texts[column]:
            cells.fault(column, "fault.blank")
    categories = cells.categories(_CATEGORIES) or ()
    role, level = cells.choice(_ROLE, ROLE_NAMES), cells.choice(_LEVEL, LEVEL_NAMES)
    if role == Role.OTHER and categories:
        cells.fault(_CATEGORIES, "fault.other_role", role=role)
    if cells.faults or role is None or level is None:
        return None
    return LabelledSentence(text, categories, role, int(level), key.heading, key.extra)


@dataclass(frozen=True, slots=True)
class _Key:
    """What the hidden column says of a sentence."""

    doc_id: str
    order: int
    heading: str
    digest: str
    strategy: str
    extra: dict[str, Any]

    @classmethod
    def of(cls, drawn: Drawn, strategy: str) -> _Key:
        digest = _digest(drawn.text)
        return cls(drawn.doc_id, drawn.order, drawn.heading, digest, strategy, drawn.extra)

    @classmethod
    def read(cls, text: str) -> _Key:
        """Return what ``text`` says; whatever is wrong with it raises a common error."""
        key = cls(**json.loads(text))
        before, after = key.extra[BEFORE], key.extra[AFTER]
        texts = [key.doc_id, key.heading, key.digest, key.strategy, key.extra["previous"]]
        texts += [part for heading, sentence in (*before, *after) for part in (heading, sentence)]
        weight = key.extra.get("weight", 1.0)
        sound = (
            all(isinstance(part, str) for part in texts)
            and bool(key.doc_id.strip())
            and type(key.order) is int
            and type(weight) in (int, float)
            and 0 < weight < math.inf
        )
        if not sound:
            raise ValueError(text)
        return replace(key, doc_id=one_line(printable(key.doc_id)), heading=one_line(key.heading))
