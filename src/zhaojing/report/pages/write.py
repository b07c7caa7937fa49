"""The pages of a screening: ``index.html`` and, in ``报告/``, one page a report.

Each page is whole in itself: it asks for no other file, and its policy (Content Security Policy
Level 3) runs and styles nothing but what it was written with.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from zhaojing.errors import UnreadableFile
from zhaojing.judging import Judgement, by_risk
from zhaojing.judging.copying import CopiedPair
from zhaojing.judging.risk import FEWEST
from zhaojing.labels import Category
from zhaojing.messages import Lang, say
from zhaojing.output import write_atomically
from zhaojing.report import marks
from zhaojing.report.pages import grid, praise, settings
from zhaojing.report.pages.copying import copying_of
from zhaojing.report.pages.entries import DOUBTFUL, Entry, entries_of, formula
from zhaojing.report.pages.text import paragraphs
from zhaojing.report.pages.visible import visible
from zhaojing.results_folder import INDEX_FILE, PAGES_FOLDER, pages

_MOST_CLAIMS = 30  # shown at once; more are folded away


def write_pages(
    judgements: Sequence[Judgement],
    pairs: Sequence[CopiedPair],
    failures: Sequence[UnreadableFile],
    policy: Sequence[settings.Setting],
    model: str,
    folder: Path,
    lang: Lang,
) -> None:
    """Write the pages of a screening into ``folder`` and remove those of an earlier one.

    Parameters
    ----------
    pairs
        What was copied; their sources bear the names of the reports.
    policy
        What was decided before the screening, as :meth:`zhaojing.policy.Policy.explain` gives it.
    model
        What the model is called.

    Raises
    ------
    OutputFailed
        A file cannot be written or removed.
    """
    ranked = by_risk(judgements)
    names = pages(folder).begin([found.report.short_name for found in ranked])
    entries = entries_of(ranked, names, lang)
    by_name = {entry.found.report.name: entry for entry in entries}
    environment = _environment(model, lang)
    page = environment.get_template("report.html.jinja")
    off = settings.switched_off(policy)
    for entry in entries:
        with write_atomically(folder / PAGES_FOLDER / entry.page) as file:
            values = _report_values(entry, pairs, by_name, off, lang)
            file.write(page.render(values, entries=entries))
    with write_atomically(folder / INDEX_FILE) as file:
        values = _index_values(entries, pairs, by_name, lang) | {
            "failures": [failure.describe(lang) for failure in failures],
            "settings": settings.in_words(policy, lang),
        }
        file.write(environment.get_template("index.html.jinja").render(values))
    pages(folder).finish(names)


def _environment(model: str, lang: Lang) -> Environment:
    environment = Environment(
        loader=PackageLoader("zhaojing.report.pages"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["digest"] = _digest
    environment.globals |= {
        "lang": lang,
        "comma": marks.COMMA[lang],
        "say": partial(_say, lang),
        "percent": "{:.0%}".format,
        "practices": partial(marks.practices, lang=lang),
        "categories": tuple(Category),
        "letters": marks.LETTERS,
        "colours": marks.COLOURS,
        "praise_letter": marks.PRAISE_LETTER,
        "copied_letter": marks.COPIED_LETTER,
        "fewest": FEWEST,
        "model": model,
    }
    return environment


def _say(lang: Lang, key: str, **values: object) -> str:
    return say(key, lang, **values)


def _digest(text: str) -> str:
    """Return what a content security policy calls an inline style or script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _index_values(
    entries: Sequence[Entry],
    pairs: Sequence[CopiedPair],
    by_name: Mapping[str, Entry],
    lang: Lang,
) -> dict[str, Any]:
    sentences = (item for entry in entries for item in entry.found.report.sentences)
    cleared = Counter(item.allowed for item in sentences if item.allowed)
    return {
        "entries": entries,
        "pairs": [
            (pair, by_name[pair.first.name], by_name.get(pair.second.name)) for pair in pairs
        ],
        "cleared": cleared.most_common(),
        "formula": formula(lang),
    }


def _report_values(
    entry: Entry,
    pairs: Sequence[CopiedPair],
    by_name: Mapping[str, Entry],
    off: Mapping[str, str],
    lang: Lang,
) -> dict[str, Any]:
    found = entry.found
    report = found.report
    copying = copying_of(report.name, pairs)
    copied = {number for other in copying for number in other.sentences}
    begun = {item.sentence.page for item in report.sentences if item.sentence.page}
    confidences = dict(report.document.page_confidence)
    rows = grid.rows(found, off, lang)
    return {
        "entry": entry,
        "begun": begun,
        "last_page": max([*begun, *confidences], default=0),
        "confidences": confidences,
        "doubtful": DOUBTFUL,
        "cleared": sum(bool(item.allowed) for item in report.sentences),
        "columns": grid.columns(lang),
        "grid": rows,
        "unanswered": [row for row in rows if row.category in found.grid.unanswered()],
        "unprompted": [row for row in rows if row.category in found.grid.unprompted()],
        "chart": praise.chart(report, found.praise.profile, lang),
        "passages": praise.passages(report, found.praise, lang),
        "claims": praise.claims(report, found.praise, lang),
        "most_claims": _MOST_CLAIMS,
        "copying": [
            (other, None if other.is_earlier else by_name.get(other.other)) for other in copying
        ],
        "paragraphs": paragraphs(found, copied, lang),
    }
