"""Screening and what belongs to it: ``screen``, ``replay``, ``review import``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zhaojing.cli.options import MODE_HELP, LangOption, ModelOption
from zhaojing.cli.root import app, review_app
from zhaojing.errors import InvalidConfig
from zhaojing.messages import DEFAULT_LANG, say
from zhaojing.mode import Mode


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
    mode: Annotated[Mode | None, typer.Option("--mode", help=MODE_HELP)] = None,
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
    from zhaojing.policy import Policy, policy_file
    from zhaojing.report import check_results, terminal, write_results

    policy = Policy.find(config, mode)
    console = terminal.console()
    manifest = Manifest.read(model or default_folder())
    if explain_config:
        terminal.print_policy(console, policy_file(config), policy.explain(manifest), lang)
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
