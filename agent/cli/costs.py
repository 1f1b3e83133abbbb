"""goldpan costs: what calls of language models took, and what the budgets leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from agent.cli.terminal import AsJson, Home, out, show_json
from memory.records import Interest, Run

if TYPE_CHECKING:
    from agent.workspace import Workspace

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
    from agent.calls.costs import spent, table
    from agent.workspace import Workspace

    day = f"{since:%Y-%m-%d}" if since else ""
    with Workspace.open(home) as space:
        found = space.store.by_prefix(Run, run) if run else None
        only = {"run": found.id} if found else {}
        rows = table(space.store, by.value, day, **only)
        total = spent(space.store, day, **only)
        budgets = list(_budgets(space, found))
    if as_json:
        show_json({"by": by.value, "rows": rows, "total": total, "budgets": budgets})
        return
    _show(by.value, rows, total)
    if budgets:
        out().print()
        out().print(_aligned(["budget", "whose", "used", "of", "left"], map(_budget, budgets)))


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


def _budgets(space: Workspace, run: Run | None) -> Iterator[dict[str, Any]]:
    """Those of the run or else of the latest, of the day, and of each interest."""
    from agent.calls.budgets import StoreBudget
    from tools.endpoints.ledger import Account

    store = space.store
    runs = [run] if run else store.all(Run)[-1:]
    whose = [Account(one.id, one.interest) for one in runs]
    whose += [Account("", one.id) for one in store.all(Interest)]
    budget = StoreBudget(store, space.settings.budgets)
    bounds = {bound[:-1]: bound for one in [*whose, Account()] for bound in budget.bounds(one)}
    for bound in sorted(bounds.values(), key=lambda bound: bound[:-1]):
        amounts = {"used": bound.pot.spent, "limit": bound.limit, "left": bound.left}
        plain = {name: bound.plain(amount) for name, amount in amounts.items()}
        yield {"budget": bound.name, "whose": bound.whose, **plain}


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
