"""How a sentence is shown: a letter and a colour for each practice, its scores, its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zhaojing.evidence import Span
from zhaojing.judging.praise import Claim, Proof
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.screening import Report, ScreenedSentence

# one letter a category, so that marks are told apart without colour
LETTERS = {category.value: letter for category, letter in zip(Category, "ABCDEF", strict=True)}
PRAISE_LETTER, COPIED_LETTER = "★", "≡"
PRAISE, COPIED = "praise", "copied"
# the colour of the letter and of the ground: 4.5 : 1 between them and on white (WCAG 2.2, 1.4.3)
_PAIRS = (
    ("#1d5fa8", "#e9f0f8"),
    ("#7a3fa0", "#f3ecf7"),
    ("#974b00", "#faf0e4"),
    ("#0b655c", "#e4f2f0"),
    ("#b3261e", "#fcebea"),
    ("#8a1a5c", "#f8e9f1"),
    ("#625900", "#f7f4da"),
    ("#4a515a", "#eceef1"),
)
COLOURS = dict(zip((*LETTERS, PRAISE, COPIED), _PAIRS, strict=True))
_PROOFS = {
    Proof.NUMBER: "proof.number",
    Proof.BASE: "proof.base",
    Proof.OBJECT: "proof.object",
    Proof.SOURCE: "proof.source",
}
COMMA = {"zh": "、", "en": ", "}
_EXCERPT = 32


@dataclass(frozen=True, slots=True)
class Chip:
    """The letter before a sentence; an outlined one says that the practice is not held against it."""

    letter: str
    css: str
    outlined: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A sentence in the text.

    Attributes
    ----------
    number
        Its index in the report, which makes its address on the page.
    pieces
        ``(text, whether it is evidence)``.
    kind
        ``flagged``, ``remedy`` (counted in the grid, not flagged), ``cleared`` (by the
        allow-list), or empty for a plain sentence.
    css
        The practice that colours it.
    badge, tip
        What stands behind it, and what is shown on demand, line by line.
    new_page
        The page that begins with it, if one does.
    spaced
        Whether white space stands before it in the report.
    """

    number: int
    pieces: tuple[tuple[str, bool], ...]
    kind: str
    css: str
    chips: tuple[Chip, ...]
    badge: str
    tip: tuple[str, ...]
    new_page: int | None
    spaced: bool


def practices(report: Report, lang: Lang) -> list[tuple[str, int]]:
    """Return the names of the practices a report shows and how often, most often first."""
    counts = sorted(report.practice_counts().items(), key=lambda pair: -pair[1])
    return [(Category(name).label(lang), count) for name, count in counts]


def mark(
    item: ScreenedSentence,
    number: int,
    lang: Lang,
    *,
    claim: Claim | None = None,
    copied: bool = False,
    new_page: int | None = None,
    spaced: bool = False,
) -> Mark:
    """Return how sentence ``number`` is shown; ``claim`` if it praises, ``copied`` if it is."""
    prediction = item.prediction
    kind = _kind(item)
    chips = [Chip(LETTERS[name], name) for name in item.practices]
    if item.flagged and not chips:  # flagged for its praise alone
        chips.append(Chip(PRAISE_LETTER, PRAISE))
    if kind and prediction.role == Role.MEASURE:
        chips += [Chip(LETTERS[name], name, outlined=True) for name in prediction.categories]
    if copied:
        chips.append(Chip(COPIED_LETTER, COPIED, outlined=True))
    return Mark(
        number=number,
        pieces=pieces(item.sentence.text, item.evidence if item.flagged else ()),
        kind=kind,
        css=chips[0].css if kind and chips else "",
        chips=tuple(chips),
        badge=_badge(item, kind, lang),
        tip=tuple(_tip(item, claim, lang)) if kind else (),
        new_page=new_page,
        spaced=spaced,
    )


def pieces(text: str, spans: Iterable[Span]) -> tuple[tuple[str, bool], ...]:
    """Cut ``text`` into ``(piece, whether it lies in one of spans)``; spans may overlap."""
    inside = [False] * len(text)
    for start, end in spans:
        inside[start:end] = [True] * len(inside[start:end])
    edges = [i for i in range(1, len(text)) if inside[i] != inside[i - 1]]
    return tuple(
        (text[start:end], inside[start]) for start, end in pairwise([0, *edges, len(text)]) if text
    )


def place(item: ScreenedSentence, lang: Lang) -> str:
    """Return where a sentence stands: its page, or its paragraph where there are no pages."""
    sentence = item.sentence
    if sentence.page is None:
        return say("report.paragraph", lang, paragraph=sentence.paragraph)
    return say("report.page", lang, page=sentence.page)


def excerpt(text: str) -> str:
    """Return the beginning of a sentence."""
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def proof_names(claim: Claim, lang: Lang) -> str:
    """Return what can be checked in a claim, in words."""
    return joined([say(_PROOFS[proof], lang) for proof in claim.proofs], lang)


def joined(words: Sequence[str], lang: Lang) -> str:
    """Return ``words`` as a row."""
    return COMMA[lang].join(words)


def _kind(item: ScreenedSentence) -> str:
    if item.allowed:
        return "cleared"
    if item.flagged:
        return "flagged"
    return "remedy" if item.prediction.categories else ""


def _badge(item: ScreenedSentence, kind: str, lang: Lang) -> str:
    if not kind:
        return ""
    if item.allowed:
        return say("mark.cleared", lang, reason=item.allowed)
    role = Role(item.prediction.role).label(lang)
    if not item.flagged:
        return role
    names = [Category(name).label(lang) for name in item.practices]
    shown = joined(names, lang) or say("report.embellishment", lang)
    return f"{shown} · {role} · {item.strength:.2f}"


def _tip(item: ScreenedSentence, claim: Claim | None, lang: Lang) -> Iterable[str]:
    prediction = item.prediction
    for name in prediction.categories:
        label = Category(name).label(lang)
        yield f"{LETTERS[name]} {label} {prediction.category_scores[name]:.2f}"
    role = Role(prediction.role)
    yield f"{role.label(lang)} {prediction.role_scores[role.value]:.2f}"
    yield f"{say('report.embellishment', lang)} {prediction.embellishment_score:.2f}"
    if item.words:
        yield say("comment.evidence", lang, words=joined([f"“{w}”" for w in item.words], lang))
    if claim is not None:
        yield checkable(claim, lang)


def checkable(claim: Claim, lang: Lang) -> str:
    """Say what can be checked in a claim."""
    names = proof_names(claim, lang)
    return say("mark.checkable", lang, names=names) if names else say("mark.uncheckable", lang)
