"""What stands around a sentence in its document and may settle what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhaojing.normalize import normalize


@dataclass(frozen=True, slots=True)
class Context:
    """The heading path above a sentence (joined by ``" > "``) and the sentence before it."""

    heading: str = ""
    previous: str = ""

    def normalized(self) -> Context:
        """Return the context as the models see it."""
        return Context(normalize(self.heading), normalize(self.previous))


NO_CONTEXT = Context()


def context_of(headings: Sequence[str], texts: Sequence[str]) -> list[Context]:
    """Return the contexts of a document's sentences, in order, from their heading paths."""
    previous = ["", *texts[:-1]] if texts else []
    return [Context(heading, before) for heading, before in zip(headings, previous, strict=True)]


def join_headings(path: Sequence[str]) -> str:
    """Return the heading path as data files and models write it."""
    return " > ".join(path)
