"""The command line: ``zhaojing screen | label | evaluate | train | pretrain | model | data | review``.

Every command imports what it needs when it runs, so that ``--help`` is instant. Exit codes:
0 done, 1 some input failed, 2 wrong usage, configuration or input schema.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhaojing.errors import InvalidConfig, ZhaojingError
from zhaojing.messages import DEFAULT_LANG, Lang, say
from zhaojing.mode import DEFAULT_MODE, Mode

if TYPE_CHECKING:
    from zhaojing.classifier import Classifier

app = typer.Typer(
    name="zhaojing",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to lay out a help page than to read it
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(no_args_is_help=True, help="查看模型。Look at a model.")
data_app = typer.Typer(no_args_is_help=True, help="检查标注数据。Check annotated data.")
app.add_typer(model_app, name="model")
review_app = typer.Typer(no_args_is_help=True, help="收回复核意见。Take in a reviewed ledger.")
app.add_typer(data_app, name="data")
app.add_typer(review_app, name="review")

_MODE_HELP = "cautious 少误报、balanced 均衡、sensitive 少漏报。Few false alarms, or few misses."
ModeOption = Annotated[Mode, typer.Option("--mode", help=_MODE_HELP)]
LangOption = Annotated[
    Lang, typer.Option("--lang", help="界面语言 zh 或 en。Language of messages and reports.")
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", help="模型文件夹，默认用自带的。Model folder; the built-in one if absent."
    ),
]


def main() -> None:
    """Run the command line; the entry point of the ``zhaojing`` command."""
    # a report's name may hold characters that a Windows console or a POSIX locale lacks
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    lang = _lang_of(sys.argv)
    # as an interrupt does: what is open is closed, what is temporary goes
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        app()
    except ZhaojingError as error:
        print(say("cli.error", lang) + error.describe(lang), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EPIPE):
            raise
        # what we print has nowhere to go: a full disk, a closed pipe
        # the interpreter flushes at exit, and would fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(say("cli.error", lang) + say("output.failed", lang, detail=error), file=sys.stderr)
        sys.exit(1)


def _lang_of(arguments: list[str]) -> Lang:
    given = " ".join(arguments)
    return "en" if "--lang en" in given or "--lang=en" in given else DEFAULT_LANG


def _show_version(value: bool) -> None:
    if value:
        from zhaojing import __version__

        print(f"zhaojing {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="版本。Version."),
    ] = False,
) -> None:
    """照镜：逐句查找公文里的形式主义、官僚主义。

    Find formalism and bureaucratism in Chinese official reports, sentence by sentence.
    """


def _print_json(value: Any) -> None:
    """Print JSON as UTF-8 whatever the console's code page: the next program reads it."""
    import dataclasses

    from zhaojing.output import standard_output

    with standard_output() as file:
        json.dump(value, file, ensure_ascii=False, indent=2, default=dataclasses.asdict)
        file.write("\n")


def _load(model: Path | None, mode: Mode = DEFAULT_MODE) -> Classifier:
    from zhaojing.classifier import Classifier

    return Classifier.load(model, mode=mode)


@app.command()
def screen(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="报告文件或文件夹。Report files or folders.", metavar="PATH...", readable=False
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="结果文件夹。Folder for the results.")
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="以往的报告，只用来比对雷同。Earlier reports, to compare with only."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="筛查设置，默认 ./zhaojing.toml。Settings; ./zhaojing.toml if absent.",
            readable=False,
        ),
    ] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help=_MODE_HELP)] = None,
    model: ModelOption = None,
    explain_config: Annotated[
        bool,
        typer.Option("--explain-config", help="只显示生效的设置。Only show what holds."),
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """筛查报告，标出值得复核的句子。Screen reports and mark the sentences worth a look."""
    from zhaojing.model_folder import Manifest, default_folder
    from zhaojing.pile import Request, work_through
    from zhaojing.policy import POLICY_FILE, Policy
    from zhaojing.report import check_results, terminal, write_results

    if config is None and Path(POLICY_FILE).is_file():
        config = Path(POLICY_FILE)
    policy = Policy.build(config, {"mode": mode})
    console = terminal.console()
    manifest = Manifest.read(model or default_folder())
    if explain_config:
        terminal.print_policy(console, config, policy.explain(manifest), lang)
        return
    if not paths or output is None:
        raise InvalidConfig("cli.what_and_where")
    request = Request(
        paths=tuple(paths),
        earlier=tuple(earlier or ()),
        model=model,
        policy=policy,
        output=output,
    )
    check_results(output, request.paths)  # before the work, not after it
    with terminal.progress(console, say("cli.reading", lang)) as advance:
        pile = work_through(request, on_file=advance)
    failures = write_results(request, pile, lang)
    terminal.print_summary(console, pile, failures, output, lang)
    if failures:
        raise typer.Exit(1)


@app.command()
def replay(
    record: Annotated[
        Path,
        typer.Argument(metavar="MANIFEST.json", help="筛查留下的 manifest.json。", readable=False),
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """重做一次筛查，核对结果是否相同。Make a screening again and compare the results."""
    from zhaojing.report import terminal
    from zhaojing.run_record import replay as screen_again

    found = screen_again(record)
    terminal.print_replay(terminal.console(), found, lang)
    if not found.is_same:
        raise typer.Exit(1)


@app.command()
def label(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help=".jsonl .csv .txt 或 -。Sentences to label.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help=".jsonl .csv 或 -。Where the rows go.")
    ] = "-",
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """给语料逐句加标签。Label a corpus, one row a sentence."""
    from zhaojing import labelling
    from zhaojing.output import refuse_overwriting

    labelling.check_output(output)
    if labelling.STREAM not in (source, output):
        refuse_overwriting(output, source)
    items = labelling.read_items(source)
    rows = labelling.write_rows(labelling.label(items, _load(model, mode)), output)
    if output != labelling.STREAM:
        print(say("cli.labelled", lang, rows=rows, path=output), file=sys.stderr)


@app.command()
def evaluate(
    gold: Annotated[
        Path,
        typer.Argument(metavar="GOLD.jsonl", help="标注数据。Annotated records.", readable=False),
    ],
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="另存指标。Also write the metrics here.")
    ] = None,
    context: Annotated[
        bool, typer.Option(help="是否使用标题和上一句。Use heading and previous sentence.")
    ] = True,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """用留出的标注数据评测模型。Measure a model on held-out annotated data."""
    from zhaojing import evaluation
    from zhaojing.output import refuse_overwriting, write_atomically
    from zhaojing.records import read_records
    from zhaojing.report import terminal

    if json_file is not None:
        refuse_overwriting(json_file, gold)
    records = read_records(gold)
    if not records:
        from zhaojing.errors import InvalidRecords

        raise InvalidRecords("records.nothing", where=gold)
    predictions = evaluation.predict(_load(model, mode), records, with_context=context)
    metrics = evaluation.evaluate(records, predictions)
    if json_file is not None:
        with write_atomically(json_file) as file:
            json.dump(metrics, file, ensure_ascii=False, indent=2)
            file.write("\n")
    terminal.print_metrics(terminal.console(), metrics, lang)


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
        _print_json(value)
    else:
        terminal.print_model(terminal.console(), value, lang)


@data_app.command("check")
def data_check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="标注数据文件，或整个语料文件夹。Files of records, or a corpus folder.",
            metavar="PATH...",
            readable=False,
        ),
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """检查标注数据，列出所有错误。Check annotated data and list every fault.

    文件只查格式；文件夹还查重复、泄漏和切句。A folder is also checked as a corpus: duplicates
    within and across its splits, runs shared by many documents, and how each sentence splits.
    """
    from zhaojing.corpus.checks import check_corpus, read_corpus
    from zhaojing.errors import InvalidRecords
    from zhaojing.records import FaultyRecords, read_records, validate_records

    # all files in one run, so that a document in two of them is seen as well
    faults = validate_records(*(path for path in paths if not path.is_dir()))[1]
    if faults:
        raise FaultyRecords(faults)
    findings = []
    for path in paths:
        if path.is_dir():
            found = read_corpus(path)
            findings += check_corpus(path, found)
        else:
            found = {path.name: read_records(path)}
        for name, records in found.items():
            count = sum(len(record.sentences) for record in records)
            if not count:
                raise InvalidRecords("records.nothing", where=name)
            print(say("cli.valid", lang, path=name, documents=len(records), sentences=count))
    for finding in findings:
        print(finding.describe(lang), file=sys.stderr)
    if findings:
        raise typer.Exit(1)


@data_app.command("stats")
def data_stats(
    folder: Annotated[Path, typer.Argument(help="语料文件夹。Corpus folder.")],
    leaks: Annotated[
        bool, typer.Option("--leaks", help="加做泄漏探测（需 train 组件）。Also probe for leaks.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。Print JSON.")] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """统计语料的分布和文字特征。Describe a corpus: labels, genres, length, variety."""
    from zhaojing.corpus.checks import read_corpus
    from zhaojing.corpus.stats import prose_by_genre, statistics
    from zhaojing.report import terminal

    splits = read_corpus(folder)
    every = [record for records in splits.values() for record in records]
    value: dict[str, Any] = {name: statistics(records) for name, records in splits.items()}
    value["all"] = statistics(every)
    value["prose_by_genre"] = prose_by_genre(every)
    if leaks:
        value["leaks"] = _leaks(splits)
    if as_json:
        _print_json(value)
    else:
        terminal.print_statistics(terminal.console(), value, lang)


def _leaks(splits: dict[str, Any]) -> dict[str, Any]:
    try:
        from zhaojing.corpus.leaks import label_leaks, split_leak
    except ModuleNotFoundError as error:
        from zhaojing.errors import MissingExtra

        raise MissingExtra("train") from error
    train = splits.get("train", [])
    against = {name: split_leak(train, splits[name]) for name in splits if name != "train"}
    return {"splits": against, "labels": label_leaks([r for rs in splits.values() for r in rs])}


@data_app.command("agreement")
def data_agreement(
    first: Annotated[
        Path, typer.Argument(help="甲的标注。One annotator's records.", readable=False)
    ],
    second: Annotated[Path, typer.Argument(help="乙的标注。The other's records.", readable=False)],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。Print JSON.")] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """比较两个人的标注，逐项算一致性。Compare two annotators field by field."""
    from zhaojing.corpus.agreement import agreement
    from zhaojing.records import read_records
    from zhaojing.report import terminal

    count, found = agreement(read_records(first), read_records(second))
    if as_json:
        _print_json({"n_sentences": count, "fields": found})
    else:
        terminal.print_agreement(terminal.console(), count, found, lang)


@review_app.command("import")
def review_import(
    workbook: Annotated[
        Path,
        typer.Argument(
            metavar="台账.xlsx", help="填了复核意见的台账。A ledger with verdicts.", readable=False
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="训练数据 .jsonl。Where the records go.")
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """收回台账里的复核意见：算属实率，写成训练数据。Turn verdicts into a precision and records."""
    from zhaojing.errors import InvalidRecords
    from zhaojing.output import refuse_overwriting
    from zhaojing.records import write_records
    from zhaojing.report.review import print_review
    from zhaojing.report.terminal import console
    from zhaojing.review import import_review

    refuse_overwriting(output, workbook)
    review = import_review(workbook)
    print_review(console(), review, lang)
    if not review.records:
        raise InvalidRecords("review.nothing", where=workbook)
    write_records(review.records, output)
    count = sum(len(record.sentences) for record in review.records)
    print(say("cli.reviewed", lang, count=count, path=output), file=sys.stderr)


if __name__ == "__main__":
    main()
