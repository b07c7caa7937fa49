"""The base package alone, installed in an empty environment, screens reports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_screens_without_torch(tmp_path: Path) -> None:
    def run(*command: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-3000:]
        return done

    run(sys.executable, "-m", "venv", tmp_path / "env")
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    # not editable: the wheel must carry the default model and the page's template
    run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", ROOT)
    listed = run(python, "-m", "pip", "list").stdout.lower()
    assert "torch" not in listed
    assert "scikit-learn" not in listed
    run(python, "-m", "zhaojing", "screen", ROOT / "data" / "samples", "--output", tmp_path / "out")
    assert (tmp_path / "out" / "index.html").exists()
    refused = subprocess.run(
        [python, "-m", "zhaojing", "train", "--train", ROOT / "data" / "train.jsonl", "-o", "m"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert refused.returncode == 2
    assert 'pip install "zhaojing[train]"' in refused.stderr
