"""Every command and every example in both READMEs runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from conftest import DATA, ROOT
from test_training import tiny_checkpoint
from zhaojing.records import read_records

READMES = ["README.md", "README.zh-CN.md"]
HUB_ID = "hfl/chinese-macbert-base"


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[str]:
    lines = "\n".join(blocks(name, "bash")).splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines if line.strip()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project to write into, its data cut short so that training takes seconds."""
    place = tmp_path_factory.mktemp("checkout")
    for name in ("data", "models", "docs", "Makefile", "constraints.txt", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    for path, count in ((place / "data/train.jsonl", 30), (place / "data/dev.jsonl", 60)):
        lines = path.read_text("utf-8").splitlines(keepends=True)[:count]
        path.write_text("".join(lines), "utf-8")
    # beside it a corpus, and pre-training in two steps instead of hours
    corpus = place.parent / "shared/corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    texts = ["\n".join(s.text for s in r.sentences) for r in read_records(*DATA)[:400]]
    (corpus / "reports.txt").write_text("\n\n".join(texts), "utf-8")
    recipe = place / "models/encoder.toml"
    settings = recipe.read_text("utf-8").partition("[weights]")[0]  # of sources not there
    quick = re.sub(r"(?m)^minutes = .*", "steps = 2", settings)
    recipe.write_text(re.sub(r"(?m)^width = .*", "width = 64", quick), "utf-8")
    return place


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONUTF8": "1"}
    return subprocess.run(
        ["bash", "-c", command], cwd=place, env=env, capture_output=True, text=True, check=False
    )


def judge_a_sentence(ledger: Path) -> None:
    """Type a verdict, as a clerk does between two of the commands."""
    book = openpyxl.load_workbook(ledger)
    sheet = book.worksheets[1]
    header = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, header["复核意见"], "属实")
    book.save(ledger)


@pytest.mark.parametrize("name", READMES)
def test_it_opens_with_the_two_commands(name: str) -> None:
    assert [line.split()[:2] for line in commands(name)[:2]] == [
        ["make", "screen"],
        ["make", "test"],
    ]


def test_both_languages_show_the_same_commands() -> None:
    assert commands(READMES[0]) == commands(READMES[1])
    assert blocks(READMES[0], "python") == blocks(READMES[1], "python")


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_make_and_pip_lines_name_what_exists(checkout: Path) -> None:
    for line in commands(READMES[0]):
        if line.startswith("make "):
            # the test suite cannot run itself; make -n shows that the target is there
            assert run(f"make -n {line.split()[1]}", checkout).returncode == 0
        if line.startswith("pip "):
            extras = re.findall(r"\[(\w+)\]", line)
            text = (ROOT / "pyproject.toml").read_text("utf-8")
            assert all(f"\n{extra} = [" in text for extra in extras)


@pytest.mark.slow
def test_every_zhaojing_command_runs_in_order(checkout: Path, tmp_path: Path) -> None:
    encoder = tiny_checkpoint(tmp_path / "encoder", "bert")
    ran = 0
    for line in commands(READMES[0]):
        if line.startswith(("make ", "pip ")):
            continue
        if line.startswith("zhaojing review "):
            judge_a_sentence(checkout / "out" / "台账.xlsx")
        done = run(line.replace(HUB_ID, str(encoder)), checkout)
        assert done.returncode == 0, (line, done.stderr[-2000:])
        ran += 1
    assert ran >= 12
    assert (checkout / "out" / "index.html").exists()
    assert (checkout / "out" / "reviewed.jsonl").exists()
    assert (checkout / "out" / "encoder" / "README.md").exists()


def test_the_python_example_runs(checkout: Path) -> None:
    (code,) = blocks(READMES[0], "python")
    done = run(f"python - <<'END'\n{code}END", checkout)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_no_placeholder_is_left() -> None:
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").rglob("*.md"),
    ):
        assert "@@" not in path.read_text("utf-8"), path


def test_the_shipped_model_is_of_the_data_beside_it() -> None:
    manifest = json.loads((ROOT / "models/default/zhaojing.json").read_text("utf-8"))
    for item in manifest["provenance"]["data"]:
        data = (ROOT / "data" / item["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item["sha256"], item["file"]
