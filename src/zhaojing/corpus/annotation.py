"""A sample out to the people who label it, and their labels back.

In an office that is a workbook: a row a sentence, with drop-downs for its labels. What the model
says of a sentence is nowhere in it, since people follow what they see. A hidden column holds
what identifies the sentence, so rows may be sorted, filtered or deleted.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from zhaojing.corpus.neighbours import AFTER, BEFORE
from zhaojing.corpus.sampling import LEARNING, Drawn, Sample
from zhaojing.errors import InvalidConfig, InvalidRecords, printable
from zhaojing.labels import CATEGORIES, LEVELS, Category, Role
from zhaojing.messages import MESSAGES, Lang, say
from zhaojing.output import write_atomically
from zhaojing.records import Fault, FaultyRecords, LabelledSentence, Record
from zhaojing.report.ledger import KEY
from zhaojing.report.sheet import fit_height, looks, set_up, write_header
from zhaojing.review import find_header
from zhaojing.typed_labels import (
    CATEGORY_NAMES,
    LEVEL_NAMES,
    NO_CATEGORY,
    ROLE_NAMES,
    SEPARATORS,
    fold,
    one_line,
)
from zhaojing.workbook import Sheet, from_cell, legal, read_workbook, save_workbook, write_row

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
_CHOICES = {_CATEGORIES: CATEGORY_NAMES, _ROLE: ROLE_NAMES, _LEVEL: LEVEL_NAMES}
_READ = ("ledger.sentence", *_CHOICES)
_LONGEST_SHOWN = 40  # characters of a faulty cell


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
    _offer_choices(sheet, len(sample.sentences) + 1, lang)
    set_up(sheet, 1, len(sample.sentences) + 1, filtered=len(heads), printed=len(heads))
    book.active = 1
    save_workbook(book, target)


def _offer_choices(sheet: Any, last: int, lang: Lang) -> None:
    categories = [*(category.label(lang) for category in Category), say("report.none", lang)]
    offers = [
        (categories, "sample.categories_hint"),
        ([role.label(lang) for role in Role], "sample.role_hint"),
        (list(map(str, LEVELS)), "sample.level_hint"),
    ]
    for column, (choices, hint) in enumerate(offers, len(_TEXTS) + 2):
        letter = get_column_letter(column)
        rule = DataValidation(
            type="list",
            formula1=f'"{",".join(choices)}"',
            allow_blank=True,
            showErrorMessage=choices is not categories,  # several of those may be typed
            error=say("ledger.choose", lang),
            showInputMessage=True,
            prompt=say(hint, lang),
            sqref=f"{letter}2:{letter}{last}",
        )
        sheet.add_data_validation(rule)


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
        header = find_header(sheet)
        if header is None:
            return False
        number, names = header
        columns = {KEY: names.index(KEY)}
        for key in _READ:
            places = [at for at, name in enumerate(names) if name in map(fold, MESSAGES[key])]
            if len(places) == 1:
                columns[key] = places[0]
                continue
            reason = "review.column_twice" if places else "records.no_column"
            shown = ", ".join(printable(name) for name in names if name)
            values: dict[str, object] = {"column": "/".join(MESSAGES[key]), "found": shown}
            self.faults.append(Fault(self.file, number, "", reason, values))
        if not self.faults:
            for line, cells in sheet.rows:
                if line > number:
                    self._take_row(_Cells(self.file, line, columns, cells))
        return True

    def _take_row(self, cells: _Cells) -> None:
        key = cells.key()
        if key is not None:
            self.is_for_learning |= key.strategy == LEARNING
            place = key.doc_id, key.order
            sentence = cells.sentence(key) if cells.is_labelled else None
            if not cells.is_labelled:
                self.empty.add(place)
            elif sentence is not None:
                row = _Row(*place, sentence)
                if self.rows.setdefault(place, row) != row:
                    cells.fault(_ROLE, "sample.twice")
        self.faults += cells.faults


class _Cells:
    """One row below the headers; collects what is wrong with it."""

    def __init__(
        self, file: str, line: int, columns: dict[str, int], values: Sequence[object]
    ) -> None:
        self.file, self.line, self.columns = file, line, columns
        self.texts = {name: one_line(from_cell(values[at])) for name, at in columns.items()}
        self.is_labelled = any(self.texts[name] for name in _CHOICES)
        self.faults: list[Fault] = []

    def fault(self, column: str, reason: str, /, **values: object) -> None:
        cell = f"{get_column_letter(self.columns[column] + 1)}{self.line}"
        self.faults.append(Fault(self.file, self.line, cell, reason, values))

    def key(self) -> _Key | None:
        """Return what the hidden column says, ``None`` if the row is blank or it makes no sense."""
        if not self.texts[KEY] and not self.is_labelled:
            return None
        try:
            return _Key.read(self.texts[KEY])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.fault(KEY, "sample.key", column=KEY)
            return None

    def sentence(self, key: _Key) -> LabelledSentence | None:
        """Return the sentence with its labels, ``None`` if something is wrong with them."""
        text = self.texts["ledger.sentence"]
        if _digest(text) != key.digest:
            self.fault("ledger.sentence", "sample.changed")
        parts = SEPARATORS.split(unicodedata.normalize("NFKC", self.texts[_CATEGORIES]))
        categories = [self._choice(_CATEGORIES, part) for part in parts if part]
        role, level = (self._choice(column, self.texts[column]) for column in (_ROLE, _LEVEL))
        if NO_CATEGORY in categories and len(categories) > 1:
            self.fault(_CATEGORIES, "review.none_and_more")
        elif role == Role.OTHER and any(categories):
            self.fault(_CATEGORIES, "fault.other_role", role=role)
        if self.faults or role is None or level is None:
            return None
        chosen = tuple(name for name in CATEGORIES if name in categories)
        return LabelledSentence(text, chosen, role, int(level), key.heading, key.extra)

    def _choice(self, column: str, text: str) -> str | None:
        found = _CHOICES[column].get(fold(text))
        if not text:
            self.fault(column, "fault.blank")
        elif found is None:
            shown = printable(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
            self.fault(column, "fault.value", value=shown, allowed=", ".join(_CHOICES[column]))
        return found


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
