"""The settings of a pre-training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidConfig
from zhaojing.settings import Settings, check_ranges

_RANGES = (
    ("seed", 0, 2**32 - 1),
    ("vocabulary", 256, 65536),
    ("row_length", 16, 8192),
    ("layers", 1, 100),
    ("width", 16, 8192),
    ("head_width", 8, 1024),
    ("mask_share", 0.01, 0.9),
    ("minutes", 0, 1e6),
    ("pause_after", 0, 1e6),
    ("steps", 0, 1e9),
    ("batch_rows", 1, 65536),
    ("micro_rows", 1, 65536),
    ("learning_rate", 1e-9, 1.0),
    ("warmup", 0.0, 1.0),
    ("hold", 0.0, 1.0),
    ("weight_decay", 0.0, 10.0),
    ("clip", 1e-6, 1e6),
    ("save_every", 0.01, 1e6),
)
# what decides the packed rows; the rest may change between runs over the same rows
PACKING = ("corpus", "records", "exclude", "weights", "vocabulary", "row_length", "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingConfig(Settings):
    """Everything that decides the outcome of a pre-training run."""

    corpus: Path  # folder of .txt or .txt.xz files, one a source
    output: Path  # the encoder goes here, its checkpoints beside it
    packed: Path = Path("build/packed")  # tokenizer and rows
    records: tuple[Path, ...] = ()  # annotated files whose text is one more source, "records"
    exclude: tuple[Path, ...] = ()  # annotated files whose text must not be seen
    weights: dict[str, float] = field(default_factory=dict)  # copies of a source, 1 if absent
    seed: int = 0

    # tokens
    vocabulary: int = 7680  # a multiple of 128 suits matrix units
    row_length: int = 128  # tokens

    # the encoder: pre-norm, rotary positions, gated feed-forward (ModernBERT's block)
    layers: int = 4
    width: int = 256
    head_width: int = 64  # width of one attention head

    # the objective
    mask_share: float = 0.25  # of the tokens of a row, in spans

    # the schedule: by the clock, or by steps where `steps` is not 0
    minutes: float = 60.0  # of training in all, over every resumed part
    pause_after: float = 0.0  # minutes after which this part ends with a checkpoint; 0: never
    steps: int = 0
    batch_rows: int = 64  # rows an update: 8,192 tokens
    micro_rows: int = 16  # rows at once; small ones stay in a CPU's cache
    learning_rate: float = 1e-3
    warmup: float = 0.03  # share of the schedule
    hold: float = 0.6  # share of the schedule after which the rate falls, linearly to 0
    weight_decay: float = 0.05
    clip: float = 1.0  # largest gradient norm
    save_every: float = 5.0  # minutes between checkpoints

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        if self.width % self.head_width:
            detail = f"width {self.width} is no multiple of head_width {self.head_width}"
            raise InvalidConfig("config.invalid", detail=detail)
        if self.batch_rows % self.micro_rows:
            detail = "batch_rows must be a multiple of micro_rows"
            raise InvalidConfig("config.invalid", detail=detail)
        if not all(0 <= weight < 1000 for weight in self.weights.values()):
            raise InvalidConfig("config.invalid", detail="a weight must lie between 0 and 1000")
        if not self.steps and not self.minutes:
            raise InvalidConfig("config.invalid", detail="minutes or steps must be more than 0")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data; paths as the names of their files."""
        return self.plain("output", "packed", "pause_after")

    def packing(self) -> dict[str, Any]:
        """Return the settings that decide the packed rows."""
        return {name: value for name, value in self.to_json().items() if name in PACKING}
