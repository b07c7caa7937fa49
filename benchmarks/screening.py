"""A whole screening against classification alone: ``python benchmarks/screening.py``.

Forty Word reports of 200 sentences, made of the training records; the same sentences in the same
contexts are then classified and nothing else. Medians of three alternating runs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import docx

from zhaojing import Classifier, Report
from zhaojing.context import context_of, join_headings
from zhaojing.pile import Request, work_through
from zhaojing.records import read_records
from zhaojing.report import write_results

REPORTS, SENTENCES, RUNS = 40, 200, 3


def write_reports(folder: Path) -> None:
    """Write the reports, three sentences a paragraph."""
    texts = (s.text for r in read_records(Path("data/train.jsonl")) for s in r.sentences)
    for number in range(REPORTS):
        document = docx.Document()
        report = list(islice(texts, SENTENCES))
        for start in range(0, SENTENCES, 3):
            document.add_paragraph("".join(report[start : start + 3]))
        document.save(str(folder / f"{number:02}.docx"))


def classify_alone(classifier: Classifier, reports: list[Report]) -> None:
    """Classify the sentences of ``reports`` as a screening does."""
    for report in reports:
        sentences = [item.sentence for item in report.sentences]
        texts = [sentence.text for sentence in sentences]
        contexts = context_of([join_headings(s.heading) for s in sentences], texts)
        classifier.classify(texts, contexts=contexts)


def timed(folder: Path) -> Iterator[tuple[float, float]]:
    """Yield the seconds of a whole screening and of classification alone."""
    request = Request(paths=(folder,), output=folder.parent / "out")
    for run in range(RUNS + 1):
        start = time.perf_counter()
        pile = work_through(request)
        write_results(request, pile, "zh")
        middle = time.perf_counter()
        classify_alone(pile.classifier, [found.report for found in pile.judgements])
        if run:  # the first one warms up
            yield middle - start, time.perf_counter() - middle


def main() -> None:
    """Print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "reports"
        folder.mkdir()
        write_reports(folder)
        whole, alone = zip(*timed(folder), strict=True)
    ratio = median(w / a for w, a in zip(whole, alone, strict=True))
    print(f"{REPORTS} reports of {SENTENCES} sentences, median of {RUNS}")
    print(
        f"screening  {median(whole):6.2f} s\nclassifying {median(alone):5.2f} s\nratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
