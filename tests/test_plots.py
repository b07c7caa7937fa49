"""The drawings of an evaluation: their files, their letters, and that they leave nothing behind."""

from __future__ import annotations

import hashlib
import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lxml.etree
import pytest
from fontTools.ttLib import TTFont

from conftest import ROOT
from zhaojing import Classifier
from zhaojing.classifier import Prediction
from zhaojing.errors import MissingExtra
from zhaojing.evaluation import predict
from zhaojing.evaluation.plots import FONT, FONT_FAMILY, Plot, characters, check_plots, plots
from zhaojing.evaluation.study import Study, study
from zhaojing.messages import MESSAGES, Lang
from zhaojing.records import read_records

NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SVG = "{http://www.w3.org/2000/svg}"


def small_study() -> Study:
    """Two models that share their scores but not their thresholds, and one without scores."""
    records = read_records(ROOT / "data" / "test.jsonl")[:20]
    loose, strict = (predict(Classifier.load(mode=m), records) for m in ("balanced", "cautious"))
    bare = [replace(p, category_scores={}, role_scores={}) for p in strict]
    return study(records, {"甲": loose, "乙<script>": strict, "丙": bare}, resamples=50)


@pytest.fixture(scope="module")
def models() -> Study:
    return small_study()


@pytest.fixture(scope="module")
def drawn(models: Study) -> dict[Lang, tuple[Plot, ...]]:
    return {"zh": plots(models, "zh"), "en": plots(models, "en")}


def digests(found: tuple[Plot, ...]) -> dict[str, str]:
    return {plot.name: hashlib.sha256(plot.png + plot.svg).hexdigest() for plot in found}


def test_every_drawing_is_there_in_both_languages(drawn: dict[Lang, tuple[Plot, ...]]) -> None:
    practices = ("documents", "meetings", "inspections", "delegation", "perks", "embellishment")
    expected = {
        *(f"precision-recall-{name}" for name in (*practices, "flagged")),
        *(f"reliability-{name}" for name in (*practices, "role", "level")),
        *(f"{head}-{letter}" for head in ("roles", "levels") for letter in "ABC"),
        *("risk-coverage-labels", "risk-coverage-flagged", "workload", "differences"),
    }
    for found in drawn.values():
        assert {plot.name for plot in found} == expected
        assert len(found) == len(expected)
    zh, en = (digests(found) for found in drawn.values())
    assert all(zh[name] != en[name] for name in expected)


def test_pictures_are_whole_and_hold_no_letters_nor_addresses(
    drawn: dict[Lang, tuple[Plot, ...]],
) -> None:
    for found in drawn.values():
        for plot in found:
            assert plot.png.startswith(b"\x89PNG\r\n\x1a\n")
            assert plot.png.endswith(b"IEND\xaeB`\x82")
            root = lxml.etree.fromstring(plot.svg)
            assert root.tag == f"{SVG}svg"
            tags = {element.tag for element in root.iter() if isinstance(element.tag, str)}
            assert f"{SVG}path" in tags
            assert not tags & {f"{SVG}text", f"{SVG}script", f"{SVG}foreignObject", f"{SVG}a"}
            links = root.xpath("//@*[local-name()='href']")
            assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
            assert b"<dc:date>" not in plot.svg
            assert b"<script>" not in plot.svg


def test_the_font_has_every_character_of_every_label() -> None:
    font = TTFont(FONT)
    assert characters() - set(map(chr, font.getBestCmap())) == set()
    assert font["name"].getDebugName(1) == FONT_FAMILY
    assert "Open Font License" in font["name"].getDebugName(13)
    assert "SIL OPEN FONT LICENSE" in FONT.with_name("OFL.txt").read_text("utf-8")
    assert FONT.stat().st_size < 100_000


def test_a_label_that_the_font_lacks_is_noticed(
    models: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MESSAGES, "plot.recall", ("龘", "龘"))
    with pytest.raises(UserWarning, match=r"Glyph .* missing from font\(s\) Zhaojing Plots"):
        plots(models, "zh")


@pytest.mark.skipif(not NOTO.exists(), reason="fonts-noto-cjk is not installed")
def test_the_script_makes_the_font_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made.otf"
    monkeypatch.setattr(sys, "argv", ["subset_font.py", "--output", str(made)])
    runpy.run_path(str(ROOT / "scripts" / "subset_font.py"), run_name="__main__")
    assert TTFont(made).getBestCmap().keys() == TTFont(FONT).getBestCmap().keys()


AWAY = """
import sys
sys.path.insert(0, sys.argv[1])
from test_plots import digests, small_study
from zhaojing.evaluation.plots import plots
for name, digest in digests(plots(small_study(), "zh")).items():
    print(name, digest)
"""


def test_another_machine_draws_the_same_and_keeps_nothing(
    tmp_path: Path, drawn: dict[Lang, tuple[Plot, ...]]
) -> None:
    home, scratch, here = (tmp_path / name for name in ("home", "scratch", "here"))
    for folder in (home, scratch, here):
        folder.mkdir()
    # settings of a user of matplotlib, which it reads from the working folder
    (here / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: none\n", "utf-8")
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "VIRTUAL_ENV")}
    places = {"HOME": home, "USERPROFILE": home, "TMPDIR": scratch, "TEMP": scratch}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", AWAY, ROOT / "tests"],
        cwd=here,
        env=kept | {name: str(path) for name, path in places.items()} | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert dict(line.split() for line in done.stdout.splitlines()) == digests(drawn["zh"])
    assert list(home.rglob("*")) == []
    assert list(scratch.rglob("*")) == []
    assert [path.name for path in here.iterdir()] == ["matplotlibrc"]


def test_our_settings_do_not_outlast_the_drawings(drawn: dict[Lang, tuple[Plot, ...]]) -> None:
    import matplotlib

    assert drawn
    assert FONT_FAMILY not in matplotlib.rcParams["font.family"]
    assert matplotlib.rcParams["svg.hashsalt"] is None


def test_without_probabilities_there_are_confusions_only(models: Study) -> None:
    records = read_records(ROOT / "data" / "test.jsonl")[:3]
    nothing = Prediction((), {}, "other", {}, 0.0, False)
    bare = [nothing for record in records for _ in record.sentences]
    found = plots(study(records, {"甲": bare}, resamples=0), "en")
    assert {plot.name for plot in found} >= {"roles-A", "levels-A"}
    assert not [plot.name for plot in found if plot.name.startswith("precision-recall-doc")]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check_plots()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra) as refused:
        check_plots()
    assert "zhaojing[evaluate]" in refused.value.describe("zh")
