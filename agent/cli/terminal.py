"""What every command shares: its options, its output, its exit codes. Imports nothing heavy."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from memory.errors import (
    BadInput,
    BudgetReached,
    GateRefused,
    Locked,
    NothingToDo,
    Trouble,
    WorkspaceTrouble,
)

Home = Annotated[
    Path | None,
    typer.Option("--home", help="The workspace [default: $GOLDPAN_HOME, or a folder of yours]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Wait = Annotated[
    float,
    typer.Option("--wait", min=0, help="Seconds to wait while another process owns the workspace."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


class Exit(IntEnum):
    """Exit codes; the README tells them to users."""

    DONE = 0
    BUG = 1
    USAGE = 2
    BAD_INPUT = 3
    NOTHING_TO_DO = 4
    WORKSPACE = 5
    LOCKED = 6
    WORK_FAILED = 7
    GATE_REFUSED = 8
    PARTIAL = 9
    BUDGET = 10
    INTERRUPTED = 130


def exit_code(trouble: Trouble) -> Exit:
    """The code that tells a script what kind of trouble it was."""
    kinds: list[tuple[type[Trouble], Exit]] = [
        (NothingToDo, Exit.NOTHING_TO_DO),
        (BadInput, Exit.BAD_INPUT),
        (Locked, Exit.LOCKED),
        (WorkspaceTrouble, Exit.WORKSPACE),
        (GateRefused, Exit.GATE_REFUSED),
        (BudgetReached, Exit.BUDGET),
    ]
    return next((code for kind, code in kinds if isinstance(trouble, kind)), Exit.WORK_FAILED)


def complain(trouble: Trouble) -> NoReturn:
    """Say what happened and what to do, on standard error; leave with the right code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    nothing = isinstance(trouble, NothingToDo)
    console.print("[yellow]Nothing to do:[/]" if nothing else "[red]Stopped:[/]", end=" ")
    console.print(trouble.what, markup=False)
    if trouble.fix:
        console.print(trouble.fix, markup=False)
    sys.exit(exit_code(trouble))


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def show_json(value: Any) -> None:
    """Plain JSON on standard output, whatever the terminal's width."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    """One record whole: a line for each field that says something, or all of it as JSON."""
    if as_json:
        show_json(row)
        return
    for name, value in row.items():
        if value not in ("", None, [], {}):
            plain = value if isinstance(value, str | int | float) else json.dumps(value)
            out().print(f"{name.replace('_', ' '):<14} {plain}", markup=False, soft_wrap=True)


FLOWING = {"claim": 5, "paper": 2, "topic": 3, "sources": 2, "note": 3}
"""Columns whose text may wrap, and their shares of the width; the others stay on one line."""


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """A listing: a table of the named columns, or all of each row as JSON."""
    rows = list(rows)
    if as_json:
        show_json(rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    for column in columns:
        share = FLOWING.get(column)
        name = column.replace("_", " ")
        table.add_column(name, overflow="fold", no_wrap=share is None, ratio=share)
    for row in rows:
        table.add_row(*(_cell(row.get(column), column) for column in columns))
    out().print(table if rows else "Nothing yet.")


def _cell(value: Any, column: str) -> str:
    text = "" if value is None else str(value)
    if isinstance(value, float):
        text = f"{value:.3g}"
    elif isinstance(value, list | tuple):
        text = ", ".join(map(str, value))
    elif column == "id" and "-" not in text:
        text = text[:10]  # Commands take the first characters of an id.
    elif column == "created":
        text = text[:16].replace("T", " ")
    elif column in ("paper", "note") and len(text) > 48:
        text = f"{text[:47]}…"
    # Text of papers and users is shown as it is, never read as the console's markup.
    return text.replace("[", r"\[")


def die_on_signals() -> None:
    """Ctrl-C and SIGTERM end the process at once, with everything finished already on disk.

    Each step is saved when it ends and a killed process loses nothing, so nothing is waited for:
    an orderly shutdown would wait for threads inside a model or a reader. Children die with us.
    """

    def leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        # No print(): the handler may have interrupted one. The escape shows the cursor again.
        show_cursor = b"\x1b[?25h" if sys.stderr.isatty() else b""
        os.write(2, show_cursor + b"\nStopped. What was finished is saved; ")
        os.write(2, b"to go on: goldpan runs resume\n")
        os._exit(128 + number)

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
