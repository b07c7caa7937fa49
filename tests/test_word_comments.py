"""The copy of a Word file: comments on exactly the flagged sentences, all else as it was."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conftest import ROOT
from zhaojing import Classifier, Screener, UnreadableFile
from zhaojing.classifier import Prediction
from zhaojing.labels import CATEGORIES, ROLES
from zhaojing.messages import say
from zhaojing.reading import Document
from zhaojing.reading.docx import read_docx
from zhaojing.reading.word_xml import Package, qn
from zhaojing.report.word_comments import comment_on
from zhaojing.screening import Report, ScreenedSentence
from zhaojing.splitting import split

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SPACES = f'xmlns:w="{W}" xmlns:mc="{MC}" xmlns:m="{MATH}"'
COMMENTED = {"word/document.xml", "word/comments.xml", "[Content_Types].xml"} | {
    "word/_rels/document.xml.rels"
}
NUMBER = re.compile(r"(\d+、|第\d+条。|\d+\.|• )?")
Flagged = Callable[[int], bool]


def prediction(*categories: str, role: str = "problem", score: float = 0.1) -> Prediction:
    scores = dict.fromkeys(CATEGORIES, 0.05) | dict.fromkeys(categories, 0.91)
    roles = dict.fromkeys(ROLES, 0.02) | {role: 0.94}
    return Prediction(categories, scores, role, roles, score, True)


PLAIN = Prediction((), dict.fromkeys(CATEGORIES, 0.0), "other", dict.fromkeys(ROLES, 0.0), 0, False)


def screened(data: bytes, flagged: Flagged = lambda index: True) -> Report:
    """Return the report of ``data`` with the sentences flagged that ``flagged`` names."""
    document = Document.from_blocks(read_docx(data), Path("甲.docx"))
    labels = prediction("meetings")
    return Report(
        document,
        tuple(
            ScreenedSentence(sentence, labels if flagged(index) else PLAIN)
            for index, sentence in enumerate(split(document))
        ),
    )


def package(body: str, parts: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return a Word file as small as Word would open it, with ``parts`` added or replaced."""
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
            "_rels/.rels": links(officeDocument="word/document.xml"),
            "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
            **parts,
        }
    )


def links(**targets: str) -> str:
    """Return a part of relationships: target by kind."""
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{LINK}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{RELATIONSHIPS}">{inner}</Relationships>'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def saved(word: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


# --- what a copy must be, looked at with other eyes than those that made it ---------------------


def main_part(data: bytes) -> etree._Element:
    return Package(data).document()


def shown(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield every element of the text with what a reader sees of it."""
    signs = {qn("tab"): "\t", qn("br"): "\n", qn("cr"): "\n", qn("noBreakHyphen"): "-"}
    unseen = {qn(name) for name in ("del", "moveFrom", "rt", "txbxContent", "pPr", "rPr")}
    for element in root.iter():
        path = list(element.iterancestors())
        hidden = any(e.find(f"{qn('rPr')}/{qn('vanish')}") is not None for e in path)
        if hidden or any(e.tag in unseen or str(e.tag).endswith("Fallback") for e in path):
            yield element, ""
        elif element.tag in (qn("t"), f"{{{MATH}}}t"):
            yield element, element.text or ""
        else:
            yield element, signs.get(element.tag, "")


def anchored(data: bytes) -> dict[str, str]:
    """Return, by id, the text between the marks of each comment; a bad pair of marks fails."""
    texts: dict[str, str] = {}
    open_marks: set[str] = set()
    referred: list[str] = []
    for element, text in shown(main_part(data)):
        identity = element.get(qn("id"), "")
        if element.tag == qn("commentRangeStart"):
            assert identity not in texts
            texts[identity] = ""
            open_marks.add(identity)
        elif element.tag == qn("commentRangeEnd"):
            open_marks.remove(identity)
        elif element.tag == qn("commentReference"):
            assert identity not in open_marks
            referred.append(identity)
        for mark in open_marks:
            texts[mark] += text
    assert not open_marks
    assert sorted(referred) == sorted(texts)
    return texts


def characters(data: bytes) -> list[tuple[object, ...]]:
    """Return each character, and each element without one, with its formatting and wrapping."""
    found: list[tuple[object, ...]] = []
    for element in main_part(data).iter():
        path = list(element.iterancestors())
        ours = {qn("commentRangeStart"), qn("commentRangeEnd"), qn("commentReference")}
        if element.tag in ours | {qn("r"), qn("rPr")} or any(e.tag == qn("rPr") for e in path):
            continue
        run = element.getparent()
        look = None if run is None else run.find(qn("rPr"))
        wrapping = tuple((e.tag, tuple(e.items())) for e in path if e.tag != qn("t"))
        formatting = None if look is None else etree.tostring(look, with_tail=False)
        for char in [*(element.text or [None]), *(element.tail or "")]:
            found.append((element.tag, formatting, wrapping, char))
    return found


def empty_runs(data: bytes) -> int:
    runs = main_part(data).iter(qn("r"))
    return sum(all(child.tag == qn("rPr") for child in run) for run in runs)


def check(data: bytes, report: Report, *, changed: Collection[str] = COMMENTED) -> bytes:
    """Comment on ``data``, test all that holds of every copy, and return the copy."""
    copy = comment_on(data, report, "zh")
    assert copy == comment_on(data, report, "zh")
    assert list(read_docx(copy)) == list(read_docx(data))
    assert characters(copy) == characters(data)
    assert empty_runs(copy) == empty_runs(data)
    before, after = entries(data), entries(copy)
    assert after.keys() - before.keys() <= set(changed)
    assert all(after[name] == content for name, content in before.items() if name not in changed)
    old = {e.get(qn("id"), "") for e in main_part(data).iter(qn("commentRangeStart"))}
    texts = {key: text for key, text in anchored(copy).items() if key not in old}
    comments = comments_of(copy)
    assert len(texts) == len(report.flagged)
    for identity, item in zip(sorted(texts, key=int), report.flagged, strict=True):
        sentence, text = item.sentence.text, texts[identity]
        if say("comment.sentence", "zh", text=sentence) not in comments[identity]:
            number = len(sentence) - len(text)  # a list number is not in the file
            assert NUMBER.fullmatch(sentence[:number])
            assert sentence[number:] == Document.from_text(text).text
    return copy


def comments_of(data: bytes) -> dict[str, str]:
    """Return the text of each comment by id; an id that is there twice fails."""
    found: dict[str, str] = {}
    root = Package(data).part("word/comments.xml")
    assert root is not None
    for comment in root:
        identity = comment.get(qn("id"), "")
        assert identity not in found
        found[identity] = "\n".join(t.text or "" for t in comment.iter(qn("t")))
    return found


# --- any structure ------------------------------------------------------------------------------


def mixed(*choices: st.SearchStrategy[str], size: int = 4) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*choices), max_size=size).map("".join)


def wrapped(before: str, inner: st.SearchStrategy[str], after: str) -> st.SearchStrategy[str]:
    return inner.map(lambda text: f"{before}{text}{after}")


TEXT = st.text("会议多陪。；！“”（） \t<&a1.\x7f\u3000𠮷\u2028", max_size=9).map(escape)
RUN_CONTENT = mixed(
    wrapped("<w:t>", TEXT, "</w:t>"),
    wrapped('<w:t xml:space="preserve">', TEXT, "</w:t>"),
    wrapped("<w:t>甲&#13;", TEXT, "</w:t>"),
    wrapped("<w:t>乙。丙<?p x?>", TEXT, "</w:t>"),
    st.sampled_from(
        [
            *(
                "<w:tab/>",
                "<w:br/>",
                "<w:cr/>",
                "<w:noBreakHyphen/>",
                "<w:softHyphen/>",
                "<w:sym/>",
            ),
            *('<w:fldChar w:fldCharType="begin"/>', "<w:instrText>PAGE。</w:instrText>"),
        ]
    ),
)
RUN = st.one_of(
    wrapped("<w:r>", RUN_CONTENT, "</w:r>"),
    wrapped('<w:r w:rsidR="00A1"><w:rPr><w:b/></w:rPr>', RUN_CONTENT, "</w:r>"),
    wrapped("<w:r><w:rPr><w:vanish/></w:rPr>", RUN_CONTENT, "</w:r>"),
    wrapped('<w:del w:id="7"><w:r><w:delText>', TEXT, "</w:delText></w:r></w:del>"),
    wrapped('<w:moveFrom w:id="8"><w:r><w:t>', TEXT, "</w:t></w:r></w:moveFrom>"),
    st.sampled_from(['<w:bookmarkStart w:id="0" w:name="a"/>', '<w:bookmarkEnd w:id="0"/>']),
)
ODD = st.one_of(
    wrapped(
        "<w:r><w:ruby><w:rt><w:r><w:t>zhao</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>",
        TEXT,
        "</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    ),
    wrapped("<m:oMath><m:r><m:t>x；", TEXT, "</m:t></m:r></m:oMath>"),
    wrapped("<w:t>无主", TEXT, "</w:t>"),
    wrapped(
        '<mc:AlternateContent><mc:Choice Requires="x"><w:r>',
        RUN_CONTENT,
        "</w:r></mc:Choice><mc:Fallback><w:r><w:t>旧。</w:t></w:r></mc:Fallback></mc:AlternateContent>",
    ),
)


def inline(*choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return what a paragraph can hold, with ``choices`` wrapped any way."""
    return st.recursive(
        mixed(*choices),
        lambda inner: mixed(
            inner,
            wrapped('<w:hyperlink w:anchor="a">', inner, "</w:hyperlink>"),
            wrapped('<w:ins w:id="3" w:author="某">', inner, "</w:ins>"),
            wrapped('<w:moveTo w:id="4">', inner, "</w:moveTo>"),
            wrapped("<w:smartTag><w:smartTagPr/>", inner, "</w:smartTag>"),
            wrapped("<w:sdt><w:sdtPr/><w:sdtContent>", inner, "</w:sdtContent></w:sdt>"),
            wrapped('<w:fldSimple w:instr="DATE">', inner, "</w:fldSimple>"),
            size=3,
        ),
        max_leaves=6,
    )


LIST = "<w:pPr><w:numPr><w:ilvl w:val='{}'/><w:numId w:val='1'/></w:numPr></w:pPr>"
DELETED_MARK = "<w:pPr><w:rPr><w:del w:id='5'/></w:rPr></w:pPr>"
NUMBERING = (
    f'<w:numbering {SPACES}><w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:lvlText w:val="%1、"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:lvlText w:val="第%2条。"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)


LISTS = {"word/numbering.xml": NUMBERING}


def paragraphs(content: st.SearchStrategy[str], size: int = 3) -> st.SearchStrategy[str]:
    beginnings = ["<w:p>", *(f"<w:p>{p}" for p in (LIST.format(0), LIST.format(1), DELETED_MARK))]
    return mixed(*(wrapped(beginning, content, "</w:p>") for beginning in beginnings), size=size)


def box(content: str) -> str:
    """Return a text box as Word writes it: twice."""
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><w:txbxContent>{content}'
        "</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>"
        f"{content}</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def bodies(content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return mixed(
        content,
        wrapped("<w:sdt><w:sdtContent>", content, "</w:sdtContent></w:sdt>"),
        wrapped("<w:tbl><w:tr><w:tc>", content, "</w:tc></w:tr></w:tbl>"),
    )


@settings(deadline=None, max_examples=100)
@given(body=bodies(paragraphs(inline(RUN))), chosen=st.none() | st.sets(st.integers(0, 20)))
def test_comments_enclose_exactly_the_sentences(body: str, chosen: set[int] | None) -> None:
    data = package(body, LISTS)
    report = screened(data, lambda index: chosen is None or index in chosen)
    copy = check(data, report)
    texts = [item.sentence.text for item in report.flagged]
    for comment, text in zip(comments_of(copy).values(), texts, strict=True):
        if not NUMBER.fullmatch(text):  # which is nowhere in the file
            assert say("comment.sentence", "zh", text=text) not in comment


ANY_INLINE = inline(RUN, ODD)
WITH_BOXES = mixed(ANY_INLINE, paragraphs(ANY_INLINE, size=2).map(box), size=3)


@settings(deadline=None, max_examples=100)
@given(body=bodies(paragraphs(WITH_BOXES)))
def test_nothing_is_lost_around_formulas_boxes_and_what_else_cannot_be_cut(body: str) -> None:
    data = package(body, LISTS)
    check(data, screened(data))


# --- the constructions one by one ---------------------------------------------------------------


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def ranges(body: str, flagged: Flagged = lambda index: True) -> list[str]:
    """Return the text of each comment's range, in the order of the sentences."""
    data = package(body)
    return list(anchored(check(data, screened(data, flagged))).values())


def test_a_sentence_amid_a_run_is_cut_out_with_its_formatting() -> None:
    body = f"<w:p>{run('会议太多。层层陪会。 文件太多。', '<w:b/>')}</w:p>"
    data = package(body)
    copy = check(data, screened(data, lambda index: index == 1))
    assert list(anchored(copy).values()) == ["层层陪会。"]
    runs = [r for r in main_part(copy).iter(qn("r")) if r.find(qn("t")) is not None]
    assert ["".join(r.itertext()) for r in runs] == ["会议太多。", "层层陪会。", " 文件太多。"]
    assert all(r.find(f"{qn('rPr')}/{qn('b')}") is not None for r in runs)
    texts = [r.find(qn("t")) for r in runs]
    preserve = "{http://www.w3.org/XML/1998/namespace}space"
    assert [t.get(preserve) for t in texts if t is not None] == [None, None, "preserve"]


def test_a_sentence_over_runs_links_revisions_and_a_deleted_paragraph_mark() -> None:
    body = (
        f'<w:p>{DELETED_MARK}{run("先进。会")}<w:hyperlink w:anchor="a">{run("议")}</w:hyperlink>'
        f'<w:ins w:id="1">{run("太")}</w:ins><w:del w:id="2"><w:r><w:delText>很</w:delText></w:r>'
        f"</w:del></w:p><w:p>{run('看不见', '<w:vanish/>')}{run('多')}<w:r><w:tab/>"
        "<w:noBreakHyphen/></w:r><w:sdt><w:sdtContent>"
        f"{run('啊。')}</w:sdtContent></w:sdt>{run('完。')}</w:p>"
    )
    assert ranges(body, lambda index: index == 1) == ["会议太多\t-啊。"]


def test_marks_stay_out_of_a_link_a_field_and_a_control_they_only_border_on() -> None:
    body = "".join(
        f"<w:p>{before}{run('会议太多。')}{after}</w:p>"
        for before, after in [
            ('<w:hyperlink w:anchor="a">', "</w:hyperlink>"),
            ('<w:fldSimple w:instr="DATE">', "</w:fldSimple>"),
            ("<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>", "</w:sdtContent></w:sdt>"),
            ('<w:ins w:id="1">', "</w:ins>"),
        ]
    )
    data = package(body)
    copy = check(data, screened(data))
    marks = [m for m in main_part(copy).iter() if str(m.tag).endswith(("Start", "End"))]
    assert len(marks) == 8
    assert {m.getparent().tag for m in marks} == {qn("p")}  # type: ignore[union-attr]


def test_a_list_number_is_no_text_and_one_alone_moves_the_comment_to_what_it_numbers() -> None:
    body = f"<w:p>{LIST.format(0)}{run('会议太多。')}</w:p><w:p>{LIST.format(1)}{run('陪会太多。')}</w:p>"
    data = package(body, LISTS)
    report = screened(data)
    texts = [item.sentence.text for item in report.flagged]
    assert texts == ["1、会议太多。", "第1条。", "陪会太多。"]
    copy = check(data, report)
    assert list(anchored(copy).values()) == ["会议太多。", "陪会太多。", "陪会太多。"]
    about = say("comment.sentence", "zh", text="第1条。")
    assert [about in comment for comment in comments_of(copy).values()] == [False, True, False]


def test_a_comment_on_a_text_box_goes_round_the_box_and_quotes_the_sentence() -> None:
    inside = f"<w:p>{run('框里陪会。框里开会。')}</w:p>"
    body = f"<w:p>{run('框前。')}{box(inside)}{run('框后。')}</w:p>"
    data = package(body)
    copy = check(data, screened(data, lambda index: index >= 2))
    root = main_part(copy)
    (paragraph,) = root.iterchildren(qn("body")).__next__().iterchildren(qn("p"))
    assert [etree.QName(child).localname for child in paragraph] == [
        "r",
        "commentRangeStart",
        "commentRangeStart",
        "r",
        *("commentRangeEnd", "r") * 2,
        "r",
    ]
    first, second = comments_of(copy).values()
    assert "框里陪会。" in first
    assert "框里开会。" in second


def test_a_formula_and_a_ruby_are_enclosed_whole() -> None:
    formula = "<m:oMath><m:r><m:t>x；y</m:t></m:r></m:oMath>"
    body = f"<w:p>{run('指标')}{formula}{run('太多。')}</w:p>"
    assert ranges(body) == ["指标x；y", "x；y太多。"]


# --- packages -----------------------------------------------------------------------------------

SENTENCE = f"<w:p>{run('会议太多。')}</w:p>"


def test_comments_that_are_there_stay_and_keep_their_numbers() -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("会议太多。")
    paragraph.add_run("陪会太多。").bold = True
    word.add_comment(paragraph.runs[1], text="旧批注", author="某人", initials="某")
    files = entries(saved(word))
    files["word/commentsExtended.xml"] = files["word/people.xml"] = b"<x/>"
    data = zipped(files)
    # the relationship and the content type are there: those parts stay as they were too
    copy = check(data, screened(data), changed={"word/document.xml", "word/comments.xml"})
    comments = list(docx.Document(io.BytesIO(copy)).comments)
    assert [(c.comment_id, c.author) for c in comments] == [(0, "某人"), (1, "照镜"), (2, "照镜")]
    assert comments[0].text == "旧批注"
    assert anchored(copy) == {"0": "陪会太多。", "1": "会议太多。", "2": "陪会太多。"}


def test_numbers_of_marks_without_a_comment_are_not_taken() -> None:
    body = f'<w:p><w:commentRangeStart w:id="0"/>{run("会。")}<w:commentRangeEnd w:id="0"/></w:p>'
    copy = comment_on(package(body), screened(package(body)), "zh")
    assert list(comments_of(copy)) == ["1"]


def test_the_strict_dialect_stays_strict() -> None:
    data = zipped({k: v.decode().replace(W, STRICT) for k, v in entries(package(SENTENCE)).items()})
    parts = entries(check(data, screened(data)))
    assert all(W.encode() not in content for content in parts.values())
    assert STRICT.encode() in parts["word/document.xml"]
    assert STRICT.encode() in parts["word/comments.xml"]
    links = parts["word/_rels/document.xml.rels"].decode()
    assert 'Type="http://purl.oclc.org/ooxml/officeDocument/relationships/comments"' in links


@pytest.mark.parametrize("target", ["/word/a/批.xml", "a/%E6%89%B9.xml", "./../word/a/批.xml"])
def test_the_comments_part_is_where_the_relationship_says(target: str) -> None:
    files = {"word/_rels/document.xml.rels": links(styles="styles.xml", comments=target)}
    files["word/a/批.xml"] = f'<w:comments {SPACES}><w:comment w:id="4"/></w:comments>'
    data = package(SENTENCE, files)
    parts = entries(comment_on(data, screened(data), "zh"))
    assert "word/comments.xml" not in parts
    assert 'w:id="4"' in parts["word/a/批.xml"].decode()
    assert 'w:id="0"' in parts["word/a/批.xml"].decode()
    assert parts["word/_rels/document.xml.rels"].decode() == files["word/_rels/document.xml.rels"]
    assert 'PartName="/word/a/批.xml"' in parts["[Content_Types].xml"].decode()


def test_a_main_part_of_another_name_is_read_and_commented_on() -> None:
    parts = {k: v.decode() for k, v in entries(package(SENTENCE)).items()}
    parts["word/document2.xml"] = parts.pop("word/document.xml")
    parts["_rels/.rels"] = links(officeDocument="/word/document2.xml")
    parts["word/_rels/document2.xml.rels"] = links(styles="styles2.xml")
    data = zipped(parts)
    copy = comment_on(data, screened(data), "zh")
    assert list(anchored(copy).values()) == ["会议太多。"]
    assert 'Id="rId2"' in entries(copy)["word/_rels/document2.xml.rels"].decode()


def test_python_docx_opens_the_copy_and_lists_the_comments() -> None:
    word = docx.Document()
    word.add_heading("会议方面", 1)
    word.add_paragraph("会议太多。陪会太多。", style="List Bullet")
    word.add_table(1, 1).cell(0, 0).text = "表里的会。"
    data = saved(word)
    opened = docx.Document(io.BytesIO(check(data, screened(data))))
    assert [p.text for p in opened.paragraphs] == ["会议方面", "会议太多。陪会太多。"]
    comments = list(opened.comments)
    assert len(comments) == 4
    assert {(c.author, c.initials, c.timestamp) for c in comments} == {("照镜", "照镜", None)}


# --- what a comment says ------------------------------------------------------------------------


def comment_text(labels: Prediction, evidence: tuple[tuple[int, int], ...], lang: str) -> str:
    data = package(SENTENCE)
    (item,) = screened(data).sentences
    report = Report(screened(data).document, (ScreenedSentence(item.sentence, labels, evidence),))
    (text,) = comments_of(comment_on(data, report, lang)).values()  # type: ignore[arg-type]
    return text


def test_a_comment_names_practices_role_scores_words_and_what_it_is() -> None:
    assert comment_text(prediction("documents", "meetings"), ((0, 2), (2, 4)), "zh") == (
        "A 文件材料 0.91 · B 会议活动 0.91\n作用：问题表现 0.94 · 自我美化 0.10\n"
        "依据的词语：“会议”、“太多”\n" + say("report.notice", "zh")
    )
    assert comment_text(prediction("meetings"), ((0, 2),), "en") == (
        "B meetings 0.91\nrole: problem 0.94 · self-praise 0.10\nwords behind it: “会议”\n"
        + say("report.notice", "en")
    )


def test_a_sentence_flagged_for_its_praise_alone_says_so() -> None:
    for labels in (
        prediction(role="achievement", score=0.8),
        prediction("meetings", role="measure", score=0.8),
    ):
        first, second, *_ = comment_text(labels, (), "zh").split("\n")
        assert first == "★ 自我美化 0.80"
        assert "自我美化" not in second


# --- what cannot be done ------------------------------------------------------------------------


def refusal(data: bytes, report: Report) -> str:
    with pytest.raises(UnreadableFile) as caught:
        comment_on(data, report, "zh")
    assert caught.value.where == "甲.docx"
    return caught.value.key


def test_another_text_than_was_screened_is_refused() -> None:
    report = screened(package(SENTENCE))
    assert refusal(package(SENTENCE.replace("太多", "很多")), report) == "comment.changed"


def test_more_comments_than_word_opens_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhaojing.report.word_comments.MAX_COMMENTS", 2)
    data = package(SENTENCE * 3)
    assert refusal(data, screened(data)) == "comment.too_many"
    check(data, screened(data, lambda index: index < 2))


def test_a_package_too_large_to_unpack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = package(SENTENCE, {"word/media/image": "0" * 20_000})
    report = screened(data)
    monkeypatch.setattr("zhaojing.reading.word_xml.MAX_COPY_BYTES", 10_000)
    assert refusal(data, report) == "file.too_large"


@pytest.mark.parametrize(
    "parts",
    [
        {"word/comments.xml": "<broken"},
        {"word/comments.xml": "<other/>"},
        {"word/_rels/document.xml.rels": links(comments="document.xml")},
        {"word/_rels/document.xml.rels": "<broken"},
        {"[Content_Types].xml": "<broken"},
    ],
)
def test_broken_parts_end_in_our_own_error(parts: dict[str, str]) -> None:
    report = screened(package(SENTENCE))
    assert refusal(package(SENTENCE, parts), report) == "file.corrupt"


@cache
def word_file() -> bytes:
    word = docx.Document()
    word.add_paragraph("会议太多。陪会太多。")
    return saved(word)


@settings(deadline=None, max_examples=150)
@given(position=st.integers(0, 40_000), value=st.integers(0, 255))
def test_a_damaged_file_gives_a_copy_or_our_own_error(position: int, value: int) -> None:
    report = screened(word_file())
    data = bytearray(word_file())
    data[position % len(data)] = value
    with contextlib.suppress(UnreadableFile):
        comment_on(bytes(data), report, "zh")


def test_nothing_flagged_gives_the_same_text_without_comments() -> None:
    data = package(SENTENCE)
    assert anchored(comment_on(data, screened(data, lambda index: False), "zh")) == {}


# --- the reader, where commenting showed it wrong -----------------------------------------------


def blocks(body: str) -> list[str]:
    return [block.text for block in read_docx(package(body))]


def test_a_deleted_mark_at_the_very_end_loses_no_text() -> None:
    assert blocks(f"<w:p>{DELETED_MARK}{run('会议太多。')}</w:p>") == ["会议太多。"]


def test_a_paragraph_that_runs_on_does_not_run_into_its_text_box() -> None:
    body = (
        f"<w:p>{DELETED_MARK}{run('会议')}{box('<w:p>' + run('框里的。') + '</w:p>')}</w:p>"
        f"<w:p>{run('太多。')}</w:p>"
    )
    assert blocks(body) == ["框里的。", "会议太多。"]


# --- real files ---------------------------------------------------------------------------------

SAMPLES = sorted((ROOT / "data" / "samples").glob("*.docx"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples(default_classifier: Classifier, path: Path) -> None:
    report = Screener(default_classifier).screen(path)
    copy = check(path.read_bytes(), report)
    comments = list(docx.Document(io.BytesIO(copy)).comments)
    assert len(comments) == len(report.flagged) >= 10


@pytest.mark.parametrize("paragraphs", [1, 2000])
def test_two_thousand_comments_take_seconds(paragraphs: int) -> None:
    sentence = "有的单位层层开会、层层陪会，会议一开就是一整天，基层同志反映强烈、叫苦不迭。"
    body = f"<w:p>{run(sentence * (2000 // paragraphs))}</w:p>" * paragraphs
    data = package(body)
    report = screened(data)
    begun = time.perf_counter()
    copy = comment_on(data, report, "zh")
    assert time.perf_counter() - begun < 15  # seconds; cut by cut it would take a minute
    assert set(anchored(copy).values()) == {sentence}
    assert len(comments_of(copy)) == 2000


SOFFICE = shutil.which("soffice")


def convert(path: Path, suffix: str, folder: Path) -> Path:
    assert SOFFICE
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", suffix, "--outdir", folder, path]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / f"{path.stem}.{suffix}"


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_libreoffice_writes_a_file_and_finds_every_comment_on_its_sentence(tmp_path: Path) -> None:
    rewritten = convert(SAMPLES[0], "docx", tmp_path)
    data = rewritten.read_bytes()
    report = screened(data, lambda index: index % 3 > 0)
    copy = tmp_path / "copy.docx"
    copy.write_bytes(check(data, report))
    with zipfile.ZipFile(convert(copy, "odt", tmp_path)) as archive:
        root = etree.fromstring(archive.read("content.xml"))
    assert sorted(annotated(root)) == sorted(item.sentence.text for item in report.flagged)


def annotated(root: etree._Element) -> list[str]:
    """Return the text that each annotation of an OpenDocument text covers."""
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    texts: dict[str, str] = {}
    open_marks: set[str] = set()

    def add(text: str | None) -> None:
        for mark in open_marks:
            texts[mark] += text or ""

    def walk(element: etree._Element) -> None:
        name = element.get(f"{office}name", "")
        if element.tag == f"{office}annotation":
            texts[name] = ""
            open_marks.add(name)
        elif element.tag == f"{office}annotation-end":
            open_marks.discard(name)
        else:
            add(element.text)
            for child in element:
                walk(child)
        add(element.tail)

    walk(root)
    return list(texts.values())
