"""Passes of a graph, and the log a person reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from memory.records.base import Record, new_id, now


class RunStatus(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    WAITING = "waiting"
    """Stopped at the review, on purpose."""
    INTERRUPTED = "interrupted"
    DONE = "done"
    PARTIAL = "partial"
    """It went to its end, but some of what was asked got no answer; resuming asks for it again."""
    FAILED = "failed"


class Run(Record):
    """One pass of a graph for one interest."""

    id: str = Field(default_factory=new_id)
    graph: str
    """`discover` or `teach`; the checkpointer's thread is named after the id."""
    interest: str
    status: RunStatus = RunStatus.RUNNING
    settings: str = ""
    """Digest of the settings it ran with."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the user asked of it (papers folder, limits), as plain JSON: a resume needs them."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """Wall seconds by stage, summed over resumes."""
    lost: dict[str, int] = Field(default_factory=dict)
    """What got no answer, by kind: it is asked for again."""
    note: str = ""
    started: str = Field(default_factory=now)
    ended: str = ""


class Event(Record):
    """One line of the log a person reads. What code reads stands in records of its own."""

    id: str = Field(default_factory=new_id)
    run: str
    stage: str
    text: str
    time: str = Field(default_factory=now)
