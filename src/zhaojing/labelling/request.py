"""What is to be labelled, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zhaojing.errors import InvalidConfig
from zhaojing.labelling.exports import COLUMNS, FORMATS, PACKINGS, format_of
from zhaojing.policy import Policy

STREAM = "-"
ENGINES = ("processes", "ray")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequest:
    """What is to be labelled, and how.

    Attributes
    ----------
    source, output
        A file, a folder, or ``-``. A folder takes shards and can be resumed; a file is written
        whole or not at all; standard output takes JSON Lines.
    text_column
        Where the texts are; rows may also carry ``doc_id``, ``index`` and ``heading``.
    split
        Take a text for a whole document and split it into sentences.
    keep
        Columns carried through to the output.
    only_flagged, min_score, sample
        What is written: flagged sentences, an embellishment score in [0, 1] from which, and so
        many of these drawn at random with ``seed``.
    format, packing
        One of ``FORMATS`` and of ``PACKINGS``; without, as the name of the output says.
    shard_rows
        Rows from which a shard is full; it takes a few more, since units of work stay whole.
    workers
        Processes; the results do not depend on them. ``None`` for one a core.
    engine, address
        One of ``ENGINES``, and for Ray ``HOST:PORT`` of a cluster; without, it runs on this
        machine. The results do not depend on them either.
    model
        A model folder, the built-in one if absent.

    Raises
    ------
    InvalidConfig
        Settings that make no sense, alone or together.
    """

    source: str
    output: str
    text_column: str = "text"
    split: bool = False
    keep: tuple[str, ...] = ()
    only_flagged: bool = False
    min_score: float = 0.0
    sample: int | None = None
    seed: int = 0
    format: str = ""
    packing: str = ""
    shard_rows: int = 100_000
    workers: int | None = None
    engine: str = "processes"
    address: str = ""
    resume: bool = False
    model: Path | None = None
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        taken = sorted({*COLUMNS, "allowed"} & set(self.keep))
        suffix = Path(self.output).suffix
        a_file = suffix[1:].isalpha() and self.is_sharded and not Path(self.output).is_dir()
        wrong = {
            "label.bad_output": a_file,
            "label.bad_keep": taken or len(set(self.keep)) < len(self.keep),
            "label.bad_min_score": not 0 <= self.min_score <= 1,
            "label.bad_sample": self.sample is not None and self.sample < 1,
            "label.bad_shard_rows": self.shard_rows < 1,
            "label.bad_workers": self.workers is not None and self.workers < 1,
            "label.bad_engine": self.engine not in ENGINES
            or (self.address and self.engine != "ray"),
            "label.bad_format": self.kind not in FORMATS
            or (self.kind == "datasets" and not self.is_sharded),
            "label.bad_compress": self.packing not in ("", *PACKINGS)
            or (self.kind == "datasets" and self.compression),
            "label.bad_resume": self.resume and (not self.is_sharded or self.source == STREAM),
        }
        for key, is_wrong in wrong.items():
            if is_wrong:
                raise InvalidConfig(key)

    @property
    def is_sharded(self) -> bool:
        """Whether the output is a folder."""
        return self.output != STREAM and not format_of(self.output)[0]

    @property
    def kind(self) -> str:
        """The format of the output, one of ``FORMATS``."""
        return self.format or format_of(self.output)[0] or "jsonl"

    @property
    def compression(self) -> str:
        """How the output is packed: one of ``PACKINGS``, or empty."""
        return self.packing or format_of(self.output)[1]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the output, in order."""
        return (*COLUMNS, *(("allowed",) if self.policy.allow else ()), *self.keep)
