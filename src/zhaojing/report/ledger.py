"""The ledger ``台账.xlsx``: what an office sorts, prints, judges by hand and hands back.

One sheet has a row a file, the other a row a flagged sentence with empty cells for a person's
judgement. A hidden column holds what :mod:`zhaojing.review` needs to read the judgements back,
so rows may be sorted, filtered or deleted, and columns moved.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.utils import get_column_letter

from zhaojing.context import join_headings
from zhaojing.errors import UnreadableFile
from zhaojing.filled_sheet import KEY
from zhaojing.heads import FLAG_LEVEL
from zhaojing.labels import Category, Role, level_of
from zhaojing.messages import Lang, say
from zhaojing.report.sheet import (
    fit_height,
    looks,
    offer_choices,
    offer_labels,
    set_up,
    write_header,
)
from zhaojing.screening import Report, ScreenedSentence
from zhaojing.workbook import MAX_ROWS, legal, save_workbook, write_row

VERDICTS = ("verdict.true", "verdict.false", "verdict.unsure")
_ROWS_A_SHEET = MAX_ROWS - 1
_MAX_PREVIOUS = 5_000  # characters; a longer predecessor is debris, and the key must fit its cell

# headers and column widths, in characters of the standard font
_FILES = {
    "report.file": 34.0,
    "ledger.state": 40.0,
    "report.sentences": 11.0,
    "report.flagged": 9.0,
    "ledger.share": 8.0,
    "report.mean_embellishment": 12.0,
}
_SENTENCES = {
    "ledger.number": 6.0,
    "report.file": 16.0,
    "ledger.place": 9.0,
    "ledger.heading": 17.0,
    "ledger.sentence": 50.0,
    "ledger.evidence": 18.0,
    "report.category": 14.0,
    "ledger.role": 9.0,
}
_ENTRIES = {
    "ledger.verdict": 9.0,
    "ledger.right_categories": 14.0,
    "ledger.right_role": 10.0,
    "ledger.right_level": 8.0,
    "ledger.remark": 14.0,
}
_HINTS = ("ledger.categories_hint", "ledger.role_hint", "ledger.level_hint")
_SCORE_WIDTH = 13.5


def write_ledger(
    reports: Sequence[Report],
    failures: Sequence[UnreadableFile],
    target: Path,
    lang: Lang,
    model: str,
) -> None:
    """Write the ledger of a screening; the same results give the same bytes.

    Raises
    ------
    OutputFailed
        The file cannot be written; ``target`` is left as it was.
    """
    book = Workbook()
    book.properties = DocumentProperties(creator="zhaojing", title=say("report.title", lang))
    styles = looks(book.active)
    names = _names(reports)
    _write_summary(book.active, styles, reports, failures, names, lang, model)
    rows = [
        (report, index, item)
        for report in reports
        for index, item in enumerate(report.sentences)
        if item.flagged
    ]
    for start in range(0, len(rows) or 1, _ROWS_A_SHEET):
        number = str(start // _ROWS_A_SHEET + 1) if start else ""
        sheet = book.create_sheet(say("ledger.detail", lang) + number)
        part = rows[start : start + _ROWS_A_SHEET]
        _write_sentences(sheet, styles, part, start + 1, names, lang)
    save_workbook(book, target)


def _names(reports: Sequence[Report]) -> dict[str, str]:
    """Return how each report is called: without its folders, unless two share that name."""
    counts = Counter(report.short_name for report in reports)
    return {r.name: r.short_name if counts[r.short_name] == 1 else r.name for r in reports}


def _write_summary(
    sheet: Any,
    styles: dict[str, Any],
    reports: Sequence[Report],
    failures: Sequence[UnreadableFile],
    names: dict[str, str],
    lang: Lang,
    model: str,
) -> None:
    sheet.title = say("ledger.summary", lang)
    flagged = sum(len(report.flagged) for report in reports)
    sentences = sum(len(report.sentences) for report in reports)
    counts = say("cli.summary", lang, files=len(reports), sentences=sentences, flagged=flagged)
    top = [
        (say("report.title", lang), "title"),
        (say("report.notice", lang), "alarm"),
        (say("ledger.how_to_judge", lang), "plain"),
        (say("ledger.how_to_correct", lang), "plain"),
        (say("report.model", lang, model=model), "plain"),
        (counts, "plain"),
    ]
    if failures:
        top.append((say("cli.failed", lang, count=len(failures)), "alarm"))
    for number, (text, style) in enumerate(top, 1):
        write_row(sheet, number, [(text, styles[style])])
    header = len(top) + 1
    praise = say("ledger.praise", lang)
    heads = [*(say(key, lang) for key in _FILES), *(c.label(lang) for c in Category), praise]
    widths = [*_FILES.values(), *[_SCORE_WIDTH] * (len(Category) + 1)]
    write_header(sheet, header, [(head, styles["head"]) for head in heads], widths)
    first = header + 1
    for number, failure in enumerate(failures, first):
        texts = [failure.where or "", say(failure.key, lang, **failure.values)]
        blank = [None] * (len(heads) - len(texts))
        write_row(sheet, number, [(value, styles["failed"]) for value in (*texts, *blank)])
        fit_height(sheet, number, zip(texts, widths, strict=False))
    first += len(failures)
    for number, report in enumerate(sorted(reports, key=lambda r: -_share(r)), first):
        texts = [names[report.name], say("ledger.screened", lang)]
        practices = report.practice_counts()
        praise_alone = sum(not item.practices for item in report.flagged)
        write_row(sheet, number, [
            *((text, styles["text"]) for text in texts),
            (len(report.sentences), styles["count"]),
            (len(report.flagged), styles["count"]),
            (_share(report), styles["share"]),
            (report.mean_embellishment, styles["score"]),
            *((practices.get(category, 0), styles["count"]) for category in Category),
            (praise_alone, styles["count"]),
        ])  # fmt: skip
        fit_height(sheet, number, zip(texts, widths, strict=False))
    last = header + len(failures) + len(reports)
    set_up(sheet, header, last, filtered=len(heads), printed=len(heads))


def _share(report: Report) -> float:
    return len(report.flagged) / max(len(report.sentences), 1)


def _write_sentences(
    sheet: Any,
    styles: dict[str, Any],
    rows: Sequence[tuple[Report, int, ScreenedSentence]],
    first: int,
    names: dict[str, str],
    lang: Lang,
) -> None:
    """Write a row a flagged sentence; ``first`` is the number of the first."""
    heads = [
        *((say(key, lang), styles["head"]) for key in _SENTENCES),
        *((say(key, lang), styles["entry_head"]) for key in _ENTRIES),
        *((category.label(lang), styles["score_head"]) for category in Category),
        (say("ledger.score", lang), styles["score_head"]),
    ]
    scores = [_SCORE_WIDTH] * (len(Category) + 1)
    widths = [*_SENTENCES.values(), *_ENTRIES.values(), *scores]
    write_header(sheet, 1, [*heads, (KEY, styles["score_head"])], widths)
    sheet.column_dimensions[get_column_letter(len(heads) + 1)].hidden = True
    for number, (report, index, item) in enumerate(rows, 2):
        texts = _texts(item, names[report.name], lang)
        prediction = item.prediction
        write_row(sheet, number, [
            (first + number - 2, styles["count"]),
            *((text, styles["text"]) for text in texts),
            *[(None, styles["entry"])] * len(_ENTRIES),
            *((prediction.category_scores[category], styles["score"]) for category in Category),
            (prediction.embellishment_score, styles["score"]),
            (_key(report, index, item), styles["key"]),
        ])  # fmt: skip
        fit_height(sheet, number, zip(texts, widths[1:], strict=False))
    if rows:
        first_entry, last = len(_SENTENCES) + 1, len(rows) + 1
        verdicts = [say(key, lang) for key in VERDICTS]
        offer_choices(sheet, first_entry, last, verdicts, "ledger.verdict_hint", lang)
        offer_labels(sheet, first_entry + 1, last, _HINTS, lang)
    # scores are for the screen: on paper they would make the sentence too small to read
    printed = len(_SENTENCES) + len(_ENTRIES)
    set_up(sheet, 1, len(rows) + 1, filtered=len(heads), printed=printed)


def _texts(item: ScreenedSentence, name: str, lang: Lang) -> list[str]:
    """Return the words of a row, in the order of the columns after the number."""
    sentence, comma = item.sentence, "、" if lang == "zh" else ", "
    place = "report.page" if sentence.page else "report.paragraph"
    practices = [Category(practice).label(lang) for practice in item.practices]
    return [
        name,
        say(place, lang, page=sentence.page, paragraph=sentence.paragraph),
        join_headings(sentence.heading),
        sentence.text,
        comma.join(dict.fromkeys(item.words)),
        comma.join(practices) or say("report.embellishment", lang),
        Role(item.prediction.role).label(lang),
    ]


def _key(report: Report, index: int, item: ScreenedSentence) -> str:
    """Return what identifies a sentence, and the labels that its flag stands for."""
    previous = legal(report.sentences[index - 1].sentence.text) if index else ""
    level = level_of(item.prediction.embellishment_score)
    value = {
        "doc_id": report.name,
        "index": index,
        "previous": previous if len(previous) <= _MAX_PREVIOUS else "",
        "categories": list(item.prediction.categories),
        "role": item.prediction.role,
        # a flag for praise alone says that the praise is clear, whatever its score rounds to
        "level": level if item.practices else max(level, FLAG_LEVEL),
    }
    return json.dumps(value, ensure_ascii=False)
