"""What an office decides: modes, thresholds, categories off, phrases allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhaojing import Classifier, InvalidConfig, Screener
from zhaojing.heads import NEVER, Thresholds
from zhaojing.labels import CATEGORIES, Category
from zhaojing.mode import MODES
from zhaojing.model_folder import Manifest
from zhaojing.policy import PRAISE, Policy
from zhaojing.reading import Document

REPORT = Document.from_text(
    "全县开展督查激励月活动，各乡镇一天迎检三次。村干部天天填表，没空进农户。\n"
    "我局工作走在全省最前列，群众无不拍手叫好。"
)


def policy(tmp_path: Path, text: str) -> Policy:
    file = tmp_path / "zhaojing.toml"
    file.write_text(text, "utf-8")
    return Policy.build(file, {})


def test_every_setting_is_read_and_explained(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        'mode = "cautious"\n[thresholds]\nperks = 0.8\nembellishment_score = 0.7\n'
        '[off]\ninspections = "另有专项检查"\n[allow]\n"督查激励" = "文件规定的名称"\n'
        '[fixed_wording]\n"现报告如下" = "套语"\n',
    )
    limits = {mode: Thresholds(dict.fromkeys(CATEGORIES, 0.1)) for mode in MODES}
    limits["cautious"] = Thresholds(dict.fromkeys(CATEGORIES, 0.9), 0.95)
    manifest = Manifest("linear", thresholds=limits)
    held = found.limits(manifest)
    assert held.categories[Category.PERKS] == 0.8
    assert held.categories[Category.INSPECTIONS] == NEVER
    assert held.categories[Category.DOCUMENTS] == 0.9
    assert held.embellishment == 0.7
    told = list(found.explain(manifest))
    assert ("mode", "cautious", "") in told
    assert ("perks", "0.800", "[thresholds]") in told
    assert (PRAISE, "0.700", "[thresholds]") in told
    assert ("documents", "0.900", "cautious") in told
    assert ("inspections", "–", "另有专项检查") in told
    assert ("allow", "督查激励", "文件规定的名称") in told
    assert ("fixed_wording", "现报告如下", "套语") in told


@pytest.mark.parametrize(
    "text",
    [
        'mode = "wild"',
        "[thresholds]\nmeals = 0.5",
        "[thresholds]\nperks = 1.5",
        '[thresholds]\nperks = "high"',
        '[off]\nmeals = "理由"',
        '[off]\nperks = ""',
        '[allow]\n" " = "理由"',
        "[allow]\n督查 = 理由",
        'models = "x"',
        "mode = 3",
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfig, match=r"zhaojing\.toml"):
        policy(tmp_path, text)


def test_mistakes_are_told_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig) as caught:
        policy(tmp_path, "[thresholds]\nperks = 1.5")
    assert "[thresholds] perks 应在 0 到 1 之间，现在是 1.5" in caught.value.describe("zh")
    with pytest.raises(InvalidConfig) as caught:
        policy(tmp_path, 'modus = "cautious"')
    assert "没有这样的设置：modus；可用的有 mode" in caught.value.describe("zh")


def test_a_file_of_an_old_editor_is_read(tmp_path: Path) -> None:
    """Notepad of older Windows versions saves Chinese as GBK."""
    file = tmp_path / "zhaojing.toml"
    file.write_bytes('[allow]\n"督查激励" = "国务院文件规定的名称"\n'.encode("gbk"))
    assert Policy.build(file, {}).allow == {"督查激励": "国务院文件规定的名称"}


def test_an_allowed_phrase_clears_its_sentence_and_says_why(tmp_path: Path) -> None:
    classifier = Classifier.load()
    before = Screener(classifier).screen_document(REPORT)
    assert before.sentences[0].flagged
    chosen = policy(tmp_path, '[allow]\n"督查激励月" = "上级规定的名称"\n')
    after = Screener(classifier, chosen).screen_document(REPORT)
    assert not after.sentences[0].flagged
    assert after.sentences[0].allowed == "上级规定的名称"
    assert after.sentences[0].practices == ()
    assert after.rows()[0]["allowed"] == "上级规定的名称"
    assert [s.flagged for s in after.sentences[1:]] == [s.flagged for s in before.sentences[1:]]


def test_a_category_that_is_off_is_given_to_no_sentence(tmp_path: Path) -> None:
    classifier = Classifier.load()
    off = policy(tmp_path, "[off]\n" + "".join(f'{name} = "不查"\n' for name in CATEGORIES))
    found = Screener(classifier, off).screen_document(REPORT)
    assert not any(item.prediction.categories for item in found.sentences)
    assert found.sentences[-1].flagged  # praise has no category to switch off
    assert classifier.classify(["村干部天天填表，没空进农户。"])[0].flagged  # nobody else's limits


def test_modes_flag_more_and_more() -> None:
    """Cautious flags are few, sensitive ones many; what the manifest says decides."""
    classifier = Classifier.load()
    counts = []
    for mode in MODES:
        screener = Screener(classifier, Policy(mode=mode))
        reports = [screener.screen(path) for path in sorted(Path("data/samples").iterdir())]
        counts.append(sum(len(report.flagged) for report in reports))
    assert counts == sorted(counts)
    assert counts[0] < counts[1] < counts[2]
