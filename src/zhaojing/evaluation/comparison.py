"""Two models on the same sentences: how far apart, how surely, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhaojing.evaluation.metrics import Measured
from zhaojing.evaluation.resampling import interval, number
from zhaojing.evaluation.tallies import Tallies
from zhaojing.heads import Array
from zhaojing.records import Record

_BLOCK = 250  # swaps at once, so that memory stays small


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of the data evaluated.

    ``index`` counts all sentences from 0, ``sentence`` those of the document from 1.
    """

    index: int
    doc_id: str
    sentence: int
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Second model minus first.

    Attributes
    ----------
    value, low, high
        With its 95 % interval from resamples of documents, the same for both models.
    p
        Two-sided, of the approximate randomisation test; ``None`` for figures of a ranking. Not
        corrected for the number of figures looked at.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models by name, their differences by the name of the figure, and what they disagree on.

    ``only_first`` and ``only_second`` are the sentences whose practices and role that model alone
    gets right; ``both`` and ``neither`` count the others.
    """

    first: str
    second: str
    differences: dict[str, Difference]
    only_first: tuple[Place, ...]
    only_second: tuple[Place, ...]
    both: int
    neither: int


def compare(
    records: Sequence[Record],
    first: tuple[str, Measured],
    second: tuple[str, Measured],
    *,
    resamples: int = 10_000,
) -> Comparison:
    """Compare two models by name, measured on ``records`` with as many resamples each."""
    (name, one), (other_name, other) = first, second
    chances = randomisation(
        Tallies.of(one.outcomes), Tallies.of(other.outcomes), resamples=resamples
    )
    differences = {}
    for figure, value in one.figures.items():
        ends = value.value, (other.figures[figure].value if figure in other.figures else None)
        gap, low, high = None, None, None
        if ends[0] is not None and ends[1] is not None:
            gap = ends[1] - ends[0]
            if value.interval is not None and other.figures[figure].interval is not None:
                low, high = interval(other.samples[figure] - one.samples[figure])
        differences[figure] = Difference(gap, low, high, chances.get(figure))
    right, also = one.outcomes.right, other.outcomes.right
    everywhere = places(records)
    return Comparison(
        first=name,
        second=other_name,
        differences=differences,
        only_first=tuple(everywhere[i] for i in np.flatnonzero(right & ~also)),
        only_second=tuple(everywhere[i] for i in np.flatnonzero(also & ~right)),
        both=int((right & also).sum()),
        neither=int((~right & ~also).sum()),
    )


def randomisation(
    first: Tallies, second: Tallies, *, resamples: int = 10_000, seed: int = 0
) -> dict[str, float | None]:
    """Return two-sided p values of the differences by approximate randomisation.

    Were the models alike, it would not matter which of them said what of a document. So all that
    they said of it changes hands with chance one half, and p is the share of such swaps that
    part the models as far as they are (Noreen 1989; Yeh 2000), the case at hand included.
    A swap that leaves a figure undefined counts against the difference.
    """
    rng = np.random.default_rng(seed)
    documents = len(first.sentences)
    observed = _gaps(first, second, np.zeros((1, documents)))
    as_far = dict.fromkeys(observed, 1)
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        swapped = rng.integers(0, 2, size=(size, documents)).astype(np.float64)
        for name, gap in _gaps(first, second, swapped).items():
            nearer = gap < observed[name] - 1e-12
            as_far[name] += int((~nearer).sum())
    return {
        name: None if not resamples or number(gap[0]) is None else as_far[name] / (1 + resamples)
        for name, gap in observed.items()
    }


def places(records: Sequence[Record]) -> list[Place]:
    """Return where each sentence of ``records`` stands, in order."""
    pairs = [(r, i) for r in records for i in range(len(r.sentences))]
    return [
        Place(index, record.doc_id, i + 1, record.sentences[i].text)
        for index, (record, i) in enumerate(pairs)
    ]


def _gaps(first: Tallies, second: Tallies, swapped: Array) -> dict[str, Array]:
    kept = 1 - swapped
    one = first.combine(kept).plus(second.combine(swapped))
    other = second.combine(kept).plus(first.combine(swapped))
    mine, theirs = ({**t.headline(), **t.per_label()} for t in (one, other))
    return {name: np.abs(theirs[name] - mine[name]) for name in mine}
