"""Read → split → classify: what becomes of one report, and of a pile of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zhaojing.classifier import Classifier, Prediction
from zhaojing.context import context_of, join_headings
from zhaojing.errors import UnreadableFile, printable
from zhaojing.evidence import Span, find_evidence
from zhaojing.labels import CATEGORIES, Role
from zhaojing.policy import Policy
from zhaojing.reading import Document, Source, find_sources, read_source
from zhaojing.splitting import Sentence, split


@dataclass(frozen=True, slots=True)
class ScreenedSentence:
    """A sentence of a report with its labels.

    ``evidence`` holds ``(start, end)`` offsets into the sentence's text: the words that carry its
    flag, strongest first. ``allowed`` is the reason why a flag of the model is not shown, empty
    for every other sentence.
    """

    sentence: Sentence
    prediction: Prediction
    evidence: tuple[Span, ...] = ()
    allowed: str = ""

    @property
    def flagged(self) -> bool:
        """Whether the sentence deserves a look."""
        return self.prediction.flagged and not self.allowed

    @property
    def words(self) -> list[str]:
        """The words that carry the flag, strongest first."""
        return [self.sentence.text[start:end] for start, end in self.evidence]

    @property
    def practices(self) -> tuple[str, ...]:
        """The categories for which it is flagged, by id: none if it tells a remedy."""
        shown = self.flagged and self.prediction.role != Role.MEASURE
        return self.prediction.categories if shown else ()

    @property
    def strength(self) -> float:
        """How sure the model is that the sentence deserves its flag, in [0, 1]."""
        scores = [self.prediction.category_scores[name] for name in self.practices]
        return max([*scores, self.prediction.embellishment_score])


@dataclass(frozen=True, slots=True)
class Report:
    """A screened report: its document and every sentence with its labels, in order."""

    document: Document
    sentences: tuple[ScreenedSentence, ...]
    source: Source | None = None  # what can be read again, where there is one

    @property
    def path(self) -> Path | None:
        """Where the report was read from."""
        return self.document.path

    @property
    def name(self) -> str:
        """The path as text that any file and terminal can hold."""
        return printable(self.path) if self.path else ""

    @property
    def short_name(self) -> str:
        """The name without its folders."""
        return printable(self.path.name) if self.path else ""

    @property
    def flagged(self) -> tuple[ScreenedSentence, ...]:
        """The sentences that deserve a look."""
        return tuple(item for item in self.sentences if item.flagged)

    def practice_counts(self) -> dict[str, int]:
        """Count the flagged sentences of each category that told no remedy, by id."""
        counts = Counter(name for item in self.flagged for name in item.practices)
        return {category: counts[category] for category in CATEGORIES if counts[category]}

    @property
    def mean_embellishment(self) -> float:
        """The mean embellishment score of all sentences, in [0, 1]."""
        scores = [item.prediction.embellishment_score for item in self.sentences]
        return sum(scores) / len(scores) if scores else 0.0

    def strongest(self, count: int) -> tuple[ScreenedSentence, ...]:
        """Return the ``count`` flagged sentences with the highest score, best first."""
        ranked = sorted(self.flagged, key=lambda item: -item.strength)
        return tuple(ranked[: max(count, 0)])

    def rows(self) -> list[dict[str, Any]]:
        """Return one plain row a sentence, as ``results.jsonl`` holds them."""
        return [
            {
                "doc_id": self.name,
                "index": index,
                "text": item.sentence.text,
                "start": item.sentence.start,
                "end": item.sentence.end,
                "paragraph": item.sentence.paragraph,
                "page": item.sentence.page,
                "heading": join_headings(item.sentence.heading),
                **item.prediction.to_json(),
                "flagged": item.flagged,
                "evidence": item.words,
                **({"allowed": item.allowed} if item.allowed else {}),
            }
            for index, item in enumerate(self.sentences)
        ]


class Screener:
    """Screens reports with one classifier, by the decisions of one office."""

    def __init__(self, classifier: Classifier, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        if policy is not None:
            classifier = classifier.with_thresholds(policy.limits(classifier.manifest))
        self.classifier = classifier

    def screen(self, path: str | Path) -> Report:
        """Read, split and classify one report.

        Raises
        ------
        UnreadableFile
            The file cannot be read, or holds no sentence.
        """
        return self.screen_source(Source.of_file(Path(path)))

    def screen_source(self, source: Source) -> Report:
        """Read, split and classify one report, wherever it comes from; raises the same."""
        return replace(self.screen_document(read_source(source)), source=source)

    def screen_document(self, document: Document) -> Report:
        """Split and classify a document that has been read."""
        sentences = split(document)
        if not sentences:
            raise UnreadableFile("file.no_sentences", where=document.path)
        texts = [sentence.text for sentence in sentences]
        contexts = context_of([join_headings(s.heading) for s in sentences], texts)
        predictions = self.classifier.classify(texts, contexts=contexts)
        evidence = find_evidence(self.classifier.model, texts, contexts, predictions)
        labelled = zip(sentences, predictions, evidence, strict=True)
        return Report(document, tuple(self._screened(*item) for item in labelled))

    def _screened(
        self, sentence: Sentence, prediction: Prediction, evidence: tuple[Span, ...]
    ) -> ScreenedSentence:
        allowed = self.policy.allowed(sentence.text) if prediction.flagged else ""
        return ScreenedSentence(sentence, prediction, evidence, allowed)


def screen_all(
    screener: Screener,
    paths: Iterable[str | Path],
    *,
    output: Path | None = None,
    on_file: Callable[[Path], None] = lambda path: None,
) -> tuple[list[Report], list[UnreadableFile]]:
    """Screen every report below ``paths``, once each; what fails is listed, the others go on.

    ``output`` is the folder for the results: what an earlier run left there is no report;
    ``on_file`` is called with each path before it is read.
    """
    reports: list[Report] = []
    failures: list[UnreadableFile] = []
    for found in find_sources(paths, output=output):
        if isinstance(found, UnreadableFile):
            failures.append(found)
            continue
        on_file(found.path)
        try:
            reports.append(screener.screen_source(found))
        except UnreadableFile as error:
            failures.append(error)
    return reports, failures
