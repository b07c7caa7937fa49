"""What is in a corpus: counts by label, genre, origin and probe; length and variety of the prose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import Any

from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.normalize import normalize
from zhaojing.records import LabelledSentence, Record


@dataclass(frozen=True, slots=True)
class Prose:
    """Length in characters (mean, deciles 1, 5, 9) and distinct-1, -2, -3 of some sentences.

    distinct-n is the share of character n-grams that differ (Li et al. 2016), over at most the
    first 2,000 characters, since it falls with length.
    """

    sentences: int
    mean_length: float
    deciles: tuple[int, int, int]
    distinct: tuple[float, float, float]


def statistics(records: Sequence[Record]) -> dict[str, Any]:
    """Return the distribution of ``records`` as plain data."""
    sentences = [sentence for record in records for sentence in record.sentences]
    cells = Counter(
        (category, sentence.role) for sentence in sentences for category in sentence.categories
    )
    levels = Counter((s.role, s.embellishment_level) for s in sentences)
    return {
        "documents": len(records),
        "sentences": len(sentences),
        "without_category": sum(not s.categories for s in sentences),
        "categories": {c: {r: cells[c, r] for r in ROLES} for c in CATEGORIES},
        "roles": {r: sum(s.role == r for s in sentences) for r in ROLES},
        "levels": {r: {str(level): levels[r, level] for level in LEVELS} for r in ROLES},
        "origins": _by(records, "origin"),
        "genres": dict(_genres(records).most_common()),
        "probes": dict(Counter(s.extra["probe"] for s in sentences if "probe" in s.extra)),
        "prose": prose(sentences),
    }


def _by(records: Sequence[Record], field: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in records:
        counts[str(record.extra.get(field, ""))] += len(record.sentences)
    return dict(counts)


def _genres(records: Sequence[Record]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for record in records:
        counts[record.genre] += len(record.sentences)
    return counts


def prose_by_genre(records: Sequence[Record]) -> dict[str, Prose]:
    """Return length and variety for each genre, the largest first."""
    return {
        genre: prose([s for r in records if r.genre == genre for s in r.sentences])
        for genre, _ in _genres(records).most_common()
    }


def prose(sentences: Sequence[LabelledSentence]) -> Prose:
    """Measure ``sentences``, at least one."""
    lengths = [len(sentence.text) for sentence in sentences]
    cuts = quantiles(lengths, n=10, method="inclusive") if len(lengths) > 1 else lengths * 9
    text = normalize("".join(sentence.text for sentence in sentences)).replace(" ", "")[:2000]
    distinct = []
    for size in (1, 2, 3):
        grams = [text[i : i + size] for i in range(len(text) - size + 1)]
        distinct.append(len(set(grams)) / len(grams) if grams else 0.0)
    return Prose(
        len(sentences),
        mean(lengths),
        (round(cuts[0]), round(cuts[4]), round(cuts[8])),
        (distinct[0], distinct[1], distinct[2]),
    )
