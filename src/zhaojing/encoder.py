"""The encoder model: one BERT-like encoder from ``AutoModel`` under three heads.

Categories are multi-label, the role is a softmax, the level is ordinal by CORN: output ``k``
is ``P(level > k | level > k - 1)``, so the cumulative probabilities can only fall
(Shi, Cao & Raschka 2021, arXiv:2111.08851).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zhaojing.context import Context
from zhaojing.encoder_io import beside, occlude, to_logits
from zhaojing.errors import InvalidConfig, MissingExtra
from zhaojing.heads import N_CATEGORIES, N_OUTPUTS, N_ROLES, Array, Logits
from zhaojing.labels import MAX_LEVEL

# before transformers is imported, which reads these once
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

try:
    import torch
    from safetensors.torch import load_file, save_file
    from torch import Tensor, nn
    from torch.nn import functional
    from transformers import AutoConfig, AutoModel, AutoTokenizer
except ModuleNotFoundError as error:
    raise MissingExtra("train") from error

WEIGHTS_FILE = "model.safetensors"
# nothing is fetched, and no code that a folder may bring along is run
_LOCAL = {"local_files_only": True, "trust_remote_code": False}
BATCH = 32


class MultiTaskEncoder(nn.Module):
    """An encoder, the mean of its token states, and a linear layer of ``N_OUTPUTS``."""

    def __init__(self, encoder: Any, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, N_OUTPUTS)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        categories: Tensor | None = None,
        role: Tensor | None = None,
        level: Tensor | None = None,
        **inputs: Tensor,
    ) -> dict[str, Tensor]:
        """Return ``logits`` of shape ``(batch, 13)``, and ``loss`` where labels are given.

        ``categories`` is ``(batch, 6)`` of 0.0 or 1.0, ``role`` and ``level`` are ``(batch,)``.
        """
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, **inputs
        ).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        logits = self.head(self.dropout(pooled)).float()
        if categories is None or role is None or level is None:
            return {"logits": logits}
        practice, part, praise = logits.split([N_CATEGORIES, N_ROLES, MAX_LEVEL], dim=1)
        loss = (
            functional.binary_cross_entropy_with_logits(practice, categories.float())
            + functional.cross_entropy(part, role)
            + corn_loss(praise, level)
        )
        return {"loss": loss, "logits": logits}


def corn_loss(logits: Tensor, level: Tensor) -> Tensor:
    """Return the mean CORN loss of ``(batch, 3)`` logits; task ``k`` sees levels >= ``k``."""
    threshold = torch.arange(MAX_LEVEL, device=level.device)
    at_stake = (level.unsqueeze(1) >= threshold).float()
    exceeds = (level.unsqueeze(1) > threshold).float()
    loss = functional.binary_cross_entropy_with_logits(logits, exceeds, reduction="none")
    return (loss * at_stake).sum() / at_stake.sum().clamp(min=1)


class EncoderModel:
    """A fine-tuned encoder at inference time, in torch on the CPU."""

    def __init__(self, network: MultiTaskEncoder, tokenizer: Any, max_length: int) -> None:
        self.network, self.tokenizer, self.max_length = network.eval(), tokenizer, max_length

    @torch.inference_mode()
    def logits(self, texts: Sequence[str], contexts: Sequence[Context]) -> Logits:
        """Return the logits of ``texts``; batches hold sentences of like length."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.empty((len(texts), N_OUTPUTS), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = encode(
                self.tokenizer,
                [texts[i] for i in rows],
                [contexts[i] for i in rows],
                self.max_length,
                padding=True,
                return_tensors="pt",
            )
            out[rows] = self.network(**batch)["logits"].numpy()
        return to_logits(out)

    def relevance(self, text: str, context: Context, columns: Sequence[int]) -> Array:
        """Return by how much the outputs ``columns`` fall without each word of ``text``."""
        return occlude(self.logits, text, context, columns)

    def save(self, folder: Path) -> None:
        """Write weights, encoder configuration and tokenizer."""
        encoder: Any = self.network.encoder
        encoder.config.save_pretrained(folder)
        self.tokenizer.model_max_length = self.max_length
        self.tokenizer.save_pretrained(folder)
        state = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(state, folder / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> EncoderModel:
        """Read what :meth:`save` wrote; nothing outside ``folder`` is touched."""
        config = AutoConfig.from_pretrained(folder, **_LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(folder, **_LOCAL)
        empty: Any = AutoModel
        network = MultiTaskEncoder(
            empty.from_config(config, dtype=torch.float32, trust_remote_code=False)
        )
        network.load_state_dict(load_file(folder / WEIGHTS_FILE))
        return cls(network, tokenizer, int(tokenizer.model_max_length))


def encode(
    tokenizer: Any,
    texts: Sequence[str],
    contexts: Sequence[Context],
    max_length: int,
    **options: Any,
) -> Any:
    """Tokenise sentence and context as a pair; of an overlong pair the longer side is cut."""
    around = [beside(context) for context in contexts]
    return tokenizer(
        list(texts), around, truncation="longest_first", max_length=max_length, **options
    )


def load_pretrained(name: str, dropout: float) -> tuple[MultiTaskEncoder, Any]:
    """Load an encoder by folder or by hub id.

    Raises
    ------
    InvalidConfig
        It cannot be found or loaded.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        encoder = AutoModel.from_pretrained(name, dtype=torch.float32, trust_remote_code=False)
    except (OSError, ValueError) as error:
        detail = str(error).strip().splitlines()[0]
        raise InvalidConfig("encoder.offline", where=name, detail=detail) from error
    return MultiTaskEncoder(encoder, dropout), tokenizer
