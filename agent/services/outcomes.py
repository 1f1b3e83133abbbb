"""How runs went: what they counted, the processes that trained for them, what comes next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.services import report
from agent.services.runs import find_run, seen
from memory.records import Event, Interest, Job, JobStatus, Run, RunStatus

if TYPE_CHECKING:
    from agent.workspace import Workspace


class RunJob(NamedTuple):
    """A process that trained for a run."""

    job: Job
    killed: bool
    """It says that it goes on, here, and nobody owns the workspace."""

    @property
    def status(self) -> str:
        """How far it has come, in a word."""
        return "killed" if self.killed else self.job.status.value

    @property
    def seconds(self) -> float | None:
        """How long it took; None where nobody saw it end."""
        if not self.job.ended:
            return None
        ended, started = map(datetime.fromisoformat, (self.job.ended, self.job.started))
        return (ended - started).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        told = {"status": self.status, "seconds": self.seconds}
        return {**self.job.model_dump(mode="json"), **told}


class RunDetails(NamedTuple):
    """A run whole."""

    run: Run
    counts: dict[str, Any]
    """By the names that summary.json uses."""
    jobs: list[RunJob]
    log: list[Event]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "run": self.run.model_dump(mode="json"),
            "counts": self.counts,
            "jobs": [job.as_json() for job in self.jobs],
            "log": [event.model_dump(mode="json") for event in self.log],
        }


class NextStep(StrEnum):
    """What a user would do next."""

    RESUME = "resume"
    """Some of what was asked got no answer."""
    REVIEW = "review"
    """The run goes on when all is decided."""
    TEACH = "teach"
    """After a review, if anything is left to decide."""
    ASK = "ask"


class RunOutcome(NamedTuple):
    """How far a run came, and what comes next."""

    run: Run
    interest: Interest
    counts: dict[str, Any]
    """By the names that summary.json uses."""
    unprobed: bool
    """Nuggets were found, and there is no target to be asked about them."""
    refused: bool
    """The gate turned the new version down."""

    @property
    def next(self) -> NextStep:
        """What a user would do next."""
        if self.run.status is RunStatus.PARTIAL:
            return NextStep.RESUME
        if self.run.status is RunStatus.WAITING:
            return NextStep.REVIEW
        return NextStep.TEACH if self.run.graph == "discover" else NextStep.ASK

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"run": self.run.model_dump(mode="json"), **self.counts}


def details(space: Workspace, name: str) -> RunDetails:
    """A run with its counts, its jobs and its log. name: as in `runs.find_run`."""
    [run] = seen(space, find_run(space, name))
    log = space.store.all(Event, run=run.id)
    return RunDetails(run, report.counts(space, run), jobs(space, run), log)


def jobs(space: Workspace, run: Run) -> list[RunJob]:
    """The processes that trained for a run, in the order in which they began."""
    owned = space.owner is not None
    going = (JobStatus.PENDING, JobStatus.RUNNING)
    return [
        RunJob(job, job.status in going and job.where == "here" and not owned)
        for job in space.store.all(Job, run=run.id)
    ]


def outcome(space: Workspace, run: Run) -> RunOutcome:
    """How far a run came by now."""
    # Removed meanwhile, it leaves its runs behind.
    interest = space.store.find(Interest, run.interest) or Interest(name=run.interest, topic="")
    counts = report.counts(space, run)
    target = interest.target or space.settings.roles.target
    unprobed = bool(counts.get("nuggets")) and not target
    return RunOutcome(run, interest, counts, unprobed, refused(space, run))


def refused(space: Workspace, run: Run) -> bool:
    """Whether a run ended with a version that the gate turned down."""
    ended = report.result(space, run)
    over = run.status in (RunStatus.DONE, RunStatus.PARTIAL)
    return over and ended is not None and not ended.passed
