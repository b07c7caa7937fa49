"""``report.html``: what was measured, for a reader who has to decide whether to trust it.

The page is whole in itself: pictures are in it, it asks for no other file, and its policy
(Content Security Policy Level 3) runs nothing and styles nothing but what it was written with.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from zhaojing.evaluation.annotators import Annotators
from zhaojing.evaluation.gates import GateResult
from zhaojing.evaluation.plots import COMPARED, Plot, letters
from zhaojing.evaluation.readings import readings
from zhaojing.evaluation.study import Comparison, Figure, Finding, ModelStudy, Slice, Study
from zhaojing.labels import CATEGORIES, ROLES, Category, Level, Role
from zhaojing.messages import Lang, say
from zhaojing.records import LabelledSentence, Record
from zhaojing.report.pages.visible import visible

MOST_FINDINGS = 25  # of a kind; all are in to_check.jsonl
MOST_SLICES = 30
MOST_PLACES = 10
_PERCENT, _NUMBER = ".0%", ".2f"
# what an office asks first, with the words for it and how it is written
HEADLINE = (
    ("flagged.precision", "headline.precision", "headline.precision_means", _PERCENT),
    ("flagged.recall", "headline.recall", "headline.recall_means", _PERCENT),
    ("right", "headline.right", "headline.right_means", _PERCENT),
    ("role.accuracy", "headline.roles", "headline.roles_means", _PERCENT),
    ("categories.macro_f1", "headline.categories", "headline.categories_means", _NUMBER),
    ("problems.macro_f1", "headline.problems", "headline.problems_means", _NUMBER),
    ("embellishment.quadratic_kappa", "headline.levels", "headline.levels_means", _NUMBER),
    ("role.calibration_error", "headline.calibration", "headline.calibration_means", _PERCENT),
)
SLICED = (
    ("right", "plot.right", _PERCENT),
    ("role_accuracy", "slice.role_accuracy", _PERCENT),
    ("categories_micro_f1", "plot.categories_f1", _NUMBER),
    ("flagged_f1", "plot.flagged_f1", _NUMBER),
)
_FIELDS = {
    "genre": "slice.genre",
    "probe": "slice.probe",
    "length": "slice.length",
    "heading": "slice.heading",
    "year": "slice.year",
    "source": "slice.source",
}
_GROUPS = (  # heading, what it shows, the names of its drawings begin with
    ("evaluation.precision_recall", "evaluation.about_precision_recall", ("precision-recall-",)),
    ("evaluation.confusion", "evaluation.about_confusion", ("roles-", "levels-")),
    ("evaluation.reliability", "evaluation.about_reliability", ("reliability-",)),
    ("evaluation.selective", "evaluation.about_selective", ("risk-coverage-", "workload")),
)
_TERMS = (
    ("term.interval", "term.interval_means"),
    ("term.few", "term.few_means"),
    ("term.precision", "term.precision_means"),
    ("term.f1", "term.f1_means"),
    ("term.kappa", "term.kappa_means"),
    ("term.calibration", "term.calibration_means"),
    ("term.aurc", "term.aurc_means"),
    ("term.p", "term.p_means"),
    ("term.suspected", "term.suspected_means"),
)
_VERDICTS = {
    "more": "standing.more",
    "as_much": "standing.as_much",
    "less": "standing.less",
    "unclear": "standing.unclear",
    "undefined": "standing.undefined",
}
_PAIRS = {
    "people": "evaluation.people",
    "model_first": "evaluation.model_first",
    "model_second": "evaluation.model_second",
}


@dataclass(frozen=True, slots=True)
class About:
    """What a study is about, beyond its figures.

    Attributes
    ----------
    gold
        Name and SHA-256 of each file of annotated documents.
    settings
        What was set, with its value, such as the mode; both in words.
    command
        The line that makes the study again.
    """

    gold: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    command: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as a table shows it."""

    value: str
    interval: str
    support: str
    sentences: str
    few: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing in the page: its address, size in CSS pixels, and what it says."""

    name: str
    address: str
    reading: str


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence to look at again, in words."""

    place: str
    title: str
    heading: str
    text: str
    question: str
    gold: str
    model: str
    probability: str


def render(
    study: Study,
    drawn: Sequence[Plot],
    records: Sequence[Record],
    about: About,
    lang: Lang,
    *,
    gates: Sequence[GateResult] = (),
    annotators: Annotators | None = None,
) -> str:
    """Return the page of ``study``; ``drawn`` are its plots, ``records`` what it measured."""
    judged, said = study.judged, readings(study, lang)
    pictures = [Picture(plot.name, _address(plot.svg), said[plot.name]) for plot in drawn]
    large = [one for one in judged.slices if not one.right.few]
    sentences = [(record, sentence) for record in records for sentence in record.sentences]
    say_it = partial(_say, lang)
    values = {
        "study": study,
        "about": about,
        "letters": letters(study),
        "headline": [
            (
                say_it(key),
                say_it(means),
                [cell(model.figures.get(name), form, lang) for model in study.models.values()],
            )
            for name, key, means, form in HEADLINE
        ],
        "labels": label_rows(judged, lang),
        "sliced": [say_it(key) for _, key, _ in SLICED],
        "slices": [_slice(one, lang) for one in large[:MOST_SLICES]],
        "slices_left": max(len(large) - MOST_SLICES, 0),
        "slices_small": len(judged.slices) - len(large),
        "groups": [
            (say_it(heading), say_it(means), [p for p in pictures if p.name.startswith(begins)])
            for heading, means, begins in _GROUPS
        ],
        "differences": [p for p in pictures if p.name == "differences"],
        "comparisons": [_comparison(one, study, lang) for one in study.comparisons],
        "errors": [_case(one, sentences, lang) for one in judged.confident_errors[:MOST_FINDINGS]],
        "errors_left": max(len(judged.confident_errors) - MOST_FINDINGS, 0),
        "suspected": [_case(one, sentences, lang) for one in judged.suspected[:MOST_FINDINGS]],
        "suspected_left": max(len(judged.suspected) - MOST_FINDINGS, 0),
        "gates": gates,
        "missed": sum(not gate.passed for gate in gates),
        "agreement": agreement_rows(annotators, lang) if annotators else None,
        "annotators": annotators,
        "terms": [
            (say_it(term), say_it(means, resamples=f"{study.resamples:,}"))
            for term, means in _TERMS
        ],
    }
    return _environment(lang).get_template("evaluation.html.jinja").render(values)


def cell(figure: Figure | None, form: str, lang: Lang) -> Cell:
    """Return ``figure`` as a table shows it; ``form`` is how its number is written."""
    if figure is None:
        return Cell("–", "", "", "0", few=False)
    value = "–" if figure.value is None else format(figure.value, form)
    counts = {"sentences": f"{figure.sentences:,}", "documents": f"{figure.documents:,}"}
    support = say("evaluation.support", lang, **counts)
    ends = figure.interval
    shown = "–".join(format(end, form) for end in ends) if ends else ""
    return Cell(value, shown, support, counts["sentences"], figure.few)


def slice_name(one: Slice, lang: Lang) -> str:
    """Return what a slice is called: its field and its value, in words where they have some."""
    field = say(_FIELDS[one.field], lang) if one.field in _FIELDS else one.field
    value = one.value or say("slice.absent", lang)
    if (one.field, one.value) == ("heading", "known"):
        value = say("slice.present", lang)
    return f"{field}{'：' if lang == 'zh' else ': '}{value}"


def _environment(lang: Lang) -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("zhaojing.evaluation"), PackageLoader("zhaojing.report.pages")]
        ),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["digest"] = _digest
    environment.globals |= {"lang": lang, "say": partial(_say, lang), "colours": {}}
    return environment


def _say(lang: Lang, key: str, **values: object) -> str:
    return say(key, lang, **values)


def _digest(text: str) -> str:
    """Return what a content security policy calls an inline style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def label_rows(model: ModelStudy, lang: Lang) -> list[tuple[str, list[Cell]]]:
    """Return precision, recall and F1 of each practice and role."""
    rows = [(Category(c).label(lang), f"categories.per_label.{c}") for c in CATEGORIES]
    rows += [(Role(r).label(lang), f"role.per_label.{r}") for r in ROLES]
    return [
        (
            label,
            [
                cell(model.figures.get(f"{key}.{name}"), form, lang)
                for name, form in (("precision", _PERCENT), ("recall", _PERCENT), ("f1", _NUMBER))
            ],
        )
        for label, key in rows
    ]


def _slice(one: Slice, lang: Lang) -> tuple[str, bool, list[Cell]]:
    cells = [cell(one.figures.get(name), form, lang) for name, _, form in SLICED]
    return slice_name(one, lang), one.worse, cells


def difference_rows(found: Comparison, lang: Lang) -> list[tuple[str, str, str, str, bool]]:
    """Return figure, difference, interval, p, and whether the interval lies on one side of 0."""
    rows = []
    for name, key in COMPARED.items():
        one = found.differences.get(name)
        if one is None or one.value is None:
            continue
        ends, apart = "–", False
        if one.low is not None and one.high is not None:
            ends = f"{_signed(one.low)}, {_signed(one.high)}"
            apart = one.low > 0 or one.high < 0
        p = "–" if one.p is None else f"{one.p:.4f}"
        rows.append((say(key, lang), _signed(one.value), ends, p, apart))
    return rows


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def _comparison(found: Comparison, study: Study, lang: Lang) -> dict[str, Any]:
    """Return how two models differ: figure by figure, then the sentences one alone gets right."""
    named = letters(study)
    return {
        "first": named[found.first],
        "second": named[found.second],
        "rows": difference_rows(found, lang),
        "both": found.both,
        "neither": found.neither,
        "alone": [
            (
                named[name],
                len(places),
                [(_place(p.doc_id, p.sentence, lang), p.text) for p in places[:MOST_PLACES]],
            )
            for name, places in ((found.first, found.only_first), (found.second, found.only_second))
        ],
    }


def _case(found: Finding, sentences: Sequence[tuple[Record, LabelledSentence]], lang: Lang) -> Case:
    record, sentence = sentences[found.index]
    return Case(
        place=_place(found.doc_id, found.sentence, lang),
        title=record.title,
        heading=sentence.heading,
        text=found.text,
        question=_question(found.field, lang),
        gold=_answer(found.field, found.gold, lang),
        model=_answer(found.field, found.model, lang),
        probability=f"{min(found.probability, 0.999):.1%}",  # nothing is sure
    )


def _place(doc_id: str, sentence: int, lang: Lang) -> str:
    return say("evaluation.place", lang, document=doc_id, sentence=sentence)


def _question(field: str, lang: Lang) -> str:
    if field in CATEGORIES:
        return Category(field).label(lang)
    return say({"role": "plot.role", "flagged": "plot.flagged"}.get(field, "plot.levels_of"), lang)


def _answer(field: str, answer: bool | str | float, lang: Lang) -> str:
    if isinstance(answer, bool):
        return say("evaluation.yes" if answer else "evaluation.no", lang)
    if field == "role":
        return Role(str(answer)).label(lang)
    return (
        f"{answer:g}" if isinstance(answer, float) else f"{answer} {Level(str(answer)).label(lang)}"
    )


def agreement_rows(found: Annotators, lang: Lang) -> list[tuple[str, list[tuple[str, Cell, str]]]]:
    """Return kappa of each pair and what it says of the model, field by field."""
    rows = []
    for one in found.fields:
        cells = []
        for pair, key in _PAIRS.items():
            if pair in one.agreements:
                standing = one.standings.get(pair)
                said = say(_VERDICTS[standing.verdict], lang) if standing else ""
                kappa = cell(one.agreements[pair]["kappa"], _NUMBER, lang)
                cells.append((say(key, lang), kappa, said))
        rows.append((_question(one.field, lang), cells))
    return rows
