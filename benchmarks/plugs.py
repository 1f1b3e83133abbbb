"""Plugs pulled while models are asked: kill -9, Ctrl-C and SIGTERM, on the command line.

The endpoint is on this machine, and answers by rule. What fails while it answers is told in
`faults`.
"""

from __future__ import annotations

import random
import signal
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.doubles.real import ended, start
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import kept, killed, last_run, twice, until
from benchmarks.fault_runs import CommandLine
from benchmarks.faults import folder
from benchmarks.figures import Figure, Part, Table, need
from tools.endpoints.mock import MockEndpoint

KILLS, SPAN, IN_FLIGHT = 20, 40, 16
"""Kills; moments before and after commits of a run within which one comes; calls in flight."""
LATENCY, LONG = 0.2, 5.0
MOST = 64
PAPERS, MANY = 2, 6
ROLES = ("teacher", "target")
FIRST = ("run", "papers", "--yes")
PATIENT = {"timeout": 60, "patience": 60}
ABOUT = f"""
`goldpan run` in a process of its own over real papers, teacher and target behind a loopback
endpoint that answers by rule in {LATENCY:g} s, at most {IN_FLIGHT} calls in flight. It is killed
(-9) right before or after a commit drawn from its first {SPAN // 2}, resumed and killed again until
it is done, over and over to {KILLS} kills. Its nuggets, extractions, questions and probes are
compared with an unbroken run's, and what the endpoint answered with what the ledger holds. Then
{MOST} calls of {LONG:g} s are in flight when Ctrl-C or SIGTERM comes.
"""


class Killed(NamedTuple):
    """One workspace, through all its kills to its end."""

    kills: int
    alike: bool
    """Whether it holds what an unbroken run holds."""
    paid: int
    twice: int


class Stopped(NamedTuple):
    """One signal."""

    name: str
    in_flight: int
    seconds: float
    right: bool
    """Whether the exit code is the signal's."""
    alike: bool


def kills(place: CommandLine, papers: Path, recorder: RecordingModel) -> list[Killed]:
    """As many as are asked for, in as many workspaces as that takes."""
    whole = place.home("unbroken", papers, ROLES, **PATIENT)
    ended(whole, *FIRST)
    expected, dice, found = kept(whole), random.Random(17), list[Killed]()
    while (struck := sum(one.kills for one in found)) < KILLS:
        recorder.forget()
        section = {**PATIENT, "in_flight": IN_FLIGHT}
        home = place.home(f"killed-{struck}", papers, ROLES, **section)
        moments = [dice.randint(1, SPAN) for _ in range(KILLS - struck)]
        count = killed(home, FIRST, moments)
        alike = kept(home) == expected and last_run(home).status == "done"
        found.append(Killed(count, alike, recorder.paid.total(), twice(home, recorder)))
    return found


def signals(place: CommandLine, papers: Path, recorder: RecordingModel) -> list[Stopped]:
    """Ctrl-C and SIGTERM while questions are written, and while the target is asked."""
    section = {**PATIENT, "in_flight": MOST}
    whole = place.home("unstopped", papers, ROLES, **section)
    ended(whole, *FIRST)
    expected, found = kept(whole), list[Stopped]()
    for number in (signal.SIGINT, signal.SIGTERM):
        for doing, part in (("writing questions", "Exercises"), ("asking the target", "")):
            home = place.home(f"{number.name}-{part}", papers, ROLES, **section)
            recorder.slow = {part: LONG}
            process = start(home, *FIRST)
            until(lambda: recorder.in_flight >= MOST, process)
            flying, sent = recorder.in_flight, time.perf_counter()
            process.send_signal(number)
            process.communicate()
            took, right = time.perf_counter() - sent, process.returncode == 128 + number
            recorder.slow = {}
            ended(home, "runs", "resume")
            found.append(
                Stopped(f"{number.name}, {doing}", flying, took, right, kept(home) == expected)
            )
    return found


def measure(data: Path) -> Part:
    """Kills first, then signals."""
    pairs = data / "papers" / "pairs"
    need(pairs)
    recorder = RecordingModel(LATENCY)
    with (
        tempfile.TemporaryDirectory() as made,
        MockEndpoint(recorder.answer, keep=False) as endpoint,
    ):
        place = CommandLine(Path(made), endpoint)
        pulled = kills(place, folder(place.root, pairs, PAPERS), recorder)
        recorder.latency = 0.0
        stopped = signals(place, folder(place.root, pairs, MANY), recorder)
    count, again = sum(one.kills for one in pulled), sum(one.twice for one in pulled)
    return Part.of(
        "plugs", "Plugs pulled", ABOUT, ("langgraph", "sqlalchemy", "aiohttp"),
        figures=(
            Figure(name="kills", value=count, aim=KILLS),
            Figure.share("killed runs that end as an unbroken one",
                         sum(one.alike for one in pulled), len(pulled), aim=1),
            Figure(name="replies paid for twice, of each kill", value=again / count, aim=IN_FLIGHT,
                   better="lower", n=sum(one.paid for one in pulled),
                   note="only what was in flight may be"),
            Figure(name="from a signal to the end, at most", unit="s", aim=2, better="lower",
                   value=max(one.seconds for one in stopped), n=len(stopped)),
            Figure.share("exit codes right (130, 143)", sum(one.right for one in stopped),
                         len(stopped), aim=1),
            Figure.share("stopped runs that end as an unbroken one",
                         sum(one.alike for one in stopped), len(stopped), aim=1),
        ),
        tables=(
            Table(
                title="Signals",
                columns=("signal", "calls in flight", "seconds to the end", "then as unbroken"),
                rows=tuple((one.name, one.in_flight, round(one.seconds, 2),
                            "yes" if one.alike else "no") for one in stopped),
            ),
        ),
    )  # fmt: skip
