"""The model beside two people: does it agree with each as much as they do with each other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zhaojing.classifier import Prediction
from zhaojing.corpus.agreement import Codes, codes, coefficients, shared_records
from zhaojing.evaluation.metrics import part
from zhaojing.evaluation.outcomes import Outcomes, gold_flagged, to_levels
from zhaojing.evaluation.resampling import Figure, Statistic, figures, interval, resample
from zhaojing.evaluation.tallies import cells
from zhaojing.heads import Array
from zhaojing.records import LabelledSentence, Record

MARGIN = 0.1  # of kappa: a loss smaller than this counts as none
PEOPLE, MODEL_FIRST, MODEL_SECOND = "people", "model_first", "model_second"

Verdict = Literal["more", "as_much", "less", "unclear", "undefined"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the model's agreement with one person compares with that between the two people.

    Attributes
    ----------
    difference, low, high
        Kappa of model and person minus kappa of both people, with its 95 % interval.
    verdict
        ``more`` or ``less``: the interval lies on that side of 0. ``as_much``: it holds 0 and
        a loss of 0.1 is ruled out. ``unclear``: it holds 0, but is too wide to rule that
        out. ``undefined``: a kappa or the interval is.
    """

    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """One field: a category id, ``role``, ``embellishment_level`` or ``flagged``.

    Attributes
    ----------
    agreements
        ``raw``, ``kappa`` and ``alpha`` by pair: ``people``, ``model_first``, ``model_second``.
        Kappa of the level has quadratic weights, and its alpha is ordinal.
    standings
        Of the model beside each person, by ``model_first`` and ``model_second``.
    """

    field: str
    agreements: dict[str, dict[str, Figure]]
    standings: dict[str, Standing]


@dataclass(frozen=True, slots=True)
class Annotators:
    """Two people and the model on the documents both people annotated."""

    n_documents: int
    n_sentences: int
    resamples: int
    fields: tuple[FieldAgreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data, fields by their names."""
        return {
            "n_documents": self.n_documents,
            "n_sentences": self.n_sentences,
            "resamples": self.resamples,
            "fields": {
                one.field: {
                    **{
                        pair: {name: figure.to_json() for name, figure in found.items()}
                        for pair, found in one.agreements.items()
                    },
                    "standings": {
                        pair: {
                            "difference": standing.difference,
                            "low": standing.low,
                            "high": standing.high,
                            "verdict": standing.verdict,
                        }
                        for pair, standing in one.standings.items()
                    },
                }
                for one in self.fields
            },
        }


def compare_annotators(
    first: Sequence[Record],
    second: Sequence[Record],
    predictions: Sequence[Prediction],
    *,
    resamples: int = 10_000,
) -> Annotators:
    """Compare two annotators with each other and with the model.

    ``predictions`` are of all sentences of ``first``, in order. Documents are matched by
    ``doc_id``; sampling weights of ``first`` count. Intervals are over documents.

    Raises
    ------
    InvalidRecords
        No document is shared, a shared one has other sentences, or a weight is no number.
    ValueError
        There is not one prediction for each sentence of ``first``.
    """
    shared = shared_records(first, second)
    names = {record.doc_id for record, _ in shared}
    mine, given = part(first, predictions, lambda record, _: record.doc_id in names)
    outcomes = Outcomes.of(mine, given)
    people = [[s for pair in shared for s in pair[side].sentences] for side in (0, 1)]
    coders = [
        codes(people[0]) | _flags([gold_flagged(s) for s in people[0]]),
        codes(people[1]) | _flags([gold_flagged(s) for s in people[1]]),
        codes(_labelled(given)) | _flags([p.flagged for p in given]),
    ]
    pairs = {
        PEOPLE: (coders[0], coders[1]),
        MODEL_FIRST: (coders[2], coders[0]),
        MODEL_SECOND: (coders[2], coders[1]),
    }
    statistic = _statistic(outcomes, pairs)
    samples = resample(statistic, outcomes.documents, resamples=resamples)
    values = statistic(np.ones((1, outcomes.documents)))
    everyone = np.ones(len(outcomes), dtype=np.bool_)
    found = figures(values, dict.fromkeys(values, everyone), outcomes.document, samples)
    fields = []
    for field in coders[0]:
        agreements = {
            pair: {name: found[f"{pair}.{field}.{name}"] for name in ("raw", "kappa", "alpha")}
            for pair in pairs
        }
        standings = {
            pair: _standing(f"{PEOPLE}.{field}.kappa", f"{pair}.{field}.kappa", found, samples)
            for pair in (MODEL_FIRST, MODEL_SECOND)
        }
        fields.append(FieldAgreement(field, agreements, standings))
    return Annotators(len(shared), len(outcomes), resamples, tuple(fields))


def _standing(
    people: str, model: str, found: dict[str, Figure], samples: dict[str, Array]
) -> Standing:
    own, theirs = found[model], found[people]
    if own.value is None or theirs.value is None:
        return Standing(None, None, None, "undefined")
    difference = own.value - theirs.value
    if own.interval is None or theirs.interval is None:
        return Standing(difference, None, None, "undefined")
    low, high = interval(samples[model] - samples[people])
    if low is None or high is None:
        return Standing(difference, None, None, "undefined")
    verdict: Verdict = "as_much" if low > -MARGIN else "unclear"
    if low > 0:
        verdict = "more"
    elif high < 0:
        verdict = "less"
    return Standing(difference, low, high, verdict)


def _labelled(predictions: Sequence[Prediction]) -> list[LabelledSentence]:
    """Return what the model says in the words of an annotator."""
    levels = to_levels(np.array([p.embellishment_score for p in predictions]))
    return [
        LabelledSentence("", p.categories, p.role, int(level))
        for p, level in zip(predictions, levels, strict=True)
    ]


def _flags(values: Sequence[bool]) -> Codes:
    return {"flagged": (np.array(values, dtype=np.int64), 2)}


def _statistic(outcomes: Outcomes, pairs: dict[str, tuple[Codes, Codes]]) -> Statistic:
    tables = {
        (pair, field): outcomes.by_document(cells(values, other[field][0], size))
        for pair, (one, other) in pairs.items()
        for field, (values, size) in one.items()
    }

    def statistic(weights: Array) -> dict[str, Array]:
        found = {}
        for (pair, field), table in tables.items():
            drawn = np.tensordot(weights, table, axes=1)
            for name, values in coefficients(drawn, field).items():
                found[f"{pair}.{field}.{name}"] = values
        return found

    return statistic
