"""The command and its groups, to which the other modules add theirs."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="zhaojing",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to lay out a help page than to read it
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(no_args_is_help=True, help="查看模型。Look at a model.")
data_app = typer.Typer(
    no_args_is_help=True, help="准备、检查标注数据。Prepare and check annotated data."
)
review_app = typer.Typer(no_args_is_help=True, help="收回复核意见。Take in a reviewed ledger.")
app.add_typer(model_app, name="model")
app.add_typer(data_app, name="data")
app.add_typer(review_app, name="review")


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
