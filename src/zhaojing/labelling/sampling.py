"""So many rows of all, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from zhaojing.labelling.engine import Labelled


def draw(results: Iterator[Labelled], size: int, seed: int, at_once: int) -> Iterator[Labelled]:
    """Pass ``results`` on without their rows, then ``size`` of the rows, in order.

    Each row is as likely as any other, whatever their number: reservoir sampling, algorithm R
    (Vitter 1985, ACM TOMS 11). Memory grows with ``size``; ``at_once`` rows come at a time.
    """
    chance = random.Random(seed)  # noqa: S311  # to be drawn again, not to be kept secret
    drawn: list[tuple[int, dict[str, Any]]] = []
    seen = 0
    for result in results:
        for row in result.output:
            if seen < size:
                drawn.append((seen, row))
            elif (place := chance.randrange(seen + 1)) < size:
                drawn[place] = seen, row
            seen += 1
        result.output = []
        yield result
    rows = [row for _, row in sorted(drawn, key=itemgetter(0))]
    left_out = seen - len(rows)
    for start in range(0, len(rows), at_once):
        yield Labelled(output=rows[start : start + at_once], left_out=left_out)
        left_out = 0
