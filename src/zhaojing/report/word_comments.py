"""A copy of a Word report with a comment on each flagged sentence, its formatting untouched.

Comments: ECMA-376 Part 1, section 17.13.4; what Word does otherwise: [MS-OI29500], 2.1.315.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count

from lxml import etree
from lxml.etree import _Element

from zhaojing.errors import UnreadableFile
from zhaojing.labels import Category, Role
from zhaojing.messages import Lang, say
from zhaojing.reading import Document
from zhaojing.reading.docx import LocatedBlock, read_pieces
from zhaojing.reading.word_xml import COMPATIBILITY, MATH, Package, integer, new, qn
from zhaojing.report.marks import LETTERS, PRAISE_LETTER, joined
from zhaojing.screening import Report, ScreenedSentence
from zhaojing.splitting import Sentence

MAX_COMMENTS = 32_767  # Word opens no file with more

_AUTHOR = "照镜"
_PARAGRAPH, _RUN, _TEXT, _ID = qn("p"), qn("r"), qn("t"), qn("id")
_MARKS = [qn(f"comment{end}") for end in ("RangeStart", "RangeEnd", "Reference")]
# what a comment can begin and end beside; only a run can be cut
_HOLDERS = {_RUN, f"{MATH}oMath", f"{MATH}oMathPara", f"{COMPATIBILITY}AlternateContent"}
_PROPERTIES = {qn(f"{name}Pr") for name in ("r", "sdt", "sdtEnd", "smartTag", "customXml")}
_PRESERVE = "{http://www.w3.org/XML/1998/namespace}space"  # else Word trims the text


def comment_on(data: bytes, report: Report, lang: Lang) -> bytes:
    """Return a copy of the ``.docx`` file ``data`` with a comment on each flagged sentence.

    Comments that are there already stay. A digital signature does not survive the change.

    Raises
    ------
    UnreadableFile
        ``data`` is damaged, does not hold the text that was screened, or would hold more
        comments than Word can open.
    """
    try:
        return _copy_with_comments(data, report, lang)
    except UnreadableFile as error:
        raise UnreadableFile(error.key, where=report.path, **error.values) from error
    except Exception as error:  # parsers raise anything on hostile bytes
        raise UnreadableFile(
            "file.corrupt", where=report.path, detail=type(error).__name__
        ) from error


def _copy_with_comments(data: bytes, report: Report, lang: Lang) -> bytes:
    package = Package(data)
    document = package.document()
    blocks = list(read_pieces(package, document))
    if Document.from_blocks(block for block, _ in blocks).text != report.document.text:
        raise UnreadableFile("comment.changed")
    name, comments = _comments_part(package)
    identities = _free_identities([*comments, *document.iter(*_MARKS)])
    numbered = list(zip(identities, report.flagged, strict=False))
    if len(comments) + len(numbered) > MAX_COMMENTS:
        raise UnreadableFile("comment.too_many", limit=MAX_COMMENTS)
    spans = [(item.sentence.start, item.sentence.end) for item in report.flagged]
    places = _cut(_places(blocks), sorted({offset for span in spans for offset in span}))
    for identity, item in numbered:
        exact = _anchor(identity, item.sentence, places)
        comments.append(_comment(identity, item, exact, lang))
    registration = package.registration("comments")
    return package.copy_with({package.main: document, name: comments, **registration})


# --- from offsets to places in the file -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the characters ``[start, end)`` of the document's text stand in the file."""

    start: int
    end: int
    element: _Element

    @property
    def holder(self) -> _Element:
        """The run, or the formula or text box around it, that a comment can be put beside.

        Word drops a comment that is inside a text box, so the outermost paragraph counts.
        """
        path = [self.element, *self.element.iterancestors()]
        paragraph = max(i for i, element in enumerate(path) if element.tag == _PARAGRAPH)
        inside = path[:paragraph][::-1]
        return next((element for element in inside if element.tag in _HOLDERS), inside[0])

    @property
    def divisible(self) -> bool:
        """Whether a comment can begin or end at each of its characters."""
        return self.holder.tag == _RUN and self.holder is self.element.getparent()


def _places(blocks: Iterable[LocatedBlock]) -> list[_Place]:
    """Return the places of all characters but list numbers, in the order of the text.

    Offsets are those of :meth:`Document.from_blocks`, which keeps the length of each block and
    puts one line break between two.
    """
    places: list[_Place] = []
    position = 0
    for _, pieces in blocks:
        for piece in pieces:
            end = position + len(piece.text)
            if piece.element is not None and piece.text:
                places.append(_Place(position, end, piece.element))
            position = end
        position += 1
    return places


def _cut(places: list[_Place], offsets: list[int]) -> list[_Place]:
    """Begin a new run at each of ``offsets``, where that can be; return the places after that."""
    parts: list[_Place] = []
    for place in reversed(places):  # from the end, else what follows would be moved many times
        inside = offsets[bisect_left(offsets, place.start) : bisect_left(offsets, place.end)]
        if not inside or not place.divisible:
            parts.append(place)
            continue
        element, text, end = place.element, place.element.text or "", place.end
        for start in reversed([offset for offset in inside if offset > place.start]):
            rest = _twin(element)
            rest.text = text[start - place.start : end - place.start]
            if rest.text != rest.text.strip():
                rest.set(_PRESERVE, "preserve")
            rest.extend(list(element))
            element.addnext(rest)
            _begin_run(rest)
            parts.append(_Place(start, end, rest))
            end = start
        if end < place.end:
            element.text = text[: end - place.start]
            if element.text[-1].isspace():
                element.set(_PRESERVE, "preserve")
        if inside[0] == place.start:
            _begin_run(element)
        parts.append(_Place(place.start, end, element))
    return parts[::-1]


def _begin_run(element: _Element) -> None:
    """Move ``element`` and what follows it in its run to a run of the same properties."""
    run = element.getparent()
    if run is None or _leads(element):
        return
    rest = _twin(run)
    rest.extend([deepcopy(properties) for properties in run.iterchildren(qn("rPr"))])
    rest.extend([element, *element.itersiblings()])
    run.addnext(rest)


def _twin(element: _Element) -> _Element:
    """Return an empty element with the tag and the attributes of ``element``."""
    twin = etree.Element(element.tag)
    for name, text in element.items():
        twin.set(name, text)
    return twin


# --- anchors in the text ----------------------------------------------------------------------


def _anchor(identity: str, sentence: Sentence, places: list[_Place]) -> bool:
    """Mark ``sentence`` in the text; tell whether the marks enclose it and nothing else."""
    first = bisect_right(places, sentence.start, key=lambda place: place.end)
    last = bisect_left(places, sentence.end, key=lambda place: place.start) - 1
    nowhere = last < first  # a list number: the comment goes to what it numbers
    start, end = places[first], places[first if nowhere else last]
    after = _outermost(end.holder, lambda node: node.getnext() is None)
    after.addnext(new("r", new("commentReference", id=identity)))
    after.addnext(new("commentRangeEnd", id=identity))
    before = _outermost(start.holder, _leads)
    before.addprevious(new("commentRangeStart", id=identity))
    return not nowhere and start.divisible and end.divisible


def _outermost(node: _Element, is_edge: Callable[[_Element], bool]) -> _Element:
    """Return the outermost node of the paragraph that has its edge where ``node`` has it."""
    while is_edge(node):
        parent = node.getparent()
        if parent is None or parent.tag == _PARAGRAPH:
            break
        node = parent
    return node


def _leads(node: _Element) -> bool:
    """Tell whether only properties stand before ``node`` in its parent."""
    return all(sibling.tag in _PROPERTIES for sibling in node.itersiblings(preceding=True))


# --- the comments -----------------------------------------------------------------------------


def _comments_part(package: Package) -> tuple[str, _Element]:
    name = package.name_of("comments")
    root = package.part(name)
    if root is None:
        return name, new("comments")
    if root.tag != qn("comments"):
        raise UnreadableFile("file.corrupt", detail=name)
    return name, root


def _free_identities(taken: Iterable[_Element]) -> Iterator[str]:
    used = {integer(element.get(_ID), 0) for element in taken}
    return (str(number) for number in count() if number not in used)


def _comment(identity: str, item: ScreenedSentence, exact: bool, lang: Lang) -> _Element:
    """Return a comment without a date: the same report gives the same copy on any day."""
    # one paragraph, which LibreOffice loads in half the time of one a line
    run = new("r", new("rPr", new("sz", val="18")))
    for number, line in enumerate(_lines(item, exact, lang)):
        text = new("t")
        text.text = line
        run.extend([new("br"), text] if number else [text])
    # else it takes the spacing, indent and size of the report's own paragraphs
    layout = new(
        "pPr",
        new("spacing", before="0", after="0", line="240", lineRule="auto"),
        new("ind", firstLine="0", firstLineChars="0"),
        new("jc", val="left"),
    )
    comment = new("comment", id=identity, author=_AUTHOR, initials=_AUTHOR)
    comment.append(new("p", layout, run))
    return comment


def _lines(item: ScreenedSentence, exact: bool, lang: Lang) -> Iterator[str]:
    prediction, role = item.prediction, Role(item.prediction.role)
    praise = f"{say('report.embellishment', lang)} {prediction.embellishment_score:.2f}"
    scores = f"{role.label(lang)} {prediction.role_scores[role.value]:.2f}"
    practices = [
        f"{LETTERS[name]} {Category(name).label(lang)} {prediction.category_scores[name]:.2f}"
        for name in item.practices
    ]
    if practices:
        yield " · ".join(practices)
        yield say("comment.role", lang, scores=f"{scores} · {praise}")
    else:
        yield f"{PRAISE_LETTER} {praise}"
        yield say("comment.role", lang, scores=scores)
    if item.words:
        words = joined([f"“{word}”" for word in item.words], lang)
        yield say("comment.evidence", lang, words=words)
    if not exact:
        yield say("comment.sentence", lang, text=item.sentence.text)
    yield say("report.notice", lang)
