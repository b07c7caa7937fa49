"""Rate and memory of labelling a corpus, over the number of its rows.

    python benchmarks/labelling.py 100000 1000000 5000000

The rows are sentences of the training data recombined, with other numbers: a tenth of them are
new, the others are among the last few thousand, as in a region's reports of one season. ``--new 1``
makes every row a new one. Memory is that of the process and its workers together (what they share
counts for each), once a second; it is flat if from a tenth of the rows on it stays within 10 %.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from zhaojing.labelling import LabelRequest, label_corpus
from zhaojing.records import read_records

RECENT = 5_000  # rows that may come again
SHOWN = (0.1, 0.5, 1.0)  # of the rows


def texts(count: int, new: float) -> Iterator[str]:
    """Yield ``count`` sentences, of which the share ``new`` has not been there before."""
    records = read_records(Path(__file__).parents[1] / "data" / "train.jsonl")
    halves = [sentence.text.partition("，") for record in records for sentence in record.sentences]
    dice = random.Random(0)  # noqa: S311  # to be drawn again, not to be kept secret
    recent: list[str] = []
    for _ in range(count):
        if len(recent) < RECENT or dice.random() < new:
            (first, comma, _), (_, _, second) = dice.choice(halves), dice.choice(halves)
            text = re.sub(r"\d", lambda digit: str(dice.randrange(10)), first + comma + second)
            recent.append(text)
            if len(recent) > 2 * RECENT:
                del recent[:RECENT]
            yield text
        else:
            yield dice.choice(recent[-RECENT:])


def label(source: str, output: str, workers: int, done: Any) -> None:
    """Label in a process of its own, which tells how far it is."""

    def tell(progress: Any) -> None:
        done.value = progress.sentences

    label_corpus(LabelRequest(source=source, output=output, workers=workers), on_progress=tell)


def watch(process: psutil.Process, done: Any) -> list[tuple[int, list[int]]]:
    """Return rows done and bytes of each process, once a second until the first ends."""
    found = []
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            family = [process, *process.children(recursive=True)]
            found.append((done.value, [member.memory_info().rss for member in family]))
        except psutil.NoSuchProcess:
            continue
        time.sleep(1)
    return found


def main() -> None:
    """Print a line a number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--new", type=float, default=0.1)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{'rows':>10} {'s':>7} {'rows/s':>7}   MB at 10 %, 50 %, 100 %   of the largest process")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder, "in.jsonl.gz"), Path(folder, "out")
            with gzip.open(source, "wt", compresslevel=1, encoding="utf-8") as file:
                for text in texts(rows, given.new):
                    file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            done = context.Value("q", 0)
            begun = time.perf_counter()
            arguments = (str(source), str(output), given.workers, done)
            worker = context.Process(target=label, args=arguments)
            worker.start()
            seen = watch(psutil.Process(worker.pid), done)
            worker.join()
            seconds = time.perf_counter() - begun
            if worker.exitcode:
                sys.exit(f"labelling failed with {worker.exitcode}")
        sums = [(row, sum(memory) / 1e6) for row, memory in seen]
        shown = [max(mb for row, mb in sums if row <= share * rows) for share in SHOWN]
        later = [mb for row, mb in sums if 0.1 * rows <= row < rows]
        flat = "flat" if later and max(later) < 1.1 * min(later) else "not flat"
        one = max(max(memory) for _, memory in seen) / 1e6
        columns = "   ".join(f"{mb:5.0f}" for mb in shown)
        print(f"{rows:10,} {seconds:7.1f} {rows / seconds:7,.0f}   {columns}   {one:5.0f}  {flat}")


if __name__ == "__main__":
    main()
