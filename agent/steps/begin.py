"""How a run begins: for which interest, with which options, under which record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from memory.errors import BadInput, NoSuch
from memory.records import Interest, InterestStatus, Run, RunStatus

if TYPE_CHECKING:
    from agent.context import Context
    from agent.settings import Settings
    from memory.store import Store


def slug(text: str) -> str:
    """A handle for a topic: lower case, digits and hyphens, at most 40 characters."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].strip("-")


def interest_named(store: Store, name: str) -> Interest:
    """An interest by its id, its name, or the start of its name where that is unique.

    Raises NoSuch, telling which there are.
    """
    interests = store.all(Interest)
    hits = [i for i in interests if name in (i.id, i.name)] or [
        i for i in interests if name and i.name.startswith(name)
    ]
    if len(hits) != 1:
        names = ", ".join(sorted(i.name for i in hits or interests)) or "none yet"
        raise NoSuch(
            f"{name!r} is not one interest." if hits else f"No interest is called {name!r}.",
            f"There is: {names}. Add one: goldpan interests add NAME --topic …",
        )
    return hits[0]


def interest_for(store: Store, words: str) -> Interest:
    """The interest of that name; of several words that name none, a new one is made.

    A single word makes none: it may be a slip. Raises NoSuch.
    """
    try:
        return interest_named(store, words)
    except NoSuch:
        if not (name := slug(words)) or len(words.split()) < 2:
            raise
    store.add(Interest(name=name, topic=words.strip()))
    return interest_named(store, name)


def demand_active(interest: Interest) -> None:
    """Raises BadInput where an interest is paused."""
    if interest.status is InterestStatus.PAUSED:
        raise BadInput(
            f"{interest.name} is paused.", f"First: goldpan interests resume {interest.name}"
        )


def record(
    store: Store, settings: Settings, graph: str, interest: Interest, options: dict[str, Any]
) -> Run:
    """A new run, not yet under way. options: plain JSON; a resume reads them again.

    Raises BadInput for a discovery of an interest that is paused.
    """
    if graph == "discover":
        demand_active(interest)
    run = Run(graph=graph, interest=interest.id, settings=settings.digest, options=options)
    store.put(run)
    return run


def adopted(store: Store, graph: str, name: str) -> Run | None:
    """The run of that id, to go on with; None without an id, or where it is over: one is to begin.

    Raises NoSuch, or BadInput for a run of another graph.
    """
    if not name:
        return None
    run = store.get(Run, name)
    if run.graph != graph:
        raise BadInput(f"Run {name} is of the graph {run.graph}, not {graph}.")
    return None if run.status is RunStatus.DONE else run


def begun(context: Context, graph: str, given: Mapping[str, Any]) -> Run:
    """A run as a graph's input asks for it: `interest`, and for a discovery `folder` and `yes`.

    Raises BadInput, NoSuch.
    """
    if not (words := str(given.get("interest", ""))):
        raise BadInput("No interest was given.", 'Name one, as in {"interest": "minerals"}.')
    find = interest_for if graph == "discover" else interest_named
    options = {"papers": str(given.get("folder", "")), "yes": bool(given.get("yes"))}
    kept = {name: value for name, value in options.items() if value}
    return record(context.store, context.settings, graph, find(context.store, words), kept)
