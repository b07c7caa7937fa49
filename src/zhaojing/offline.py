"""Keep Hugging Face's libraries off the network; to be called before they are first imported."""

from __future__ import annotations

import os


def stay_offline() -> None:
    """Set ``HF_HUB_OFFLINE`` unless the user has set it: a local folder needs no hub.

    The libraries read it once, when they are imported.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
