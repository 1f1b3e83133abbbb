"""What a user wants to know about."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record, now


class InterestStatus(StrEnum):
    """Whether the schedule looks for it."""

    ACTIVE = "active"
    PAUSED = "paused"


class Interest(Record):
    """What a user wants to know about, in their words, and how far we have looked."""

    identity = ("name",)
    name: str
    """A short handle, unique in the workspace: lower case, digits, hyphens."""
    topic: str
    prompt: str = ""
    queries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Where to look: `folder:/path`, later `arxiv` and others."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cadence: str = ""
    """Cron expression; empty: only when asked."""
    target: str = ""
    """Name of the target model in the settings; empty: the settings' default."""
    budgets: dict[str, float] = Field(default_factory=dict)
    exploration: float = Field(default=0.1, ge=0, le=1)
    """Share of papers that the prompt did not name."""
    status: InterestStatus = InterestStatus.ACTIVE
    watermarks: dict[str, str] = Field(default_factory=dict)
    created: str = Field(default_factory=now)
