"""The folder of an evaluation: page, figures, predictions, plots, sentences to look at again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from zhaojing.classifier import Prediction
from zhaojing.errors import InvalidConfig, OutputFailed
from zhaojing.evaluation.annotators import Annotators
from zhaojing.evaluation.gates import GateResult
from zhaojing.evaluation.mistakes import to_check
from zhaojing.evaluation.page import About, render
from zhaojing.evaluation.plots import check_plots, plots
from zhaojing.evaluation.study import Study
from zhaojing.messages import DEFAULT_LANG, Lang
from zhaojing.output import (
    check_folder,
    refuse_overwriting,
    write_atomically,
    write_bytes_atomically,
)
from zhaojing.records import Record, write_records

PAGE_FILE = "report.html"
METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.jsonl"
TO_CHECK_FILE = "to_check.jsonl"
PLOTS_FOLDER = "plots"
_FIELDS = {"doc_id", "sentence", "text", "gold", "models"}  # of a line of the predictions
_LONGEST_LINE = 1_000_000  # characters
_DRAWING = re.compile(
    r"((precision-recall|reliability|risk-coverage)-[a-z]+|(roles|levels)-([A-Z]|\d+)"
    r"|workload|differences)\.(png|svg)"
)


def check_study_folder(folder: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse, before any work, what would end in an error after it.

    Raises
    ------
    MissingExtra
        The extra ``evaluate``, which draws the plots, is not installed.
    InvalidConfig
        ``folder`` holds something else than an evaluation.
    OutputFailed
        Nothing can be written there, or one of ``inputs`` would be overwritten.
    """
    check_plots()
    if folder.is_file() or (folder.exists() and any(folder.iterdir()) and not _is_ours(folder)):
        raise InvalidConfig("evaluation.occupied", where=folder)
    if (folder / PLOTS_FOLDER).is_symlink():
        raise OutputFailed("output.not_a_folder", where=folder / PLOTS_FOLDER)
    for name in (PAGE_FILE, METRICS_FILE, PREDICTIONS_FILE, TO_CHECK_FILE):
        refuse_overwriting(folder / name, *inputs)
    check_folder(folder)


def write_study(
    study: Study,
    records: Sequence[Record],
    predictions: Mapping[str, Sequence[Prediction]],
    folder: Path,
    lang: Lang = DEFAULT_LANG,
    *,
    about: About,
    gates: Sequence[GateResult] = (),
    annotators: Annotators | None = None,
) -> None:
    """Write ``study`` of ``records`` and ``predictions`` into ``folder``.

    Every file is whole or absent; those of an earlier evaluation are replaced. The same study
    gives the same bytes. See :func:`check_study_folder` for what is refused first.

    Raises
    ------
    MissingExtra, InvalidConfig, OutputFailed
    """
    check_study_folder(folder)
    drawn = plots(study, lang)
    page = render(study, drawn, records, about, lang, gates=gates, annotators=annotators)
    with write_atomically(folder / PREDICTIONS_FILE) as file:  # first: it says the rest is ours
        for row in _rows(records, predictions):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with write_atomically(folder / METRICS_FILE) as file:
        json.dump(_metrics(study, gates, annotators), file, ensure_ascii=False, indent=2)
        file.write("\n")
    judged = study.judged
    findings = (*judged.confident_errors, *judged.suspected)
    own = predictions[next(iter(study.models))]
    write_records(to_check(records, own, findings), folder / TO_CHECK_FILE)
    pictures = {f"{plot.name}.png": plot.png for plot in drawn}
    pictures |= {f"{plot.name}.svg": plot.svg for plot in drawn}
    for name, content in pictures.items():
        with write_bytes_atomically(folder / PLOTS_FOLDER / name) as picture:
            picture.write(content)
    _remove_others(folder / PLOTS_FOLDER, pictures)
    with write_atomically(folder / PAGE_FILE) as file:
        file.write(page)


def _is_ours(folder: Path) -> bool:
    """Tell whether the folder has predictions as an evaluation writes them."""
    try:
        with (folder / PREDICTIONS_FILE).open(encoding="utf-8") as file:
            first = json.loads(file.readline(_LONGEST_LINE))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and set(first) == _FIELDS


def _rows(
    records: Sequence[Record], predictions: Mapping[str, Sequence[Prediction]]
) -> Iterator[dict[str, Any]]:
    index = count()
    for record in records:
        for number, sentence in enumerate(record.sentences, 1):
            row = next(index)
            yield {
                "doc_id": record.doc_id,
                "sentence": number,
                "text": sentence.text,
                "gold": {
                    "categories": list(sentence.categories),
                    "role": sentence.role,
                    "embellishment_level": sentence.embellishment_level,
                },
                "models": {name: found[row].to_json() for name, found in predictions.items()},
            }


def _metrics(
    study: Study, gates: Sequence[GateResult], annotators: Annotators | None
) -> dict[str, Any]:
    found = study.to_json()
    if gates:
        found["gates"] = [
            {"gate": str(one.gate), "value": one.value, "passed": one.passed} for one in gates
        ]
    if annotators:
        found["annotators"] = annotators.to_json()
    return found


def _remove_others(folder: Path, written: Collection[str]) -> None:
    """Remove the drawings of an earlier evaluation that this one lacks, and nothing else."""
    for path in folder.iterdir():
        if path.name not in written and _DRAWING.fullmatch(path.name):
            try:
                path.unlink()
            except OSError as error:
                detail = error.strerror or error
                raise OutputFailed("output.failed", where=path, detail=detail) from error
