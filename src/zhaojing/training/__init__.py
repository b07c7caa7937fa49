"""Train a model folder from annotated records: ``train_model(TrainingConfig(...))``."""

from __future__ import annotations

from pathlib import Path

from zhaojing.errors import InvalidConfig, InvalidRecords, MissingExtra
from zhaojing.offline import stay_offline
from zhaojing.records import read_records
from zhaojing.training.config import TFIDF, TrainingConfig
from zhaojing.training.finish import check_output

__all__ = ["TFIDF", "TrainingConfig", "train_model"]


def train_model(config: TrainingConfig, *, resume: bool = False) -> Path:
    """Train as ``config`` says and return the folder of the finished model.

    Raises
    ------
    FaultyRecords
        The data break the schema; every fault is listed.
    InvalidConfig
        ``output`` holds something else than a model, dev data are missing for an encoder, or the
        encoder cannot be loaded.
    MissingExtra
        The extra ``train`` is not installed.
    """
    check_output(config.output)
    train = read_records(*config.train)
    dev = read_records(*config.dev)
    if not train:
        raise InvalidRecords("records.nothing", where=", ".join(map(str, config.train)))
    if not dev and config.encoder != TFIDF:
        raise InvalidConfig("config.invalid", detail="an encoder needs --dev for early stopping")
    try:
        if config.encoder == TFIDF:
            from zhaojing.training.linear import train_linear as run
        else:
            if Path(config.encoder).is_dir():
                stay_offline()
            from zhaojing.training.encoder import train_encoder as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "zhaojing":
            raise
        raise MissingExtra("train") from error
    return run(config, train, dev, resume=resume)
