"""Rate and memory of labelling a corpus, over the number of its rows.

    python benchmarks/labelling.py 100000 1000000 5000000

The rows are generated from a few thousand distinct sentences, so that most of the time goes where
it does not in real corpora: into reading, passing on and writing. ``--distinct 0`` makes every row
another one. Memory is that of the process and its workers together, taken four times a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from zhaojing.labelling import LabelRequest, label_corpus
from zhaojing.records import read_records


def write_corpus(path: Path, rows: int, distinct: int) -> None:
    """Write ``rows`` rows of ``distinct`` sentences, or each with a number if that is 0."""
    records = read_records(Path(__file__).parents[1] / "data" / "train.jsonl")
    texts = list(dict.fromkeys(s.text for record in records for s in record.sentences))
    texts = texts[: distinct or None]
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            text = texts[number % len(texts)] + ("" if distinct else f"（{number}）")
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")


def label(source: str, output: str, workers: int) -> None:
    """Label in a process of its own."""
    label_corpus(LabelRequest(source=source, output=output, workers=workers))


def watch(process: psutil.Process) -> list[int]:
    """Return the bytes in memory, four times a second until the process ends."""
    found = []
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            family = [process, *process.children(recursive=True)]
            found.append(sum(member.memory_info().rss for member in family))
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.25)
    return found


def main() -> None:
    """Print a line a number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--distinct", type=int, default=3_000)
    given = parser.parse_args()
    print(f"{'rows':>10} {'s':>7} {'rows/s':>8}   MB of memory in each fifth of the run, and peak")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder, "in.jsonl"), Path(folder, "out")
            write_corpus(source, rows, given.distinct)
            begun = time.perf_counter()
            worker = multiprocessing.get_context("spawn").Process(
                target=label, args=(str(source), str(output), given.workers)
            )
            worker.start()
            memory = watch(psutil.Process(worker.pid))
            worker.join()
            seconds = time.perf_counter() - begun
            if worker.exitcode:
                sys.exit(f"labelling failed with {worker.exitcode}")
        size = max(1, len(memory) // 5)
        fifths = [statistics.median(memory[i * size : (i + 1) * size]) / 1e6 for i in range(5)]
        shown = " ".join(f"{fifth:6.0f}" for fifth in fifths)
        peak = max(memory) / 1e6
        print(f"{rows:10,} {seconds:7.1f} {rows / seconds:8,.0f}   {shown} {peak:6.0f}", flush=True)


if __name__ == "__main__":
    main()
