"""Versions of a target model, and how each was measured."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record, now


class Score(Record):
    """One measured value with its 95 % interval. Unscored is a state, not zero."""

    identity = ("metric", "value", "low", "high", "n", "method")
    metric: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unscored: int = 0
    """Items that were asked and gave no readable answer."""
    method: str = ""
    """Name of the interval, e.g. `wilson` or `bootstrap`."""


class Stage(StrEnum):
    """Where a model version stands in its lineage."""

    CANDIDATE = "candidate"
    CURRENT = "current"
    RETIRED = "retired"
    REFUSED = "refused"
    """The gate turned it down."""


class ModelVersion(Record):
    """A target model in one state of knowledge: a base alone, or a base and one adapter."""

    identity = ("base_sha256", "adapter_sha256")
    name: str
    """The target's name; versions of one name share a lineage."""
    number: int = 0
    """0 is the base itself; counted up by lineage."""
    base: str
    base_sha256: str
    parent: str = ""
    """ModelVersion id that was current when this one was trained."""
    adapter: str = ""
    """Directory of the adapter; empty for the base."""
    adapter_sha256: str = ""
    dataset: str = ""
    spec: str = ""
    scores: tuple[Score, ...] = ()
    stage: Stage = Stage.CANDIDATE
    gate: str = ""
    """Why the gate let it pass, or did not."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Versions of the libraries that made it."""
    created: str = Field(default_factory=now)


class ExamAnswer(Record):
    """What was answered to one question of the examination of a version."""

    identity = ("version", "question")
    version: str
    """ModelVersion id of the one that was examined."""
    question: str
    what: str
    """What it asks about: `new`, `control` or `old` facts."""
    before: str = ""
    """The option that the version's parent favoured; empty where no answer could be read."""
    after: str = ""
    """That of the version itself."""
    memory: str = ""
    """That of the parent with the nearest claims of the memory to read; of new facts only."""


class TeachingResult(Record):
    """How a teaching run ended: the version that it made, and what the gate said of it then."""

    identity = ("run",)
    run: str
    version: str
    """ModelVersion id."""
    passed: bool
