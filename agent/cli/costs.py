"""goldpan costs: what calls of language models took, and what the budgets leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.terminal import AsJson, Home, out, show_json

MOST = 20
"""Rows that are shown; the earlier ones are in the sum."""


class By(StrEnum):
    """What calls can be told by."""

    RUN = "run"
    INTEREST = "interest"
    MODEL = "model"
    DAY = "day"
    ROLE = "role"
    PROMPT = "prompt"


def costs(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.MODEL,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only from this day (UTC) on.")
    ] = None,
    run: Annotated[str, typer.Option(help="Only calls of this run.")] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What calls took, in tokens and money; how much is left of the budgets."""
    from agent.services import costs as service
    from agent.workspace import Workspace

    day = f"{since:%Y-%m-%d}" if since else ""
    with Workspace.open(home) as space:
        found = service.costs(space, by.value, day, run)
    if as_json:
        show_json(found)
        return
    _show(by.value, found["rows"], found["total"])
    if found["budgets"]:
        out().print()
        rows = map(_budget, found["budgets"])
        out().print(_aligned(["budget", "whose", "used", "of", "left"], rows))


def _show(by: str, rows: list[dict[str, Any]], total: dict[str, Any]) -> None:
    if not rows:
        out().print("No calls of language models yet.")
        return
    shown = [*rows[-MOST:], {"of": "all", **total}]
    out().print(
        _aligned([by, "calls", "failed", "tokens in", "tokens out", "cost"], map(_row, shown))
    )
    if len(rows) > MOST:
        out().print(f"{len(rows) - MOST} more are in the sum: --json shows them, --since fewer.")
    if total["failed"]:
        reasons = (f"{reason} {count}" for reason, count in Counter(total["failed"]).most_common())
        out().print(f"Failed: {', '.join(reasons)}.")
    if total["unpriced"]:
        out().print(
            f"Of {total['unpriced']:,} calls no price is known: set price_in and price_out of "
            "their endpoint."
        )


def _row(row: Mapping[str, Any]) -> list[str]:
    cost = f"{row['cost']:,.4f}"
    if row["unpriced"]:
        cost = "unknown" if row["unpriced"] == row["calls"] else f"≥ {cost}"
    numbers = (row["calls"], sum(row["failed"].values()), row["tokens_in"], row["tokens_out"])
    return [row["of"] or "none", *(f"{number:,}" for number in numbers), cost]


def _budget(row: Mapping[str, Any]) -> list[str]:
    tokens = row["budget"].endswith("tokens")
    amounts = (row["used"], row["limit"], row["left"])
    told = (f"{amount:,.0f}" if tokens else f"{amount:,.4f}" for amount in amounts)
    return [row["budget"], row["whose"], *told]


def _aligned(columns: list[str], rows: Iterable[list[str]]) -> Table:
    """Words to the left, numbers to the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        words = column in ("budget", "whose", *By)
        table.add_column(column, justify="left" if words else "right", no_wrap=not words)
    for row in rows:
        # Names of models are shown as they are, never read as the console's markup.
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    return table
