"""goldpan costs: what calls of language models took, and what the budgets leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.calls.costs import By
from agent.cli.terminal import AsJson, Home, out, show_json

if TYPE_CHECKING:
    from agent.calls.costs import Expense
    from agent.services.costs import BudgetUse, Costs

MOST = 20
"""Rows that are shown; the earlier ones are in the sum."""


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
        found = service.costs(space, by, day, run)
    if as_json:
        show_json(found.as_json())
        return
    _show(found)
    if found.budgets:
        out().print()
        rows = map(_budget, found.budgets)
        out().print(_aligned(["budget", "whose", "used", "of", "left"], rows))


def _show(found: Costs) -> None:
    groups, total = list(found.groups.items()), found.total
    if not groups:
        out().print("No calls of language models yet.")
        return
    columns = [found.by, "calls", "failed", "tokens in", "tokens out", "cost"]
    out().print(_aligned(columns, (_row(*one) for one in [*groups[-MOST:], ("all", total)])))
    if len(groups) > MOST:
        out().print(f"{len(groups) - MOST} more are in the sum: --json shows them, --since fewer.")
    if total.failed:
        reasons = (f"{reason} {count}" for reason, count in Counter(total.failed).most_common())
        out().print(f"Failed: {', '.join(reasons)}.")
    if total.unpriced:
        out().print(
            f"Of {total.unpriced:,} calls no price is known: set price_in and price_out of "
            "their endpoint."
        )


def _row(name: str, took: Expense) -> list[str]:
    cost = f"{took.cost:,.4f}"
    if took.unpriced:
        cost = "unknown" if took.unpriced == took.calls else f"≥ {cost}"
    numbers = (took.calls, sum(took.failed.values()), took.tokens_in, took.tokens_out)
    return [name or "none", *(f"{number:,}" for number in numbers), cost]


def _budget(use: BudgetUse) -> list[str]:
    tokens = use.budget.endswith("tokens")
    amounts = (use.used, use.limit, use.left)
    told = (f"{amount:,.0f}" if tokens else f"{amount:,.4f}" for amount in amounts)
    return [use.budget, use.whose, *told]


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
