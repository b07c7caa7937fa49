"""From labelled sentences to a judgement of each report, every number with its reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zhaojing.judging.grid import Grid
from zhaojing.judging.praise import Praise
from zhaojing.judging.risk import Risk, risk
from zhaojing.screening import Report

__all__ = ["Grid", "Judgement", "Praise", "Risk", "judge"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one report: the grid, its praise, and the index where it has one."""

    report: Report
    grid: Grid
    praise: Praise
    risk: Risk | None


def judge(
    report: Report, *, praise_threshold: float, copied: float = 0.0, off: Collection[str] = ()
) -> Judgement:
    """Judge ``report``.

    ``praise_threshold`` is the score from which a sentence counts as praise; ``copied`` the share
    of its text that also stands in another report; ``off`` the categories that do not count.
    """
    grid = Grid.of(report.sentences)
    praise = Praise.of(report.sentences, praise_threshold)
    return Judgement(report, grid, praise, risk(report.sentences, grid, copied, off))


def by_risk(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Order a pile: the highest index first, reports without one last."""
    return sorted(judgements, key=lambda found: -found.risk.index if found.risk else 1.0)
