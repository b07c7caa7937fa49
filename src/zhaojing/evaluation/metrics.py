"""Every figure of one model's predictions, with its support and interval.

The tests hold the figures against scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from zhaojing.classifier import Classifier, Prediction
from zhaojing.corpus.neighbours import in_place
from zhaojing.evaluation.calibration import calibration
from zhaojing.evaluation.curves import curves
from zhaojing.evaluation.outcomes import Flags, Outcomes
from zhaojing.evaluation.resampling import Figure, Statistic, figures, ratio, resample
from zhaojing.evaluation.tallies import Tallies
from zhaojing.heads import Array
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.records import LabelledSentence, Record


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one model by dotted name, and their values in each resample."""

    outcomes: Outcomes
    figures: dict[str, Figure]
    samples: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """Return the figures nested by their names, what they rest on, and their intervals.

        A figure that its data leave undefined (precision of a label never given, a correlation
        without variance) is ``None``. ``intervals`` holds the ends by dotted name where there
        are some; ``supports`` the sentences and documents behind every figure, and whether these
        are too ``few``.
        """
        outcomes = self.outcomes
        metrics: dict[str, Any] = {
            "n_sentences": len(outcomes),
            "n_documents": len(np.unique(outcomes.document)),
        }
        for name, figure in self.figures.items():
            *path, last = name.split(".")
            place = metrics
            for key in path:
                place = place.setdefault(key, {})
            place[last] = figure.value
        for group, labels, truth in (
            ("categories", CATEGORIES, outcomes.categories),
            ("problems", CATEGORIES, outcomes.problem),
            ("role", ROLES, outcomes.role[:, None] == np.arange(len(ROLES))),
        ):
            for label, count in zip(labels, truth.sum(axis=0), strict=True):
                metrics[group]["per_label"][label]["support"] = int(count)
        levels = {str(level): int((outcomes.level == level).sum()) for level in LEVELS}
        metrics["embellishment"]["per_level"] = levels
        metrics["flagged"]["support"] = int(outcomes.flagged.sum())
        metrics["supports"] = {name: figure.support() for name, figure in self.figures.items()}
        if self.samples:
            ends = {name: figure.interval for name, figure in self.figures.items()}
            metrics["intervals"] = {name: pair for name, pair in ends.items() if pair is not None}
        return metrics


def predict(
    classifier: Classifier, records: Sequence[Record], *, with_context: bool = True
) -> list[Prediction]:
    """Classify every sentence of ``records``, in order, each in its context.

    The neighbours that sampled sentences brought along count as context.
    """
    texts, contexts, rows = in_place(records)
    told = classifier.classify(texts, contexts=contexts if with_context else None)
    return [told[row] for row in rows]


def evaluate(
    records: Sequence[Record], predictions: Sequence[Prediction], *, resamples: int = 10_000
) -> dict[str, Any]:
    """Return the metrics of ``predictions`` for the sentences of ``records``, in order.

    Where sentences of a sample have an ``extra["weight"]``, the inverse of their chance to be
    drawn, each counts as that many: figures are ratios of weighted sums, as of the whole that was
    sampled (Hájek 1971). ``resamples=0`` leaves the intervals out. See :meth:`Measured.to_json`.

    Raises
    ------
    ValueError
        There is no sentence, or not one prediction for each.
    InvalidRecords
        A weight is not a number above 0.
    """
    return measure(Outcomes.of(records, predictions), resamples=resamples).to_json()


def measure(outcomes: Outcomes, *, resamples: int = 10_000) -> Measured:
    """Compute every figure of ``outcomes``; intervals are over documents, seed 0."""
    statistic = _everything(outcomes)
    samples = resample(statistic, outcomes.documents, resamples=resamples)
    values = statistic(np.ones((1, outcomes.documents)))
    found = figures(values, _rests_on(outcomes, values), outcomes.document, samples)
    return Measured(outcomes, found, samples)


def part(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    keep: Callable[[Record, LabelledSentence], bool],
) -> tuple[list[Record], list[Prediction]]:
    """Return the sentences that ``keep`` chooses, still in their documents, and what they got."""
    given: Iterator[Prediction] = iter(predictions)
    chosen, theirs = [], []
    for record in records:
        pairs = list(zip(record.sentences, islice(given, len(record.sentences)), strict=True))
        kept = [(sentence, p) for sentence, p in pairs if keep(record, sentence)]
        if kept:
            chosen.append(replace(record, sentences=tuple(sentence for sentence, _ in kept)))
            theirs += [p for _, p in kept]
    return chosen, theirs


def spearman(outcomes: Outcomes) -> Statistic:
    """Return the statistic of Spearman's rank correlation of level and score, ties at mid-rank."""
    ranks = [_Ranks.of(values) for values in (outcomes.level, outcomes.score)]

    def statistic(weights: Array) -> dict[str, Array]:
        mass = weights[:, outcomes.document] * outcomes.weight
        total = mass.sum(axis=1)
        one, other = (_centred(rank.middle(mass), mass, total) for rank in ranks)
        spread = np.sqrt((mass * one**2).sum(axis=1) * (mass * other**2).sum(axis=1))
        # of values that are all the same, rounding may leave a spread that is none
        spread[spread < 1e-9 * total**3] = 0
        return {"embellishment.spearman": ratio((mass * one * other).sum(axis=1), spread)}

    return statistic


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Which sentences share a value, in rising order of values."""

    order: Any  # (n,)
    starts: Any  # (groups,): of each value in the order
    group: Any  # (n,): of each sentence

    @classmethod
    def of(cls, values: Any) -> _Ranks:
        order = np.argsort(values, kind="stable")
        _, starts, group = np.unique(values[order], return_index=True, return_inverse=True)
        return cls(order, starts, group[np.argsort(order)])

    def middle(self, mass: Array) -> Array:
        """Return the ``(m, n)`` mid-ranks of sentences that count ``mass`` times each."""
        sums = np.add.reduceat(mass[:, self.order], self.starts, axis=1)
        return np.asarray((sums.cumsum(axis=1) - sums / 2)[:, self.group])


def _centred(ranks: Array, mass: Array, total: Array) -> Array:
    return np.asarray(ranks - ((ranks * mass).sum(axis=1) / total)[:, None])


def _everything(outcomes: Outcomes) -> Statistic:
    tallies = Tallies.of(outcomes)
    others = (spearman(outcomes), calibration(outcomes), curves(outcomes))

    def statistic(weights: Array) -> dict[str, Array]:
        drawn = tallies.combine(weights)
        found = drawn.headline() | drawn.per_label()
        for other in others:
            found |= other(weights)
        return found

    return statistic


def _rests_on(outcomes: Outcomes, names: Iterable[str]) -> dict[str, Flags]:
    """Mark the sentences behind each figure, by name."""
    role, given_role = (
        roles[:, None] == np.arange(len(ROLES)) for roles in (outcomes.role, outcomes.given_role)
    )
    pairs: dict[str, tuple[Flags, Flags]] = {"flagged": (outcomes.flagged, outcomes.given_flagged)}
    for group, labels, gold, given in (
        ("categories", CATEGORIES, outcomes.categories, outcomes.given_categories),
        ("problems", CATEGORIES, outcomes.problem, outcomes.given_problem),
        ("role", ROLES, role, given_role),
    ):
        pairs[group] = np.asarray(gold.any(axis=1)), np.asarray(given.any(axis=1))
        for column, label in enumerate(labels):
            pairs[f"{group}.per_label.{label}"] = gold[:, column], given[:, column]
    everyone = np.ones(len(outcomes), dtype=np.bool_)
    found = {}
    for name in names:
        place, _, last = name.rpartition(".")
        gold, given = pairs.get(place, (everyone, everyone))
        found[name] = everyone
        if place == "risk_coverage.flagged":
            found[name] = outcomes.given_flagged
        elif place == "workload":
            found[name] = outcomes.flagged
        elif last == "precision":
            found[name] = given
        elif last in ("recall", "average_precision"):
            found[name] = gold
        elif last.endswith("f1"):
            found[name] = gold | given
    return found
