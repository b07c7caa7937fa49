"""Masked-language-model training of an encoder from scratch, by the clock, resumable.

Everything random in a step (which rows, which tokens are hidden) follows from the seed and the
number of the step, so a checkpoint needs weights, optimizer and a few numbers, and a resumed run
goes on exactly where it stopped.
"""

from __future__ import annotations

import json
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
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, ModernBertConfig, ModernBertForMaskedLM

from zhaojing.errors import InvalidConfig
from zhaojing.output import write_atomically
from zhaojing.pretraining.card import encoder_card
from zhaojing.pretraining.config import PretrainingConfig
from zhaojing.pretraining.masking import hide
from zhaojing.pretraining.packing import PACKING_FILE, read_packing
from zhaojing.pretraining.tokenizer import CLS, PAD, SEP

STATE_FILE, TENSORS_FILE, LOSS_FILE = "state.json", "state.safetensors", "loss.jsonl"
_HELD_OUT = 256  # rows never trained on, for the loss that is reported
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


def train_masked_lm(config: PretrainingConfig, *, resume: bool = False) -> Path:
    """Train until the schedule ends or pauses; return the folder of the encoder."""
    run = _Run(config)
    if resume:
        run.load()
    run.train()
    if run.progress.share(config) >= 1:
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
        self.network: Any = self.model
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
            self.network = torch.compile(self.model)
        decay = [p for p in self.model.parameters() if p.dim() > 1]
        plain = [p for p in self.model.parameters() if p.dim() < 2]
        groups = [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)
        self.rows = _read_rows(config.packed)
        if len(self.rows) <= _HELD_OUT:
            detail = f"{len(self.rows)} rows are too few"
            raise InvalidConfig("config.invalid", where=config.packed, detail=detail)
        self.progress = Progress()
        self.folder = config.output.with_name(config.output.name + "-checkpoint")
        self.losses: list[dict[str, float]] = []
        self.console = Console(stderr=True, soft_wrap=True)

    def train(self) -> None:
        """Step until the schedule is done or this part's time is up."""
        config = self.config
        began = saved = last = time.monotonic()
        losses: list[Tensor] = []
        for rows in self._batches():
            share = self.progress.share(config)
            if share >= 1 or 0 < config.pause_after <= (last - began) / 60:
                break
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(share, config)
            losses.append(self._step(rows))
            now = time.monotonic()
            self.progress.step += 1
            self.progress.seconds += now - last
            last = now
            if self.progress.step % _REPORT_EVERY == 0:
                self._report(torch.stack(losses).mean().item())
                losses = []
            if now - saved > config.save_every * 60:
                self.save()
                saved = time.monotonic()
                last = saved  # saving is no training
        self.save()

    def _step(self, rows: Tensor) -> Tensor:
        """Update the weights once; return the mean loss over the hidden tokens."""
        config = self.config
        self.network.train()
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
            states = self.network.model(input_ids=hidden).last_hidden_state
            chosen = states.flatten(0, 1)[positions]
            logits = self.network.decoder(self.network.head(chosen))
        return functional.cross_entropy(logits.float(), rows.flatten()[positions])

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Return the loss on rows that are never trained on, always hidden alike."""
        self.network.eval()
        rows = _to_tensor(self.rows[:_HELD_OUT])
        parts = torch.split(rows, self.config.micro_rows)
        losses = [self._loss(*batch) for batch in self._hidden(parts, -1)]
        return float(torch.stack(losses).mean())

    def _batches(self) -> Iterator[Tensor]:
        """Yield batches from the step that was reached; each epoch has its own order."""
        size = self.config.batch_rows
        rows = self.rows[_HELD_OUT:]
        per_epoch = max(1, len(rows) // size)
        step = self.progress.step
        while True:
            epoch, position = divmod(step, per_epoch)
            order = np.random.default_rng([self.config.seed, epoch]).permutation(len(rows))
            for start in range(position * size, per_epoch * size, size):
                yield _to_tensor(rows[np.sort(order[start : start + size])])
                step += 1

    def _report(self, loss: float) -> None:
        tokens = self.progress.step * self.config.batch_rows * self.config.row_length
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

    def save(self) -> None:
        """Write a checkpoint that takes the place of the last one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model.{k}": v.contiguous() for k, v in self._weights().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        fresh = self.folder / f"{TENSORS_FILE}.new"
        save_file(tensors, fresh)
        fresh.replace(self.folder / TENSORS_FILE)
        state = {
            "settings": self.config.to_json(),
            "progress": asdict(self.progress),
            "losses": self.losses,
        }
        with write_atomically(self.folder / STATE_FILE) as file:
            json.dump(state, file)

    def load(self) -> None:
        """Go on from the last checkpoint; without one, from the beginning."""
        if not (self.folder / STATE_FILE).is_file():
            return
        state = json.loads((self.folder / STATE_FILE).read_text(encoding="utf-8"))
        if _identity(state["settings"]) != _identity(self.config.to_json()):
            raise InvalidConfig("train.other_run", where=self.folder)
        tensors = load_file(self.folder / TENSORS_FILE, device=str(self.device))
        weights = {k.removeprefix("model."): v for k, v in tensors.items() if k[:6] == "model."}
        self.model.load_state_dict(weights, strict=False)  # the tied decoder is not stored
        saved: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                # the fused kernel wants its step counters on the device too
                saved.setdefault(int(index), {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved, "param_groups": groups})
        self.progress = Progress(**state["progress"])
        self.losses = state["losses"]

    def _weights(self) -> dict[str, Tensor]:
        """The state without the decoder's matrix, which is the embedding's."""
        return {k: v for k, v in self.model.state_dict().items() if k != "decoder.weight"}

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
        seen = self.progress.step * self.config.batch_rows * self.config.row_length
        card = encoder_card(
            self.config,
            self.packing,
            parameters=sum(p.numel() for p in self.model.parameters()),
            tokens_seen=seen,
            minutes=self.progress.seconds / 60,
            losses=self.losses,
            held_out=held_out,
            hardware=hardware,
        )
        with write_atomically(folder / "README.md") as file:
            file.write(card)


def _identity(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that make two runs the same one; a longer schedule does not part them."""
    return {k: v for k, v in settings.items() if k not in ("minutes", "steps", "save_every")}


def _autocast(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 where the hardware multiplies it: a GPU, or a CPU with AMX."""
    # an emulated bfloat16 product is slower than a float32 one
    if device.type == "cuda" or torch.cpu._is_amx_tile_supported():
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _read_rows(folder: Path) -> np.ndarray[Any, np.dtype[np.uint16]]:
    files = sorted(folder.glob("rows-*.npy"))
    if not files:
        raise InvalidConfig("pretrain.no_rows", where=folder / PACKING_FILE)
    return np.concatenate([np.load(file) for file in files])


def _to_tensor(rows: np.ndarray[Any, np.dtype[np.uint16]]) -> Tensor:
    return torch.from_numpy(rows.astype(np.int64))
