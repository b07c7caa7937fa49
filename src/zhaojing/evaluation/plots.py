"""The drawings of an evaluation, each as PNG and SVG, with labels in either language.

A drawing holds fixed labels and figures only; a model is a letter in it. So the font beside this
module, a subset made by ``scripts/subset_font.py``, has every character, and a machine without a
Chinese font shows the same picture. Colours are those of Okabe & Ito (2008), each with a line
style and a sign of its own, so that no reader and no printer depends on them.
"""

from __future__ import annotations

import io
import os
import string
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zhaojing.errors import MissingExtra
from zhaojing.evaluation.study import Comparison, Confusion, Figure, ModelStudy, Study
from zhaojing.labels import CATEGORIES, Category, Level, Role
from zhaojing.messages import MESSAGES, Lang, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

FONT = Path(__file__).with_name("fonts") / "zhaojing-plots.otf"
FONT_FAMILY = "Zhaojing Plots"
FLAGGED, ROLE, LEVEL = "flagged", "role", "level"  # in names of drawings, beside the practices
COMPARED = {  # the figures whose differences are drawn, with their labels
    "right": "plot.right",
    "flagged.f1": "plot.flagged_f1",
    "categories.macro_f1": "plot.categories_f1",
    "problems.macro_f1": "plot.problems_f1",
    "role.macro_f1": "plot.role_f1",
    "embellishment.quadratic_kappa": "plot.kappa",
}
_LETTERS = string.ascii_uppercase
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00")
_LINES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))  # five beside six, so no pair recurs soon
_SIGNS = ("o", "s", "^", "D", "v", "P", "X")
_HEADS = {
    FLAGGED: "plot.flagged",
    ROLE: "plot.role",
    LEVEL: "plot.embellishment",
}
_SOFT, _GRID = "#545c66", "#d3d9e0"
_SIZE = (3.5, 2.9)  # inches: 336 px wide, so that a phone need not shrink the letters
_LONG = 6  # letters of a column's name that have room side by side
_LEGEND_ROW = 0.19  # inches
_DPI = 200
_REFERENCE: dict[str, Any] = {"color": _SOFT, "linewidth": 1, "linestyle": (0, (1, 2))}
_STYLE: dict[Any, Any] = {
    "font.family": FONT_FAMILY,
    "font.size": 9,
    "figure.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _SOFT,
    "axes.unicode_minus": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.markersize": 3.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "zhaojing",  # or the ids in an SVG would differ from run to run
}


_Models = Sequence[tuple[str, ModelStudy]]  # each with its letter


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing; ``name`` is that of its files without their ending."""

    name: str
    png: bytes
    svg: bytes


def check_plots() -> None:
    """Raise :class:`MissingExtra` if there is nothing to draw with: before the work, not after."""
    if find_spec("matplotlib") is None:
        raise MissingExtra("evaluate")


def letters(study: Study) -> dict[str, str]:
    """Return what each model is called in the drawings, by its name: A, B, C, after Z a number."""
    names = enumerate(study.models)
    return {name: _LETTERS[k] if k < len(_LETTERS) else str(k + 1) for k, name in names}


def characters() -> set[str]:
    """Return every character that a drawing can show, in either language."""
    labels = [text for key, texts in MESSAGES.items() if key.startswith("plot.") for text in texts]
    for names in (Category, Role, Level):
        labels += [name for label in names for name in (label.zh, label.en)]
    return set("".join(labels) + string.printable[:95])


def plots(study: Study, lang: Lang) -> tuple[Plot, ...]:
    """Draw a study; the same study gives the same bytes.

    Raises
    ------
    MissingExtra
        The extra ``evaluate`` is not installed.
    """
    check_plots()
    with _matplotlib():
        return tuple(_saved(name, drawing) for name, drawing in _drawings(study, lang))


@contextmanager
def _matplotlib() -> Iterator[None]:
    """Set matplotlib up for our drawings, whatever its user's settings, and leave no file.

    It writes a list of fonts, and looks for styles, in a folder of its own: here one that goes.
    """
    before = os.environ.get("MPLCONFIGDIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = folder
        try:
            import matplotlib
            from matplotlib import font_manager

            if FONT_FAMILY not in font_manager.fontManager.get_font_names():
                font_manager.fontManager.addfont(FONT)
            with matplotlib.rc_context():
                matplotlib.rcdefaults()
                matplotlib.rcParams.update(_STYLE)
                yield
        finally:
            os.environ.pop("MPLCONFIGDIR")
            if before is not None:
                os.environ["MPLCONFIGDIR"] = before


def _saved(name: str, drawing: Drawing) -> Plot:
    png, svg = io.BytesIO(), io.BytesIO()
    drawing.savefig(png, format="png", dpi=_DPI, metadata={"Software": None})
    drawing.set_layout_engine("none")  # it is laid out; once more would take as long again
    drawing.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Plot(name, png.getvalue(), svg.getvalue())


def _drawings(study: Study, lang: Lang) -> Iterator[tuple[str, Drawing]]:
    named = letters(study)
    models = [(named[name], model) for name, model in study.models.items()]
    for name in (*CATEGORIES, FLAGGED):
        yield from _precision_recall(models, name, lang)
    for letter, model in models:
        yield f"roles-{letter}", _matrix(model.roles, Role, "plot.roles", letter, lang)
        yield f"levels-{letter}", _matrix(model.levels, Level, "plot.levels", letter, lang)
    for name in (*CATEGORIES, ROLE, LEVEL):
        yield from _reliability(models, name, lang)
    for name in ("labels", FLAGGED):
        yield from _risk_coverage(models, name, lang)
    yield from _workload(models, lang)
    first = next(iter(study.models))
    against = [(named[c.second], c) for c in study.comparisons if c.first == first]
    if against:
        yield "differences", _differences(against, lang)


def _precision_recall(models: _Models, name: str, lang: Lang) -> Iterator[tuple[str, Drawing]]:
    key = name if name == FLAGGED else f"categories.{name}"
    found = [(letter, m.precision_recall[key]) for letter, m in models if key in m.precision_recall]
    if not found:
        return
    title = _title(_label(name, lang), found[0][1].average_precision)
    drawing, axes = _shares(title, say("plot.recall", lang), say("plot.precision", lang))
    axes.axhline(found[0][1].prevalence, **_REFERENCE)
    for index, (letter, curve) in enumerate(found):
        value = f"{say('plot.average_precision', lang)} {_number(curve.average_precision)}"
        style = _style(index)
        axes.step(curve.recall, curve.precision, label=f"{letter}  {value}", **style)
        recall, precision = curve.operating
        if recall is not None and precision is not None:
            axes.plot(recall, precision, _SIGNS[index % len(_SIGNS)], color=style["color"])
    yield f"precision-recall-{name}", _with_legend(drawing)


def _reliability(models: _Models, name: str, lang: Lang) -> Iterator[tuple[str, Drawing]]:
    key = {ROLE: "role", LEVEL: "embellishment"}.get(name, f"categories.{name}")
    found = [(letter, m.reliability[key]) for letter, m in models if key in m.reliability]
    if not found:
        return
    across, upward = "plot.stated", "plot.happened"
    if name == LEVEL:
        across, upward = "plot.stated_level", "plot.happened_level"
    title = _title(_label(name, lang), found[0][1].calibration_error)
    drawing, axes = _shares(title, say(across, lang), say(upward, lang))
    axes.plot([0, 1], [0, 1], **_REFERENCE)
    for index, (letter, one) in enumerate(found):
        error = f"{say('plot.calibration_error', lang)} {_number(one.calibration_error)}"
        axes.plot(
            [part.stated for part in one.bins],
            [part.happened for part in one.bins],
            marker=_SIGNS[index % len(_SIGNS)],
            label=f"{letter}  {error}  Brier {_number(one.brier)}",
            **_style(index),
        )
    yield f"reliability-{name}", _with_legend(drawing, columns=1)


def _risk_coverage(models: _Models, name: str, lang: Lang) -> Iterator[tuple[str, Drawing]]:
    found = [(letter, m.risk_coverage[name]) for letter, m in models if name in m.risk_coverage]
    if not found:
        return
    key = "plot.risk_flagged" if name == FLAGGED else "plot.risk_labels"
    title = _title(say(key, lang), found[0][1].aurc)
    drawing, axes = _shares(title, say("plot.coverage", lang), say("plot.risk", lang))
    highest = 0.0
    for index, (letter, one) in enumerate(found):
        risk = [1 - share for share in one.precision]
        highest = max([highest, *risk])
        axes.plot(one.coverage, risk, label=f"{letter}  AURC {_number(one.aurc)}", **_style(index))
    axes.set_ylim(0, min(1.02, max(0.1, 1.1 * highest)))
    yield f"risk-coverage-{name}", _with_legend(drawing)


def _workload(models: _Models, lang: Lang) -> Iterator[tuple[str, Drawing]]:
    found = [(letter, m.workload) for letter, m in models if m.workload]
    if not found:
        return
    title = say("plot.workload", lang)
    drawing, axes = _shares(title, say("plot.read", lang), say("plot.found", lang))
    axes.plot([0, 1], [0, 1], **_REFERENCE)
    for index, (letter, one) in enumerate(found):
        style = _style(index)
        axes.plot(one.read, one.found, label=letter, **style)
        needs = [(need.read.value, need.found) for need in one.needs if need.read.value is not None]
        for read, share in needs:
            axes.plot(read, share, _SIGNS[index % len(_SIGNS)], color=style["color"])
    yield "workload", _with_legend(drawing, columns=4)


def _matrix(
    table: Confusion, names: type[Role] | type[Level], key: str, letter: str, lang: Lang
) -> Drawing:
    """Draw counts with the share of their row, which also makes the shade."""
    counts = np.array(table.counts)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros_like(counts), where=sums > 0)
    title = say(key, lang, model=letter)
    drawing, axes = _empty(title, say("plot.given", lang), say("plot.gold", lang))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")  # pale, for black letters
    shown = [names(label).label(lang) for label in table.labels]
    turned = 20 if max(map(len, shown)) > _LONG else 0
    axes.set_xticks(range(len(shown)), shown, rotation=turned)
    axes.set_yticks(range(len(shown)), shown)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    for row, column in np.ndindex(counts.shape):
        axes.text(
            column,
            row,
            f"{counts[row, column]:,.0f}\n{shares[row, column]:.0%}",
            ha="center",
            va="center",
        )
    return drawing


def _differences(against: Sequence[tuple[str, Comparison]], lang: Lang) -> Drawing:
    """Draw what each model has more than the first one, figure by figure."""
    drawing, axes = _empty(say("plot.differences", lang), say("plot.better", lang), "")
    drawing.set_figheight(1 + len(COMPARED) * (0.2 + 0.1 * len(against)))
    axes.axvline(0, **_REFERENCE)
    for index, (letter, comparison) in enumerate(against, 1):
        style = _style(index) | {"linestyle": "-"}
        shift = 0.7 * ((index - 0.5) / len(against) - 0.5)
        for row, name in enumerate(COMPARED):
            found = comparison.differences.get(name)
            if found is None or found.value is None:
                continue
            if found.low is not None and found.high is not None:
                axes.plot([found.low, found.high], [row + shift] * 2, **style)
            sign = _SIGNS[index % len(_SIGNS)]
            label = None if row else say("plot.minus", lang, model=letter)
            axes.plot(found.value, row + shift, sign, color=style["color"], label=label)
    axes.set_yticks(range(len(COMPARED)), [say(key, lang) for key in COMPARED.values()])
    axes.set_ylim(len(COMPARED) - 0.5, -0.5)
    axes.margins(x=0.1)
    axes.grid(visible=False, axis="y")
    return _with_legend(drawing)


def _empty(title: str, across: str, upward: str) -> tuple[Drawing, Axes]:
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=_SIZE, layout="constrained")
    axes = drawing.add_subplot()
    drawing.suptitle(title, x=0.02, ha="left")
    axes.set_xlabel(across)
    axes.set_ylabel(upward)
    return drawing, axes


def _shares(title: str, across: str, upward: str) -> tuple[Drawing, Axes]:
    """Return axes whose directions are both shares, in [0, 1]."""
    from matplotlib.ticker import PercentFormatter

    drawing, axes = _empty(title, across, upward)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return drawing, axes


def _with_legend(drawing: Drawing, columns: int = 2) -> Drawing:
    """Add the legend below and its height, so that it takes nothing from the axes."""
    legend = drawing.legend(loc="outside lower left", ncols=columns)
    rows = ceil(len(legend.get_texts()) / columns)
    drawing.set_figheight(drawing.get_figheight() + _LEGEND_ROW * rows)
    return drawing


def _style(index: int) -> dict[str, Any]:
    """Return the colour and line of a model, by its place."""
    return {
        "color": _COLOURS[index % len(_COLOURS)],
        "linestyle": _LINES[index % len(_LINES)],
        "linewidth": 1.2 if index else 2.2,  # the first is seen below another on the same path
    }


def _label(name: str, lang: Lang) -> str:
    return say(_HEADS[name], lang) if name in _HEADS else Category(name).label(lang)


def _title(label: str, rests_on: Figure) -> str:
    return f"{label}  n = {rests_on.sentences:,}"


def _number(figure: Figure) -> str:
    return "-" if figure.value is None else f"{figure.value:.3f}"
