"""Making a model: ``train``, ``pretrain``, ``model export``, and looking at one: ``model info``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zhaojing.cli.options import LangOption, print_json
from zhaojing.cli.root import app, model_app
from zhaojing.messages import DEFAULT_LANG, say


@app.command()
def train(
    config: Annotated[
        Path | None, typer.Option("--config", help="训练配置（TOML）。Training configuration.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="编码器的名称或文件夹，或 tfidf。Hub id or folder of an encoder, or tfidf."
        ),
    ] = None,
    train_files: Annotated[
        list[Path] | None, typer.Option("--train", help="训练数据。Training records.")
    ] = None,
    dev_files: Annotated[
        list[Path] | None, typer.Option("--dev", help="开发数据。Development records.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="模型文件夹。Folder for the model.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="随机种子。Random seed.")] = None,
    epochs: Annotated[int | None, typer.Option(help="训练轮数。Passes over the data.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="从上次中断处继续。Go on from the last checkpoint.")
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """训练模型。Train a model."""
    from zhaojing.training import TrainingConfig, train_model

    given = {
        "encoder": encoder,
        "train": train_files,
        "dev": dev_files,
        "output": output,
        "seed": seed,
        "epochs": epochs,
    }
    settings = TrainingConfig.build(config, given)
    folder = train_model(settings, resume=resume)
    print(say("cli.trained", lang, path=folder), file=sys.stderr)


@app.command()
def pretrain(
    config: Annotated[
        Path,
        typer.Option("--config", help="预训练配置（TOML）。Configuration.", readable=False),
    ],
    minutes: Annotated[
        float | None, typer.Option(help="训练总分钟数。Minutes of training in all.")
    ] = None,
    pause_after: Annotated[
        float | None,
        typer.Option(help="本次多少分钟后存盘停下。Minutes after which this part pauses."),
    ] = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="只准备语料。Only prepare the corpus.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="从上次中断处继续。Go on from the last checkpoint.")
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """从无标注语料预训练编码器。Train an encoder from scratch on unlabelled text."""
    from zhaojing import pretraining

    given = {"minutes": minutes, "pause_after": pause_after}
    settings = pretraining.PretrainingConfig.build(config, given)
    if prepare_only:
        folder: Path | None = pretraining.prepare(settings)
    else:
        folder = pretraining.pretrain(settings, resume=resume)
    done = say("cli.pretrained", lang, path=folder) if folder else say("cli.paused", lang)
    print(done, file=sys.stderr)


@model_app.command("info")
def model_info(
    model: Annotated[
        Path | None, typer.Argument(help="模型文件夹，默认用自带的。Model folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。Print JSON.")] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """查看模型的来历、标签和阈值。Show a model's origin, labels and thresholds."""
    from zhaojing.model_folder import Manifest, default_folder, size_in_bytes
    from zhaojing.report import terminal

    folder = model or default_folder()
    manifest = Manifest.read(folder)
    value: dict[str, Any] = {
        "folder": str(folder),
        "size_bytes": size_in_bytes(folder),
        "kind": manifest.kind,
        "uses_context": manifest.uses_context,
        "thresholds": {
            mode: limits.categories | {"embellishment_score": limits.embellishment}
            for mode, limits in manifest.thresholds.items()
        },
        "provenance": manifest.provenance,
    }
    if as_json:
        print_json(value)
    else:
        terminal.print_model(terminal.console(), value, lang)


@model_app.command("export")
def model_export(
    folder: Annotated[
        Path, typer.Argument(help="训练好的编码器文件夹。Folder of a fine-tuned encoder.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="模型文件夹。Folder for the model.")
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """导出为不需要 torch 的模型。Make of an encoder a model that runs without torch."""
    from zhaojing.training.export import export_model

    print(say("cli.trained", lang, path=export_model(folder, output)), file=sys.stderr)
