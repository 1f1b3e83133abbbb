"""What somebody decided about a nugget."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from memory.records.base import Record, new_id, now


class Action(StrEnum):
    """What somebody did to a nugget."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    UNDO = "undo"


class Decision(Record):
    """One thing somebody decided about a nugget. Append-only; undo is an inverse row."""

    id: str = Field(default_factory=new_id)
    nugget: str
    revision: int
    """The nugget's revision the decision was made on."""
    actor: str
    """`person`, or the name of a policy such as `policy:unknown-and-grounded`."""
    action: Action
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)
    """The changed fields only: `status`, and `claim` for an edit."""
    reason: str = ""
    batch: str = ""
    """Decisions taken together are undone together."""
    undoes: str = ""
    """Decision id that this row takes back."""
    time: str = Field(default_factory=now)
