"""Train a model from a configuration file: ``python scripts/train.py models/default.toml``.

The same as ``zhaojing train --config FILE``, for those who start training from a scheduler or
a debugger.
"""

from __future__ import annotations

import sys
from pathlib import Path

from zhaojing.training import TrainingConfig, train_model

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(train_model(TrainingConfig.build(Path(sys.argv[1]), {})))
