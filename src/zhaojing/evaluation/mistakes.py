"""Sentences to look at again: the surest errors, and gold labels that are likely wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from zhaojing.classifier import Prediction
from zhaojing.evaluation.comparison import places
from zhaojing.evaluation.outcomes import Integers, Outcomes
from zhaojing.heads import FLAG_LEVEL, Array
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES
from zhaojing.records import Record

Reason = Literal["confident_error", "suspected_label"]

MOST = 100  # findings of a kind; nobody reads more
LEVEL = "embellishment_level"


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence and one of its labels on which the model and gold differ.

    Attributes
    ----------
    index, doc_id, sentence, text
        As in :class:`~zhaojing.evaluation.comparison.Place`.
    field
        A category id, ``role`` or ``embellishment_level``.
    gold, model
        For a category ``True`` or ``False``, for the role its id, for the level gold's level and
        the score in levels (0 to 3, with fractions).
    probability
        What the model gives its own answer, in [0, 1].
    reason
        ``confident_error``: among the surest of the model's errors; ``suspected_label``: what the
        model says of the other sentences speaks against this gold label (confident learning).
    """

    index: int
    doc_id: str
    sentence: int
    text: str
    field: str
    gold: bool | str | float
    model: bool | str | float
    probability: float
    reason: Reason


def confident_errors(
    records: Sequence[Record], outcomes: Outcomes, count: int = MOST
) -> tuple[Finding, ...]:
    """Return the errors of which the model is surest, one a sentence and label, surest first.

    A level is an error if gold and score stand on different sides of level 2.
    """
    found = []
    for question in _questions(outcomes):
        for row in np.flatnonzero(question.gold != question.given):
            answer = int(question.given[row])
            found.append((float(question.probability[row, answer]), question, int(row), answer))
    found.sort(key=lambda item: -item[0])
    return tuple(_findings(records, outcomes, found[:count], "confident_error"))


def suspected_labels(
    records: Sequence[Record], outcomes: Outcomes, count: int = MOST
) -> tuple[Finding, ...]:
    """Return gold labels that are likely wrong, the likeliest first.

    Found by confident learning for each practice, the role, and level 2 and up. What it finds means
    something only if the model was not trained on these sentences.
    """
    found = []
    for question in _questions(outcomes):
        likely = confident_learning(question.gold, question.probability)
        for row in np.flatnonzero(likely != question.gold):
            answer = int(likely[row])
            own = question.probability[row, question.gold[row]]
            lead = float(question.probability[row, answer] - own)
            found.append((lead, question, int(row), answer))
    found.sort(key=lambda item: -item[0])
    return tuple(_findings(records, outcomes, found[:count], "suspected_label"))


def confident_learning(gold: Integers, probability: Array) -> Integers:
    """Return the class each of ``n`` sentences likely has: ``gold``, or another.

    Its threshold is the mean probability of a class among the sentences that gold gives it; of the
    classes over theirs, the likeliest is the likely one (Northcutt et al. 2021, JAIR 70,
    the off-diagonal of the confident joint). ``gold`` is ``(n,)``, ``probability`` ``(n, k)``.
    """
    classes = probability.shape[1]
    thresholds = np.array(
        [probability[gold == k, k].mean() if (gold == k).any() else np.inf for k in range(classes)]
    )
    over = probability >= thresholds
    likely = np.where(over, probability, -1).argmax(axis=1)
    # the label stands unless another is the likelier one outright
    rows = np.arange(len(gold))
    beaten = over.any(axis=1) & (probability[rows, likely] > probability[rows, gold])
    return np.where(beaten, likely, gold)


def to_check(
    records: Sequence[Record], predictions: Sequence[Prediction], findings: Sequence[Finding]
) -> list[Record]:
    """Return the sentences of ``findings`` in their documents, as records to annotate again.

    Labels are those of gold. Beside them stand ``previous`` (the sentence before, which these
    records may lack), ``sentence`` (its number in the document), ``model`` (all that the model
    says) and ``listed_for`` (which label, why, and how sure the model is).
    """
    listed: dict[int, list[Finding]] = {}
    for finding in findings:
        listed.setdefault(finding.index, []).append(finding)
    chosen = []
    index = 0
    for record in records:
        kept = []
        for number, (sentence, context) in enumerate(
            zip(record.sentences, record.contexts(), strict=True), 1
        ):
            if index in listed:
                added = {
                    "previous": context.previous,
                    "sentence": number,
                    "model": predictions[index].to_json(),
                    "listed_for": [
                        {
                            "field": finding.field,
                            "reason": finding.reason,
                            "gold": finding.gold,
                            "model": finding.model,
                            "probability": round(finding.probability, 4),
                        }
                        for finding in listed[index]
                    ],
                }
                kept.append(replace(sentence, extra=sentence.extra | added))
            index += 1
        if kept:
            chosen.append(replace(record, sentences=tuple(kept)))
    return chosen


@dataclass(frozen=True, slots=True)
class _Question:
    """One label as a choice among ``k`` classes."""

    field: str
    gold: Integers  # (n,)
    given: Integers
    probability: Array  # (n, k)


def _questions(outcomes: Outcomes) -> list[_Question]:
    if not outcomes.stated:
        return []
    found = [
        _Question(
            name,
            outcomes.categories[:, column].astype(np.int64),
            outcomes.given_categories[:, column].astype(np.int64),
            _either(outcomes.category_scores[:, column]),
        )
        for column, name in enumerate(CATEGORIES)
    ]
    found.append(_Question("role", outcomes.role, outcomes.given_role, outcomes.role_scores))
    # models state no probability of level 2, only the expected level; it ranks the same way
    clear = (outcomes.level >= FLAG_LEVEL).astype(np.int64)
    given = (outcomes.given_level >= FLAG_LEVEL).astype(np.int64)
    found.append(_Question(LEVEL, clear, given, _either(outcomes.score)))
    return found


def _either(probability: Array) -> Array:
    return np.stack([1 - probability, probability], axis=1)


def _findings(
    records: Sequence[Record],
    outcomes: Outcomes,
    found: Sequence[tuple[float, _Question, int, int]],
    reason: Reason,
) -> Iterator[Finding]:
    everywhere = places(records)
    for _, question, row, answer in found:
        place = everywhere[row]
        gold: bool | str | float = bool(question.gold[row])
        model: bool | str | float = bool(answer)
        if question.field == "role":
            gold, model = ROLES[question.gold[row]], ROLES[answer]
        elif question.field == LEVEL:
            gold = int(outcomes.level[row])
            model = round(float(outcomes.score[row]) * MAX_LEVEL, 2)
        yield Finding(
            index=row,
            doc_id=place.doc_id,
            sentence=place.sentence,
            text=place.text,
            field=question.field,
            gold=gold,
            model=model,
            probability=float(question.probability[row, answer]),
            reason=reason,
        )
