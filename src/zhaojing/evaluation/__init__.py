"""Predictions against gold labels: ``zhaojing evaluate``.

Plain numpy, so that an office can check the tool with the base install; only the plots of a
written evaluation need an extra.
"""

from zhaojing.evaluation.metrics import evaluate, part, predict

__all__ = ["evaluate", "part", "predict"]
