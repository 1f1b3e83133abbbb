"""What calls of language models took, and what the budgets leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agent.calls.budgets import StoreBudget
from agent.calls.costs import spent, table
from memory.records import Interest, Run
from tools.endpoints.ledger import Account

if TYPE_CHECKING:
    from agent.workspace import Workspace


def costs(space: Workspace, by: str, since: str = "", run: str = "") -> dict[str, Any]:
    """{"by", "rows": one for each group of calls, "total", "budgets": one row for each limit}.

    by: run, interest, model, day, role or prompt. since: a day of UTC (YYYY-MM-DD). run: an id or
    its start: only its calls. Raises NoSuch.
    """
    found = space.store.by_prefix(Run, run) if run else None
    only = {"run": found.id} if found else {}
    return {
        "by": by,
        "rows": table(space.store, by, since, **only),
        "total": spent(space.store, since, **only),
        "budgets": list(_budgets(space, found)),
    }


def _budgets(space: Workspace, run: Run | None) -> Iterator[dict[str, Any]]:
    """Those of the run or else of the latest, of the day, and of each interest."""
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
