"""What ``import zhaojing`` offers."""

from __future__ import annotations

import subprocess
import sys

import zhaojing


def test_exported_names_are_sorted_and_exist() -> None:
    assert zhaojing.__all__ == sorted(zhaojing.__all__)
    for name in zhaojing.__all__:
        assert getattr(zhaojing, name) is not None


def test_importing_is_light() -> None:
    code = (
        "import sys, zhaojing; print([m for m in ('numpy', 'torch', 'jieba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_classifying_needs_no_torch() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'sklearn')));"
        "from zhaojing import Classifier; print(Classifier.load().classify(['会太多。'])[0].role)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
