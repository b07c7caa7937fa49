"""One self-contained page: every report with its flagged sentences marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from zhaojing.classifier import Classifier
from zhaojing.errors import UnreadableFile
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.screening import Report, ScreenedSentence

# one letter a category, so that marks are told apart without colour; colours have a contrast of
# at least 4.5 : 1 on white (WCAG 2.2, 1.4.3)
LETTERS = {category.value: letter for category, letter in zip(Category, "ABCDEF", strict=True)}
_COLOURS = ("#1d5fa8", "#7a3fa0", "#a85400", "#0d7268", "#b3261e", "#8a1a5c")
PRAISE_LETTER, _PRAISE_COLOUR = "★", "#6b6100"


@dataclass(frozen=True, slots=True)
class _Mark:
    """How a sentence is shown: plain if ``letters`` is empty."""

    text: str
    letters: str
    badges: str
    tip: str
    css: str


def render(
    reports: Sequence[Report],
    failures: Sequence[UnreadableFile],
    classifier: Classifier,
    lang: Lang,
) -> str:
    """Return the page as HTML; all text from reports is escaped."""
    environment = Environment(
        loader=PackageLoader("zhaojing.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("one-page.html.jinja")
    return template.render(
        lang=lang,
        say=partial(_say, lang),
        reports=reports,
        failures=[failure.describe(lang) for failure in failures],
        categories=[
            {
                "id": category.value,
                "letter": LETTERS[category.value],
                "colour": colour,
                "name": category.label(lang),
                "definition": category.definition(lang),
            }
            for category, colour in zip(Category, _COLOURS, strict=True)
        ],
        practices=partial(practices, lang=lang),
        praise_letter=PRAISE_LETTER,
        praise_colour=_PRAISE_COLOUR,
        paragraphs=partial(_paragraphs, lang=lang),
        model=f"{classifier.folder.name if classifier.folder else ''} ({classifier.manifest.kind})",
    )


def practices(report: Report, lang: Lang) -> list[tuple[str, int]]:
    """Return the names of the practices a report shows and how often, most often first."""
    counts = sorted(report.practice_counts().items(), key=lambda pair: -pair[1])
    return [(Category(name).label(lang), count) for name, count in counts]


def _say(lang: Lang, key: str, **values: object) -> str:
    return say(key, lang, **values)


def _paragraphs(report: Report, lang: Lang) -> Iterator[tuple[int | None, list[_Mark]]]:
    """Yield ``(page that begins here or None, sentences)`` for each paragraph."""
    page = None
    for _, group in groupby(report.sentences, key=lambda item: item.sentence.paragraph):
        items = list(group)
        here = items[0].sentence.page
        yield (here if here != page else None), [_mark(item, lang) for item in items]
        page = here


def _mark(item: ScreenedSentence, lang: Lang) -> _Mark:
    prediction = item.prediction
    if not item.flagged:
        return _Mark(item.sentence.text, "", "", "", "")
    role = Role(prediction.role)
    shown = item.practices
    names = [Category(name).label(lang) for name in shown]
    letters = "".join(LETTERS[name] for name in shown)
    details = [
        f"{name} {prediction.category_scores[key]:.2f}"
        for key, name in zip(shown, names, strict=True)
    ]
    praise = f"{say('report.embellishment', lang)} {prediction.embellishment_score:.2f}"
    if not shown:  # flagged for its praise alone
        letters, names = PRAISE_LETTER, [say("report.embellishment", lang)]
    details += [f"{role.label(lang)} {prediction.role_scores[role.value]:.2f}", praise]
    return _Mark(
        text=item.sentence.text,
        letters=letters,
        badges=" · ".join([*names, role.label(lang), f"{item.strength:.2f}"]),
        tip=" · ".join(details),
        css=shown[0] if shown else "praise",
    )
