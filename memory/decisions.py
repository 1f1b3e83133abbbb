"""What a decision does to a nugget, and what takes it back. Pure; keeping both is the store's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from memory.errors import BadInput, NoSuch
from memory.records import Action, Decision, Nugget

CHANGEABLE = frozenset(Nugget.model_fields) - {"id", "revision", *Nugget.identity}
"""What a decision may change: all but where the nugget stands in its source."""


def apply(
    nuggets: Mapping[str, Nugget], taken: Sequence[Decision]
) -> tuple[dict[str, Nugget], list[Decision]]:
    """The nuggets after the decisions, and the decisions with `before` as it really was.

    nuggets: by id, as they stand; decisions on one nugget follow each other.
    Raises NoSuch for a nugget that is not there, BadInput for a decision made on another revision
    than the present one; then none of them counts.
    """
    after = dict(nuggets)
    filled, stale = [], []
    for decision in taken:
        nugget = after.get(decision.nugget)
        if nugget is None:
            raise NoSuch(f"There is no nugget {decision.nugget}.", "Look at `goldpan review list`.")
        if nugget.revision != decision.revision:
            stale.append(
                f"{nugget.id} (made on revision {decision.revision}, now {nugget.revision})"
            )
            continue
        before = nugget.model_dump(mode="json", include=set(decision.after))
        filled.append(decision.replace(before=before))
        after[nugget.id] = _changed(nugget, decision)
    if stale:
        raise BadInput(
            f"{len(stale)} of {len(taken)} decisions were made on nuggets that have been decided "
            f"since: {', '.join(stale[:5])}{', ...' if len(stale) > 5 else ''}.",
            "Nothing was changed. Look at these again and decide anew.",
        )
    return after, filled


def _changed(nugget: Nugget, decision: Decision) -> Nugget:
    if extra := sorted(set(decision.after) - CHANGEABLE):
        raise BadInput(f"A decision cannot change {', '.join(extra)} of nugget {nugget.id}.")
    try:
        return nugget.replace(**decision.after, revision=nugget.revision + 1)
    except ValidationError as error:
        raise BadInput(f"The decision on nugget {nugget.id} cannot be used: {error}") from error


def inverses(
    nuggets: Mapping[str, Nugget],
    standing: Sequence[Decision],
    batch: Sequence[Decision],
    actor: str,
) -> list[Decision]:
    """Decisions that take a batch back, the newest first.

    nuggets: those of the batch, by id, as they stand.
    standing: every decision on them that has not been taken back, oldest first.
    Raises BadInput when one of them was decided again after the batch.
    """
    ids = {decision.id for decision in batch}
    revision = {key: nugget.revision for key, nugget in nuggets.items()}
    undone, passed = [], set[str]()
    for decision in reversed(standing):
        if decision.id not in ids:
            passed.add(decision.nugget)
        elif decision.nugget in passed:
            raise BadInput(
                f"Nugget {decision.nugget} was decided again after that.",
                "Nothing was changed. Undo the later decision first.",
            )
        else:
            undone.append(_inverse(decision, revision[decision.nugget], actor))
            revision[decision.nugget] += 1
    return undone


def _inverse(decision: Decision, revision: int, actor: str) -> Decision:
    return Decision(
        nugget=decision.nugget,
        revision=revision,
        actor=actor,
        action=Action.UNDO,
        before=decision.after,
        after=decision.before,
        batch=f"undo:{decision.batch or decision.id}",
        undoes=decision.id,
    )
