"""Predictions against gold labels: ``zhaojing evaluate``.

Plain numpy, so that an office can check the tool with the base install; only the plots of a
written evaluation need an extra.

In the order the data flow: ``outcomes`` puts predictions beside gold, ``tallies``,
``calibration`` and ``curves`` make figures of them, ``resampling`` their intervals, ``metrics``
collects them; ``slices``, ``comparison`` and ``mistakes`` say where and why, and ``study`` holds
everything. ``annotators`` puts the model beside two people.
"""

from zhaojing.evaluation.metrics import evaluate, part, predict

__all__ = ["evaluate", "part", "predict"]
