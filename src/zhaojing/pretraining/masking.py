"""Hide tokens in spans: each row loses exactly the same number, so shapes stay static.

Spans have geometric length with p = 1/3, at most 6 (SpanBERT, Joshi et al. 2020). Of the hidden
tokens 80 % become ``[MASK]``, 10 % a random token, 10 % stay (BERT, Devlin et al. 2019).
"""

from __future__ import annotations

import torch
from torch import Tensor

from zhaojing.pretraining.tokenizer import MASK, SPECIAL

_END = 1 / 3  # chance that a span ends after a token
_LONGEST = 6  # tokens


def hide(
    rows: Tensor, share: float, vocabulary: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return the rows with tokens hidden, and the flat positions of those, ``(batch * k,)``.

    ``rows`` is ``(batch, length)`` of int64; special tokens are hidden only where
    a row has too few others.
    """
    batch, length = rows.shape
    scores = _span_scores(batch, length, generator, rows.device)
    scores = scores.masked_fill(rows < len(SPECIAL), 2.0)  # drawn last
    columns = scores.topk(max(1, round(length * share)), largest=False).indices
    positions = (columns + torch.arange(batch, device=rows.device)[:, None] * length).flatten()
    flat = rows.flatten()
    chance = torch.rand(len(positions), generator=generator, device=rows.device)
    other = torch.randint(
        len(SPECIAL), vocabulary, (len(positions),), generator=generator, device=rows.device
    )
    shown = torch.where(chance < 0.8, MASK, torch.where(chance < 0.9, other, flat[positions]))
    hidden = flat.scatter(0, positions, shown)
    return hidden.view(batch, length), positions


def _span_scores(
    batch: int, length: int, generator: torch.Generator, device: torch.device
) -> Tensor:
    """Cut each row into spans and give all tokens of a span the same score in [0, 1)."""
    column = torch.arange(length, device=device).expand(batch, length)
    ends = torch.rand((batch, length), generator=generator, device=device) < _END
    ends[:, 0] = True
    start = torch.where(ends, column, 0).cummax(dim=1).values
    span = ((column - start) % _LONGEST == 0).cumsum(dim=1) - 1
    draw = torch.rand((batch, length), generator=generator, device=device)
    return draw.gather(1, span)
