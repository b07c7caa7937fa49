"""The folder of a written evaluation: its files, its page, what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import sys
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import lxml.html
import pytest
from rich.console import Console

from conftest import ROOT
from test_pages import CONTRASTS, POISON, Opener, browser, needs_browser, visit
from zhaojing import Classifier
from zhaojing.classifier import Prediction, is_flagged
from zhaojing.errors import InvalidConfig, MissingExtra, OutputFailed
from zhaojing.evaluation import predict
from zhaojing.evaluation.annotators import compare_annotators
from zhaojing.evaluation.folder import check_study_folder, write_study
from zhaojing.evaluation.gates import Gate, check_gates
from zhaojing.evaluation.page import MOST_FINDINGS, About, render
from zhaojing.evaluation.plots import Plot
from zhaojing.evaluation.readings import readings
from zhaojing.evaluation.study import Study, study
from zhaojing.heads import FLAG_LEVEL
from zhaojing.labels import CATEGORIES, MAX_LEVEL, ROLES
from zhaojing.messages import Lang, say
from zhaojing.records import Record, read_records
from zhaojing.report.evaluation import print_annotators, print_study
from zhaojing.report.pages.visible import visible

__all__ = ["browser", "visit"]  # fixtures

ABOUT = About((("test.jsonl", "0" * 64),), (("mode", "balanced"),), "zhaojing evaluate 甲.jsonl")
BARE = Plot("roles-A", b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
GATES = ("problems.macro_f1>=0", "flagged.recall>0.99")
Predictions = dict[str, list[Prediction]]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return read_records(ROOT / "data" / "test.jsonl")[:40]


@pytest.fixture(scope="module")
def predictions(records: list[Record]) -> Predictions:
    modes = ("balanced", "cautious")
    return {f"模型/{mode}": predict(Classifier.load(mode=mode), records) for mode in modes}


@pytest.fixture(scope="module")
def measured(records: list[Record], predictions: Predictions) -> Study:
    return study(records, predictions, resamples=200)


@pytest.fixture(scope="module", params=["zh", "en"])
def written(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    records: list[Record],
    predictions: Predictions,
    measured: Study,
) -> tuple[Path, Lang]:
    folder = tmp_path_factory.mktemp("evaluations") / "out"
    other = [
        replace(r, sentences=(replace(r.sentences[0], role="other"), *r.sentences[1:]))
        for r in records
    ]
    other = [
        replace(
            r,
            sentences=tuple(
                replace(s, categories=()) if s.role == "other" else s for s in r.sentences
            ),
        )
        for r in other
    ]
    write_study(
        measured,
        records,
        predictions,
        folder,
        request.param,
        about=ABOUT,
        gates=check_gates([Gate.parse(gate) for gate in GATES], measured.to_json()),
        annotators=compare_annotators(records, other, predictions["模型/balanced"], resamples=200),
    )
    return folder, request.param


def page_of(folder: Path) -> lxml.html.HtmlElement:
    return lxml.html.fromstring((folder / "report.html").read_text("utf-8"))


def right_everywhere(records: list[Record]) -> list[Prediction]:
    """Return predictions that say what gold says, and are sure of it."""
    found = []
    for sentence in (s for record in records for s in record.sentences):
        score = sentence.embellishment_level / MAX_LEVEL
        found.append(
            Prediction(
                sentence.categories,
                {name: float(name in sentence.categories) for name in CATEGORIES},
                sentence.role,
                {name: float(name == sentence.role) for name in ROLES},
                score,
                is_flagged(sentence.categories, sentence.role, score, FLAG_LEVEL / MAX_LEVEL),
            )
        )
    return found


# --- the files --------------------------------------------------------------------------------


def test_every_file_is_there_and_whole(
    written: tuple[Path, Lang], records: list[Record], predictions: Predictions, measured: Study
) -> None:
    folder, _ = written
    expected = {"report.html", "metrics.json", "predictions.jsonl", "to_check.jsonl", "plots"}
    assert {path.name for path in folder.iterdir()} == expected
    kinds = [path.suffix for path in (folder / "plots").iterdir()]
    assert kinds.count(".png") == kinds.count(".svg") == len(kinds) / 2 > 20

    rows = [
        json.loads(line) for line in (folder / "predictions.jsonl").read_text("utf-8").splitlines()
    ]
    sentences = [(r.doc_id, n, s) for r in records for n, s in enumerate(r.sentences, 1)]
    assert len(rows) == len(sentences)
    for index in (0, 7, len(rows) - 1):
        doc_id, number, sentence = sentences[index]
        row = rows[index]
        assert (row["doc_id"], row["sentence"], row["text"]) == (doc_id, number, sentence.text)
        assert row["gold"]["role"] == sentence.role
        assert row["models"] == {k: v[index].to_json() for k, v in predictions.items()}

    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert metrics["flagged"]["precision"] == measured.judged.figures["flagged.precision"].value
    assert [gate["passed"] for gate in metrics["gates"]] == [True, False]
    assert metrics["annotators"]["n_documents"] == len(records)

    kept = {s.text for record in read_records(folder / "to_check.jsonl") for s in record.sentences}
    listed = (*measured.judged.confident_errors, *measured.judged.suspected)
    assert kept == {finding.text for finding in listed}


def test_the_same_study_gives_the_same_files(
    written: tuple[Path, Lang], tmp_path: Path, records: list[Record], predictions: Predictions
) -> None:
    folder, lang = written
    if lang == "en":
        pytest.skip("once is enough")
    again = study(records, predictions, resamples=200)
    write_study(again, records, predictions, tmp_path / "out", "zh", about=ABOUT)
    names = [path.relative_to(folder) for path in folder.rglob("*.*")]
    differ = {
        str(n) for n in names if (folder / n).read_bytes() != (tmp_path / "out" / n).read_bytes()
    }
    assert differ == {"report.html", "metrics.json"}  # for lack of gates and annotators


def test_a_folder_of_others_is_refused_before_any_work(tmp_path: Path) -> None:
    foreign = tmp_path / "别人的"
    foreign.mkdir()
    for content in ("mine", '{"doc_id": 1}', "[]", "null", ""):
        (foreign / "predictions.jsonl").write_text(content, "utf-8")
        with pytest.raises(InvalidConfig) as refused:
            check_study_folder(foreign)
        assert "新的文件夹" in refused.value.describe("zh")
    with pytest.raises(InvalidConfig):
        check_study_folder(foreign / "predictions.jsonl")
    assert [path.name for path in foreign.iterdir()] == ["predictions.jsonl"]
    check_study_folder(tmp_path / "new")


def test_an_earlier_evaluation_is_replaced_and_nothing_else(
    written: tuple[Path, Lang], tmp_path: Path, records: list[Record], predictions: Predictions
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(written[0], folder)
    plots = folder / "plots"
    (plots / "mine.png").write_text("mine", "utf-8")
    (plots / "roles-Z.png").write_text("of an earlier run", "utf-8")
    gold = tmp_path / "gold.jsonl"
    gold.touch()
    check_study_folder(folder, [gold])
    with pytest.raises(OutputFailed):
        check_study_folder(folder, [folder / "to_check.jsonl"])
    few = records[:5]
    own = {"丙": predictions["模型/balanced"][: sum(len(r.sentences) for r in few)]}
    write_study(study(few, own, resamples=0), few, own, folder, "en", about=ABOUT)
    names = {path.name for path in plots.iterdir()}
    assert "mine.png" in names
    assert not names & {"roles-Z.png", "roles-B.png", "roles-B.svg", "differences.png"}
    assert "模型/cautious" not in (folder / "report.html").read_text("utf-8")
    assert say("evaluation.few", "en") in page_of(folder).text_content()


def test_a_link_in_place_of_the_plots_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "outside").mkdir()
    row = dict.fromkeys(("doc_id", "sentence", "text", "gold", "models"))
    (tmp_path / "out" / "predictions.jsonl").write_text(json.dumps(row), "utf-8")
    (tmp_path / "out" / "plots").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(OutputFailed):
        check_study_folder(tmp_path / "out")


def test_without_matplotlib_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra):
        check_study_folder(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# --- what stands on the page ------------------------------------------------------------------


def test_the_page_is_sound(written: tuple[Path, Lang]) -> None:
    folder, lang = written
    text = (folder / "report.html").read_text("utf-8")
    assert text.startswith("<!doctype html>")
    page = page_of(folder)
    assert page.get("lang") == ("zh-CN" if lang == "zh" else "en")
    identities = page.xpath("//@id")
    assert len(identities) == len(set(identities))
    levels = [int(element.tag[1]) for element in page.xpath("//h1|//h2|//h3")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.xpath("//th[not(@scope)]") == []
    assert page.xpath("//img[not(@alt)] | //script | //*[@style] | //link | //form") == []
    assert all(s.startswith("data:image/svg+xml;base64,") for s in page.xpath("//@src"))
    for address in page.xpath("//a/@href"):
        assert page.xpath(f"//*[@id='{address[1:]}']"), address
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = page.xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_figures_stand_with_interval_and_support(
    written: tuple[Path, Lang], measured: Study
) -> None:
    folder, lang = written
    rows = page_of(folder).xpath("//section[@aria-labelledby='figures']//table[1]/tbody/tr")
    for row, name in zip(rows, ("flagged.precision", "flagged.recall", "right"), strict=False):
        cells = row.xpath("./td")
        for cell, model in zip(cells, measured.models.values(), strict=True):
            figure = model.figures[name]
            said = cell.text_content()
            assert f"{figure.value:.0%}" in said
            if figure.interval:
                assert f"{figure.low:.0%}–{figure.high:.0%}" in said
            assert f"{figure.sentences:,}" in said
            assert (say("evaluation.few", lang) in said) == figure.few


def test_the_worst_part_comes_first_and_small_ones_are_left_out(
    written: tuple[Path, Lang], measured: Study
) -> None:
    folder, lang = written
    names = page_of(folder).xpath("//section[@aria-labelledby='slices']//tbody/tr/th/bdi/text()")
    large = [one for one in measured.judged.slices if not one.right.few]
    assert len(names) == len(large) > 3
    assert (large[0].value or say("slice.absent", lang)) in names[0]
    small = len(measured.judged.slices) - len(large)
    assert str(small) in page_of(folder).text_content()


def test_errors_stand_with_their_text_heading_and_both_labels(
    written: tuple[Path, Lang], records: list[Record], measured: Study
) -> None:
    folder, _ = written
    cases = page_of(folder).xpath("//section[@aria-labelledby='errors']//li")
    found = measured.judged.confident_errors[:MOST_FINDINGS]
    assert len(cases) == len(found) > 10
    sentences = [sentence for record in records for sentence in record.sentences]
    for case, finding in zip(cases, found, strict=True):
        said = case.text_content()
        assert visible(finding.text) in said
        assert finding.doc_id in said
        assert visible(sentences[finding.index].heading) in said
        assert f"{min(finding.probability, 0.999):.1%}" in said


def test_gates_models_and_people_are_told(written: tuple[Path, Lang], measured: Study) -> None:
    folder, lang = written
    text = page_of(folder).text_content()
    assert say("evaluation.missed", lang, count=1, total=2) in text
    assert say("evaluation.not_passed", lang) in text
    comparison = measured.comparisons[0]
    assert f"{comparison.differences['right'].value:+.3f}" in text
    assert say("evaluation.alone", lang, model="A", count=len(comparison.only_first)) in text
    assert say("evaluation.people", lang) in text
    assert ABOUT.command in text
    for name in measured.models:
        assert name in text


def test_readings_are_made_of_the_figures(measured: Study, records: list[Record]) -> None:
    said = readings(measured, "zh")
    curve = measured.judged.precision_recall["flagged"]
    assert f"{curve.average_precision.value:.2f}" in said["precision-recall-flagged"]
    assert f"{curve.operating[1]:.0%} 是对的" in said["precision-recall-flagged"]
    need = next(n for n in measured.judged.workload.needs if n.found == 0.9)  # type: ignore[union-attr]
    assert f"{need.sentences:,} 句" in said["workload"]
    table = measured.judged.roles
    worst = max(
        count for i, row in enumerate(table.counts) for j, count in enumerate(row) if i != j
    )
    assert f"{worst:,.0f} 句" in said["roles-A"]

    perfect = readings(study(records, {"丙": right_everywhere(records)}, resamples=0), "zh")
    assert perfect["roles-A"] == say("reading.no_confusion")
    assert perfect["reliability-role"].startswith("总体上说的与实际相符")
    assert perfect["levels-A"].startswith("100.0%")
    nothing = [Prediction((), p.category_scores, "other", p.role_scores, 0.0, False)
               for p in right_everywhere(records)]  # fmt: skip
    silent = readings(study(records, {"丁": nothing}, resamples=0), "zh")
    assert say("reading.never") in silent["precision-recall-flagged"]


def test_nothing_wrong_and_nothing_listed(records: list[Record]) -> None:
    few = records[:2]
    perfect = study(few, {"丙": right_everywhere(few)}, resamples=0)
    text = render(perfect, [BARE], few, ABOUT, "zh")
    for key in ("no_errors", "no_suspected", "no_slices"):
        assert say(f"evaluation.{key}") in text
    assert "nan" not in text
    assert "None" not in text


# --- the terminal -----------------------------------------------------------------------------


def shown(measured: Study, lang: Lang) -> str:
    console = Console(width=140, file=io.StringIO())
    gates = check_gates([Gate.parse(gate) for gate in GATES], measured.to_json())
    print_study(console, measured, lang, gates)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_shows_the_same_figures(measured: Study, lang: Lang) -> None:
    text = shown(measured, lang)
    for model in measured.models.values():
        figure = model.figures["flagged.recall"]
        assert f"{figure.value:.0%} ({figure.low:.0%}–{figure.high:.0%})" in text
        assert f"n={figure.sentences}" in text
    assert f"{measured.comparisons[0].differences['right'].value:+.3f}" in text
    assert say("evaluation.not_passed", lang) in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_shows_the_people(
    records: list[Record], predictions: Predictions, lang: Lang
) -> None:
    found = compare_annotators(records, records, predictions["模型/balanced"], resamples=50)
    console = Console(width=240, file=io.StringIO())
    print_annotators(console, found, lang)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    kappa = found.fields[-1].agreements["model_first"]["kappa"]
    assert f"{kappa.value:.2f}" in text
    assert say("standing.less", lang) in text  # nobody agrees as well as a person with himself


def test_a_name_cannot_write_to_the_terminal(
    records: list[Record], predictions: Predictions
) -> None:
    hostile = [
        replace(r, extra=r.extra | {"kind": f"\x1b[2J[red]{n % 2}"}) for n, r in enumerate(records)
    ]
    given = {"\x1b]0;改名\x07[bold]甲": predictions["模型/balanced"]}
    text = shown(study(hostile, given, slices=["kind"], resamples=20), "zh")
    assert "\x1b" not in text
    assert "[bold]甲" in text


# --- in a browser -----------------------------------------------------------------------------


@needs_browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_neither_runs_nor_asks(
    visit: Opener, tmp_path: Path, records: list[Record], predictions: Predictions, lang: Lang
) -> None:
    hostile = []
    for number, record in enumerate(records):
        poison = POISON[number % len(POISON)]
        sentences = tuple(
            replace(s, text=f"{s.text}{poison}", heading=poison) for s in record.sentences
        )
        hostile.append(
            replace(
                record, doc_id=f"{number}{poison}", title=poison, genre=poison, sentences=sentences
            )
        )
    names = dict(zip(POISON, predictions.values(), strict=False))
    measured = study(hostile, names, resamples=50)
    about = About(tuple((p, p) for p in POISON), tuple((p, p) for p in POISON), "".join(POISON))
    file = tmp_path / "report.html"
    drawn = [BARE]
    file.write_text(render(measured, drawn, hostile, about, lang), "utf-8")
    page = visit(file)
    assert page.evaluate("typeof ran") == "undefined"
    assert page.locator("script, iframe, animate, object, embed, base, form, svg").count() == 0
    assert page.locator("img").count() == len(drawn)
    names_of = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert not [name for name in page.evaluate(names_of) if name.startswith("on")]
    assert all(a.startswith("file:") for a in page.evaluate("[...document.links].map(a => a.href)"))
    assert "\u202e" not in page.content()
    text = page.inner_text("body")
    for poison in POISON:
        assert visible(poison) in text


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_at_the_side(
    visit: Opener,
    tmp_path: Path,
    written: tuple[Path, Lang],
    records: list[Record],
    predictions: Predictions,
    width: int,
) -> None:
    folder, lang = written
    long = "长" * 200 + "x" * 200
    wide = [
        replace(r, doc_id=f"{n}{long}", title=long, genre=long if n % 2 else "")
        for n, r in enumerate(records)
    ]
    measured = study(wide, {long: predictions["模型/balanced"]}, resamples=20)
    file = tmp_path / "report.html"
    about = About(((long, long),), ((long, long),), long)
    file.write_text(render(measured, [BARE], wide, about, lang), "utf-8")
    for path in (folder / "report.html", file):
        page = visit(path, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page = visit(folder / "report.html", width)
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert page.evaluate(broken) == 0
    assert page.locator("figure.plot img").count() > 20
    # as wide as drawn, or nearly: a phone does not shrink the letters
    assert page.evaluate("Math.min(...[...document.images].map(i => i.clientWidth))") >= 300


@needs_browser
def test_text_stands_out_from_its_ground(visit: Opener, written: tuple[Path, Lang]) -> None:
    folder, _ = written
    found = visit(folder / "report.html").evaluate(CONTRASTS)
    assert len(found) > 200
    assert [entry for entry in found if entry[0] < 4.5] == []


@needs_browser
def test_it_prints_on_a4(visit: Opener, tmp_path: Path, written: tuple[Path, Lang]) -> None:
    import pypdfium2 as pdfium

    folder, lang = written
    page = visit(folder / "report.html")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=False)
    with pdfium.PdfDocument(tmp_path / "page.pdf") as printed:
        assert [round(side) for side in printed[0].get_size()] == [595, 842]  # A4 in points
        text = "".join(sheet.get_textpage().get_text_bounded() for sheet in printed)
    bare = re.sub(r"\s|\ufffe", "", unicodedata.normalize("NFKC", text))
    for key in ("about", "figures", "slices", "errors", "how"):
        heading = re.sub(r"\s", "", say(f"evaluation.{key}", lang))
        assert unicodedata.normalize("NFKC", heading) in bare
