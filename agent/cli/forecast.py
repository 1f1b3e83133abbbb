"""How a dry run is told: what would be called, what it takes, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from agent.cli.terminal import out

PARTS = ("calls", "total", "budgets", "taken_for_granted")
"""Of an estimate, what `calls` tells."""


def papers(estimate: Mapping[str, Any]) -> None:
    """What a run would read."""
    unreadable = sum(estimate["unreadable"].values())
    parts = {
        "to be mined": estimate["to_mine"],
        "mined already": estimate["mined_already"],
        "left out": estimate["left_out"],
        "that cannot be read": unreadable,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    out().print(f"{estimate['papers']:,} papers: {told}; {estimate['passages']:,} passages.")


def calls(estimate: Mapping[str, Any]) -> None:
    """Calls by kind, with their sum; budgets; what was taken for granted."""
    total, taken = estimate["total"], estimate["taken_for_granted"]
    if total["calls"]:
        _table(estimate)
    else:
        paid = f": {total['paid']:,} calls are paid for already" if total["paid"] else ""
        out().print(f"No model would be called{paid}.")
    if taken:
        out().print("Nothing was called. This holds about, if")
    for one in taken:
        out().print(f"  · {one}", markup=False)


def _table(estimate: Mapping[str, Any]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("prompt", "role"):
        table.add_column(column, no_wrap=True)
    for column in ("calls", "paid before", "tokens in", "tokens out", "cost", "time"):
        # Of two words, the second may go below the first.
        table.add_column(column, justify="right", no_wrap=" " not in column)
    for work in estimate["calls"]:
        table.add_row(work["prompt"], work["role"], *_row(work))
    table.add_row("all", "", *_row({**estimate["total"], "counted": True}))
    out().print(table)
    if estimate["total"]["cost"] is None:
        out().print("The price is not known: set price_in and price_out of the endpoint.")
    for bound in estimate["budgets"]:
        enough = "[green]enough[/]" if bound["enough"] else "[yellow]not enough[/]"
        out().print(f"Budget {bound['budget']}: {bound['left']:,.10g} left, {enough}.")


def _row(work: Mapping[str, Any]) -> list[str]:
    about = "" if work["counted"] else "≈ "
    return [
        f"{about}{work['calls']:,}",
        f"{work['paid']:,}",
        *(_rounded(work[name]) for name in ("tokens_in", "tokens_out")),
        "?" if work["cost"] is None else _rounded(work["cost"]),
        _time(work["seconds"]),
    ]


def _rounded(number: float) -> str:
    """To two figures: more would seem to be known."""
    return f"{number:.2g}" if number < 100 else f"{float(f'{number:.2g}'):,.0f}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
