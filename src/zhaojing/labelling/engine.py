"""Units in, labelled rows out, in order: in this process or in several.

An engine is anything that maps units to :class:`Labelled` in their order; what it yields depends on
the units and the request alone, so that one engine can go on where another stopped.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.connection import Connection
from typing import Any, Protocol

from zhaojing.classifier import Classifier
from zhaojing.context import Context, context_of, join_headings
from zhaojing.errors import ZhaojingError
from zhaojing.labelling.memory import Memory
from zhaojing.labelling.request import LabelRequest
from zhaojing.labelling.units import PIECE, Row, Unit
from zhaojing.passage import find_passages
from zhaojing.reading import Document
from zhaojing.records import Fault
from zhaojing.splitting import split

_MEMORY = 16 * 1024 * 1024  # bytes of labels a process remembers: 10,000 sentences
_LABELS = 1_500  # bytes that the labels of one sentence take, 1,070 by tracemalloc, with their key
_IN_FLIGHT = 4  # units a process has or waits for
_IN_FLIGHT_CHARACTERS = 16 * 1024 * 1024  # of all processes together
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Labels = dict[str, Any]


@dataclass(slots=True)
class Labelled:
    """What became of one unit.

    Attributes
    ----------
    read, labelled
        Rows of the source: all, and those of which every sentence has its labels.
    faults
        Why the others have none, and which files could not be read to their end.
    sentences, left_out
        Sentences that were labelled, and those of them that are not wanted.
    output
        The rows to write.
    done
        Bytes of the source read by then.
    """

    read: int = 0
    labelled: int = 0
    faults: list[Fault] = field(default_factory=list)
    sentences: int = 0
    left_out: int = 0
    output: list[dict[str, Any]] = field(default_factory=list)
    done: int = 0


class Engine(Protocol):
    """Labels units, in order."""

    def __call__(self, units: Iterable[Unit]) -> Iterator[Labelled]:
        """Yield what becomes of each unit."""


def engine_for(request: LabelRequest) -> Engine:
    """Return the engine that the request asks for."""
    if request.engine == "ray":
        from zhaojing.labelling.ray_engine import RayActors  # it needs this module

        return RayActors(request)
    workers = request.workers or _cores()
    if workers == 1:
        return lambda units: map(Labeller(request), units)
    return Processes(request, workers)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # a container may use some of them only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Labeller:
    """Labels one unit at a time, and remembers what it has said of the same words before."""

    def __init__(self, request: LabelRequest, classifier: Classifier | None = None) -> None:
        self.request, self.policy = request, request.policy
        classifier = classifier or Classifier.load(request.model)
        self.classifier = classifier.with_thresholds(self.policy.limits(classifier.manifest))
        self._memory: Memory[list[Labels]] = Memory(_MEMORY)

    def __call__(self, unit: Unit) -> Labelled:
        """Return what becomes of ``unit``."""
        done = Labelled(read=unit.read, faults=list(unit.faults), done=unit.done)
        rows = unit.rows
        if self.request.split:
            parts = [_sentences(row) for row in unit.rows]
            rows = [sentence for sentences in parts for sentence in sentences]
            done.faults += [
                Fault(row.file, row.line, self.request.text_column, "file.no_sentences")
                for row, sentences in zip(unit.rows, parts, strict=True)
                if not sentences
            ]
        labels = self._labels([row.text for row in rows], [row.context for row in rows])
        done.output = [
            {"doc_id": row.doc_id, "index": row.index, "text": row.text, **found, **row.kept}
            for row, found in zip(rows, labels, strict=True)
            if self._is_wanted(found)
        ]
        done.labelled = sum(row.part == 0 for row in rows)
        done.sentences = len(rows)
        done.left_out = len(rows) - len(done.output)
        return done

    def _is_wanted(self, labels: Labels) -> bool:
        request = self.request
        return (labels["flagged"] or not request.only_flagged) and (
            labels["embellishment_score"] >= request.min_score
        )

    def _labels(self, texts: list[str], contexts: list[Context]) -> Iterator[Labels]:
        """Return the labels of all texts; what has been seen before is not computed again."""
        pieces = self._pieces(texts, contexts)
        keys = [(tuple(texts[piece]), tuple(contexts[piece])) for piece in pieces]
        found = {key: self._memory.get(key) for key in keys}
        new = [key for key, known in found.items() if known is None]
        predictions = iter(
            self.classifier.classify(
                [text for words, _ in new for text in words],
                contexts=[context for _, around in new for context in around],
            )
        )
        for key in new:
            labels = [self._cleared(text, next(predictions).to_json()) for text in key[0]]
            found[key] = labels
            size = sum(_LABELS + 4 * len(text) for text in key[0])
            self._memory.put(key, labels, size)
        for key in keys:
            yield from found[key] or ()

    def _pieces(self, texts: Sequence[str], contexts: Sequence[Context]) -> list[slice]:
        """Cut into the runs of sentences that influence each other's labels."""
        if not self.classifier.manifest.looks_twice:
            return [slice(row, row + 1) for row in range(len(texts))]
        return [
            slice(start, min(start + PIECE, passage.stop))
            for passage in find_passages(texts, contexts)
            for start in range(passage.start, passage.stop, PIECE)
        ]

    def _cleared(self, text: str, labels: Labels) -> Labels:
        if self.policy.allow:
            allowed = self.policy.allowed(text) if labels["flagged"] else ""
            labels |= {"flagged": labels["flagged"] and not allowed, "allowed": allowed}
        return labels


def _sentences(row: Row) -> list[Row]:
    found = split(Document.from_text(row.text))
    above = (row.context.heading,) if row.context.heading else ()
    contexts = context_of(
        [join_headings((*above, *sentence.heading)) for sentence in found],
        [sentence.text for sentence in found],
    )
    return [
        Row(row.file, row.line, row.doc_id, index, sentence.text, context, row.kept, part=index)
        for index, (sentence, context) in enumerate(zip(found, contexts, strict=True))
    ]


class Processes:
    """Labels in processes of one thread each, which take turns.

    Unit ``n`` goes to process ``n`` modulo their number, and its result is waited for before that
    of ``n + 1``. A process ends when its pipe does, even if its parent was killed.
    """

    def __init__(self, request: LabelRequest, workers: int) -> None:
        self.request, self.workers = request, workers

    def __call__(self, units: Iterable[Unit]) -> Iterator[Labelled]:
        """Yield what becomes of each unit."""
        units = iter(units)
        first = list(islice(units, 2))
        if len(first) < 2:  # done before a process has started
            yield from map(Labeller(self.request), first)
            return
        processes: list[tuple[Any, Connection]] = []
        waiting: deque[tuple[Connection, int]] = deque()
        held = 0
        try:
            for number, unit in enumerate(chain(first, units)):
                turn = number % self.workers
                while waiting and (
                    len(waiting) >= self.workers * _IN_FLIGHT
                    or held + unit.characters > _IN_FLIGHT_CHARACTERS
                ):
                    held -= waiting[0][1]
                    yield _received(waiting.popleft()[0])
                if turn == len(processes):  # a small corpus does not need them all
                    processes.append(self._start())
                pipe = processes[turn][1]
                pipe.send(unit)
                waiting.append((pipe, unit.characters))
                held += unit.characters
            while waiting:
                yield _received(waiting.popleft()[0])
        except BrokenPipeError as error:
            raise ZhaojingError("label.worker_died") from error
        finally:
            for _, pipe in processes:
                pipe.close()
            for process, _ in processes:
                process.terminate()
                process.join()

    def _start(self) -> tuple[Any, Connection]:
        context = multiprocessing.get_context("spawn")  # forks would share the lock on the output
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self.request), daemon=True)
        with _deaf_to_interrupts(), _one_thread():
            process.start()
        theirs.close()
        return process, ours


def _received(pipe: Connection) -> Labelled:
    try:
        found: Labelled | ZhaojingError = pipe.recv()
    except (EOFError, ConnectionError) as error:
        raise ZhaojingError("label.worker_died") from error
    if isinstance(found, ZhaojingError):
        raise found
    return found


def _work(pipe: Connection, request: LabelRequest) -> None:
    """Label what comes through ``pipe`` until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows passes no deafness on
    units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
    # the parent never waits for us to take a unit while we wait for it to take a result
    threading.Thread(target=_take, args=(pipe, units), daemon=True).start()
    with suppress(BrokenPipeError):
        try:
            labeller = Labeller(request)
            while (unit := units.get()) is not None:
                pipe.send(labeller(unit))
        except ZhaojingError as error:
            pipe.send(error)


def _take(pipe: Connection, units: queue.SimpleQueue[Unit | None]) -> None:
    try:
        while True:
            units.put(pipe.recv())
    except (EOFError, OSError):
        units.put(None)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes started here ignore Ctrl-C: the parent hears it, and ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
