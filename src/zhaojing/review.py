"""From the judgements that people wrote into a ledger to training data and to a precision.

What a verdict says of a flagged sentence, by the guideline:

属实 (true)
    It deserves its flag. A label that nobody corrected is as the model gave it.
误报 (false)
    It does not, so the labels behind its flag are wrong. Which ones are right instead, the
    verdict leaves open: what was taken for a problem may be the remedy for that practice, or show
    none; praise that is not clear may be mild, or none. So the sentence counts for the precision,
    and goes into a record only if the reviewer also wrote what is right: a role or categories
    where a practice was flagged, a level where clear praise was. The rest follows from the
    rule for flags: with a role other than ``measure`` there is no category.
存疑 (unsure), or nothing
    Counted, and used for nothing else.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from zhaojing.classifier import is_flagged
from zhaojing.errors import InvalidRecords, printable
from zhaojing.filled_sheet import KEY, LEVEL_NAMES, ROLE_NAMES, FilledRow, Table, one_line
from zhaojing.heads import FLAG_LEVEL
from zhaojing.labels import CATEGORIES, LEVELS, ROLES, Role
from zhaojing.messages import MESSAGES
from zhaojing.proportion import wilson
from zhaojing.records import Fault, FaultyRecords, LabelledSentence, Record
from zhaojing.report.ledger import VERDICTS
from zhaojing.workbook import CUT, Sheet, legal, read_workbook

_TRUE, _FALSE, _UNSURE = VERDICTS
_ENTRIES = (
    "ledger.verdict",
    "ledger.right_categories",
    "ledger.right_role",
    "ledger.right_level",
)
_COLUMNS = ("ledger.heading", "ledger.sentence", *_ENTRIES)
_VERDICT_NAMES = {name: key for key in VERDICTS for name in MESSAGES[key]}


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the judged flags are right."""

    right: int
    judged: int

    @classmethod
    def of(cls, right: Sequence[bool]) -> Precision:
        """Count judged flags, ``True`` for each that is right."""
        return cls(sum(right), len(right))

    @property
    def share(self) -> float | None:
        """The precision; ``None`` if nothing was judged."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of :func:`wilson`, as if flags were independent; ``None`` likewise."""
        return wilson(self.right, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True)
class Review:
    """What the judgements in a ledger come to.

    Attributes
    ----------
    records
        One a report, by name: the judged sentences whose labels are known, in order. In
        ``extra``, ``previous`` is the sentence that stood before each in its report.
    flags
        Precision of all flags: 属实 / (属实 + 误报).
    practices
        The same by category, of the flags for it: one is right if the verdict is 属实 and the
        corrections leave it that category.
    praise
        The same of the flags for praise alone: one is right if its level stays clear praise.
    unsure, unjudged
        How many flags have the verdict 存疑, or none.
    left_out
        How many judged flags are in no record: what is right instead is not known, or their
        text did not fit into its cell.
    """

    records: tuple[Record, ...]
    flags: Precision
    practices: dict[str, Precision]
    praise: Precision
    unsure: int
    unjudged: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Labels:
    categories: tuple[str, ...]
    role: str
    level: int

    @property
    def practices(self) -> tuple[str, ...]:
        return () if self.role == Role.MEASURE else self.categories

    @property
    def deserve_flag(self) -> bool:
        return is_flagged(self.categories, self.role, self.level, FLAG_LEVEL)


@dataclass(frozen=True, slots=True)
class _Corrections:
    """What a reviewer wrote; ``None`` where the cell is empty."""

    categories: tuple[str, ...] | None = None
    role: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A flag and what became of it; ``known`` tells whether ``labels`` can be learnt from."""

    doc_id: str
    index: int
    previous: str
    heading: str
    text: str
    shown: _Labels
    verdict: str | None
    labels: _Labels
    known: bool
    place: str = field(compare=False)


def import_review(workbook: Path) -> Review:
    """Read the judgements in a ledger, whatever was sorted, moved, deleted or added in it.

    Raises
    ------
    InvalidRecords
        The file cannot be opened, or is no ledger.
    FaultyRecords
        Some cells make no sense; all of them are listed.
    """
    reader = _Reader(printable(workbook))
    if not [sheet for sheet in read_workbook(workbook) if reader.take(sheet)]:
        raise InvalidRecords("review.not_ledger", where=workbook, column=KEY)
    if reader.faults:
        raise FaultyRecords(reader.faults)
    rows = sorted(reader.rows.values(), key=lambda row: (row.doc_id, row.index))
    judged = [row for row in rows if row.verdict in (_TRUE, _FALSE)]
    known = [row for row in judged if row.known]
    return Review(
        records=_records(known, source=printable(workbook.name)),
        flags=Precision.of([row.verdict == _TRUE for row in judged]),
        practices={
            name: Precision.of([
                row.verdict == _TRUE and name in row.labels.practices
                for row in judged
                if name in row.shown.practices
            ])
            for name in CATEGORIES
        },
        praise=Precision.of([
            row.verdict == _TRUE and row.labels.level >= FLAG_LEVEL
            for row in judged
            if not row.shown.practices
        ]),
        unsure=sum(row.verdict == _UNSURE for row in rows),
        unjudged=sum(row.verdict is None for row in rows),
        left_out=len(judged) - len(known),
    )  # fmt: skip


def _records(rows: Iterable[_Row], source: str) -> tuple[Record, ...]:
    """Return one record a report of ``rows``, which are in order."""
    sentences: dict[str, list[LabelledSentence]] = defaultdict(list)
    for row in rows:
        sentences[row.doc_id].append(
            LabelledSentence(
                row.text,
                row.labels.categories,
                row.labels.role,
                row.labels.level,
                row.heading,
                {"previous": row.previous},
            )
        )
    return tuple(
        # Windows' rules find the name in the paths of other systems too
        Record(doc_id, tuple(found), title=PureWindowsPath(doc_id).name, source=source)
        for doc_id, found in sentences.items()
    )


def _settle(shown: _Labels, right: _Corrections, verdict: str | None) -> _Labels:
    """Return the labels of a sentence, as far as the verdict tells them."""
    refuted = verdict == _FALSE
    role, categories, level = right.role or shown.role, right.categories, right.level
    if categories is None:
        none = role == Role.OTHER or (refuted and role != Role.MEASURE)
        categories = () if none else shown.categories
    if level is None:
        level = min(shown.level, FLAG_LEVEL - 1) if refuted else shown.level
    return _Labels(categories, role, level)


def _are_known(shown: _Labels, right: _Corrections, verdict: str | None) -> bool:
    """Tell whether the reviewer replaced every label that the verdict refutes."""
    practice_replaced = right.role is not None or right.categories is not None
    return verdict == _TRUE or (
        (practice_replaced or not shown.practices)
        and (right.level is not None or shown.level < FLAG_LEVEL)
    )


class _Reader:
    """Collects the rows of all sheets, and everything that is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: dict[tuple[str, int], _Row] = {}
        self.faults: list[Fault] = []

    def take(self, sheet: Sheet) -> bool:
        """Read ``sheet``; return whether it is one of a ledger."""
        table = Table.find(sheet, _COLUMNS, self.file)
        if table is None:
            return False
        self.faults += table.faults
        for cells in table.rows():
            self._take_row(cells)
        return True

    def _take_row(self, cells: FilledRow) -> None:
        row = _row(cells)
        if row is not None:
            known = self.rows.get((row.doc_id, row.index))
            if known is None or known.verdict is None:  # of copies, the judged one counts
                self.rows[row.doc_id, row.index] = row
            elif row.verdict is not None and row != known:
                cells.fault("ledger.verdict", "review.twice", place=known.place)
        self.faults += cells.faults


def _row(cells: FilledRow) -> _Row | None:
    """Return what a row says, ``None`` if it is blank or faulty."""
    verdict = cells.choice("ledger.verdict", _VERDICT_NAMES)
    level = cells.choice("ledger.right_level", LEVEL_NAMES)
    right = _Corrections(
        cells.categories("ledger.right_categories"),
        cells.choice("ledger.right_role", ROLE_NAMES),
        None if level is None else int(level),
    )
    written = any(cells.texts[key] for key in _ENTRIES)
    if not cells.texts[KEY] and not written:
        return None
    if written and verdict is None and not cells.faults:
        cells.fault("ledger.verdict", "review.no_verdict")
    identity = _identity(cells)
    text = cells.texts["ledger.sentence"]
    if not text:
        cells.fault("ledger.sentence", "fault.blank")
    if identity is None or cells.faults:
        return None
    doc_id, index, previous, shown = identity
    labels = _settle(shown, right, verdict)
    if verdict in (_TRUE, _FALSE):
        _compare(cells, labels, verdict)
    known = _are_known(shown, right, verdict) and not text.endswith(CUT)
    heading, place = cells.texts["ledger.heading"], f"{cells.table.place}!{cells.line}"
    return _Row(doc_id, index, previous, heading, text, shown, verdict, labels, known, place)


def _compare(cells: FilledRow, labels: _Labels, verdict: str | None) -> None:
    """Check the labels against the guideline and against the verdict."""
    if labels.role == Role.OTHER and labels.categories:
        cells.fault("ledger.right_categories", "fault.other_role", role=Role.OTHER)
    elif verdict == _TRUE and not labels.deserve_flag:
        cells.fault("ledger.verdict", "review.no_flag")
    elif verdict == _FALSE and labels.deserve_flag:
        cells.fault("ledger.verdict", "review.still_flag")


def _identity(cells: FilledRow) -> tuple[str, int, str, _Labels] | None:
    """Return document, index, previous sentence and model labels from the hidden column."""
    try:
        value = json.loads(cells.texts[KEY])
        doc_id, index, previous = value["doc_id"], value["index"], value["previous"]
        given, role, level = value["categories"], value["role"], value["level"]
        categories = tuple(name for name in CATEGORIES if name in given)
        kinds = [type(item) for item in (doc_id, index, previous, given, level)]
        sound = (
            kinds == [str, int, str, list, int]
            and bool(doc_id.strip())
            and len(categories) == len(given)
            and role in ROLES
            and level in LEVELS
        )
        shown = _Labels(categories, role, level)
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound or not shown.deserve_flag or (role == Role.OTHER and categories):
        cells.fault(KEY, "review.key", column=KEY)
        return None
    return printable(doc_id), index, one_line(legal(previous)), shown
