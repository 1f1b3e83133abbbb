"""Runs of the command line beside an endpoint that fails, and their resumption. Measures only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.doubles.real import ended
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import bind, calls, last_run, rows, twice
from memory.records import (
    Document,
    Extraction,
    Nugget,
    Passage,
    Probe,
    Profile,
    Question,
    Relevance,
    Run,
)
from tools.endpoints.mock import MockEndpoint

MIXTURE = {"429": 0.06, "500": 0.06, "malformed": 0.06, "truncated": 0.06, "garbled": 0.06,
           "hang": 0.1}  # fmt: skip
TEACHER = ("teacher",)
KEY, WRONG = "sk-loopback-right-key", "sk-loopback-wrong-key"
DONE, FAILED, PARTIAL = 0, 7, 9
MADE = (Nugget, Question, Probe, Profile, Relevance)
OF_ERRORS = ("Rate limit reached", "server had an error", "Provider returned", "API key", "Sure!")
"""Words of what goes wrong here; none of them belongs in a record."""


class CommandLine(NamedTuple):
    """Where the command line works."""

    root: Path
    endpoint: MockEndpoint

    def home(self, name: str, papers: Path, roles: tuple[str, ...], **section: object) -> Path:
        """A workspace with an interest in these papers."""
        home = bind(self.root / name, self.endpoint.url, roles, **section)
        done = ended(home, "interests", "add", "papers", "--papers", str(papers))
        assert done.returncode == 0, done.stderr
        return home


@dataclass
class FaultyRun:
    """One run under faults, and its resumption at peace."""

    name: str
    passages: int
    lost: int
    """Passages without an answer, each with a reason."""
    silent: int
    """Passages whose nuggets are not there, and nothing says why."""
    defective: int
    records: int
    codes: list[tuple[int, int]]
    """Exit codes: as it was, as it should be."""
    seconds: float
    requests: int
    paid: int
    twice: int = 0
    again: int = 0
    """Requests at the resumption whose reply was paid before."""
    missing: int = 0
    """Requests at the resumption."""
    whole: bool = False
    """Whether it ended with all the nuggets of an unbroken run."""
    unnoted: int = 0
    """Replies that the endpoint gave and the ledger does not hold."""


def nuggets(home: Path) -> set[str]:
    """What was found, apart from what was decided and merged since: that depends on the order."""
    return {
        nugget.model_dump_json(exclude={"cluster", "status", "revision"})
        for nugget in rows(home, Nugget)
    }


def silently(home: Path, whole: Path) -> int:
    """Passages that lack nuggets of an unbroken run, beyond those that are named as lost."""
    here = {nugget.id for nugget in rows(home, Nugget)}
    lost: dict[str, int] = {
        extraction.paper: extraction.lost
        for extraction in rows(home, Extraction)
        if extraction.reason
    }
    lacking: dict[str, set[str]] = {}
    for nugget in rows(whole, Nugget):
        if nugget.id not in here:
            lacking.setdefault(nugget.paper, set()).add(nugget.passage)
    beyond = {paper: len(found) - lost.get(paper, 0) for paper, found in lacking.items()}
    return sum(max(0, count) for count in beyond.values())


def defective(home: Path) -> int:
    """Records with a quote that is not at its place, or with words of an error."""
    texts = {document.paper: document.text for document in rows(home, Document)}
    false: int = sum(texts[n.paper][n.start : n.end] != n.quote for n in rows(home, Nugget))
    made = [row.model_dump_json() for kind in MADE for row in rows(home, kind)]
    return false + sum(any(word in text for word in OF_ERRORS) for text in made)


def should(run: Run) -> int:
    """The exit code of a run that went to its end."""
    return PARTIAL if run.lost else DONE


def run_under_faults(home: Path, whole: Path, recorder: RecordingModel, seed: int) -> FaultyRun:
    """Run under the mixture, then resume without it until nothing is missing."""
    recorder.forget()
    recorder.strike(MIXTURE, seed)
    started = time.perf_counter()
    code = ended(home, "run", "papers", "--yes").returncode
    took = time.perf_counter() - started
    extractions = rows(home, Extraction)
    right = (
        PARTIAL if any(extraction.lost for extraction in extractions) else should(last_run(home))
    )
    found = FaultyRun(
        name=home.name.replace("-", " "),
        passages=len(rows(home, Passage)),
        lost=sum(extraction.lost for extraction in extractions if extraction.reason),
        silent=silently(home, whole),
        defective=defective(home),
        records=sum(len(rows(home, kind)) for kind in MADE),
        codes=[(code, right)],
        seconds=took,
        requests=recorder.asked.total(),
        paid=recorder.paid.total(),
    )
    resumed(home, whole, recorder, found)
    return found


def went_on(home: Path, env: Mapping[str, str] | None = None) -> list[tuple[int, int]]:
    """Resume until nothing is missing; the exit codes, as they were and as they should be.

    Twice at most: what a step lost before a later one failed is asked for when the run begins anew.
    """
    codes: list[tuple[int, int]] = []
    while last_run(home).status != "done" and len(codes) < 2:
        code = ended(home, "runs", "resume", env=env).returncode
        codes.append((code, should(last_run(home))))
    return codes


def resumed(home: Path, whole: Path, recorder: RecordingModel, found: FaultyRun) -> None:
    """What a healthy endpoint is asked for when the run goes on, and what it comes to."""
    before, paid = recorder.asked.copy(), set(recorder.paid)
    recorder.strike({})
    found.codes += went_on(home)
    asked = recorder.asked - before
    found.missing, found.again = asked.total(), len(paid & set(asked))
    found.twice = twice(home, recorder)
    found.whole = nuggets(home) >= nuggets(whole)
    given = recorder.outcomes["well"] + recorder.outcomes["garbled"]
    found.unnoted = given - sum(call.outcome in ("ok", "unreadable") for call in calls(home))


NOTHING_TO_MEND: AbstractContextManager[object] = nullcontext()


@dataclass
class FailedRun:
    """A run of which a step failed altogether, and its resumption."""

    name: str
    code: int
    records: int
    """Made, nevertheless."""
    requests: int
    codes: list[tuple[int, int]]
    """Exit codes of the resumptions at a healthy endpoint."""
    whole: bool
    """Whether it ended with all the nuggets of an unbroken run."""
    said: str
    """What the user was told."""


def run_to_failure(
    name: str, place: CommandLine, home: Path, whole: Path, recorder: RecordingModel,
    mended: AbstractContextManager[object] = NOTHING_TO_MEND,
    env: Mapping[str, str] | None = None, healed: Mapping[str, str] | None = None,
) -> FailedRun:  # fmt: skip
    """Run into what fails every time, mend it, and go on. env, healed: before and after that."""
    before = place.endpoint.stats.requests
    done = ended(home, "run", "papers", "--yes", env=env)
    made = sum(len(rows(home, kind)) for kind in MADE)
    asked = place.endpoint.stats.requests - before
    with mended:
        recorder.strike({})
        codes = went_on(home, healed)
    there = nuggets(home) >= nuggets(whole)
    return FailedRun(name, done.returncode, made, asked, codes, there, done.stderr.strip())


@contextmanager
def served(recorder: RecordingModel, port: int) -> Iterator[None]:
    """Somebody at an address where nobody was."""
    with MockEndpoint(recorder.answer, port=port, keep=False):
        yield


FAILURES = {
    "every reply a 500": {"500": 1.0},
    "every reply an error in a 200": {"error_body": 1.0},
}


def failed_runs(
    place: CommandLine, papers: Path, whole: Path, recorder: RecordingModel
) -> Iterator[FailedRun]:
    """Each way in which every call fails."""
    for name, shares in FAILURES.items():
        home = place.home(name.replace(" ", "-"), papers, TEACHER, patience=1)
        recorder.strike(shares)
        yield run_to_failure(name, place, home, whole, recorder)
    with MockEndpoint(recorder.answer, keep=False) as gone:
        port = int(gone.url.split(":")[2].partition("/")[0])
    place = CommandLine(place.root, gone)
    home = place.home("nobody", papers, TEACHER, patience=1)
    yield run_to_failure(
        "nobody at the address", place, home, whole, recorder, served(recorder, port)
    )
    with MockEndpoint(recorder.answer, key=KEY, keep=False) as locked:
        place = CommandLine(place.root, locked)
        home = place.home("locked", papers, TEACHER, key_env="LOOPBACK_KEY")
        wrong, right = {"LOOPBACK_KEY": WRONG}, {"LOOPBACK_KEY": KEY}
        yield run_to_failure("a wrong key", place, home, whole, recorder, env=wrong, healed=right)
