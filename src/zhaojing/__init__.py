"""照镜: find formalism and bureaucratism in Chinese official reports, sentence by sentence.

>>> from zhaojing import Classifier, Screener
>>> report = Screener(Classifier.load()).screen("报告.docx")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhaojing.classifier import Classifier, Prediction
    from zhaojing.context import Context
    from zhaojing.errors import (
        InvalidConfig,
        InvalidModel,
        InvalidRecords,
        MissingExtra,
        OutputFailed,
        UnreadableFile,
        ZhaojingError,
    )
    from zhaojing.labels import Category, Level, Role
    from zhaojing.screening import Report, Screener

__version__ = "0.1.0"

_HOME = {
    "Category": "labels",
    "Classifier": "classifier",
    "Context": "context",
    "InvalidConfig": "errors",
    "InvalidModel": "errors",
    "InvalidRecords": "errors",
    "Level": "labels",
    "MissingExtra": "errors",
    "OutputFailed": "errors",
    "Prediction": "classifier",
    "Report": "screening",
    "Role": "labels",
    "Screener": "screening",
    "UnreadableFile": "errors",
    "ZhaojingError": "errors",
}

__all__ = [
    "Category",
    "Classifier",
    "Context",
    "InvalidConfig",
    "InvalidModel",
    "InvalidRecords",
    "Level",
    "MissingExtra",
    "OutputFailed",
    "Prediction",
    "Report",
    "Role",
    "Screener",
    "UnreadableFile",
    "ZhaojingError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: ``zhaojing --help`` must not wait for numpy."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
