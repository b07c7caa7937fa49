"""What each drawing of an evaluation says, in a sentence or two made from its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from zhaojing.evaluation.plots import COMPARED, FLAGGED, LEVEL, ROLE, letters
from zhaojing.evaluation.study import Comparison, Confusion, Figure, ModelStudy, Reliability, Study
from zhaojing.labels import CATEGORIES, Role
from zhaojing.messages import Lang, say

_FAIR = 0.01  # a mean gap of probabilities that is not worth a word
_LEFT = 0.2  # the share left to a person of which the reading speaks
_FOUND = 0.9  # the share of true flags found of which it speaks
_COMMA = {"zh": "、", "en": ", "}
_SPACE = {"zh": "", "en": " "}


def readings(study: Study, lang: Lang) -> dict[str, str]:
    """Return the reading of each drawing of ``study``, by the drawing's name."""
    return {name: _SPACE[lang].join(said) for name, said in _readings(study, lang)}


def interval(figure: Figure, lang: Lang, form: str = ".2f") -> str:
    """Return the interval of ``figure`` in words."""
    if figure.low is None or figure.high is None:
        return say("evaluation.no_interval", lang)
    ends = {"low": format(figure.low, form), "high": format(figure.high, form)}
    return say("evaluation.interval", lang, **ends)


def _readings(study: Study, lang: Lang) -> Iterator[tuple[str, list[str]]]:
    named = letters(study)
    models = [(named[name], model) for name, model in study.models.items()]
    judged = study.judged
    for name in (*CATEGORIES, FLAGGED):
        key = name if name == FLAGGED else f"categories.{name}"
        if key in judged.precision_recall:
            yield f"precision-recall-{name}", list(_precision_recall(models, key, lang))
    for letter, model in models:
        yield f"roles-{letter}", [_worst_role(model.roles, lang)]
        yield f"levels-{letter}", [_levels(model.levels, lang)]
    for name in (*CATEGORIES, ROLE, LEVEL):
        key = {ROLE: "role", LEVEL: "embellishment"}.get(name, f"categories.{name}")
        if key in judged.reliability:
            errors = [(x, m.reliability[key].calibration_error) for x, m in models if m.reliability]
            said = list(_reliability(judged.reliability[key], lang))
            yield f"reliability-{name}", [*said, *_others(errors, lang)]
    for name, curve in judged.risk_coverage.items():
        areas = [(x, m.risk_coverage[name].aurc) for x, m in models if name in m.risk_coverage]
        left, every = curve.left[_LEFT], curve.left[0]
        values = {"share": f"{_LEFT:.0%}", "every": _share(every), "kept": _share(left)}
        key = "reading.risk_flagged" if name == FLAGGED else "reading.risk_labels"
        said = [say(key, lang, **values), *_few(every, lang), *_others(areas, lang, "AURC ")]
        yield f"risk-coverage-{name}", said
    if judged.workload:
        yield "workload", list(_workload(judged, lang))
    first = next(iter(study.models))
    against = [(named[c.second], c) for c in study.comparisons if c.first == first]
    if against:
        yield "differences", [_apart(letter, comparison, lang) for letter, comparison in against]


def _precision_recall(
    models: Sequence[tuple[str, ModelStudy]], key: str, lang: Lang
) -> Iterator[str]:
    curve = models[0][1].precision_recall[key]
    area = curve.average_precision
    if area.value is None:
        yield say("reading.no_gold", lang)
        return
    yield say(
        "reading.precision_recall",
        lang,
        value=f"{area.value:.2f}",
        interval=interval(area, lang),
        chance=f"{curve.prevalence:.2f}",
    )
    recall, precision = curve.operating
    if precision is None or recall is None:
        yield say("reading.never", lang)
    else:
        shares = {"precision": f"{precision:.0%}", "recall": f"{recall:.0%}"}
        yield say("reading.operating", lang, **shares)
    yield from _few(area, lang)
    found = ((x, m.precision_recall.get(key)) for x, m in models)
    yield from _others([(x, one.average_precision) for x, one in found if one], lang)


def _worst_role(table: Confusion, lang: Lang) -> str:
    """Name the confusion that happens most often."""
    counts = np.array(table.counts)
    wrong = counts * (1 - np.eye(len(counts)))
    if not wrong.any():
        return say("reading.no_confusion", lang)
    gold, given = np.unravel_index(wrong.argmax(), wrong.shape)
    return say(
        "reading.roles",
        lang,
        gold=Role(table.labels[gold]).label(lang),
        given=Role(table.labels[given]).label(lang),
        count=f"{wrong[gold, given]:,.0f}",
        share=f"{wrong[gold, given] / counts[gold].sum():.0%}",
    )


def _levels(table: Confusion, lang: Lang) -> str:
    counts = np.array(table.counts)
    shares = {
        "same": np.trace(counts),
        "over": np.triu(counts, 1).sum(),
        "under": np.tril(counts, -1).sum(),
        "far": np.triu(counts, 2).sum() + np.tril(counts, -2).sum(),
    }
    total = counts.sum()
    return say("reading.levels", lang, **{k: f"{v / total:.1%}" for k, v in shares.items()})


def _reliability(found: Reliability, lang: Lang) -> Iterator[str]:
    sizes = [part.sentences for part in found.bins]
    gap = float(np.average([part.stated - part.happened for part in found.bins], weights=sizes))
    key = "reading.too_high" if gap > 0 else "reading.too_low"
    if abs(gap) < _FAIR:
        key = "reading.fair"
    yield say(key, lang, gap=f"{abs(gap):.1%}")
    worst = max(found.bins, key=lambda part: abs(part.stated - part.happened))
    yield say(
        "reading.worst_bin",
        lang,
        stated=f"{worst.stated:.0%}",
        happened=f"{worst.happened:.0%}",
        count=f"{worst.sentences:,}",
    )


def _workload(model: ModelStudy, lang: Lang) -> Iterator[str]:
    needs = model.workload.needs if model.workload else ()
    for need in needs:
        if need.found == _FOUND and need.read.value is not None:
            yield say(
                "reading.workload",
                lang,
                found=f"{need.found:.0%}",
                read=f"{need.read.value:.0%}",
                interval=interval(need.read, lang, ".0%"),
                sentences=f"{need.sentences:,}",
                random=f"{need.random:,}",
            )
            yield from _few(need.read, lang)


def _apart(letter: str, comparison: Comparison, lang: Lang) -> str:
    """Name the figures whose whole interval lies on one side of 0."""
    found = [(say(key, lang), comparison.differences.get(name)) for name, key in COMPARED.items()]
    better = [name for name, one in found if one and one.low is not None and one.low > 0]
    worse = [name for name, one in found if one and one.high is not None and one.high < 0]
    if not better and not worse:
        return say("reading.alike", lang, model=letter)
    nothing = say("report.none", lang)
    return say(
        "reading.apart",
        lang,
        model=letter,
        better=_COMMA[lang].join(better) or nothing,
        worse=_COMMA[lang].join(worse) or nothing,
    )


def _few(figure: Figure, lang: Lang) -> Iterator[str]:
    if figure.few:
        counts = {"sentences": figure.sentences, "documents": figure.documents}
        yield say("reading.few", lang, **counts)


def _others(found: Sequence[tuple[str, Figure]], lang: Lang, name: str = "") -> Iterator[str]:
    """Name the value of each model but the first."""
    shown = [f"{x} {name}{f.value:.3f}" for x, f in found[1:] if f.value is not None]
    if shown:
        yield say("reading.others", lang, others=_COMMA[lang].join(shown))


def _share(figure: Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.0%}"
