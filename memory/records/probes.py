"""What a target model knows of a nugget."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record


class Verdict(StrEnum):
    """What the target model knows of a nugget."""

    KNOWN = "known"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    CONTRADICTED = "contradicted"
    """The target is confident of something else."""
    UNPROBED = "unprobed"
    """Nobody asked, or the answer could not be read. Not the same as unknown."""


class Probe(Record):
    """What one model version answered about one nugget."""

    identity = ("nugget", "model", "questions")
    nugget: str
    model: str
    """ModelVersion id."""
    questions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    """The option the model favoured, one per question."""
    probabilities: tuple[float, ...] = ()
    """Share of the choice probability on the right option, one per question, in [0, 1]."""
    p_known: float = Field(default=0.0, ge=0, le=1)
    low: float = Field(default=0.0, ge=0, le=1)
    high: float = Field(default=1.0, ge=0, le=1)
    """95 % interval of p_known."""
    candidates: tuple[str, ...] = ()
    """What the target may hold for true: the right answer, then the wrong options."""
    evidence: tuple[tuple[float, ...], ...] = ()
    """One row for each candidate: what later probes of the same version are judged beside."""
    background: tuple[tuple[float, ...], ...] = ()
    """The same of the right answer after other nuggets' stems, where nobody can know it."""
    verdict: Verdict = Verdict.UNPROBED
    reason: str = ""
    made_by: str = ""
