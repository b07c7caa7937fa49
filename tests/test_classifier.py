"""The classifier keeps its promises whatever the model behind it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhaojing import Classifier, Context, InvalidModel
from zhaojing.classifier import is_flagged
from zhaojing.heads import Calibration, Logits, Thresholds
from zhaojing.labels import CATEGORIES, ROLES, Category, Role
from zhaojing.mode import MODES
from zhaojing.model_folder import FORMAT, LINEAR, Manifest, default_folder

SENTENCES = [
    "年初只报备了一项检查，年底一算，同一家企业被查了九回。",
    "会议是集体决策的重要方式。",
    "",
    "全年召开推进会56次、印发简报90期，确保工作落到实处。",
]


class Fixed:
    """A model whose logits are given."""

    def __init__(self, categories: Any, roles: Any, levels: Any) -> None:
        self.out = Logits(*(np.array(part, dtype=float) for part in (categories, roles, levels)))

    def logits(self, texts: Any, contexts: Any) -> Logits:
        assert len(texts) == len(self.out.roles)
        return self.out


def fixed(categories: list[float], role: str, levels: list[float]) -> Classifier:
    roles = [5.0 if name == role else 0.0 for name in ROLES]
    return Classifier(Fixed([categories], [roles], [levels]), Manifest(LINEAR))


YES, NO = 4.0, -4.0


@pytest.mark.parametrize(
    ("category", "role", "levels", "categories", "flagged"),
    [
        (YES, "problem", NO, 1, True),
        (YES, "achievement", NO, 1, True),
        (YES, "measure", NO, 1, False),
        (0.5, "other", NO, 0, False),
        (NO, "problem", NO, 0, False),
        (NO, "achievement", YES, 0, True),
        (NO, "measure", YES, 0, True),
    ],
)
def test_decisions(
    category: float, role: str, levels: float, categories: int, flagged: bool
) -> None:
    found = fixed([category] + [NO] * 5, role, [levels] * 3).classify(["句。"])[0]
    assert (len(found.categories), found.role, found.flagged) == (categories, role, flagged)


def test_of_a_category_and_no_role_the_likelier_stands() -> None:
    for category, role, given_categories in [(1.0, "problem", 1), (0.2, "other", 0)]:
        roles = [1.0, 0.0, 0.0, 2.0]  # other 0.63, problem 0.23
        model = Fixed([[category] + [NO] * 5], [roles], [[NO] * 3])
        limits = Thresholds(dict.fromkeys(CATEGORIES, 0.2))
        found = Classifier(model, Manifest(LINEAR), thresholds=limits).classify(["句。"])[0]
        assert (found.role, len(found.categories)) == (role, given_categories)


def test_the_flag_rule_is_one_rule() -> None:
    assert is_flagged(["x"], Role.PROBLEM, 0.0, 0.5)
    assert not is_flagged(["x"], Role.MEASURE, 0.0, 0.5)
    assert is_flagged([], Role.OTHER, 0.5, 0.5)


def test_levels_that_do_not_fall_are_mended() -> None:
    score = fixed([NO] * 6, "achievement", [NO, YES, YES]).classify(["句。"])[0].embellishment_score
    assert score == pytest.approx(1 / (1 + np.exp(4)))


def test_calibration_and_thresholds_are_used() -> None:
    model = Fixed([[1.0] + [NO] * 5], [[9, 0, 0, 0]], [[NO] * 3])
    for intercept, limit, given_categories in [(0, 0.5, 1), (-2, 0.5, 0), (-2, 0.2, 1)]:
        manifest = Manifest(LINEAR, calibration=Calibration(intercept=(float(intercept),) * 9))
        limits = Thresholds(dict.fromkeys(CATEGORIES, limit))
        found = Classifier(model, manifest, thresholds=limits).classify(["句。"])[0]
        assert len(found.categories) == given_categories
        assert found.category_scores[CATEGORIES[0]] == pytest.approx(
            1 / (1 + np.exp(-(1.0 + intercept)))
        )


def test_predictions_have_every_score(default_classifier: Classifier) -> None:
    for found in default_classifier.classify(SENTENCES):
        assert tuple(found.category_scores) == CATEGORIES
        assert tuple(found.role_scores) == ROLES
        assert sum(found.role_scores.values()) == pytest.approx(1)
        assert all(0 <= score <= 1 for score in found.category_scores.values())
        assert 0 <= found.embellishment_score <= 1
        assert set(found.categories) <= set(CATEGORIES)


def test_order_and_company_change_nothing(default_classifier: Classifier) -> None:
    together = default_classifier.classify(SENTENCES)
    assert default_classifier.classify(SENTENCES[::-1])[::-1] == together
    assert [default_classifier.classify([text])[0] for text in SENTENCES] == together


def test_width_quotes_and_spaces_change_nothing(default_classifier: Classifier) -> None:
    plain = "以“工作提示”代替发文,共12次;"
    for typed in (
        "以「工作提示」代替发文，共１２次；",
        "以“工作提示” 代替 发文,共12次; ",
        "　" + plain,
    ):
        assert default_classifier.classify([plain]) == default_classifier.classify([typed])


def test_context_is_used_and_may_be_missing_for_some(default_classifier: Classifier) -> None:
    text = "1.上述做法一律停止。"
    context = Context(heading="三、督查检查方面 > （二）整改措施", previous="一年查了九回。")
    alone, placed = default_classifier.classify([text, text], contexts=[None, context])
    assert alone != placed
    assert alone == default_classifier.classify([text])[0]


@pytest.mark.parametrize("wrong", ["一句话", [1], [None], {"句。"}, iter(["句。"])])
def test_only_sequences_of_strings(default_classifier: Classifier, wrong: Any) -> None:
    with pytest.raises(TypeError):
        default_classifier.classify(wrong)


def test_contexts_must_match(default_classifier: Classifier) -> None:
    with pytest.raises(ValueError, match="0 contexts for 1"):
        default_classifier.classify(["句。"], contexts=[])


def test_nothing_in_nothing_out(default_classifier: Classifier) -> None:
    assert default_classifier.classify([]) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(), max_size=3))
def test_any_text_is_classified(default_classifier: Classifier, texts: list[str]) -> None:
    assert len(default_classifier.classify(texts)) == len(texts)


# --- model folders --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(default_folder(), tmp_path / "model"))


def change(folder: Path, **values: Any) -> None:
    path = folder / "zhaojing.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


def test_a_copied_folder_is_the_same_model(folder: Path, default_classifier: Classifier) -> None:
    assert Classifier.load(folder).classify(SENTENCES) == default_classifier.classify(SENTENCES)


def test_environment_names_a_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHAOJING_MODEL", str(folder))
    assert Classifier.load().folder == folder


def test_faulty_folders(folder: Path, tmp_path: Path) -> None:
    def key() -> str:
        with pytest.raises(InvalidModel) as caught:
            Classifier.load(folder)
        assert caught.value.exit_code == 2
        return caught.value.key

    manifest = (folder / "zhaojing.json").read_text("utf-8")
    change(folder, format=99)
    assert key() == "model.version"
    change(folder, format=FORMAT, labels={"categories": ["x"], "roles": list(ROLES)})
    assert key() == "model.labels"
    (folder / "zhaojing.json").write_text(manifest, "utf-8")
    change(folder, thresholds={"wrong": 1})
    assert key() == "model.corrupt"
    for damage in (
        {"provenance": 3},
        {"thresholds": {mode: {"categories": {}, "embellishment": 0.5} for mode in MODES}},
        {"calibration": {"slope": [1], "intercept": [0], "temperature": 1}},
        {"calibration": {"slope": [1.0] * 9, "intercept": [0.0] * 9, "temperature": 0}},
    ):
        (folder / "zhaojing.json").write_text(manifest, "utf-8")
        change(folder, **damage)
        assert key() == "model.corrupt"
    (folder / "zhaojing.json").write_text("{", "utf-8")
    assert key() == "model.corrupt"
    (folder / "zhaojing.json").write_text(manifest, "utf-8")
    change(folder, kind="oracle")
    assert key() == "model.corrupt"
    (folder / "zhaojing.json").write_text(manifest, "utf-8")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert key() == "model.corrupt"
    (folder / "model.safetensors").unlink()
    assert key() == "model.file_missing"
    (folder / "zhaojing.json").unlink()
    assert key() == "model.missing"
    with pytest.raises(InvalidModel):
        Classifier.load(tmp_path / "nowhere")


def test_no_file_of_the_default_model_is_code_or_pickle() -> None:
    suffixes = {path.suffix for path in default_folder().rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors", ".txt", ".md", ".onnx"}


# --- what any usable model must get right ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("一份通知经三级转发，附件由两页变成十一页，各类表格反复报送。", Category.DOCUMENTS),
        ("会议层层套开，一天开五个会，基层干部忙于陪会。", Category.MEETINGS),
        ("同一家企业一个月被不同部门检查了九次，过度留痕。", Category.INSPECTIONS),
        ("审批权仍在市里，乡镇只承担责任，没有执法权和人员编制。", Category.DELEGATION),
        ("节前收受管理服务对象所送购物卡和礼金，并接受宴请。", Category.PERKS),
        ("虚报数据，把没有完成的项目写成已经完成，弄虚作假。", Category.EMBELLISHMENT),
    ],
)
def test_plain_cases(default_classifier: Classifier, text: str, category: Category) -> None:
    found = default_classifier.classify([text])[0]
    assert category in found.categories
    assert found.role == Role.PROBLEM
    assert found.flagged


def test_plain_remedies_and_facts_raise_no_flag(default_classifier: Classifier) -> None:
    texts = [
        "严格控制会议数量，能合并的会议合并召开，不得要求层层陪会。",
        "检查组一律凭备案编号入企，未备案的不得开展检查。",
        "全年完成老旧小区改造27个，惠及居民8400户。",
        "会议是集体决策、沟通信息的重要方式。",
        "（二）整改措施",
    ]
    assert [p.flagged for p in default_classifier.classify(texts)] == [False] * len(texts)
