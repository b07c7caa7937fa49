"""Train an encoder from scratch on unlabelled text: ``pretrain(PretrainingConfig(...))``.

In the order the data flow: ``sources`` reads documents, ``overlap`` leaves evaluation text out,
``duplicates`` removes repetition, ``tokenizer`` learns the vocabulary, ``packing`` writes rows of
token ids, ``masking`` hides some, ``masked_lm`` trains.
"""

from __future__ import annotations

from pathlib import Path

from zhaojing.errors import MissingExtra
from zhaojing.offline import stay_offline
from zhaojing.pretraining.config import PretrainingConfig

__all__ = ["PretrainingConfig", "prepare", "pretrain"]


def prepare(config: PretrainingConfig) -> Path:
    """Turn the corpus into a tokenizer and packed rows in ``config.packed``; return that folder.

    A folder that already holds them is left as it is.

    Raises
    ------
    InvalidConfig
        There is no corpus, or the packed rows there are of other settings.
    MissingExtra
        The extra ``train`` is not installed.
    """
    stay_offline()
    try:
        from zhaojing.pretraining.packing import pack
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return pack(config)


def pretrain(config: PretrainingConfig, *, resume: bool = False) -> Path | None:
    """Prepare the rows if need be, train, and return the folder of the encoder.

    A run that pauses before its schedule is done leaves a checkpoint and returns ``None``.

    Raises
    ------
    InvalidConfig
        See :func:`prepare`; also if ``resume`` finds the checkpoint of another run, if without it
        there is one, or if the loss is no longer a number.
    MissingExtra
        The extra ``train`` is not installed.
    """
    prepare(config)
    try:
        from zhaojing.pretraining.masked_lm import train_masked_lm
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return train_masked_lm(config, resume=resume)


def _missing(error: ModuleNotFoundError) -> Exception:
    ours = (error.name or "").partition(".")[0] == "zhaojing"
    return error if ours else MissingExtra("train")
