"""Choose thresholds that keep a promise: ``zhaojing threshold``.

What is promised, with the wanted confidence each, of reports like those that were sampled:

a practice
    of the sentences that are given its label, the wanted share deserve it (precision); or of
    those that deserve it, the wanted share get it (recall);
``embellishment_score``
    the same of the sentences flagged for praise and those whose level is 2 or more;
``flags``
    the same of the flags as a whole, by moving all thresholds of the mode together.

Without ``flags`` the precision and recall of the flags that result are stated, not promised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from zhaojing.classifier import Classifier
from zhaojing.errors import InvalidConfig, InvalidRecords, printable
from zhaojing.evaluation.metrics import predict
from zhaojing.evaluation.outcomes import MEASURE, OTHER, Outcomes
from zhaojing.evaluation.promises import Evidence, Marks, last_promised, likeliest, weigh
from zhaojing.heads import FLAG_LEVEL, NEVER, Array, Probabilities, Thresholds, decide_roles
from zhaojing.labels import CATEGORIES, Category
from zhaojing.messages import Lang, say
from zhaojing.mode import Mode
from zhaojing.output import write_atomically
from zhaojing.policy import PRAISE
from zhaojing.records import Record, fingerprint

FLAGS = "flags"
NAMES = (*CATEGORIES, PRAISE)
FEWEST_DOCUMENTS = 10  # fewer do not show how alike the sentences of a document are
_GRID = np.arange(1, 100) / 100  # laid down before any label is seen, as the test demands
_SHIFTS = np.arange(-60, 61) / 10  # of all thresholds of a mode, on the scale of logits


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be promised, and how surely; shares in (0, 1)."""

    goal: Literal["precision", "recall"]
    share: float
    confidence: float = 0.95

    @classmethod
    def of(cls, precision: float | None, recall: float | None, confidence: float) -> Wish:
        """Take one of ``precision`` and ``recall``.

        Raises
        ------
        InvalidConfig
            Both or none is given, or a number makes no sense.
        """
        if precision is not None and recall is None:
            wish = cls("precision", precision, confidence)
        elif recall is not None and precision is None:
            wish = cls("recall", recall, confidence)
        else:
            raise InvalidConfig("threshold.one_goal")
        if not (0 < wish.share < 1 and 0.5 <= confidence < 1):
            raise InvalidConfig("threshold.numbers")
        return wish


@dataclass(frozen=True, slots=True)
class Found:
    """What came of the wish for one label, or for the flags as a whole.

    Attributes
    ----------
    name
        A category, ``embellishment_score`` or ``flags``.
    thresholds
        What to set, by the names of ``[thresholds]``; empty if nothing can be promised.
    wished, price
        The figure wished for at the threshold chosen, and the other of precision and recall;
        without a promise, where one was likeliest.
    more
        How many more sentences would have to be labelled for the promise if the present rates
        stay; ``None`` if it is given, or if no number would do.
    """

    name: str
    thresholds: dict[str, float]
    wished: Evidence
    price: Evidence
    more: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a sample promises; ``precision`` and ``recall`` are those of all flags that result."""

    wish: Wish
    sentences: int
    documents: int
    found: tuple[Found, ...]
    precision: Evidence
    recall: Evidence

    @property
    def thresholds(self) -> dict[str, float]:
        """Every threshold that is promised, by name."""
        return {name: value for item in self.found for name, value in item.thresholds.items()}


def choose(
    records: Sequence[Record], classifier: Classifier, wish: Wish, names: Sequence[str] = NAMES
) -> Choice:
    """Choose the threshold of each of ``names``; those of ``classifier`` stand for the others.

    Raises
    ------
    InvalidConfig
        A name is not known, or ``flags`` does not stand alone.
    InvalidRecords
        The sample cannot carry a promise: it was drawn to learn from, is of too few documents,
        or is stratified while recall is wished for.
    """
    if set(names) - {*NAMES, FLAGS} or (FLAGS in names and len(names) > 1):
        raise InvalidConfig("threshold.names", names=", ".join((*NAMES, FLAGS)))
    _check(records)
    sample = _Sample(Outcomes.of(records, predict(classifier, records)), wish)
    found = tuple(
        sample.move_together(classifier.thresholds) if name == FLAGS else sample.move(name)
        for name in names
    )
    promised = {name: value for item in found for name, value in item.thresholds.items()}
    limits = classifier.thresholds
    new = _thresholds(promised, limits.categories | {PRAISE: limits.embellishment})
    flagged, deserved = sample.flagged(new), sample.outcomes.flagged
    return Choice(
        wish=wish,
        sentences=len(deserved),
        documents=len(records),
        found=found,
        precision=sample.evidence(flagged[None], deserved)[0],
        recall=sample.evidence(deserved[None], flagged)[0],
    )


def write_policy(
    choice: Choice, path: Path, sample: Path, classifier: Classifier, mode: Mode, lang: Lang
) -> None:
    """Write what is promised as a settings file of ``zhaojing screen``, and where it comes from.

    Raises
    ------
    OutputFailed
        It cannot be written.
    """
    source, wish = fingerprint(sample), choice.wish
    folder = classifier.folder.resolve().name if classifier.folder else ""
    origin = say(
        "threshold.origin",
        lang,
        sample=printable(source["file"]),
        sha=source["sha256"][:16],
        sentences=choice.sentences,
        documents=choice.documents,
        model=printable(folder),
        goal=say(f"metric.{wish.goal}", lang),
        share=f"{wish.share:.1%}",
        confidence=f"{wish.confidence:.1%}",
    )
    lines = [*(f"# {line}" for line in origin.splitlines()), f'mode = "{mode}"', "", "[thresholds]"]
    for item in choice.found:
        lines.append(f"# {describe(item, wish, lang)}")
        lines += [f"{name} = {value}" for name, value in item.thresholds.items()]
    with write_atomically(path) as file:
        file.write("\n".join(lines) + "\n")


def refuse_existing(path: Path) -> None:
    """Raise :class:`InvalidConfig` if ``path`` is there: its other settings are not ours."""
    if path.exists():
        raise InvalidConfig("threshold.exists", where=path)


def shown_name(name: str, lang: Lang) -> str:
    """Return what people call a category, ``embellishment_score`` or ``flags``."""
    others = {FLAGS: say("review.flags", lang), PRAISE: say("report.embellishment", lang)}
    return others.get(name) or Category(name).label(lang)


def describe(item: Found, wish: Wish, lang: Lang) -> str:
    """Return a line that says what is promised of ``item``, or what is lacking."""
    seen, name = item.wished, shown_name(item.name, lang)
    if not seen.counted:
        return say("threshold.unseen", lang, name=name)
    told = {"name": name, "right": seen.right, "counted": seen.counted}
    told |= {"share": f"{seen.share:.1%}", "size": f"{seen.size:.1f}"}
    told |= {"lower": f"{seen.lower(wish.confidence):.1%}"}
    if item.thresholds:
        return say("threshold.promised", lang, **told)
    if item.more is None:
        return say("threshold.hopeless", lang, **told)
    return say("threshold.more", lang, **told, more=item.more)


def _check(records: Sequence[Record]) -> None:
    if any(record.extra.get("sampled_for") == "learning" for record in records):
        raise InvalidRecords("threshold.learning")
    if len(records) < FEWEST_DOCUMENTS:
        raise InvalidRecords(
            "threshold.few_documents", documents=len(records), fewest=FEWEST_DOCUMENTS
        )


class _Sample:
    """What is known of a sample, and what is to be promised of it."""

    def __init__(self, outcomes: Outcomes, wish: Wish) -> None:
        if wish.goal == "recall" and np.ptp(outcomes.weight) > 0:
            # no sentence may have been drawn of those that were missed and count for most
            raise InvalidRecords("threshold.weighted_recall")
        self.outcomes, self.wish = outcomes, wish
        self.stated = Probabilities(outcomes.category_scores, outcomes.role_scores, outcomes.score)

    def move(self, name: str) -> Found:
        """Choose the threshold of one label.

        A sentence taken for ``other`` by its role gets a practice only if some practice over its
        threshold is likelier than that role. Where that hangs on the threshold of another practice,
        the sentence counts as whichever is worse, so the promise holds whatever the others are.
        """
        stated, cuts = self.stated, self._ordered(_GRID)
        if name == PRAISE:
            truth, score = self.outcomes.level >= FLAG_LEVEL, stated.embellishment
            allowed, disputed = np.ones_like(truth), np.zeros_like(truth)
        else:
            column = CATEGORIES.index(name)
            truth, score = self.outcomes.categories[:, column], stated.categories[:, column]
            other = stated.roles[:, OTHER]
            allowed = (stated.roles.argmax(axis=1) != OTHER) | (score > other)
            disputed = ~allowed & (stated.categories.max(axis=1) > other)
        over = score >= cuts[:, None]
        worst = over & (allowed | (disputed & ~truth))
        return self._choose(
            name, [{name: cut} for cut in cuts.tolist()], over & allowed, worst, truth, score
        )

    def move_together(self, limits: Thresholds) -> Found:
        """Choose among the thresholds of a mode, all raised or all lowered by the same odds."""
        every = limits.categories | {PRAISE: limits.embellishment}
        cuts = [
            {name: _shifted(value, shift) for name, value in every.items() if value != NEVER}
            for shift in self._ordered(_SHIFTS).tolist()
        ]
        given = np.array([self.flagged(_thresholds(cut, {})) for cut in cuts])
        score = np.maximum(self.stated.categories.max(axis=1), self.stated.embellishment)
        return self._choose(FLAGS, cuts, given, given, self.outcomes.flagged, score)

    def flagged(self, limits: Thresholds) -> Marks:
        """Return which sentences are flagged with ``limits``."""
        over = self.stated.categories >= np.array([limits.categories[name] for name in CATEGORIES])
        roles = decide_roles(self.stated, over)
        practice = over.any(axis=1) & (roles != OTHER) & (roles != MEASURE)
        return np.asarray(practice | (self.stated.embellishment >= limits.embellishment))

    def evidence(self, counted: Marks, right: Marks) -> list[Evidence]:
        """Return the evidence at each row of ``counted`` or ``right``."""
        counted, right = np.broadcast_arrays(counted, right)
        outcomes = self.outcomes
        return weigh(counted, right, outcomes.weight, outcomes.document, self.wish.share)

    def _choose(
        self,
        name: str,
        cuts: list[dict[str, float]],
        given: Marks,
        at_worst: Marks,
        truth: Marks,
        score: Array,
    ) -> Found:
        """Choose among ``cuts``, the safest first; ``given`` says what each gives, ``(k, n)``."""
        precision, recall = self.evidence(at_worst, truth), self.evidence(truth, given)
        steps, price, start, wish = recall, precision, 0, self.wish
        if wish.goal == "precision":
            # the safest cut gives too few labels to tell; scores, not labels, say where to begin
            hoped = (given * score).sum(axis=1) / np.maximum(given.sum(axis=1), 1)
            steps, price = precision, recall
            start = likeliest(steps, hoped.tolist(), wish.share)
        last = last_promised(steps[start:], wish.share, wish.confidence)
        if last is not None:
            chosen = start + last
            return Found(name, cuts[chosen], steps[chosen], price[chosen], None)
        times = steps[start].missing(wish.share, wish.confidence)
        more = None if times is None else math.ceil((times - 1) * len(truth))
        return Found(name, {}, steps[start], price[start], more)

    def _ordered(self, cuts: Array) -> Array:
        """Return ``cuts``, which rise, from the safest for the wish on."""
        return cuts[::-1] if self.wish.goal == "precision" else cuts


def _thresholds(chosen: dict[str, float], others: dict[str, float]) -> Thresholds:
    every = dict.fromkeys(NAMES, NEVER) | others | chosen
    return Thresholds({name: every[name] for name in CATEGORIES}, every[PRAISE])


def _shifted(limit: float, shift: float) -> float:
    """Return ``limit`` with its logit raised by ``shift``, rounded as it is written."""
    odds = max(limit, 1e-6) / max(1 - limit, 1e-6) * math.exp(shift)
    return round(odds / (1 + odds), 4)
