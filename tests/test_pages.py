"""The pages of a screening: their files, their words, and what a real browser makes of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from zhaojing import Classifier, Screener, UnreadableFile
from zhaojing.classifier import Prediction
from zhaojing.errors import OutputFailed
from zhaojing.heads import FLAG_LEVEL
from zhaojing.judging import Judgement, judge
from zhaojing.judging.copying import CopiedPair, ReportText, find_copies
from zhaojing.judging.risk import FEWEST, PARTS
from zhaojing.labels import CATEGORIES, ROLES, Category, Role
from zhaojing.listed import LIST_FILE, ListedFolder
from zhaojing.messages import Lang, say
from zhaojing.policy import Policy
from zhaojing.reading import Block, Document
from zhaojing.report.marks import COLOURS, LETTERS, pieces
from zhaojing.report.pages import write_pages
from zhaojing.report.pages.visible import visible
from zhaojing.results_folder import INDEX_FILE, PAGES_FOLDER
from zhaojing.screening import Report, ScreenedSentence
from zhaojing.splitting import Sentence, split

SAMPLES = sorted((ROOT / "data" / "samples").iterdir())
COPIES = sorted((ROOT / "tests" / "files" / "copying").iterdir())
THRESHOLD = 0.5
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def prediction(
    *categories: str, role: str = Role.PROBLEM, praise: float = 0.0, score: float = 0.9
) -> Prediction:
    scores = {name: score if name in categories else 0.01 for name in CATEGORIES}
    roles = {name: 0.97 if name == role else 0.01 for name in ROLES}
    flagged = (bool(categories) and role != Role.MEASURE) or praise >= THRESHOLD
    return Prediction(categories, scores, role, roles, praise, flagged)


PLAIN = prediction(role=Role.OTHER)


def report_of(
    sentences: Sequence[tuple[str, Prediction] | str], path: str, **fields: Any
) -> Report:
    """Return a report with a paragraph a sentence, labelled as given."""
    pairs = [(item, PLAIN) if isinstance(item, str) else item for item in sentences]
    document = Document.from_text("\n".join(text for text, _ in pairs), Path(path))
    found = split(document)
    assert [sentence.text for sentence in found] == [text for text, _ in pairs]
    items = (ScreenedSentence(s, p, **fields) for s, (_, p) in zip(found, pairs, strict=True))
    return Report(document, tuple(items))


def judged(report: Report, **values: Any) -> Judgement:
    return judge(report, praise_threshold=THRESHOLD, **values)


def write(
    folder: Path,
    *judgements: Judgement,
    pairs: Sequence[CopiedPair] = (),
    failures: Sequence[UnreadableFile] = (),
    policy: Sequence[tuple[str, str, str]] = (),
    model: str = "default (linear)",
    lang: Lang = "zh",
) -> dict[str, lxml.html.HtmlElement]:
    """Write the pages and return them parsed, by file name."""
    write_pages(judgements, pairs, failures, policy, model, folder, lang)
    files = [folder / INDEX_FILE, *sorted((folder / PAGES_FOLDER).glob("*.html"))]
    return {file.name: lxml.html.fromstring(file.read_text("utf-8")) for file in files}


@pytest.fixture(scope="module")
def pile() -> tuple[list[Judgement], tuple[CopiedPair, ...], Policy, Screener]:
    """The samples and some copied reports, screened with an office's policy."""
    policy = Policy(off={"perks": "另有专项检查"}, allow={"座谈": "本单位认可的说法"})
    screener = Screener(Classifier.load(), policy)
    reports = [screener.screen(path) for path in [*SAMPLES, *COPIES]]
    copies = find_copies(
        [ReportText.of(r.name, [i.sentence for i in r.sentences]) for r in reports]
    )
    found = [
        judged(report, copied=share, off=policy.off)
        for report, share in zip(reports, copies.shares, strict=True)
    ]
    return found, copies.pairs, policy, screener


@pytest.fixture(scope="module", params=["zh", "en"])
def written(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    pile: tuple[list[Judgement], tuple[CopiedPair, ...], Policy, Screener],
) -> tuple[Path, Lang]:
    """The pages of that pile, in both languages."""
    found, pairs, policy, screener = pile
    folder = tmp_path_factory.mktemp("pages")
    failures = [UnreadableFile("file.password", where="报送/加密.docx")]
    explained = list(policy.explain(screener.classifier.manifest))
    write_pages(found, pairs, failures, explained, "default", folder, request.param)
    return folder, request.param


def all_pages(folder: Path) -> list[Path]:
    return [folder / INDEX_FILE, *sorted((folder / PAGES_FOLDER).glob("*.html"))]


# --- the files --------------------------------------------------------------------------------


HOSTILE_NAMES = st.one_of(
    st.text(min_size=1, max_size=300),
    st.sampled_from(
        [
            *("../../etc/passwd", "..", ".", "CON", "nul.docx", "a/b\\c:d.txt", "\u202egnp.docx"),
            *("报" * 400 + ".docx", "x. . .", "<svg onload=alert(1)>.pdf", "%2e%2e%2f.txt"),
        ]
    ),
)


@given(names=st.lists(HOSTILE_NAMES, max_size=12))
def test_any_name_makes_a_safe_file_name_of_its_own(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("names")
    pages = ListedFolder(folder / PAGES_FOLDER, ".html").begin(names)
    assert len({page.casefold() for page in pages}) == len(names)
    for number, page in enumerate(pages, 1):
        (folder / PAGES_FOLDER / page).touch()
        assert page.startswith(f"{number:03}-")
        assert page.endswith(".html")
        assert not set(page) & set('/\\:*?"<>|%#. ') - {"."}
        assert page.count(".") == 1
        assert len(page.encode()) <= 200
        assert visible(page) == page
    written = {path.name for path in (folder / PAGES_FOLDER).iterdir()}
    assert written == {*pages, LIST_FILE}
    assert [path.name for path in folder.iterdir()] == [PAGES_FOLDER]


def test_a_page_is_named_after_its_report_and_ranked(tmp_path: Path) -> None:
    quiet = report_of(["今天开了一次会。"] * 10, "报送/平实.docx")
    loud = report_of(
        [("成绩前所未有。", prediction(role="achievement", praise=0.9))] * 10, "夸.txt"
    )
    write(tmp_path, judged(quiet), judged(loud))
    names = sorted(path.name for path in (tmp_path / PAGES_FOLDER).glob("*.html"))
    assert names == ["001-夸.html", "002-平实.html"]


def test_reports_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    reports = [report_of(["开会。"], f"{unit}/总结.docx") for unit in ("甲局", "乙局")]
    page = write(tmp_path, *map(judged, [*reports, report_of(["开会。"], "甲局/计划.docx")]))
    names = page[INDEX_FILE].xpath("//table[@id='ranking']/tbody/tr/th/a")
    assert [name.text_content() for name in names] == [
        "甲局/总结.docx",
        "乙局/总结.docx",
        "计划.docx",
    ]


def test_pages_of_an_earlier_run_go_and_nothing_else(tmp_path: Path) -> None:
    pages = tmp_path / PAGES_FOLDER
    first, second = (judged(report_of(["开会。"], name)) for name in ("甲.txt", "乙.txt"))
    write(tmp_path, first, second)
    (pages / "003-自己存的.html").write_text("mine", "utf-8")
    (pages / "说明.txt").write_text("mine", "utf-8")
    assert ListedFolder(pages, ".html").names() == ("001-甲.html", "002-乙.html")
    assert ListedFolder(pages, ".docx").names() == ()
    write(tmp_path, second)
    assert {path.name for path in pages.iterdir()} == {
        *("001-乙.html", "003-自己存的.html", "说明.txt", LIST_FILE)
    }
    # a name that only differs in capitals may be the same file
    write(tmp_path, judged(report_of(["开会。"], "A.txt")))
    write(tmp_path, judged(report_of(["开会。"], "a.txt")))
    assert [path.name for path in pages.glob("001-*")] == ["001-a.html"]


def test_anothers_file_is_never_overwritten(tmp_path: Path) -> None:
    pages = tmp_path / PAGES_FOLDER
    pages.mkdir()
    (pages / "001-甲.html").write_text("mine", "utf-8")
    write(tmp_path, judged(report_of(["开会。"], "甲.txt")))
    assert (pages / "001-甲.html").read_text("utf-8") == "mine"
    assert (pages / "001-甲-2.html").exists()
    assert ListedFolder(tmp_path / "elsewhere", ".html").names() is None


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / PAGES_FOLDER).symlink_to(outside, target_is_directory=True)
    with pytest.raises(OutputFailed):
        write(tmp_path / "out", judged(report_of(["开会。"], "甲.txt")))
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "forged",
    [["../../别人的.html", "/etc/x.html", "001-../x.html", 7, None], {"a": 1}, "001-a.html"],
)
def test_a_forged_list_reaches_nothing_outside(tmp_path: Path, forged: object) -> None:
    victim = tmp_path / "别人的.html"
    victim.write_text("mine", "utf-8")
    folder = tmp_path / "out"
    (folder / PAGES_FOLDER).mkdir(parents=True)
    (folder / PAGES_FOLDER / LIST_FILE).write_text(json.dumps(forged), "utf-8")
    listed = ListedFolder(folder / PAGES_FOLDER, ".html")
    listed.finish(listed.begin(["甲.txt"]))
    assert victim.read_text("utf-8") == "mine"
    assert json.loads((folder / PAGES_FOLDER / LIST_FILE).read_text("utf-8")) == ["001-甲.html"]


def test_a_run_cut_short_leaves_no_page_that_the_next_one_does_not_know(tmp_path: Path) -> None:
    listed = ListedFolder(tmp_path / PAGES_FOLDER, ".html")
    for name in listed.begin(["甲.txt", "乙.txt"]):  # and then the power fails
        (tmp_path / PAGES_FOLDER / name).touch()
    write(tmp_path, judged(report_of(["开会。"], "丙.txt")))
    assert [path.name for path in (tmp_path / PAGES_FOLDER).glob("*.html")] == ["001-丙.html"]


# --- text that deceives -----------------------------------------------------------------------


def test_every_character_that_cannot_be_seen_is_shown() -> None:
    hidden = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and chr(code) not in "\t\n"
    ]
    assert len(hidden) > 2000
    for char in hidden:
        assert visible(f"甲{char}乙") == f"甲⟨U+{ord(char):04X}⟩乙"
    for char in "\u034f\u115f\u3164\uffa0\ufe0f\U000e0100":  # of other categories, but as hidden
        assert char not in visible(char)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
def test_what_can_be_seen_stays(text: str) -> None:
    fillers = "\u115f\u1160\u3164\uffa0"
    expected = "".join(f"⟨U+{ord(c):04X}⟩" if c in fillers else c for c in text)
    assert visible(text) == expected


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 35), st.integers(0, 35)), max_size=6),
)
def test_pieces_are_the_text_and_exactly_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    cut = pieces(text, spans)
    assert "".join(piece for piece, _ in cut) == text
    assert [inside for piece, inside in cut for _ in piece] == [
        any(start <= i < end for start, end in spans) for i in range(len(text))
    ]
    assert all(a != b for (_, a), (_, b) in pairwise(cut))


# --- what stands on the pages -----------------------------------------------------------------


def test_pages_are_sound(written: tuple[Path, Lang]) -> None:
    folder, lang = written
    for file in all_pages(folder):
        text = file.read_text("utf-8")
        assert text.startswith("<!doctype html>")
        page = lxml.html.fromstring(text)
        assert page.get("lang") == ("zh-CN" if lang == "zh" else "en")
        identities = page.xpath("//@id")
        assert len(identities) == len(set(identities))
        levels = [int(element.tag[1]) for element in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert page.xpath("//th[not(@scope)]") == []
        assert not page.xpath("//table[not(thead/tr/th)]")
        assert "http:" not in text
        assert "https:" not in text
        assert page.xpath("//@style|//@src|//@onclick|//iframe|//img|//link|//form") == []


def test_every_link_leads_somewhere(written: tuple[Path, Lang]) -> None:
    folder, _ = written
    pages = {path: lxml.html.parse(str(path)) for path in all_pages(folder)}
    seen = 0
    for path, page in pages.items():
        for address in page.xpath("//a/@href"):
            name, _, anchor = address.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            assert target in pages, address
            assert not anchor or pages[target].xpath(f"//*[@id='{anchor}']"), address
            seen += 1
    assert seen > 300
    for attribute in ("aria-labelledby", "aria-describedby"):
        for page in pages.values():
            for identity in page.xpath(f"//@{attribute}"):
                assert page.xpath(f"//*[@id='{identity}']")


def test_the_policy_of_a_page_names_its_own_style_and_script(written: tuple[Path, Lang]) -> None:
    folder, _ = written
    for file in all_pages(folder):
        page = lxml.html.fromstring(file.read_text("utf-8"))
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        for tag in ("style", "script"):
            (element,) = page.xpath(f"//{tag}")
            digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy


def test_style_and_script_are_what_a_browser_of_2019_knows(written: tuple[Path, Lang]) -> None:
    folder, _ = written
    for file in all_pages(folder)[:2]:
        page = lxml.html.fromstring(file.read_text("utf-8"))
        style, script = page.xpath("//style")[0].text, page.xpath("//script")[0].text
        rules = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
        for later in (
            ":has(",
            ":is(",
            ":where(",
            ":focus-visible",
            "color-mix",
            "inset:",
            "clamp(",
        ):
            assert later not in rules
        assert not re.search(r"[;{\s](?:row-|column-)?gap:|&|@layer|@container|aspect-ratio", rules)
        for later in ("?.", "??", "replaceAll", ".at(", "||=", "structuredClone", "#"):
            assert later not in script
        assert page.xpath("//dialog") == []


def test_the_index_says_first_what_was_not_read(written: tuple[Path, Lang]) -> None:
    folder, lang = written
    page = lxml.html.parse(str(folder / INDEX_FILE)).getroot()
    first = page.xpath("//main/*[self::section]")[0].text_content()
    assert say("page.unread_count", lang, count=1) in first
    assert UnreadableFile("file.password", where="报送/加密.docx").describe(lang) in first
    assert say("page.notice", lang) in page.text_content()


def test_the_index_ranks_and_gives_reasons(written: tuple[Path, Lang], pile: Any) -> None:
    folder, lang = written
    judgements = {found.report.short_name: found for found in pile[0]}
    page = lxml.html.parse(str(folder / INDEX_FILE)).getroot()
    rows = page.xpath("//table[@id='ranking']/tbody/tr")
    assert len(rows) == len(judgements)
    values = [float(row.get("data-index")) for row in rows]
    assert values == sorted(values, reverse=True)
    for row in rows:
        found = judgements[row.xpath("th")[0].get("data-value")]
        assert found.risk is not None
        text = row.text_content()
        low, high = f"{found.risk.low:.0f}", f"{found.risk.high:.0f}"
        assert say("risk.interval", lang, low=low, high=high) in text
        assert row.xpath(".//svg")
        for part, key in zip(PARTS, ("praise", "unproven", "displayed", "copied"), strict=False):
            points = f"{found.risk.points[part]:.1f}"
            name = {k: say(f"risk.{k}", lang) for k in PARTS}[key]
            line = say("risk.part_points", lang, name=name, points=points)
            assert (line in text) == (found.risk.points[part] >= 0.05)


def test_the_index_explains_itself(written: tuple[Path, Lang], pile: Any) -> None:
    folder, lang = written
    text = lxml.html.parse(str(folder / INDEX_FILE)).getroot().text_content()
    total = sum(most for most, _ in PARTS.values())
    assert say("risk.formula", lang, count=len(PARTS), total=total) in text
    assert say("risk.too_few_why", lang, fewest=FEWEST) in text
    for category in Category:
        assert category.definition(lang) in text
    assert "另有专项检查" in text
    assert "本单位认可的说法" in text
    limits = pile[3].classifier.thresholds
    assert f"{limits.categories['documents']:.3f}" in text
    assert f"{limits.embellishment:.3f}" in text
    for pair in pile[1]:
        assert f"{pair.share_of_first:.0%}" in text


def test_marks_carry_letter_role_score_and_evidence(written: tuple[Path, Lang], pile: Any) -> None:
    folder, lang = written
    judgements = {found.report.short_name: found for found in pile[0]}
    kinds = dict.fromkeys(("flagged", "remedy", "cleared"), 0)
    for file in all_pages(folder)[1:]:
        page = lxml.html.parse(str(file)).getroot()
        found = judgements[page.xpath("//h1")[0].text_content()]
        for number, item in enumerate(found.report.sentences):
            (shown,) = page.xpath(f"//*[@id='s{number}']")
            assert item.sentence.text in shown.text_content()
            if item.allowed:
                kind = "cleared"
                assert item.allowed in shown.xpath("button")[0].text_content()
            elif item.flagged:
                kind = "flagged"
                assert f"{item.strength:.2f}" in shown.xpath("button")[0].text_content()
                assert {b.text_content() for b in shown.xpath("span/b")} <= set(item.words)
                letters = shown.xpath("string(span[@class='chips'])")
                assert all(LETTERS[name] in letters for name in item.practices)
            elif item.prediction.categories:
                kind = "remedy"
            else:
                assert shown.tag == "span"
                continue
            assert shown.tag == "mark"
            assert kind in shown.get("class").split()
            tip = shown.xpath("span[@role='tooltip']")[0].text_content()
            role = Role(item.prediction.role)
            assert f"{role.label(lang)} {item.prediction.role_scores[role]:.2f}" in tip
            kinds[kind] += 1
    assert all(kinds.values()), kinds


def test_pages_headings_and_spaces_of_a_document(tmp_path: Path) -> None:
    blocks = [
        Block("一、总体情况", heading_level=1, pages=((0, 1),)),
        Block("First half. 今年情况很好。后半句。", pages=((0, 1), (17, 2))),
        Block("（一）会议", heading_level=2, pages=((0, 3),)),
        Block("会议太多了。", pages=((0, 3),)),
    ]
    document = Document.from_blocks(blocks, Path("甲.pdf"))
    document = replace(document, page_confidence=((2, 0.61), (3, 0.97), (4, 0.0)))
    report = Report(document, tuple(ScreenedSentence(s, PLAIN) for s in split(document)))
    pages = write(tmp_path, judged(report))
    page = pages["001-甲.html"]
    text = page.xpath("//section[@class='text']")[0]
    assert [(h.tag, h.text_content().strip()) for h in text.xpath("h3|h4")] == [
        ("h3", "一、总体情况"),
        ("h4", "（一）会议"),
    ]
    assert [s.get("id") for s in text.xpath(".//*[contains(@class, 'page')]")] == ["p1", "p2", "p3"]
    assert "61%" in text.xpath(".//*[@id='p2']")[0].text_content()
    assert "97%" in text.xpath(".//*[@id='p3']")[0].text_content()
    assert say("page.unread_pages", count=1) + "4" in page.text_content()
    assert say("page.unread_pages", count=1) + "4" in pages[INDEX_FILE].text_content()
    assert say("page.doubtful_pages", count=1, limit="80%") in page.text_content()
    assert page.xpath(f"string(//div[dt='{say('page.pages')}']/dd)") == "4"


def test_grid_problems_without_measure_and_measures_without_problem(tmp_path: Path) -> None:
    rows: list[tuple[str, Prediction] | str] = [
        ("会议太多了。", prediction("meetings", score=0.6)),
        ("天天开会。", prediction("meetings", score=0.9)),
        ("少发文件。", prediction("documents", role="measure")),
        ("全年督查三百次。", prediction("inspections", role="achievement")),
        *["天气晴好。"] * 8,
    ]
    page = write(tmp_path, judged(report_of(rows, "甲.txt")))["001-甲.html"]
    section = page.xpath("//section[h2[@id='grid']]")[0]
    warnings = {p.text_content() for p in section.xpath("p[@class='warning']")}
    assert warnings == {
        say("grid.unanswered") + Category.MEETINGS.label("zh"),
        say("grid.unprompted") + Category.DOCUMENTS.label("zh"),
    }
    cells = {
        row.xpath("string(th)").strip()[2:]: [td.text_content() for td in row.xpath("td")]
        for row in section.xpath("table/tbody/tr")
    }
    assert cells[Category.MEETINGS.label("zh")] == ["2", "0", "0"]
    assert cells[Category.DOCUMENTS.label("zh")] == ["0", "1", "0"]
    assert cells[Category.INSPECTIONS.label("zh")] == ["0", "0", "1"]
    assert section.xpath("//td/a[text()='2']/@href") == ["#s1"]  # the strongest of the cell
    assert section.xpath("details[contains(., '会议')]//li/a/@href") == ["#s1", "#s0"]


def test_the_profile_shows_places_and_headings_along_the_whole_report(tmp_path: Path) -> None:
    blocks = []
    for number in range(1, 41):
        pages = ((0, number),)
        blocks += [
            Block(f"第{number}部分", heading_level=1, pages=pages),
            Block("开会。", pages=pages),
        ]
    document = Document.from_blocks(blocks, Path("长.pdf"))
    report = Report(document, tuple(ScreenedSentence(s, PLAIN) for s in split(document)))
    figure = write(tmp_path, judged(report))["001-长.html"].xpath("//figure")[0]
    labels = [text.text for text in figure.xpath(".//svg/text") if "页" in text.text]
    assert [say("report.page", page=page) for page in (1, 11, 21, 30, 40)] == labels
    lines = [float(line.get("x1")[:-1]) for line in figure.xpath(".//line[@class='heading']")]
    assert len(lines) == len(figure.xpath("ol/li")) == 10
    assert lines[0] == 0
    assert lines[-1] == 90
    assert len(figure.xpath(".//svg/a")) == 60
    assert figure.xpath("ol/li/a/@href")[1] == "#s8"


def test_practices_switched_off_say_why(tmp_path: Path) -> None:
    facts = list(Policy(off={"perks": "另案办理"}).explain(Classifier.load().manifest))
    page = write(tmp_path, judged(report_of(["开会。"], "甲.txt")), policy=facts)["001-甲.html"]
    assert say("grid.off", reason="另案办理") in page.xpath("string(//table[@class='grid'])")


def test_claims_say_what_can_be_checked(tmp_path: Path) -> None:
    praised = prediction(role="achievement", praise=0.8)
    rows: list[tuple[str, Prediction] | str] = [
        ("满意率同比提高12个百分点，成效前所未有。", praised),
        ("开创了历史性新局面。", praised),
        *["天气晴好。"] * 8,
    ]
    page = write(tmp_path, judged(report_of(rows, "甲.txt")))["001-甲.html"]
    first, second = page.xpath("//table[contains(@class, 'claims')]/tbody/tr")
    assert first.xpath("string(td[2])") == f"{say('proof.number')}、{say('proof.base')}"
    assert second.xpath("string(td[2])") == say("mark.uncheckable")
    assert second.xpath("th/a/@href") == ["#s1"]
    assert page.xpath("//section[h2[@id='praise']]//ol/li/a/@href")[0] == "#s0"


def test_few_sentences_have_no_index_and_are_told_why(tmp_path: Path) -> None:
    pages = write(tmp_path, judged(report_of(["开会。"] * 3, "短.txt")))
    assert say("risk.too_few", fewest=FEWEST) in pages[INDEX_FILE].text_content()
    assert say("risk.too_few_why", fewest=FEWEST) in pages["001-短.html"].text_content()


def test_copied_passages_stand_side_by_side(written: tuple[Path, Lang], pile: Any) -> None:
    folder, _ = written
    files = {file.name.partition("-")[2]: file for file in all_pages(folder)}
    for pair in pile[1]:
        for source, ours in ((pair.first, "first"), (pair.second, "second")):
            page = lxml.html.parse(str(files[f"{Path(source.name).stem}.html"])).getroot()
            section = page.xpath("//section[h2[@id='copying']]")[0]
            bold = section.xpath(".//div[@class='sides']/div[1]/p/b")
            spans = [
                source.sentences[extract.sentence][start:end]
                for passage in pair.passages
                for extract in getattr(passage, ours)
                for start, end in extract.spans
            ]
            assert set(spans) <= {piece.text_content() for piece in bold}
            for passage in pair.passages:
                for extract in getattr(passage, ours):
                    chips = page.xpath(
                        f"string(//*[@id='s{extract.sentence}']/span[@class='chips'])"
                    )
                    assert "≡" in chips


def test_copies_of_one_text_stay_small(tmp_path: Path) -> None:
    lines = [f"第{n}项工作由办公室会同各科室逐条梳理并于月底前汇总报送。" for n in range(400)]
    reports = [report_of([*lines, f"{name}报。"], f"{name}.txt") for name in "甲乙丙丁"]
    sources = [ReportText.of(r.name, [item.sentence for item in r.sentences]) for r in reports]
    pairs = find_copies(sources, phrases=()).pairs
    twin = replace(reports[0].document, path=Path("甲二.txt"))
    twins = [*reports, Report(twin, reports[0].sentences)]
    same = CopiedPair(sources[0], replace(sources[0], name="甲二.txt"), (), 1.0, 1.0, True, False)
    pages = write(tmp_path, *map(judged, twins), pairs=[*pairs, same])
    page = next(page for name, page in pages.items() if name.endswith("甲.html"))
    shown = page.xpath("//div[@class='sides']/div[1]/p")
    assert len(shown) <= 60 * 3
    assert say("copy.identical") in page.text_content()


def test_a_pile_of_which_nothing_was_read(tmp_path: Path) -> None:
    pages = write(tmp_path, failures=[UnreadableFile("file.empty", where="甲.txt")])
    assert list(pages) == [INDEX_FILE]
    assert say("page.no_report") in pages[INDEX_FILE].text_content()


# --- in a browser -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


Opener = Callable[..., Any]


@pytest.fixture
def visit(browser: Any) -> Iterator[Opener]:
    """Open a page from disk; at the end nothing may have been asked for, run or complained of."""
    tabs: dict[bool, Any] = {}
    visits: list[str] = []
    asked: list[str] = []
    complaints: list[str] = []

    def opened(file: Path, width: int = 1280, *, script: bool = True) -> Any:
        if script not in tabs:
            tabs[script] = tab = browser.new_context(java_script_enabled=script).new_page()
            tab.on("request", lambda request: asked.append(request.url))
            tab.on("console", lambda message: complaints.append(message.text))
            tab.on("pageerror", lambda error: complaints.append(str(error)))
            tab.on("dialog", lambda dialog: complaints.append(dialog.message))
        tabs[script].set_viewport_size({"width": width, "height": 900})
        tabs[script].goto(file.as_uri())
        visits.append(file.as_uri())
        return tabs[script]

    yield opened
    for tab in tabs.values():
        tab.context.close()
    assert complaints == []
    assert asked == visits


POISON = (
    "<script>parent.ran=1;alert(1)</script>",
    "<svg onload=alert(2)><animate onbegin=alert(3)>",
    '"><img src=x onerror=alert(4)>',
    "' autofocus onfocus='alert(5)",
    "javascript:alert(6)",
    "</style></script><script>alert(7)</script>",
    "{{ 7*7 }}{% raw %}<b>&lt;",
    "<a href=//example.org/x>",
    "abc\u202e倒\u2066写\u200b隐\u2069",
)


@needs_browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_neither_runs_nor_asks_nor_turns_the_page(
    visit: Opener, tmp_path: Path, lang: Lang
) -> None:
    texts = [f"会{poison}议" for poison in POISON]
    kinds = [
        prediction("meetings"),
        prediction("documents", role="measure"),
        prediction(role="achievement", praise=0.9),
    ]
    judgements, reports = [], []
    for number, poison in enumerate(POISON):
        name = f"{number}{poison}.txt".replace("/", "⁄")
        heading = (poison,)
        sentences = [Sentence(poison, 0, len(poison), 1, 1, ())]
        sentences += [Sentence(t, 0, len(t), k + 2, k + 1, heading) for k, t in enumerate(texts)]
        items = [
            ScreenedSentence(s, kinds[k % 3], ((1, 4), (3, 20)), poison if k % 5 == 4 else "")
            for k, s in enumerate(sentences)
        ]
        document = Document.from_text("\n".join(texts), Path(name))
        reports.append(Report(document, tuple(items)))
        judgements.append(judged(reports[-1]))
    sources = [ReportText(r.name, tuple(i.sentence.text for i in r.sentences)) for r in reports]
    pairs = find_copies(sources, phrases=()).pairs
    assert pairs
    earlier = replace(sources[0], name=POISON[0])
    pairs += (replace(pairs[0], second=earlier, is_earlier=True),)
    write(
        tmp_path,
        *judgements,
        pairs=pairs,
        failures=[UnreadableFile("file.corrupt", where=p, detail=p) for p in POISON],
        policy=[("allow", poison, poison) for poison in POISON]
        + [("perks", "–", POISON[0]), ("mode", "balanced", "")],
        model=POISON[1],
        lang=lang,
    )
    for file in all_pages(tmp_path):
        page = visit(file)
        assert page.evaluate("typeof ran") == "undefined"
        assert page.locator("script").count() == 1
        assert page.locator("img, iframe, animate, object, embed, base, form").count() == 0
        handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        assert not [name for name in page.evaluate(handlers) if name.startswith("on")]
        addresses = page.evaluate("[...document.links].map(a => a.href.baseVal || a.href)")
        assert all(address.startswith(("file:", "#")) for address in addresses)
        content = page.content()
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]", content)
        assert "⟨U+202E⟩" in content
        for poison in POISON:
            assert visible(poison) in page.inner_text("body")


@needs_browser
def test_the_reading_order_of_a_name_stays_within_it(visit: Opener, tmp_path: Path) -> None:
    name = "تقرير 2024"  # written from the right
    write(tmp_path, judged(report_of(["开会。"] * 10, f"{name}.txt")))
    page = visit(tmp_path / PAGES_FOLDER / f"001-{name.replace(' ', '_')}.html")
    row = page.locator("dl.facts dd").first
    assert row.evaluate("e => getComputedStyle(e.firstChild).unicodeBidi") == "isolate"
    assert page.locator("h1 bdi").inner_text() == f"{name}.txt"


@needs_browser
def test_filters_and_sorting(visit: Opener, written: tuple[Path, Lang], pile: Any) -> None:
    folder, _ = written
    page = visit(folder / INDEX_FILE)
    judgements = [found for found in pile[0] if found.risk]

    def shown() -> list[str]:
        return list(page.locator("#ranking tbody tr:visible th").all_inner_texts())

    assert len(shown()) == len(judgements)
    page.fill("#by-name", "镇")
    assert sorted(shown()) == sorted(
        f.report.short_name for f in judgements if "镇" in f.report.short_name
    )
    page.fill("#by-name", "")
    page.select_option("#by-practice", "inspections")
    expected = [f for f in judgements if "inspections" in f.report.practice_counts()]
    assert 0 < len(shown()) == len(expected) < len(judgements)
    assert page.inner_text("#shown") == str(len(expected))
    page.select_option("#by-practice", "")
    page.fill("#by-index", "15")
    assert len(shown()) == sum(found.risk.index >= 15 for found in judgements)
    page.fill("#by-index", "")
    heads = page.locator("#ranking thead th")
    for column, key in (
        (2, lambda f: f.risk.index),
        (4, lambda f: len(f.report.sentences)),
        (5, lambda f: len(f.report.flagged)),
    ):
        by_name = {found.report.short_name: key(found) for found in judgements}
        heads.nth(column).locator("button").press("Enter")
        assert heads.nth(column).get_attribute("aria-sort") == "descending"
        values = [by_name[name] for name in shown()]
        assert values == sorted(values, reverse=True)
        heads.nth(column).locator("button").click()
        assert heads.nth(column).get_attribute("aria-sort") == "ascending"
        assert [by_name[name] for name in shown()] == sorted(by_name.values())
        assert page.locator("#ranking [aria-sort]").count() == 1


@needs_browser
def test_everything_can_be_read_without_script(visit: Opener, written: tuple[Path, Lang]) -> None:
    folder, _ = written
    page = visit(folder / INDEX_FILE, script=False)
    assert page.locator("#ranking tbody tr:visible").count() == len(all_pages(folder)) - 1
    assert not page.locator("#filters").is_visible()
    assert page.locator("thead button").count() == 0
    page = visit(all_pages(folder)[1], script=False)
    badge = page.locator("mark.flagged .badge").first
    assert page.locator(".tip:visible").count() == 0
    badge.focus()
    assert page.locator(".tip:visible").count() == 1
    page.locator("details summary").first.click()
    assert page.locator("details li").first.is_visible()


@needs_browser
def test_the_keyboard_reaches_everything_in_order(
    visit: Opener, written: tuple[Path, Lang]
) -> None:
    folder, _ = written
    page = visit(all_pages(folder)[1])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#text"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "badge"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.locator(".tip:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".tip:visible").count() == 0
    page.keyboard.press("Tab")
    assert page.locator(".tip:visible").count() == 1
    # the order of the keyboard is that of the page, line by line
    stops = "[...document.querySelectorAll('main a:not([tabindex]), main button, main summary')]"
    tops = page.evaluate(
        stops + ".filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().bottom)"
    )
    assert len(tops) > 60
    assert all(below > above - 8 for above, below in pairwise(tops))


CONTRASTS = """
() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const shade = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, svg")) continue;
    let ground = element;
    while (ground && (numbers(getComputedStyle(ground).backgroundColor)[3] === 0)) {
      ground = ground.parentElement;
    }
    const back = ground ? numbers(getComputedStyle(ground).backgroundColor) : [255, 255, 255];
    const [a, b] = [shade(numbers(getComputedStyle(element).color)), shade(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.className + ": " + walker.currentNode.data.slice(0, 20)]);
  }
  return found;
}
"""


@needs_browser
def test_text_stands_out_from_its_ground(visit: Opener, tmp_path: Path) -> None:
    rows: list[tuple[str, Prediction] | str] = [
        (f"{name}的事。", prediction(name, role=role))
        for name in CATEGORIES
        for role in ("problem", "measure")
    ]
    rows.append(("成绩前所未有。", prediction(role="achievement", praise=0.9)))
    write(tmp_path, judged(report_of(rows, "甲.txt")), policy=[("perks", "–", "另案")])
    for file in all_pages(tmp_path):
        found = visit(file).evaluate(CONTRASTS)
        assert len(found) > 50
        assert [entry for entry in found if entry[0] < 4.5] == []
    assert len(set(COLOURS.values())) == len(COLOURS) == len(CATEGORIES) + FLAG_LEVEL


@needs_browser
def test_a_report_of_three_hundred_pages_opens(visit: Opener, tmp_path: Path) -> None:
    kinds = [PLAIN, prediction("meetings"), prediction("documents", role="measure"), PLAIN]
    rows = [
        (
            f"第{n}句说的是全区各单位今年的工作情况，共四十个字上下，与平常的报告一样长。",
            kinds[n % 4],
        )
        for n in range(6000)
    ]
    blocks = [
        Block("".join(text for text, _ in rows[n : n + 4]), pages=((0, 1 + n // 20),))
        for n in range(0, 6000, 4)
    ]
    document = Document.from_blocks(blocks, Path("长.pdf"))
    found = split(document)
    items = (ScreenedSentence(s, p, ((3, 6),)) for s, (_, p) in zip(found, rows, strict=True))
    write(tmp_path, judged(Report(document, tuple(items))))
    file = tmp_path / PAGES_FOLDER / "001-长.html"
    assert file.stat().st_size < 6_000_000
    begun = perf_counter()
    page = visit(file)
    assert page.evaluate("document.documentElement.scrollHeight") > 50_000
    assert perf_counter() - begun < 20
    assert page.locator("mark").count() == 3000


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_at_the_side(
    visit: Opener, tmp_path: Path, written: tuple[Path, Lang], width: int
) -> None:
    folder, lang = written
    long = "长" * 300 + "x" * 300
    rows: list[tuple[str, Prediction] | str] = [(long, prediction("meetings")), "开会。"]
    write(
        tmp_path,
        judged(report_of(rows, f"{long[:150]}.txt")),
        failures=[UnreadableFile("file.empty", where=long)],
        policy=[("allow", long, long)],
        model=long,
        lang=lang,
    )
    for file in [*all_pages(folder)[:5], *all_pages(tmp_path)]:
        page = visit(file, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        inner = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth"
        inner += " && ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)).length"
        assert page.evaluate(inner) == 0


@needs_browser
def test_a_printed_page_has_the_whole_text(
    visit: Opener, tmp_path: Path, written: tuple[Path, Lang]
) -> None:
    import pypdfium2 as pdfium

    folder, _ = written
    for file in all_pages(folder)[:2]:
        page = visit(file)
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=False)
        with pdfium.PdfDocument(tmp_path / "page.pdf") as printed:
            assert [round(side) for side in printed[0].get_size()] == [595, 842]  # A4 in points
            text = "".join(sheet.get_textpage().get_text_bounded() for sheet in printed)
        bare = re.sub(r"\s|\ufffe", "", unicodedata.normalize("NFKC", text))
        for row in page.locator(".text [id^=s], #ranking tbody th").all_text_contents()[:60]:
            sentence = re.sub(r"\s", "", unicodedata.normalize("NFKC", row))[:12]
            assert sentence in bare
        assert page.locator("button.badge").count() == 0 or "[" in bare
