"""A pile of reports, from paths to judgements: read → split → classify → compare → judge."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zhaojing.classifier import Classifier
from zhaojing.errors import UnreadableFile, printable
from zhaojing.judging import Judgement, by_risk, judge
from zhaojing.judging.copying import CopiedPair, ReportText, find_copies
from zhaojing.judging.fixed_wording import read_fixed_wording
from zhaojing.policy import Policy
from zhaojing.reading import find_sources, read_source
from zhaojing.screening import Screener, screen_all
from zhaojing.splitting import split


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be screened, and how.

    ``earlier`` names files or folders of earlier reports, which are compared with and not
    screened; ``model`` is a model folder, the built-in one if absent; ``output`` is the folder
    for the results, which are no reports even if it lies among them.
    """

    paths: tuple[Path, ...]
    earlier: tuple[Path, ...] = ()
    model: Path | None = None
    policy: Policy = field(default_factory=Policy)
    output: Path | None = None


@dataclass(frozen=True, slots=True)
class Pile:
    """A judged pile.

    Attributes
    ----------
    judgements
        One a report, the highest index first.
    pairs
        Reports that have passages in common.
    failures
        What could not be read, earlier reports included.
    classifier
        What labelled the sentences, with the thresholds that held.
    """

    judgements: tuple[Judgement, ...]
    pairs: tuple[CopiedPair, ...]
    failures: tuple[UnreadableFile, ...]
    classifier: Classifier
    policy: Policy


def work_through(request: Request, *, on_file: Callable[[Path], None] = lambda path: None) -> Pile:
    """Screen, compare and judge what ``request`` names.

    ``on_file`` is called with each path before it is read.
    """
    policy = request.policy
    screener = Screener(Classifier.load(request.model), policy)
    reports, failures = screen_all(screener, request.paths, output=request.output, on_file=on_file)
    texts = [ReportText.of(r.name, [item.sentence for item in r.sentences]) for r in reports]
    screened = {os.path.realpath(report.path) for report in reports if report.path}
    earlier = _earlier(request, on_file, screened, failures)
    copies = find_copies(texts, earlier, (*read_fixed_wording(), *policy.fixed_wording))
    threshold = screener.classifier.thresholds.embellishment
    judgements = [
        judge(report, praise_threshold=threshold, copied=share, off=policy.off)
        for report, share in zip(reports, copies.shares, strict=True)
    ]
    return Pile(
        tuple(by_risk(judgements)), copies.pairs, tuple(failures), screener.classifier, policy
    )


def _earlier(
    request: Request,
    on_file: Callable[[Path], None],
    screened: Collection[str],
    failures: list[UnreadableFile],
) -> Iterator[ReportText]:
    """Read earlier reports one by one, those of the pile left out; add failures to ``failures``."""
    for source in find_sources(request.earlier, output=request.output):
        if isinstance(source, UnreadableFile):
            failures.append(source)
            continue
        if os.path.realpath(source.path) in screened:
            continue
        on_file(source.path)
        try:
            yield ReportText.of(printable(source.path), split(read_source(source)))
        except UnreadableFile as error:
            failures.append(error)
