"""Keep libraries off the network; to be called before they are first imported."""

from __future__ import annotations

import os


def stay_offline() -> None:
    """Tell Hugging Face's libraries that a local folder needs no hub, the others to be silent.

    The libraries read it once, when they are imported. A choice of the user's own stands.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # from 1.29 on it reports use
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
