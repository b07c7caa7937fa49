"""Everything that is measured of one or several models on annotated documents, in one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from zhaojing.classifier import Prediction
from zhaojing.evaluation.calibration import Bin, Reliability, reliability
from zhaojing.evaluation.comparison import Comparison, Difference, Place, compare
from zhaojing.evaluation.curves import (
    Need,
    PrecisionRecall,
    RiskCoverage,
    Workload,
    precision_recall,
    risk_coverage,
    workload,
)
from zhaojing.evaluation.metrics import Measured, measure
from zhaojing.evaluation.mistakes import Finding, confident_errors, suspected_labels
from zhaojing.evaluation.outcomes import Integers, Outcomes
from zhaojing.evaluation.resampling import Figure
from zhaojing.evaluation.slices import Slice
from zhaojing.evaluation.slices import slices as make_slices
from zhaojing.evaluation.tallies import cells
from zhaojing.labels import LEVELS, ROLES
from zhaojing.records import Record

__all__ = [
    "Bin", "Comparison", "Confusion", "Difference", "Figure", "Finding", "ModelStudy", "Need",
    "Place", "PrecisionRecall", "Reliability", "RiskCoverage", "Slice", "Study", "Workload",
    "study",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confusion:
    """Gold (rows) by given (columns).

    ``counts`` are sentences, or summed weights where the sentences have some.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class ModelStudy:
    """All that is measured of one model.

    Attributes
    ----------
    figures
        By dotted name, as ``categories.macro_f1``, ``problems.per_label.documents.f1``,
        ``role.accuracy``, ``flagged.precision``, ``embellishment.quadratic_kappa``,
        ``role.calibration_error``, ``role.brier``, ``flagged.average_precision``.
    metrics
        The same as nested plain data with what :func:`zhaojing.evaluation.evaluate` adds:
        supports, ``intervals``.
    roles, levels
        Confusions; a score counts as its nearest level.
    precision_recall
        By ``categories.ID``, ``problems.ID`` (the practice in the role of a problem) and
        ``flagged``. Like the next three, empty or ``None`` where predictions have no
        probabilities.
    reliability
        By ``categories.ID``, ``role`` (probability of the role given) and ``embellishment``
        (score against level / 3).
    risk_coverage
        ``labels``: all sentences, right if practices and role are; ``flagged``: the flagged
        ones, right if gold is flagged.
    workload
        To find the sentences that gold flags.
    slices
        Worst first: by the upper end of the interval of ``right``; those with too few
        sentences or documents come last.
    confident_errors, suspected
        Surest first.
    """

    figures: dict[str, Figure]
    metrics: dict[str, Any]
    roles: Confusion
    levels: Confusion
    precision_recall: dict[str, PrecisionRecall]
    reliability: dict[str, Reliability]
    risk_coverage: dict[str, RiskCoverage]
    workload: Workload | None
    slices: tuple[Slice, ...]
    confident_errors: tuple[Finding, ...]
    suspected: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """What was measured of some models on the same documents.

    Attributes
    ----------
    models
        By name, in the order given; the first is the one that is judged.
    comparisons
        Of every two models.
    weighted
        Whether sentences had sampling weights.
    resamples
        How many the intervals rest on; 0 for none.
    """

    n_documents: int
    n_sentences: int
    weighted: bool
    resamples: int
    models: dict[str, ModelStudy]
    comparisons: tuple[Comparison, ...]

    @property
    def judged(self) -> ModelStudy:
        """The first model."""
        return next(iter(self.models.values()))

    def to_json(self) -> dict[str, Any]:
        """Return what ``metrics.json`` holds.

        The first model's figures stand at the top, nested by their names, with what they rest on
        and their intervals, its ``slices`` by field and value, its confusions and curves. Those of
        further models are the same under ``others``.
        """
        first, *rest = (
            {"model": name, **_model_json(model)} for name, model in self.models.items()
        )
        return {
            "resamples": self.resamples,
            "weighted": self.weighted,
            **first,
            "others": {model["model"]: model for model in rest},
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }


def study(
    records: Sequence[Record],
    predictions: Mapping[str, Sequence[Prediction]],
    *,
    slices: Sequence[str] = (),
    resamples: int = 10_000,
) -> Study:
    """Measure every model of ``predictions`` on the sentences of ``records``, in order.

    ``slices`` names fields of records or sentences to slice by, beside the standard ones. Sampling
    weights count as in :func:`zhaojing.evaluation.evaluate`.

    Raises
    ------
    ValueError
        There is no model, no sentence, or not one prediction for each.
    InvalidConfig
        No sentence or document has one of the fields to slice by.
    InvalidRecords
        A sampling weight is not a number above 0.
    """
    if not predictions:
        raise ValueError("there is nothing to evaluate")
    measured = {
        name: measure(Outcomes.of(records, given), resamples=resamples)
        for name, given in predictions.items()
    }
    outcomes = next(iter(measured.values())).outcomes
    return Study(
        n_documents=len(records),
        n_sentences=len(outcomes),
        weighted=bool((outcomes.weight != 1).any()),
        resamples=resamples,
        models={
            name: _model_study(records, one, slices, resamples) for name, one in measured.items()
        },
        comparisons=tuple(
            compare(records, first, second, resamples=resamples)
            for first, second in combinations(measured.items(), 2)
        ),
    )


def _model_study(
    records: Sequence[Record], measured: Measured, fields: Sequence[str], resamples: int
) -> ModelStudy:
    outcomes, figures = measured.outcomes, measured.figures
    levels = tuple(str(level) for level in LEVELS)
    return ModelStudy(
        figures=figures,
        metrics=measured.to_json(),
        roles=_confusion(outcomes, ROLES, outcomes.role, outcomes.given_role),
        levels=_confusion(outcomes, levels, outcomes.level, outcomes.given_level),
        precision_recall=precision_recall(outcomes, figures),
        reliability=reliability(outcomes, figures),
        risk_coverage=risk_coverage(outcomes, figures),
        workload=workload(outcomes, figures),
        slices=make_slices(records, outcomes, fields, resamples=resamples),
        confident_errors=confident_errors(records, outcomes),
        suspected=suspected_labels(records, outcomes),
    )


def _confusion(
    outcomes: Outcomes, labels: tuple[str, ...], gold: Integers, given: Integers
) -> Confusion:
    table = outcomes.by_document(cells(gold, given, len(labels))).sum(axis=0)
    return Confusion(labels, tuple(tuple(row) for row in table.tolist()))


def _model_json(model: ModelStudy) -> dict[str, Any]:
    by_field: dict[str, dict[str, Any]] = {}
    for one in model.slices:
        values = {name: figure.value for name, figure in one.figures.items()}
        ends = {name: f.interval for name, f in one.figures.items() if f.interval is not None}
        rests = {name: f.support() for name, f in one.figures.items()}
        by_field.setdefault(one.field, {})[one.value] = {
            **values, "worse": one.worse, "supports": rests, "intervals": ends
        }  # fmt: skip
    return {
        **model.metrics,
        "slices": by_field,
        "worst_slices": [[one.field, one.value] for one in model.slices if one.worse],
        "confusions": {"role": asdict(model.roles), "embellishment": asdict(model.levels)},
        "curves": {
            "precision_recall": {
                name: {"threshold": one.threshold, "precision": one.precision, "recall": one.recall}
                for name, one in model.precision_recall.items()
            },
            "reliability": {
                name: [asdict(each) for each in one.bins] for name, one in model.reliability.items()
            },
            "risk_coverage": {
                name: {"coverage": one.coverage, "precision": one.precision}
                for name, one in model.risk_coverage.items()
            },
            "workload": model.workload
            and {"read": model.workload.read, "found": model.workload.found},
        },
        "confident_errors": [asdict(one) for one in model.confident_errors],
        "suspected_labels": [asdict(one) for one in model.suspected],
    }
