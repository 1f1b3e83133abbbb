"""What calls have cost: sums over the ledger, by run, interest, model, day, role or prompt."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from memory.records import Call, Interest

if TYPE_CHECKING:
    from memory.store import Store

AMOUNTS = ("tokens_in", "tokens_out", "cost")


class By(StrEnum):
    """What calls can be told by."""

    RUN = "run"
    INTEREST = "interest"
    MODEL = "model"
    DAY = "day"
    """Of UTC."""
    ROLE = "role"
    PROMPT = "prompt"


class Expense(NamedTuple):
    """What calls of language models took, added up."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    unpriced: int
    """Calls without a known price: they are in no cost."""
    failed: dict[str, int]
    """How many, by reason."""

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


def spent(store: Store, since: str = "", **equals: object) -> Expense:
    """What all calls took, or those with these values."""
    return _sum(store.totals(Call, ("outcome", "priced"), AMOUNTS, since, **equals))


def spent_by(store: Store, by: By, since: str = "", **equals: object) -> dict[str, Expense]:
    """What each group of calls took, by the group's name; empty where it has none."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for part in store.totals(Call, (by, "outcome", "priced"), AMOUNTS, since, **equals):
        groups.setdefault(part[by], []).append(part)
    names = {one.id: one.name for one in store.all(Interest)} if by is By.INTEREST else {}
    return {names.get(of, of): _sum(parts) for of, parts in groups.items()}


def _sum(parts: list[dict[str, Any]]) -> Expense:
    failed: dict[str, int] = {}
    for part in parts:
        if part["outcome"] != "ok":
            failed[part["outcome"]] = failed.get(part["outcome"], 0) + part["count"]
    return Expense(
        calls=sum(part["count"] for part in parts),
        **{name: sum(part[name] for part in parts) for name in AMOUNTS},
        unpriced=sum(part["count"] for part in parts if not part["priced"]),
        failed=failed,
    )
