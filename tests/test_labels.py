"""The labels are the guideline's, and live in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from conftest import ROOT
from zhaojing.labels import CATEGORIES, LEVELS, ROLES, Category, Level, Role

SOURCES = [p for p in (ROOT / "src").rglob("*.py") if p.name != "labels.py"]
# also the name of the score and its metrics, which the guideline calls so
SHARED_WITH_THE_SCORE = {"embellishment"}


def _rows(section: str) -> list[tuple[str, str]]:
    guideline = (ROOT / "docs" / "annotation-guideline.md").read_text("utf-8")
    part = re.split(r"^## ", guideline, flags=re.MULTILINE)[int(section)]
    return re.findall(r"^\| `(\w+)` \| (\S+) \|", part, flags=re.MULTILINE)


def test_categories_are_the_guidelines() -> None:
    assert [(c.value, c.zh) for c in Category] == _rows("2")


def test_roles_are_the_guidelines() -> None:
    assert [(r.value, r.zh) for r in Role] == _rows("3")


def test_levels_run_from_zero_to_three() -> None:
    assert LEVELS == (0, 1, 2, 3)


@pytest.mark.parametrize("label", [*Category, *Role, *Level], ids=lambda label: str(label))
def test_every_label_has_both_languages(label: Category | Role | Level) -> None:
    assert re.search(r"[\u4e00-\u9fff]", label.zh + label.definition_zh)
    assert label.label("en").isascii()
    assert label.definition("en").isascii()
    assert label.label("zh") == label.zh
    assert label.definition("zh") == label.definition_zh


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_label_is_typed_elsewhere(path: Path) -> None:
    ids = {*CATEGORIES, *ROLES} - SHARED_WITH_THE_SCORE
    tree = ast.parse(path.read_text("utf-8"))
    typed = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in ids]
    # "documents" as a key of counts is the English word, not the category
    typed = [node for node in typed if node.value != "documents" or path.name == "heads.py"]
    assert not typed, [(node.value, node.lineno) for node in typed]
