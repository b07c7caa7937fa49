"""Draw the sentences that people are to label: ``zhaojing data sample``.

``random``
    every sentence is as likely as any other: for estimating anything.
``stratified``
    as many of those flagged, nearly flagged and neither, each with the number of sentences it
    stands for as ``weight``: for estimating what happens where little is flagged.
``learning``
    those the model is least sure of, unlike each other: for training, and for nothing else.

A corpus is read once and in order, and what is kept of it grows with the sample alone.
"""

from __future__ import annotations

import heapq
import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from zhaojing.classifier import Classifier, Prediction
from zhaojing.corpus.neighbours import REACH, Neighbour, around
from zhaojing.errors import InvalidConfig
from zhaojing.features import compact
from zhaojing.heads import Thresholds
from zhaojing.labelling import Item
from zhaojing.labels import CATEGORIES
from zhaojing.normalize import normalize
from zhaojing.reading.document import LINE_BREAK

Strategy = Literal["random", "stratified", "learning"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
LEARNING: Strategy = "learning"

_LONGEST_PASSAGE = 1000  # sentences; longer ones are cut, so that memory stays small
_BATCH = 1024  # sentences that are classified at once
_STRATA = ("flagged", "nearly", "neither")
_POOL = 4  # unsure sentences from which one is chosen
_FEATURES = 1024


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sentence to label; ``order`` is its place in the corpus, ``extra`` goes into its record."""

    order: int
    doc_id: str
    heading: str
    text: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, in the order of the corpus, and of how many sentences."""

    strategy: Strategy
    sentences: tuple[Drawn, ...]
    population: int


def draw(
    items: Iterable[Item],
    size: int,
    strategy: Strategy = "random",
    *,
    seed: int = 0,
    load: Callable[[], Classifier] = Classifier.load,
) -> Sample:
    """Draw ``size`` sentences of ``items``, or all if there are fewer.

    The same corpus, model and seed give the same sample. ``load`` is called by the strategies that
    need a model.

    Raises
    ------
    InvalidConfig
        ``size`` is too small, or the strategy is not known.
    """
    if strategy not in STRATEGIES:
        raise InvalidConfig("sample.strategy", known=", ".join(STRATEGIES))
    if size < len(_STRATA):
        raise InvalidConfig("sample.size", fewest=len(_STRATA))
    passages = _passages(items)
    if strategy == "random":
        pool = _Reservoir(size, random.Random(seed))  # noqa: S311
        for passage in passages:
            for place in range(len(passage)):
                pool.offer(lambda passage=passage, place=place: _drawn(passage, place))  # type: ignore[misc]
        drawn, population = pool.kept, pool.seen
    elif strategy == "stratified":
        drawn, population = _stratified(_judged(passages, load()), size, seed)
    else:
        drawn, population = _learning(_judged(passages, load()), size, seed)
    return Sample(strategy, tuple(sorted(drawn, key=lambda item: item.order)), population)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sentence of a passage, with its place in the corpus."""

    order: int
    item: Item

    @property
    def neighbour(self) -> Neighbour:
        context = self.item.context
        return _one_line(context.heading if context else ""), _one_line(self.item.text)


@dataclass(slots=True)
class _Reservoir:
    """So many of all, each as likely: algorithm R (Vitter 1985, ACM TOMS 11: 37-57)."""

    size: int
    chance: random.Random
    kept: list[Drawn] = field(default_factory=list)
    seen: int = 0

    def offer(self, make: Callable[[], Drawn]) -> None:
        """Take the next one, perhaps; ``make`` is called only if it is taken."""
        if self.seen < self.size:
            self.kept.append(make())
        elif (place := self.chance.randrange(self.seen + 1)) < self.size:
            self.kept[place] = make()
        self.seen += 1


def _passages(items: Iterable[Item]) -> Iterator[list[_Placed]]:
    """Yield the runs of sentences that are read together: each names the one before."""
    passage: list[_Placed] = []
    orders = count()
    for item in items:
        if not item.text.strip():
            continue
        last = passage[-1].item if passage else None
        follows = (
            last is not None
            and item.doc_id == last.doc_id
            and item.context is not None
            and item.context.previous == last.text
        )
        if passage and (not follows or len(passage) == _LONGEST_PASSAGE):
            yield passage
            passage = []
        passage.append(_Placed(next(orders), item))
    if passage:
        yield passage


def _drawn(passage: Sequence[_Placed], place: int) -> Drawn:
    placed = passage[place]
    heading, text = placed.neighbour
    before = passage[max(place - REACH, 0) : place]
    after = passage[place + 1 : place + 1 + REACH]
    sides = around([near.neighbour for near in before], [near.neighbour for near in after])
    return Drawn(
        order=placed.order,
        doc_id=_one_line(placed.item.doc_id) or "-",
        heading=heading,
        text=text,
        extra={"index": placed.item.index, **sides},
    )


Judged = tuple[Sequence[_Placed], int, Prediction, Thresholds]


def _judged(passages: Iterable[list[_Placed]], classifier: Classifier) -> Iterator[Judged]:
    """Yield each sentence, as passage and place, with what the model says of it there."""
    for batch in _batches(passages):
        items = [placed.item for passage in batch for placed in passage]
        told = classifier.classify(
            [item.text for item in items], contexts=[item.context for item in items]
        )
        given = iter(told)
        for passage in batch:
            for place in range(len(passage)):
                yield passage, place, next(given), classifier.thresholds


def _batches(passages: Iterable[list[_Placed]]) -> Iterator[list[list[_Placed]]]:
    batch: list[list[_Placed]] = []
    for passage in passages:
        batch.append(passage)
        if sum(map(len, batch)) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _stratified(judged: Iterable[Judged], size: int, seed: int) -> tuple[list[Drawn], int]:
    chance = random.Random(seed)  # noqa: S311
    strata = {name: _Reservoir(size, chance) for name in _STRATA}
    for passage, place, prediction, limits in judged:
        stratum = strata[_stratum(prediction, limits)]
        stratum.offer(lambda passage=passage, place=place: _drawn(passage, place))  # type: ignore[misc]
    drawn: list[Drawn] = []
    left = size
    # the smallest first, so that what it lacks goes to the others
    for rank, stratum in enumerate(sorted(strata.values(), key=lambda s: s.seen)):
        taken = chance.sample(stratum.kept, min(left // (len(strata) - rank), len(stratum.kept)))
        left -= len(taken)
        for item in taken:
            extra = {"weight": stratum.seen / len(taken), **item.extra}
            drawn.append(replace(item, extra=extra))
    return drawn, sum(stratum.seen for stratum in strata.values())


def _stratum(prediction: Prediction, limits: Thresholds) -> str:
    if prediction.flagged:
        return "flagged"
    nearly = any(score >= limit / 2 for score, limit in _scores(prediction, limits))
    return "nearly" if nearly else "neither"


def _scores(prediction: Prediction, limits: Thresholds) -> Iterator[tuple[float, float]]:
    """Yield each score that can flag a sentence, with its threshold."""
    for name in CATEGORIES:
        yield prediction.category_scores[name], limits.categories[name]
    yield prediction.embellishment_score, limits.embellishment


def _learning(judged: Iterable[Judged], size: int, seed: int) -> tuple[list[Drawn], int]:
    """Return sentences near a threshold (Lewis & Gale 1994, SIGIR), unlike each other."""
    unsure: list[tuple[float, int, Drawn]] = []
    population = 0
    for passage, place, prediction, limits in judged:
        population += 1
        margin = min(abs(score - limit) for score, limit in _scores(prediction, limits))
        rank = (-margin, -passage[place].order)  # of equal ones the first in the corpus
        if len(unsure) < _POOL * size or rank > unsure[0][:2]:
            push = heapq.heappush if len(unsure) < _POOL * size else heapq.heappushpop
            push(unsure, (*rank, _drawn(passage, place)))
    pool = [item for _, _, item in sorted(unsure, key=lambda entry: entry[:2], reverse=True)]
    features = _hashed([item.text for item in pool])
    return [pool[row] for row in _spread(features, size, seed)], population


def _spread(features: NDArray[np.float32], size: int, seed: int) -> list[int]:
    """Choose rows far from each other by the seeding of k-means++, from the first row on.

    Arthur & Vassilvitskii 2007, SODA; a repeated text is never chosen twice.
    """
    rng = np.random.default_rng(seed)
    if not len(features):
        return []
    chosen = [0]
    nearest = np.full(len(features), np.inf)
    while len(chosen) < min(size, len(features)):
        squares = 2 - 2 * (features @ features[chosen[-1]]).astype(np.float64)  # of unit vectors
        nearest = np.minimum(nearest, np.where(squares > 1e-6, squares, 0))
        if not nearest.any():
            break
        chosen.append(int(rng.choice(len(features), p=nearest / nearest.sum())))
    return chosen


def _hashed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the pairs of characters of each text, hashed to a unit vector (Weinberger 2009)."""
    rows = np.zeros((len(texts), _FEATURES), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for pair in pairwise(f"^{compact(normalize(text))}$"):
            row[zlib.crc32("".join(pair).encode("utf-8")) % _FEATURES] += 1
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-9), dtype=np.float32)


def _one_line(text: str) -> str:
    return " ".join(LINE_BREAK.split(text)).strip()
