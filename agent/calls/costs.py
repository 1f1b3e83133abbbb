"""What calls have cost: sums over the ledger, by run, interest, model, day, role or prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memory.records import Call, Interest

if TYPE_CHECKING:
    from memory.store import Store

AMOUNTS = ("tokens_in", "tokens_out", "cost")


def spent(store: Store, since: str = "", **equals: object) -> dict[str, Any]:
    """What all calls took, or those with these values, as one row of `table`."""
    return _row(store.totals(Call, ("outcome", "priced"), AMOUNTS, since, **equals))


def table(store: Store, by: str, since: str = "", **equals: object) -> list[dict[str, Any]]:
    """A row for each group of calls: `of` (its name), calls, tokens_in, tokens_out, cost, unpriced
    (calls without a known price: they are in no cost), failed (how many, by reason).

    by: run, interest, model, day, role or prompt.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for part in store.totals(Call, (by, "outcome", "priced"), AMOUNTS, since, **equals):
        groups.setdefault(part[by], []).append(part)
    names = {one.id: one.name for one in store.all(Interest)} if by == "interest" else {}
    return [{"of": names.get(of, of), **_row(parts)} for of, parts in groups.items()]


def _row(parts: list[dict[str, Any]]) -> dict[str, Any]:
    failed: dict[str, int] = {}
    for part in parts:
        if part["outcome"] != "ok":
            failed[part["outcome"]] = failed.get(part["outcome"], 0) + part["count"]
    return {
        "calls": sum(part["count"] for part in parts),
        **{name: sum(part[name] for part in parts) for name in AMOUNTS},
        "unpriced": sum(part["count"] for part in parts if not part["priced"]),
        "failed": failed,
    }
