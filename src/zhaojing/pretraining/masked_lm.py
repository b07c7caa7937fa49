"""Masked-language-model training of an encoder from scratch, by the clock, resumable.

Everything random in a step (which rows, which tokens are hidden) follows from the seed and the
number of the step, so a checkpoint needs weights, optimizer and a few numbers, and a resumed run
goes on exactly where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, ModernBertConfig, ModernBertForMaskedLM

from zhaojing.errors import InvalidConfig
from zhaojing.output import check_place, write_atomically
from zhaojing.pretraining.card import encoder_card
from zhaojing.pretraining.config import PretrainingConfig
from zhaojing.pretraining.masking import hide
from zhaojing.pretraining.packing import HELD_OUT_FILE, PACKING_FILE, Rows, read_packing
from zhaojing.pretraining.tokenizer import CLS, PAD, SEP

CHECKPOINT_FILE, LOSS_FILE = "checkpoint.safetensors", "loss.jsonl"
_REPORT_EVERY = 50  # steps


@dataclass(slots=True)
class Progress:
    """How far a run has come."""

    step: int = 0
    seconds: float = 0.0

    def share(self, config: PretrainingConfig) -> float:
        """Return how much of the schedule is done, in [0, 1]."""
        done = self.step / config.steps if config.steps else self.seconds / 60 / config.minutes
        return min(1.0, done)


def train_masked_lm(config: PretrainingConfig, *, resume: bool = False) -> Path | None:
    """Train until the schedule ends or pauses; return the encoder's folder if it is done."""
    check_place(config.output, LOSS_FILE)
    run = _Run(config)
    if resume:
        run.load()
    elif run.checkpoint.is_file():
        raise InvalidConfig("pretrain.has_checkpoint", where=run.checkpoint)
    run.train()
    if run.progress.share(config) < 1:
        return None
    run.write_encoder()
    return config.output


def learning_rate(share: float, config: PretrainingConfig) -> float:
    """Return the rate at ``share`` of the schedule: warm up, hold, fall linearly to 0."""
    if share < config.warmup:
        return config.learning_rate * share / config.warmup
    if share < config.hold:
        return config.learning_rate
    return config.learning_rate * (1 - share) / max(1e-9, 1 - config.hold)


def build_encoder(config: PretrainingConfig, vocabulary: int) -> Any:
    """Return an untrained ``ModernBertForMaskedLM``, every layer with global attention."""
    return ModernBertForMaskedLM(
        ModernBertConfig(
            vocab_size=vocabulary,
            hidden_size=config.width,
            intermediate_size=config.width * 8 // 3 // 32 * 32,  # gated: as large as 4 x plain
            num_hidden_layers=config.layers,
            num_attention_heads=config.width // config.head_width,
            max_position_embeddings=512,
            layer_types=["full_attention"] * config.layers,
            pad_token_id=PAD,
            bos_token_id=CLS,
            cls_token_id=CLS,
            eos_token_id=SEP,
            sep_token_id=SEP,
        )
    )


class _Run:
    """The network, its optimizer and rows, and how far they are."""

    def __init__(self, config: PretrainingConfig) -> None:
        self.config = config
        self.packing = read_packing(config.packed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(config.seed)
        self.model = build_encoder(config, self.packing["vocabulary"])
        self.model.to(self.device)
        self.encoder: Any = self.model.model
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
            self.encoder = torch.compile(self.model.model, dynamic=False)
        decay = [p for p in self.model.parameters() if p.dim() > 1]
        plain = [p for p in self.model.parameters() if p.dim() < 2]
        groups = [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)
        self.console = Console(stderr=True, soft_wrap=True)
        self.rows = self._read_rows()
        self.progress = Progress()
        folder = config.output.with_name(config.output.name + "-checkpoint")
        self.checkpoint = folder / CHECKPOINT_FILE
        self.losses: list[dict[str, float]] = []
        self.recent: list[Tensor] = []  # losses since the last report

    def train(self) -> None:
        """Step until the schedule is done or this part's time is up."""
        config = self.config
        began = saved = last = time.monotonic()
        first = True
        for rows in self._batches():
            share = self.progress.share(config)
            if share >= 1 or 0 < config.pause_after <= (last - began) / 60:
                break
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(share, config)
            self.recent.append(self._step(rows))
            now = time.monotonic()
            self.progress.step += 1
            if not first or self.device.type != "cuda":  # the first step there compiles
                self.progress.seconds += now - last
            first, last = False, now
            if self.progress.step % _REPORT_EVERY == 0:
                self._report()
            if now - saved > config.save_every * 60:
                self.save()
                saved = time.monotonic()
                last = saved  # saving is no training
        self.save()

    def _step(self, rows: Tensor) -> Tensor:
        """Update the weights once; return the mean loss over the hidden tokens."""
        config = self.config
        self.model.train()
        total = torch.zeros((), device=self.device)
        parts = torch.split(rows, config.micro_rows)
        for part, hidden, positions in self._hidden(parts, self.progress.step):
            loss = self._loss(part, hidden, positions) / len(parts)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total

    def _hidden(
        self, parts: tuple[Tensor, ...], number: int
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        generator = torch.Generator(self.device)
        generator.manual_seed(self.config.seed * 1_000_003 + number)
        for part in parts:
            rows = part.to(self.device, non_blocking=True)
            size = self.packing["vocabulary"]
            yield rows, *hide(rows, self.config.mask_share, size, generator)

    def _loss(self, rows: Tensor, hidden: Tensor, positions: Tensor) -> Tensor:
        with _autocast(self.device):
            # packed rows have no padding; the output layer sees hidden positions alone
            states = self.encoder(input_ids=hidden).last_hidden_state
            chosen = states.flatten(0, 1)[positions]
            logits = self.model.decoder(self.model.head(chosen))
        return functional.cross_entropy(logits.float(), rows.flatten()[positions])

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Return the loss on rows that are never trained on, always hidden alike."""
        self.model.eval()
        rows = _to_tensor(np.load(self.config.packed / HELD_OUT_FILE))
        if not len(rows):
            return math.nan
        parts = torch.split(rows, self.config.micro_rows)
        losses = [self._loss(*batch) * len(batch[0]) for batch in self._hidden(parts, -1)]
        return float(torch.stack(losses).sum()) / len(rows)

    def _batches(self) -> Iterator[Tensor]:
        """Yield batches from the step that was reached; each epoch has its own order."""
        size = self.config.batch_rows
        rows = self.rows
        per_epoch = len(rows) // size
        step = self.progress.step
        while True:
            epoch, position = divmod(step, per_epoch)
            order = np.random.default_rng([self.config.seed, epoch]).permutation(len(rows))
            for start in range(position * size, per_epoch * size, size):
                yield _to_tensor(rows[np.sort(order[start : start + size])])
                step += 1

    def _report(self) -> None:
        loss = self._check_finite()
        self.recent = []
        tokens = self._tokens_seen()
        point = {
            "step": self.progress.step,
            "minutes": round(self.progress.seconds / 60, 2),
            "tokens": tokens,
            "loss": round(loss, 4),
        }
        self.losses.append(point)
        rate = tokens / max(1e-9, self.progress.seconds)
        share = self.progress.share(self.config)
        self.console.print(f"{share:6.1%}  {point}  {rate:,.0f} tokens/s", highlight=False)

    def _tokens_seen(self) -> int:
        return self.progress.step * self.config.batch_rows * self.config.row_length

    def _check_finite(self) -> float:
        """Return the mean of the recent losses, or refuse to go on, the last checkpoint kept."""
        loss = torch.stack(self.recent).mean().item() if self.recent else 0.0
        if not math.isfinite(loss):
            raise InvalidConfig("pretrain.diverged", where=self.checkpoint)
        return loss

    def save(self) -> None:
        """Write a checkpoint that takes the place of the last one, in one file and at once."""
        self._check_finite()
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        tensors = {f"model.{k}": v.contiguous() for k, v in self._weights().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        state = {
            "identity": self._identity(),
            "progress": asdict(self.progress),
            "losses": self.losses,
            "recent": [loss.item() for loss in self.recent],
        }
        fresh = self.checkpoint.with_suffix(".new")
        save_file(tensors, fresh, metadata={"state": json.dumps(state)})
        fresh.replace(self.checkpoint)

    def load(self) -> None:
        """Go on from the last checkpoint; without one, from the beginning."""
        if not self.checkpoint.is_file():
            return
        with safe_open(self.checkpoint, framework="pt", device=str(self.device)) as file:
            state = json.loads(file.metadata()["state"])
            if state["identity"] != self._identity():
                raise InvalidConfig("train.other_run", where=self.checkpoint)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        weights = {k.removeprefix("model."): v for k, v in tensors.items() if k[:6] == "model."}
        weights["decoder.weight"] = weights["model.embeddings.tok_embeddings.weight"]  # tied
        self.model.load_state_dict(weights)
        saved: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                saved.setdefault(int(index), {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved, "param_groups": groups})
        self.progress = Progress(**state["progress"])
        self.losses = state["losses"]
        self.recent = [torch.tensor(loss, device=self.device) for loss in state["recent"]]

    def _identity(self) -> dict[str, Any]:
        """What makes two runs the same one; a longer schedule does not part them."""
        longer = ("minutes", "steps", "save_every")
        settings = {k: v for k, v in self.config.to_json().items() if k not in longer}
        packing = (self.config.packed / PACKING_FILE).read_bytes()
        return {"settings": settings, "packing": hashlib.sha256(packing).hexdigest()}

    def _weights(self) -> dict[str, Tensor]:
        """The state without the decoder's matrix, which is the embedding's."""
        return {k: v for k, v in self.model.state_dict().items() if k != "decoder.weight"}

    def _read_rows(self) -> Rows:
        """Read the shards that are here: a slice of them is enough, but is said."""
        files = sorted(self.config.packed.glob("rows-*.npy"))
        if not files:
            raise InvalidConfig("pretrain.no_rows", where=self.config.packed / PACKING_FILE)
        rows = np.concatenate([np.load(file) for file in files])
        here = f"{len(files)} of {self.packing['shards']} shards, {len(rows):,} rows"
        self.console.print(here, highlight=False)
        if len(rows) < self.config.batch_rows:
            detail = f"{len(rows)} rows are too few for batches of {self.config.batch_rows}"
            raise InvalidConfig("config.invalid", where=self.config.packed, detail=detail)
        return rows

    def write_encoder(self) -> None:
        """Write the encoder in half precision with its tokenizer, loss curve and card."""
        folder = self.config.output
        held_out = self.held_out_loss()
        folder.mkdir(parents=True, exist_ok=True)
        self.model.to("cpu").half().save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(self.config.packed, local_files_only=True)
        tokenizer.model_max_length = self.config.row_length
        tokenizer.save_pretrained(folder)
        with write_atomically(folder / LOSS_FILE) as file:
            file.writelines(json.dumps(point) + "\n" for point in self.losses)
        hardware = f"{platform.machine()}, {torch.get_num_threads()} threads"
        if self.device.type == "cuda":
            hardware = torch.cuda.get_device_name(self.device)
        card = encoder_card(
            self.config,
            self.packing,
            parameters=sum(p.numel() for p in self.model.parameters()),
            tokens_seen=self._tokens_seen(),
            minutes=self.progress.seconds / 60,
            losses=self.losses,
            held_out=held_out,
            hardware=hardware,
        )
        with write_atomically(folder / "README.md") as file:
            file.write(card)


def _autocast(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 where the hardware multiplies it: a GPU, or a CPU with AMX."""
    # an emulated bfloat16 product is slower than a float32 one
    if device.type == "cuda" or torch.cpu._is_amx_tile_supported():
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _to_tensor(rows: Rows) -> Tensor:
    return torch.from_numpy(rows.astype(np.int64))
