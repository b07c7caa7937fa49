"""Where in a row of scores the good ones crowd together."""

from __future__ import annotations

from collections.abc import Sequence


def maximal_segments(scores: Sequence[float]) -> list[tuple[int, int, float]]:
    """Return every maximal scoring run as ``(start, end, sum)``, in order.

    Such a run cannot be shortened or lengthened without losing, and no two overlap; in linear
    time (Ruzzo & Tompa 1999, ISMB). Scores below zero are what a run pays to bridge a gap.
    """
    found: list[tuple[int, int, float, float]] = []  # start, end, sum before it, sum at its end
    total = 0.0
    for index, score in enumerate(scores):
        before, total = total, total + score
        if score <= 0:
            continue
        start, left, right = index, before, total
        while found:
            # the last run that begins lower than this one
            k = next((k for k in range(len(found) - 1, -1, -1) if found[k][2] < left), None)
            if k is None or found[k][3] >= right:
                break
            start, left = found[k][0], found[k][2]
            del found[k:]
        found.append((start, index + 1, left, right))
    return [(start, end, right - left) for start, end, left, right in found]
