"""Decisions on proposed nuggets, and the runs that wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.services import runs
from agent.services.interests import find_interest
from agent.steps import review
from agent.steps.review import ReviewItem
from agent.workspace import Workspace
from memory.errors import BadInput
from memory.records import Action, Nugget, NuggetStatus, Run, RunStatus, Verdict, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator


def waiting(space: Workspace, interest: str = "", everything: bool = False) -> list[ReviewItem]:
    """What waits for a decision, the newest to the target first; what it knows is left out.

    interest: a name; only what its papers say. everything: decided and known ones too.
    Raises NoSuch.
    """
    status = list(NuggetStatus) if everything else [NuggetStatus.PROPOSED]
    name = find_interest(space, interest).id if interest else ""
    items = review.queue(space.store, interest=name, status=status)
    return [item for item in items if everything or item.verdict is not Verdict.KNOWN]


def decide(space: Workspace, nuggets: Iterable[str], action: Action, **more: str) -> list[Nugget]:
    """Decide on nuggets by their ids, or the first characters of them; they as they stand now.

    more: `claim` of an edit, `reason`. Raises NoSuch, BadInput.
    """
    found = [space.store.by_prefix(Nugget, name) for name in nuggets]
    return review.decide(space.store, found, action, **more)


def accept_unknown(space: Workspace, items: Sequence[ReviewItem]) -> int:
    """Leave these to the policy that `--yes` follows, as one batch; how many it accepted."""
    fresh = review.queue(space.store, nuggets=[item.nugget.id for item in items])
    return review.accept_by_policy(space.store, fresh, space.settings.review, new_id())


def undo(space: Workspace) -> list[Nugget]:
    """Take back the last decision, or the last batch. Raises NothingToDo."""
    return review.undo(space.store)


def export(space: Workspace, file: Path, interest: str = "") -> int:
    """Write what waits as JSON lines, to be decided in an editor; how many."""
    return review.export(waiting(space, interest), file)


def demand_file(file: Path) -> None:
    """Raises BadInput where there is no such file of decisions."""
    if not file.is_file():
        raise BadInput(f"There is no file {file}.", "Make one: goldpan review export FILE")


def load(space: Workspace, file: Path) -> int:
    """Carry out the decisions of such a file: all, or none where a line is wrong; how many.

    Raises BadInput, NothingToDo.
    """
    demand_file(file)
    return len(review.load(space.store, file))


def settle(space: Workspace) -> None:
    """Let discoveries end whose proposals are all decided, whoever runs them."""
    runs.finish(space, *_settled(space))


def _settled(space: Workspace) -> Iterator[Run]:
    """The discoveries that wait for a review in which nothing is left."""
    for run in space.store.all(Run, status=[RunStatus.WAITING], graph="discover"):
        items = review.queue(space.store, interest=run.interest)
        if all(item.verdict is Verdict.KNOWN for item in items):
            yield run
