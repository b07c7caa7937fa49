"""Near-duplicates by Jaccard similarity of character n-grams, found exactly.

A set-similarity join with prefix filtering (Xiao et al. 2008, PPJoin): two sets that are similar
enough must share one of their few rarest members, so only those are looked up. Exact, and at the
size of a hand-written corpus faster than hashing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from zhaojing.normalize import normalize


def shingles(text: str, size: int = 5) -> frozenset[str]:
    """Return the character ``size``-grams of ``text``, spaces left out."""
    plain = normalize(text).replace(" ", "")
    return frozenset(plain[i : i + size] for i in range(len(plain) - size + 1))


def similar_pairs(
    texts: Sequence[str], threshold: float = 0.6, size: int = 5
) -> Iterator[tuple[int, int, float]]:
    """Yield ``(i, j, Jaccard)`` with ``i < j`` for all pairs at or over ``threshold``.

    Texts shorter than ``size`` characters have no n-grams and are never similar.
    """
    sets = [shingles(text, size) for text in texts]
    frequency = Counter(gram for grams in sets for gram in grams)
    ordered = [sorted(grams, key=lambda g: (frequency[g], g)) for grams in sets]
    index: dict[str, list[int]] = defaultdict(list)
    for j in sorted(range(len(texts)), key=lambda row: len(sets[row])):
        length = len(sets[j])
        prefix = ordered[j][: length - math.ceil(threshold * length) + 1] if length else []
        candidates = {i for gram in prefix for i in index[gram]}
        for i in candidates:
            if len(sets[i]) < threshold * length:
                continue
            shared = len(sets[i] & sets[j])
            jaccard = shared / (len(sets[i]) + length - shared)
            if jaccard >= threshold:
                yield min(i, j), max(i, j), jaccard
        for gram in prefix:
            index[gram].append(j)
