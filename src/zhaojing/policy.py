"""What an office decides about its screening: thresholds, categories, allowed phrases.

A TOML file, ``zhaojing.toml``; each exception carries its reason, which the report repeats::

    mode = "cautious"

    [thresholds]
    perks = 0.8

    [off]
    inspections = "另有专项检查"

    [allow]
    "督查激励" = "国务院文件规定的名称"

    [fixed_wording]
    "现将有关情况报告如下" = "公文套语"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhaojing.errors import InvalidConfig
from zhaojing.heads import NEVER, Thresholds
from zhaojing.labels import CATEGORIES
from zhaojing.mode import DEFAULT_MODE, MODES
from zhaojing.model_folder import Manifest
from zhaojing.normalize import normalize
from zhaojing.settings import Settings

POLICY_FILE = "zhaojing.toml"
PRAISE = "embellishment_score"  # what the threshold of the praise is called


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Settings):
    """The decisions of an office; without any, those of the model stand.

    Attributes
    ----------
    mode
        Which of the model's thresholds are used: ``cautious``, ``balanced`` or ``sensitive``.
    thresholds
        Values in [0, 1] that replace the model's, by category or for ``embellishment_score``.
    off
        Categories that are not looked for, each with the reason.
    allow
        Phrases that clear a sentence of its flag, each with the reason.
    fixed_wording
        Official wording that is no copying, beside the list that comes along.
    """

    mode: str = DEFAULT_MODE
    thresholds: dict[str, float] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)
    allow: dict[str, str] = field(default_factory=dict)
    fixed_wording: dict[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, file: Path | None, mode: str | None) -> Policy:
        """Read ``file``, or ``zhaojing.toml`` of this folder if it has one; ``mode`` goes before.

        Raises
        ------
        InvalidConfig
            The file cannot be read, or says something that makes no sense.
        """
        return cls.build(policy_file(file), {"mode": mode})

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidConfig(
                "config.value", name="mode", value=self.mode, allowed=", ".join(MODES)
            )
        known = {"thresholds": (*CATEGORIES, PRAISE), "off": CATEGORIES}
        for table, names in known.items():
            wrong = sorted(set(getattr(self, table)) - set(names))
            if wrong:
                raise InvalidConfig(
                    "config.value", name=f"[{table}]", value=wrong[0], allowed=", ".join(names)
                )
        for name, value in self.thresholds.items():
            if not 0 <= value <= 1:
                place = f"[thresholds] {name}"
                raise InvalidConfig("config.range", name=place, low=0, high=1, value=value)
        for table in ("off", "allow", "fixed_wording"):
            for name, reason in getattr(self, table).items():
                if not normalize(name).strip() or not reason.strip():
                    raise InvalidConfig("config.reason", name=f"[{table}]", value=name)

    def limits(self, manifest: Manifest) -> Thresholds:
        """Return the thresholds that hold with the model of ``manifest``."""
        fitted = next(limits for mode, limits in manifest.thresholds.items() if mode == self.mode)
        categories = fitted.categories | dict.fromkeys(self.off, NEVER)
        given = {name: value for name, value in self.thresholds.items() if name not in self.off}
        praise = given.pop(PRAISE, fitted.embellishment)
        return Thresholds(categories | given, praise)

    def allowed(self, text: str) -> str:
        """Return why ``text`` may not be flagged, empty if it may."""
        plain = normalize(text)
        return next((why for part, why in self.allow.items() if normalize(part) in plain), "")

    def explain(self, manifest: Manifest) -> Iterator[tuple[str, str, str]]:
        """Yield what holds with the model of ``manifest``: setting, value, reason or origin."""
        yield "mode", self.mode, ""
        limits = self.limits(manifest)
        for name, value in (limits.categories | {PRAISE: limits.embellishment}).items():
            origin = "[thresholds]" if name in self.thresholds else self.mode
            if name in self.off:
                origin = self.off[name]
            yield name, "–" if value == NEVER else f"{value:.3f}", origin
        for table in ("allow", "fixed_wording"):
            for phrase, reason in getattr(self, table).items():
                yield table, phrase, reason

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return self.plain()


def policy_file(given: Path | None) -> Path | None:
    """Return the file of decisions that holds: ``given``, else ``zhaojing.toml`` of this folder."""
    return given or (Path(POLICY_FILE) if Path(POLICY_FILE).is_file() else None)
