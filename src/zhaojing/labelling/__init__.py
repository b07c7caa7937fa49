"""Label corpora: rows in, one labelled row a sentence out, whatever their number.

A source is read as a stream (:mod:`~zhaojing.labelling.sources`) and cut into units of work
(:mod:`~zhaojing.labelling.units`), which an engine labels in order
(:mod:`~zhaojing.labelling.engine`). What it yields goes into shards
(:mod:`~zhaojing.labelling.shards`), so that a run that was stopped can go on. Every row of the
source is either labelled or listed with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zhaojing.errors import InvalidRecords, OutputFailed
from zhaojing.labelling.engine import Engine, Labelled, engine_for
from zhaojing.labelling.exports import COLUMNS, rows_into
from zhaojing.labelling.items import Item, read_items
from zhaojing.labelling.rejects import REJECTS_FILE, reject_lines
from zhaojing.labelling.request import STREAM, LabelRequest
from zhaojing.labelling.sampling import draw
from zhaojing.labelling.shards import Counts, open_folder
from zhaojing.labelling.sources import Corpus
from zhaojing.labelling.units import Unit, cut_into_units
from zhaojing.messages import DEFAULT_LANG, Lang
from zhaojing.model_folder import Manifest, default_folder
from zhaojing.output import refuse_overwriting, write_bytes_atomically

__all__ = [
    "COLUMNS",
    "STREAM",
    "Counts",
    "Item",
    "LabelRequest",
    "Progress",
    "label_corpus",
    "read_items",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: sentences labelled, and bytes read of ``size``, 0 if nobody knows it."""

    sentences: int
    done: int
    size: int


def label_corpus(
    request: LabelRequest,
    *,
    lang: Lang = DEFAULT_LANG,
    engine: Engine | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Counts:
    """Label what ``request`` names and write it where it says; return what became of the rows.

    ``lang`` is the language of the messages beside rejected rows; ``on_progress`` is called after
    each unit. After Ctrl-C a run into a folder can be resumed, and nothing half-written is left.

    Raises
    ------
    InvalidRecords
        Nothing can be read at all.
    InvalidConfig
        The output folder is in use, or holds something else.
    InvalidModel, MissingExtra
        The model or a library is missing.
    OutputFailed
        Something cannot be written. What has been finished stays.
    """
    Manifest.read(request.model or default_folder())
    corpus = Corpus(request)
    corpus.check()
    _keep_apart(request)
    engine = engine or engine_for(request)
    read = 0

    def units(skipped: int) -> Iterator[Unit]:
        nonlocal read
        for number, unit in enumerate(cut_into_units(corpus, request)):
            read += unit.read
            if number >= skipped:
                yield unit

    def results(skipped: int = 0, sentences: int = 0) -> Generator[Labelled, None, None]:
        for result in engine(units(skipped)):
            sentences += result.sentences
            on_progress(Progress(sentences, result.done, corpus.size))
            yield result

    if not request.is_sharded:
        counts = _write_one(request, results(), lang)
        counts.check(read)
    else:
        with open_folder(request, corpus, lang) as folder:
            state = folder.state
            if state.complete:
                return state.counts
            with closing(results(state.units, state.counts.sentences)) as labelled:
                folder.take(_wanted(request, labelled))
            folder.finish(read)
            counts = state.counts
    if not counts.rows:
        raise InvalidRecords("records.nothing", where=request.source)
    return counts


def _keep_apart(request: LabelRequest) -> None:
    """Refuse an output that is, or would become, part of the source."""
    if STREAM in (request.source, request.output):
        return
    refuse_overwriting(request.output, request.source)
    source, output = Path(request.source).resolve(), Path(request.output).resolve()
    if source.is_dir() and output.is_relative_to(source):
        raise OutputFailed("label.inside", where=request.output)


def _wanted(request: LabelRequest, results: Iterator[Labelled]) -> Iterator[Labelled]:
    if request.sample is None:
        return results
    return draw(results, request.sample, request.seed, request.shard_rows)


def _write_one(
    request: LabelRequest, results: Generator[Labelled, None, None], lang: Lang
) -> Counts:
    """Write everything to one file, the rejects beside it, or to standard output and error."""
    counts = Counts()
    beside = Path(f"{request.output}.{REJECTS_FILE}")
    rejects: IO[bytes] | None = None
    with ExitStack() as stack:
        stack.callback(results.close)
        file: IO[bytes] = sys.stdout.buffer
        if request.output == STREAM:
            rejects = sys.stderr.buffer
        else:
            file = stack.enter_context(write_bytes_atomically(request.output))
        into = rows_into(file, request.kind, request.compression, request.columns)
        write = stack.enter_context(into)
        for result in _wanted(request, results):
            for row in result.output:
                write(row)
            if result.faults:
                rejects = rejects or stack.enter_context(write_bytes_atomically(beside))
                rejects.write(reject_lines(result.faults, lang))
            counts.add(result)
    if request.output == STREAM:
        file.flush()
    elif not counts.has_rejects:
        beside.unlink(missing_ok=True)  # of an earlier run
    return counts
