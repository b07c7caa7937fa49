"""Labelling a corpus: ``label``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from zhaojing.cli.options import MODE_HELP, LangOption, ModelOption
from zhaojing.cli.root import app
from zhaojing.messages import DEFAULT_LANG, say
from zhaojing.mode import Mode


@app.command()
def label(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help=".jsonl .csv .txt（可 .gz .zst）.parquet .arrow、文件夹、数据集文件夹或 -。"
            "File, folder, saved dataset, or -.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="文件夹（分片，可续做）、单个文件或 -。Folder (shards, can be resumed), file, or -.",
        ),
    ] = "-",
    text_column: Annotated[
        str, typer.Option(help="文字所在的列。Column that holds the texts.")
    ] = "text",
    split: Annotated[
        bool,
        typer.Option("--split", help="每行是整篇文档，先切句。Texts are documents; split them."),
    ] = False,
    keep: Annotated[
        str, typer.Option(help="原样带到结果里的列，用逗号隔开。Columns carried through.")
    ] = "",
    only: Annotated[
        Literal["flagged"] | None,
        typer.Option(help="只写标出的句子。Write flagged sentences only."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(help="自我美化分值下限，0–1。Lowest embellishment score.")
    ] = 0.0,
    sample: Annotated[
        int | None, typer.Option(help="从结果里随机抽多少句。Draw so many rows at random.")
    ] = None,
    seed: Annotated[int, typer.Option(help="随机种子。Random seed.")] = 0,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            help="jsonl、csv、parquet、label-studio、doccano、argilla 或 datasets。Of the output.",
        ),
    ] = "",
    packing: Annotated[str, typer.Option("--compress", help="gzip 或 zstd。Of the output.")] = "",
    shard_rows: Annotated[
        int, typer.Option(help="每个分片约多少行。Rows a shard, about.")
    ] = 100_000,
    workers: Annotated[
        int | None,
        typer.Option(
            help="进程数，默认全部核心，不影响结果。Processes; results do not depend on it."
        ),
    ] = None,
    engine: Annotated[
        Literal["processes", "ray"],
        typer.Option(help="本机多进程，或 Ray（需 cluster 组件）。Processes here, or Ray."),
    ] = "processes",
    address: Annotated[
        str, typer.Option(help="Ray 集群的 主机:端口，不写则在本机。HOST:PORT of a cluster.")
    ] = "",
    resume: Annotated[
        bool,
        typer.Option("--resume", help="接着上次中断的地方做。Go on where the last run stopped."),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(help="筛查设置，默认 ./zhaojing.toml。Settings.", readable=False),
    ] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help=MODE_HELP)] = None,
    model: ModelOption = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """给语料逐句加标签。Label a corpus, one row a sentence."""
    from zhaojing.labelling import STREAM, LabelRequest, label_corpus
    from zhaojing.labelling.progress import shown_progress
    from zhaojing.policy import Policy

    request = LabelRequest(
        source=source,
        output=output,
        text_column=text_column,
        split=split,
        keep=tuple(filter(None, keep.split(","))),
        only_flagged=only is not None,
        min_score=min_score,
        sample=sample,
        seed=seed,
        format=kind,
        packing=packing,
        shard_rows=shard_rows,
        workers=workers,
        engine=engine,
        address=address,
        resume=resume,
        model=model,
        policy=Policy.find(config, mode),
    )
    try:
        with shown_progress(lang) as advance:
            counts = label_corpus(request, lang=lang, on_progress=advance)
    except KeyboardInterrupt:
        if request.is_sharded:
            print(say("label.interrupted", lang), file=sys.stderr)
        sys.exit(130)
    if output != STREAM:
        print(say("cli.labelled", lang, rows=counts.written, path=output), file=sys.stderr)
    if counts.has_rejects:
        rejected = counts.rejected + counts.unreadable
        print(say("label.rejected", lang, count=rejected), file=sys.stderr)
        raise typer.Exit(1)
