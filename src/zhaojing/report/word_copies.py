"""``批注/``: a copy of each Word report with a comment on every flagged sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zhaojing.errors import UnreadableFile
from zhaojing.messages import Lang
from zhaojing.output import write_bytes_atomically
from zhaojing.reading.office import as_docx
from zhaojing.reading.source import blamed_on
from zhaojing.report.word_comments import comment_on
from zhaojing.results_folder import word_copies
from zhaojing.screening import Report

_WORD = {".docx", ".doc", ".wps", ".rtf", ".odt"}  # not .docm: no macro leaves with a copy


def write_word_copies(reports: Sequence[Report], folder: Path, lang: Lang) -> list[UnreadableFile]:
    """Write the copies; return the reports of which none could be made, and why.

    A report without a flag gets no copy. What is no ``.docx`` is converted once more.

    Raises
    ------
    OutputFailed
        A copy cannot be written.
    """
    chosen = [
        (report, report.source)
        for report in reports
        if report.flagged and report.source is not None and report.source.suffix in _WORD
    ]
    place, failures = word_copies(folder), []
    names = place.begin([report.short_name for report, _ in chosen])
    for name, (report, source) in zip(names, chosen, strict=True):
        try:
            with blamed_on(source.path):
                content = comment_on(as_docx(source.load()), report, lang)
        except UnreadableFile as error:
            failures.append(error)
            (place.path / name).unlink(missing_ok=True)  # an earlier run's
            continue
        with write_bytes_atomically(place.path / name) as file:
            file.write(content)
    place.finish(names)
    return failures
