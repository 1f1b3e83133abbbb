"""What calls of language models took, and what the budgets leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.calls.budgets import StoreBudget
from agent.calls.costs import By, Expense, spent, spent_by
from memory.records import Interest, Run
from tools.endpoints.ledger import Account

if TYPE_CHECKING:
    from agent.workspace import Workspace


class BudgetUse(NamedTuple):
    """One budget: in tokens, or in the money of the prices."""

    budget: str
    """As in the settings, e.g. `run_tokens`."""
    whose: str
    """A run's id, a day, or an interest's name."""
    used: float
    limit: float
    left: float


class Costs(NamedTuple):
    """What calls took, in groups and altogether, and what it leaves."""

    by: By
    """What the groups go by."""
    groups: dict[str, Expense]
    """By name; empty: calls that belong to none."""
    total: Expense
    budgets: list[BudgetUse]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; each group is a row, its name under `of`."""
        return {
            "by": self.by,
            "rows": [{"of": name, **group._asdict()} for name, group in self.groups.items()],
            "total": self.total._asdict(),
            "budgets": [use._asdict() for use in self.budgets],
        }


def costs(space: Workspace, by: By, since: str = "", run: str = "") -> Costs:
    """What calls took, and the budgets as they stand.

    since: a day of UTC (YYYY-MM-DD). run: an id or its start: only its calls. Raises NoSuch.
    """
    found = space.store.by_prefix(Run, run) if run else None
    only = {"run": found.id} if found else {}
    return Costs(
        by,
        spent_by(space.store, by, since, **only),
        spent(space.store, since, **only),
        list(_budgets(space, found)),
    )


def _budgets(space: Workspace, run: Run | None) -> Iterator[BudgetUse]:
    """Those of the run or else of the latest, of the day, and of each interest."""
    store = space.store
    runs = [run] if run else store.all(Run)[-1:]
    whose = [Account(one.id, one.interest) for one in runs]
    whose += [Account("", one.id) for one in store.all(Interest)]
    budget = StoreBudget(store, space.settings.budgets)
    bounds = {bound[:-1]: bound for one in [*whose, Account()] for bound in budget.bounds(one)}
    for bound in sorted(bounds.values(), key=lambda bound: bound[:-1]):
        amounts = map(bound.plain, (bound.pot.spent, bound.limit, bound.left))
        yield BudgetUse(bound.name, bound.whose, *amounts)
