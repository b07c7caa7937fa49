"""How sure a share is that was counted on few."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % score interval of ``part / whole``, ``whole`` > 0, of independent trials.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    JASA 22: 209-212.
    """
    z, share = NormalDist().inv_cdf(0.975), part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    spread = math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    half = z * spread / (1 + z * z / whole)
    return max(middle - half, 0.0), min(middle + half, 1.0)
