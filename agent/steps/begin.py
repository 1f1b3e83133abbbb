"""How a run begins: for which interest, with which options, under which record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
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


def begun(context: Context, graph: str, given: Mapping[str, Any]) -> Run:
    """The run that a graph's input asks for: `run` where that goes on, else a new one.

    A thread's state holds the run before, too: it goes on where it is not over, and no other
    interest is asked for. A new one owns the workspace before it is recorded. Raises BadInput,
    NoSuch, Locked.
    """
    words, store = str(given.get("interest", "")), context.store
    if name := str(given.get("run", "")):
        run = store.get(Run, name)
        if run.graph != graph:
            raise BadInput(f"Run {name} is of the graph {run.graph}, not {graph}.")
        same = not words or words in _names(store, run.interest)
        if same and run.status is not RunStatus.DONE:
            return run
    if not words:
        raise BadInput("No interest was given.", 'Name one, as in {"interest": "minerals"}.')
    find = interest_for if graph == "discover" else interest_named
    interest = find(store, words)
    context.hold()
    folder = str(given.get("folder", ""))
    options = options_of(Path(folder) if folder else None, yes=bool(given.get("yes")))
    return record(store, context.settings, graph, interest, options)


def options_of(papers: Path | None = None, *, yes: bool = False) -> dict[str, Any]:
    """A discovery's options, as its record has them. papers: a folder to look in, and nowhere else.

    yes: accept by policy, and ask nobody.
    """
    folder = {"papers": str(papers.expanduser().absolute())} if papers else {}
    return {**folder, "yes": True} if yes else folder


def ended(lost: Mapping[str, int]) -> RunStatus:
    """How a run stands that went to its end. lost: what got no answer, by kind."""
    return RunStatus.PARTIAL if any(lost.values()) else RunStatus.DONE


def _names(store: Store, interest: str) -> tuple[str, ...]:
    """What an interest goes by: id, name, words."""
    found = store.find(Interest, interest)
    return (interest, found.name, found.topic) if found else (interest,)
