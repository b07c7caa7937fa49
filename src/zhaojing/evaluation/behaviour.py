"""Behavioural tests: what a classifier must do with sentences written for one capability each.

CheckList (Ribeiro et al. 2020, ACL). *Minimum functionality*: a simple case gets the labels it
must have. *Invariance*: a variant that means the same gets the labels of its original, whatever
they are. *Direction*: a variant moves a score the way its meaning moves. The cases are data, in
``data/behaviour``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zhaojing.classifier import Classifier, Prediction
from zhaojing.context import Context
from zhaojing.errors import InvalidConfig
from zhaojing.evaluation.cases import Capability, Case, Excerpt
from zhaojing.labels import MAX_LEVEL, level_of
from zhaojing.proportion import wilson

TARGETS = {"minimum": 0.05, "invariance": 0.02, "direction": 0.05}  # failure rates aimed at
CEILINGS_FILE = "ceilings.toml"
HALF_A_LEVEL = 1 / (2 * MAX_LEVEL)  # a score that moves less than this still says the same
TOLERANCE = 0.01  # by which a score may move the wrong way


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that did not pass: what was expected and what came instead, by field."""

    case: Case
    expected: Mapping[str, Any]
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """How a classifier did on the cases of one capability."""

    capability: Capability
    failures: tuple[Failure, ...]

    @property
    def rate(self) -> float:
        """The share of cases that failed; every variant of an original is a case."""
        return len(self.failures) / len(self.capability.cases)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of :attr:`rate`, as if variants of one original were independent."""
        return wilson(len(self.failures), len(self.capability.cases))

    @property
    def target(self) -> float:
        """The failure rate aimed at."""
        return TARGETS[self.capability.kind]

    def row(self) -> dict[str, Any]:
        """Return name, kind and figures as plain data."""
        low, high = self.interval
        return {
            "capability": self.capability.name,
            "zh": self.capability.zh,
            "en": self.capability.en,
            "kind": self.capability.kind,
            "cases": len(self.capability.cases),
            "failures": len(self.failures),
            "rate": self.rate,
            "low": low,
            "high": high,
            "target": self.target,
        }

    def to_json(self) -> dict[str, Any]:
        """Return :meth:`row` and every failure, with what stood around the sentence."""
        failing = [
            {
                "id": failure.case.id,
                **asdict(failure.case.judged),
                "expected": dict(failure.expected),
                "given": dict(failure.given),
            }
            for failure in self.failures
        ]
        return self.row() | {"failing": failing}


def check(classifier: Classifier, capabilities: Sequence[Capability]) -> list[Result]:
    """Classify the excerpts of all cases at once and judge them; the worst capability is first."""
    cases = [case for capability in capabilities for case in capability.cases]
    excerpts = list(dict.fromkeys(e for case in cases for e in (case.original, case.judged)))
    given = dict(zip(excerpts, classify_apart(classifier, excerpts), strict=True))
    results = []
    for capability in capabilities:
        judged = (_judge(c, given[c.original], given[c.judged]) for c in capability.cases)
        results.append(Result(capability, tuple(failure for failure in judged if failure)))
    return sorted(results, key=lambda result: -result.rate)


def classify_apart(classifier: Classifier, excerpts: Sequence[Excerpt]) -> list[Prediction]:
    """Classify ``excerpts`` in one call, none of them in the company of another.

    As in a report, the sentence before is classified too and the model looks at both together;
    it is taken to stand under the same heading, with nothing before it. The call's passages are
    runs in which each sentence names its predecessor, and no excerpt begins by naming one.
    """
    texts: list[str] = []
    contexts: list[Context] = []
    places = []
    for excerpt in excerpts:
        if excerpt.previous:
            texts.append(excerpt.previous)
            contexts.append(Context(excerpt.heading))
        places.append(len(texts))
        texts.append(excerpt.text)
        contexts.append(Context(excerpt.heading, excerpt.previous))
    given = classifier.classify(texts, contexts=contexts)
    return [given[place] for place in places]


def read_ceilings(path: Path) -> dict[str, float]:
    """Return the largest failure rate that lets a model pass, by capability.

    Raises
    ------
    InvalidConfig
        The file cannot be read, or holds something else than rates.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidConfig("config.invalid", where=path, detail=str(error)) from error
    wrong = [key for key, value in values.items() if type(value) not in (int, float)]
    wrong += [key for key, value in values.items() if key not in wrong and not 0 <= value <= 1]
    if wrong:
        raise InvalidConfig("config.invalid", where=path, detail=f"no failure rate: {wrong}")
    return values


def over_ceiling(results: Sequence[Result], ceilings: Mapping[str, float]) -> list[Result]:
    """Return the results that fail more often than their ceiling allows, or have no ceiling."""
    return [found for found in results if found.rate > ceilings.get(found.capability.name, -1)]


def _judge(case: Case, before: Prediction, after: Prediction) -> Failure | None:
    if case.expect is None:
        return _judge_same(case, before, after)
    if isinstance(case.expect, str):
        return _judge_direction(case, case.expect, before, after)
    wrong = {k: wanted for k, wanted in case.expect.items() if not _HOLDS[k](wanted, after)}
    return Failure(case, wrong, _labels(after)) if wrong else None


def _judge_same(case: Case, before: Prediction, after: Prediction) -> Failure | None:
    wanted, found = _labels(before), _labels(after)
    wrong = [name for name in ("categories", "role", "flagged") if wanted[name] != found[name]]
    if abs(before.embellishment_score - after.embellishment_score) >= HALF_A_LEVEL:
        wrong.append("score")
    if not wrong:
        return None
    return Failure(case, {k: wanted[k] for k in wrong}, {k: found[k] for k in wrong})


def _judge_direction(
    case: Case, expect: str, before: Prediction, after: Prediction
) -> Failure | None:
    measure, way = expect.rsplit("_", 1)
    start, end = _measured(measure, before), _measured(measure, after)
    if (end - start if way == "up" else start - end) >= -TOLERANCE:
        return None
    return Failure(case, {expect: round(start, 2)}, {measure: round(end, 2)})


def _measured(measure: str, prediction: Prediction) -> float:
    scores = prediction.category_scores | prediction.role_scores
    return (scores | {"score": prediction.embellishment_score})[measure]


def _labels(prediction: Prediction) -> dict[str, Any]:
    return {
        "categories": list(prediction.categories),
        "role": prediction.role,
        "flagged": prediction.flagged,
        "score": round(prediction.embellishment_score, 2),
    }


_HOLDS: dict[str, Callable[[Any, Prediction], bool]] = {
    "categories": lambda wanted, given: set(wanted) == set(given.categories),
    "has": lambda wanted, given: set(wanted) <= set(given.categories),
    "lacks": lambda wanted, given: not set(wanted) & set(given.categories),
    "role": lambda wanted, given: given.role in wanted,
    "level": lambda wanted, given: wanted[0] <= level_of(given.embellishment_score) <= wanted[1],
    "flagged": lambda wanted, given: given.flagged == wanted,
}
