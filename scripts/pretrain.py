"""Pre-train an encoder from a configuration file: ``python scripts/pretrain.py CONFIG [--resume]``.

The same as ``zhaojing pretrain --config FILE``, for a machine that has PyTorch and transformers
but not this package: put ``src`` on ``PYTHONPATH``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from zhaojing.pretraining import PretrainingConfig, pretrain

if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--resume"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    config = PretrainingConfig.build(Path(arguments[0]), {})
    print(pretrain(config, resume="--resume" in sys.argv) or "paused, not done yet")
