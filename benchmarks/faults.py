"""Endpoints that fail: what was complete, named, defective or paid twice, on the command line.

The endpoint is on this machine, and answers by rule; what strikes it is drawn from seeds. Pulling
the plug is left to `plugs`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.doubles.real import ended
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import rows
from benchmarks.fault_runs import (
    DONE,
    FAILED,
    MIXTURE,
    TEACHER,
    CommandLine,
    FailedRun,
    FaultyRun,
    failed_runs,
    run_under_faults,
)
from benchmarks.faults_peer import Peer, grouped, peers
from benchmarks.figures import Figure, Part, Table, need
from memory.records import Document, Passage
from tools.endpoints.mock import MockEndpoint

SEEDS = (1, 2)
PAPERS, PROBED, FAILING = 12, 1, 3
"""Papers of a run under faults; of one in which a target is probed too, some fifty calls more for
each; of a run in which everything fails."""
LATENCY = 0.1
ABOUT = f"""
`goldpan run` in a process of its own over real papers, its teacher behind a loopback endpoint that
speaks the protocol and answers by rule. Of all requests, drawn by seed,
{", ".join(f"{share:.0%} {name}" for name, share in MIXTURE.items())} (a call is given up after
2 s, and tried again for 8 s). Then `goldpan runs resume` at the same endpoint, well again. A
passage is *named* where its paper's record says that it got no answer, and why; it is *lost in
silence* where nuggets of an unbroken run are missing and nothing says so. *Defective*: a quote that
is not at its place in the text, or an error's words in a record.
Beside it, a plain loop over the same calls with langchain-openai's client at its defaults (two
retries; `batch` with `return_exceptions=True`), whose output is compared with its own at the
healthy endpoint.
"""


def folder(root: Path, pairs: Path, count: int) -> Path:
    """The first so many papers."""
    papers = root / f"papers-{count}"
    papers.mkdir()
    for path in sorted(pairs.glob("*/paper.pdf"))[:count]:
        (papers / f"{path.parent.name}.pdf").symlink_to(path.resolve())
    return papers


def whole(place: CommandLine, name: str, papers: Path, roles: tuple[str, ...]) -> Path:
    """The workspace of an unbroken run."""
    home = place.home(name, papers, roles, timeout=60, patience=60)
    done = ended(home, "run", "papers", "--yes")
    assert done.returncode == DONE, done.stderr
    return home


def measure(data: Path) -> Part:
    """Runs under faults, one with a target too, each way to fail altogether, and the peer."""
    pairs = data / "papers" / "pairs"
    need(pairs)
    recorder = RecordingModel(LATENCY)
    with (
        tempfile.TemporaryDirectory() as made,
        MockEndpoint(recorder.answer, keep=False) as endpoint,
    ):
        root = Path(made)
        place = CommandLine(root, endpoint)
        papers = folder(root, pairs, PAPERS)
        sound = whole(place, "sound", papers, TEACHER)
        runs = [
            run_under_faults(place.home(f"seed-{seed}", papers, TEACHER), sound, recorder, seed)
            for seed in SEEDS
        ]
        few = folder(root, pairs, PROBED)
        roles = (*TEACHER, "target")
        probed = whole(place, "probed", few, roles)
        runs.append(run_under_faults(place.home("with-a-target", few, roles), probed, recorder, 4))
        some = folder(root, pairs, FAILING)
        sound_some = whole(place, "some", some, TEACHER)
        failed = list(failed_runs(place, some, sound_some, recorder))
        asked = list(grouped(rows(sound, Document), rows(sound, Passage)))
        beside = list(
            peers(endpoint.url, asked, recorder, lambda: recorder.strike(MIXTURE, SEEDS[0]))
        )
    return Part.of(
        "faults", "Endpoints that fail", ABOUT,
        ("langchain-openai", "openai", "aiohttp", "langgraph"),
        figures=tuple(figures(runs, failed)),
        tables=(table_of(runs, beside), of_failed_runs(failed)),
    )  # fmt: skip


def figures(runs: Sequence[FaultyRun], failed: Sequence[FailedRun]) -> list[Figure]:
    """What is aimed at."""
    passages = sum(one.passages for one in runs)
    silent = sum(one.silent for one in runs)
    codes = [code for one in runs for code in one.codes]
    codes += [code for one in failed for code in [(one.code, FAILED), *one.codes]]
    made_whole = [one.whole for one in runs] + [one.whole for one in failed]
    return [
        Figure.share("passages complete, or named as lost", passages - silent, passages, aim=1),
        Figure.share("of them complete before the resumption",
                     passages - silent - sum(one.lost for one in runs), passages),
        Figure(name="defective records", value=sum(one.defective for one in runs), aim=0,
               better="lower", n=sum(one.records for one in runs)),
        Figure.share("exit codes right", sum(a == b for a, b in codes), len(codes), aim=1),
        Figure(name="records where a step failed altogether",
               value=sum(one.records for one in failed), aim=0, better="lower", n=len(failed)),
        Figure.share("resumptions that end with all that an unbroken run finds", sum(made_whole),
                     len(made_whole), aim=1),
        Figure(name="replies paid for twice", value=sum(one.twice for one in runs), aim=0,
               better="lower", n=sum(one.paid for one in runs)),
        Figure(name="asked again at the resumption though paid for before",
               value=sum(one.again for one in runs), aim=0, better="lower",
               n=sum(one.missing for one in runs)),
        Figure(name="replies given and not in the ledger",
               value=sum(one.unnoted for one in runs), aim=0, better="lower",
               n=sum(one.paid for one in runs)),
        Figure(name=f"requests sent with a wrong key, {FAILING} calls in flight", aim=FAILING,
               value=max(one.requests for one in failed if one.name == "a wrong key"),
               better="lower"),
    ]  # fmt: skip


def table_of(runs: Sequence[FaultyRun], beside: Sequence[Peer]) -> Table:
    """Runs under faults and the peer, passage by passage."""
    return Table(
        title="Passages under faults",
        columns=("who", "passages", "complete", "named as lost", "lost in silence", "requests",
                 "seconds", "requests to resume"),
        rows=(
            *((f"goldpan, {one.name}", one.passages, one.passages - one.lost - one.silent,
               one.lost, one.silent, one.requests, round(one.seconds, 1), one.missing)
              for one in runs),
            *((f"langchain-openai, {one.name}", one.complete + one.named + one.silent,
               one.complete, one.named, one.silent, one.requests, round(one.seconds, 1), "all")
              for one in beside),
        ),
    )  # fmt: skip


def of_failed_runs(failed: Sequence[FailedRun]) -> Table:
    """What every way to fail came to."""
    return Table(
        title="Where every call fails",
        columns=("what", "exit code", "records", "requests", "exit codes of resumptions",
                 "then whole", "what the user was told"),
        rows=tuple(
            (one.name, one.code, one.records, one.requests,
             ", ".join(str(code) for code, _ in one.codes), "yes" if one.whole else "no",
             " ".join(one.said.split()))
            for one in failed
        ),
    )  # fmt: skip
