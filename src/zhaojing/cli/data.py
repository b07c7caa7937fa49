"""Annotated data: ``data check | stats | agreement | sample | import``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from zhaojing.cli.options import LangOption, ModelOption, ModeOption, load, print_json
from zhaojing.cli.root import data_app
from zhaojing.messages import DEFAULT_LANG, say
from zhaojing.mode import DEFAULT_MODE


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
        print_json(value)
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
        print_json({"n_sentences": count, "fields": found})
    else:
        terminal.print_agreement(terminal.console(), count, found, lang)


@data_app.command("sample")
def data_sample(
    corpus: Annotated[
        str, typer.Argument(metavar="CORPUS", help=".jsonl .csv .txt 或 -。What to draw from.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="标注表 .xlsx，或 .jsonl。Where the sample goes."),
    ],
    size: Annotated[int, typer.Option(help="抽多少句。How many sentences.")] = 200,
    strategy: Annotated[
        Literal["random", "stratified", "learning"],
        typer.Option(help="随机、分层，或挑最值得学的。How to draw."),
    ] = "random",
    seed: Annotated[int, typer.Option(help="随机种子。Random seed.")] = 0,
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """从未标注的语料里抽句子来标注。Draw sentences to label from an unlabelled corpus."""
    from zhaojing.corpus.annotation import check_target, write_sample
    from zhaojing.corpus.sampling import LEARNING, draw
    from zhaojing.labelling import read_items

    check_target(output)  # before the work, not after it
    items = read_items(corpus)
    sample = draw(items, size, strategy, seed=seed, load=lambda: load(model, mode))
    write_sample(sample, output, lang)
    told = {"population": sample.population, "count": len(sample.sentences)}
    told["documents"] = len({drawn.doc_id for drawn in sample.sentences})
    print(say("sample.drawn", lang, path=output, **told), file=sys.stderr)
    if sample.strategy == LEARNING:
        print(say("sample.for_learning", lang), file=sys.stderr)


@data_app.command("import")
def data_import(
    workbook: Annotated[
        Path,
        typer.Argument(
            metavar="标注.xlsx", help="标好的标注表。A labelled workbook.", readable=False
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="标注数据 .jsonl。Where the records go.")
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """收回标注表里的标签，写成标注数据。Turn a labelled workbook into records."""
    from zhaojing.corpus.annotation import import_labels
    from zhaojing.output import refuse_overwriting
    from zhaojing.records import write_records

    refuse_overwriting(output, workbook)
    labels = import_labels(workbook)
    write_records(labels.records, output)
    count = sum(len(record.sentences) for record in labels.records)
    print(say("sample.imported", lang, count=count, path=output), file=sys.stderr)
    if labels.unlabelled:
        print(say("sample.left_empty", lang, count=labels.unlabelled), file=sys.stderr)
