"""Measuring a model, and settling its thresholds: ``evaluate``, ``threshold``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhaojing.cli.options import LangOption, ModelOption, ModeOption, load
from zhaojing.cli.root import app
from zhaojing.errors import InvalidConfig, InvalidRecords
from zhaojing.messages import DEFAULT_LANG, Lang, say
from zhaojing.mode import DEFAULT_MODE
from zhaojing.output import refuse_overwriting, write_json

if TYPE_CHECKING:
    from zhaojing.classifier import Classifier


@app.command()
def evaluate(
    gold: Annotated[
        Path | None,
        typer.Argument(metavar="GOLD.jsonl", help="标注数据。Annotated records.", readable=False),
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option("--model", help="模型文件夹，可写几个来比较。Model folders, to be compared."),
    ] = None,
    mode: ModeOption = DEFAULT_MODE,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="结果文件夹：网页、指标、图。Folder for the study."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="另存指标。Also write the metrics here.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--slice", help="再按这个字段分组。Also slice by this field."),
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(help="必须达到的指标，如 flagged.precision>=0.9。A bar to be reached."),
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(
            help="另一个人的标注，比较人与人、人与模型。Another annotator's records.",
            readable=False,
        ),
    ] = None,
    behaviour: Annotated[
        Path | None,
        typer.Option(help="行为测试的文件夹。A folder of behavioural tests.", readable=False),
    ] = None,
    context: Annotated[
        bool, typer.Option(help="是否使用标题和上一句。Use heading and previous sentence.")
    ] = True,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """用留出的标注数据评测模型。Measure a model on held-out annotated data."""
    if (gold is None) == (behaviour is None):
        raise InvalidConfig("evaluation.gold_or_behaviour")
    named = _name_models(model or [])
    if behaviour is not None:
        _check_behaviour(behaviour, load(next(iter(named.values())), mode), json_file, lang)
        return
    assert gold is not None  # noqa: S101
    from zhaojing.evaluation.annotators import compare_annotators
    from zhaojing.evaluation.folder import check_study_folder, write_study
    from zhaojing.evaluation.gates import Gate, check_gates
    from zhaojing.evaluation.metrics import predict
    from zhaojing.evaluation.page import About
    from zhaojing.evaluation.study import study
    from zhaojing.records import fingerprint, read_records
    from zhaojing.report.evaluation import print_annotators, print_study
    from zhaojing.report.terminal import console

    # all that can be refused is refused before the work
    files = [gold, second] if second else [gold]
    gates = [Gate.parse(text) for text in gate or ()]
    if output is not None:
        check_study_folder(output, files)
    if json_file is not None:
        refuse_overwriting(json_file, *files)
    records, others = read_records(gold), read_records(second) if second else []
    if not records:
        raise InvalidRecords("records.nothing", where=gold)
    if any(record.extra.get("sampled_for") == "learning" for record in records):
        print(say("sample.for_learning", lang), file=sys.stderr)
    predictions = {
        name: predict(load(folder, mode), records, with_context=context)
        for name, folder in named.items()
    }
    found = study(records, predictions, slices=fields or ())
    first = predictions[next(iter(named))]
    annotators = compare_annotators(records, others, first) if others else None
    metrics = found.to_json()
    results = check_gates(gates, metrics)
    print_study(console(), found, lang, results)
    if annotators is not None:
        print_annotators(console(), annotators, lang)
    if output is not None:
        about = About(
            gold=tuple((one["file"], one["sha256"]) for one in map(fingerprint, files)),
            settings=((say("evaluation.mode", lang), mode),),
            command=" ".join(map(shlex.quote, ["zhaojing", *sys.argv[1:]])),
        )
        write_study(
            found, records, predictions, output, lang,
            about=about, gates=results, annotators=annotators,
        )  # fmt: skip
        print(say("evaluation.written", lang, path=output), file=sys.stderr)
    if json_file is not None:
        write_json(metrics, json_file)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def _name_models(folders: Sequence[Path]) -> dict[str, Path | None]:
    """Return the folders by the names that tell them apart; the built-in model if there are none."""
    if not folders:
        return {"default": None}
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    return dict(zip(names, folders, strict=True))


def _check_behaviour(
    folder: Path, classifier: Classifier, json_file: Path | None, lang: Lang
) -> None:
    from zhaojing.evaluation.behaviour import CEILINGS_FILE, check, over_ceiling, read_ceilings
    from zhaojing.evaluation.cases import FAIRNESS_FILE, read_capabilities
    from zhaojing.evaluation.fairness import compare_pairs, read_pairs
    from zhaojing.report.behaviour import print_behaviour, print_fairness
    from zhaojing.report.terminal import console

    ceilings = read_ceilings(folder / CEILINGS_FILE) if (folder / CEILINGS_FILE).is_file() else {}
    results = check(classifier, read_capabilities(folder))
    pairs = read_pairs(folder / FAIRNESS_FILE) if (folder / FAIRNESS_FILE).is_file() else []
    axes = compare_pairs(classifier, pairs) if pairs else []
    print_behaviour(console(), results, ceilings, lang)
    if axes:
        print_fairness(console(), axes, lang)
    if json_file is not None:
        found = {
            "capabilities": [r.to_json() for r in results],
            "fairness": list(map(asdict, axes)),
        }
        write_json(found, json_file)
    if ceilings and over_ceiling(results, ceilings):
        raise typer.Exit(1)


@app.command()
def threshold(
    sample: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLE.jsonl", help="标注好的样本。A labelled sample.", readable=False
        ),
    ],
    precision: Annotated[
        float | None, typer.Option(help="要保证的精确率。Precision to promise.")
    ] = None,
    recall: Annotated[float | None, typer.Option(help="要保证的召回率。Recall to promise.")] = None,
    confidence: Annotated[float, typer.Option(help="把握。Confidence.")] = 0.95,
    category: Annotated[
        list[str] | None,
        typer.Option(help="类别、embellishment_score 或 flags，可写几次。For which labels."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="筛查设置 .toml。Settings to write.")
    ] = None,
    model: ModelOption = None,
    mode: ModeOption = DEFAULT_MODE,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """按样本选出能够保证精确率或召回率的阈值。Choose thresholds that keep a promise."""
    from zhaojing.evaluation.thresholds import NAMES, Wish, choose, refuse_existing, write_policy
    from zhaojing.records import read_records
    from zhaojing.report.terminal import console
    from zhaojing.report.threshold import print_choice

    wish = Wish.of(precision, recall, confidence)
    if output is not None:
        refuse_existing(output)
    classifier = load(model, mode)
    choice = choose(read_records(sample), classifier, wish, category or NAMES)
    print_choice(console(), choice, lang)
    if not choice.thresholds:
        print(say("threshold.nothing", lang), file=sys.stderr)
        raise typer.Exit(1)
    if output is not None:
        write_policy(choice, output, sample, classifier, mode, lang)
        print(say("threshold.written", lang, path=output), file=sys.stderr)
