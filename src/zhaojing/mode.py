"""How ready the program is to flag: with few false alarms, in balance, or with few misses."""

from __future__ import annotations

from typing import Literal, get_args

Mode = Literal["cautious", "balanced", "sensitive"]
MODES: tuple[Mode, ...] = get_args(Mode)
DEFAULT_MODE: Mode = "balanced"
