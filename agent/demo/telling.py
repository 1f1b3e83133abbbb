"""What the tour says about each step, in plain words, read from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.rule import Rule

from agent.services import report
from agent.steps.review import latest_probes
from agent.workspace import Workspace
from memory.records import (
    GAP,
    ModelVersion,
    Nugget,
    PaperStatus,
    Question,
    Run,
    Verdict,
)
from tools.questions.frame import unframed

SHOWN = 3


def heading(console: Console, text: str) -> None:
    """The next step of the story."""
    console.print(Rule(text, align="left"))


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(f"  {text}", markup=False, style=style, soft_wrap=True)


def papers(space: Workspace, run: Run, console: Console) -> None:
    """What was read, and what was skipped and why."""
    told = report.found(space.store, run)
    _say(
        console,
        f"{told['papers_read']} of {told['papers']} papers read: {told['pages']} pages, "
        f"{told['passages']} passages.",
    )
    for paper in report.papers_of(space.store, run):
        if paper.status is not PaperStatus.READ:
            name = Path(paper.url).name
            told_why = paper.note.removeprefix(f"{name}: ")
            _say(console, f"skipped {name}: {told_why}", "yellow")


def nuggets(space: Workspace, run: Run, console: Console) -> None:
    """How many nuggets, three with their quotes; what agrees and what contradicts."""
    told = report.found(space.store, run)
    _say(
        console,
        f"{told['nuggets']} nuggets, {told['quotes_located']} quotes found letter for letter in "
        f"their papers; {told['merged']} merged into others, {told['corroborated']} said by "
        f"several papers, {told['contradictions']} contradictions.",
    )
    held = {paper.id: paper for paper in report.papers_of(space.store, run)}
    extracted = space.store.all(Nugget, paper=list(held))
    for nugget in extracted[:: max(1, len(extracted) // SHOWN)][:SHOWN]:
        _say(console, f"· {nugget.claim}", "bold")
        _say(console, f"  “{nugget.quote}”", "italic")
        _say(console, f"  {held[nugget.paper].place(nugget.page)}", "dim")
    for one, other in report.contradictions(space.store, extracted)[:SHOWN]:
        _say(console, f"≠ {one.claim}", "magenta")
        _say(console, f"  {other.claim}", "magenta")


def verdicts(space: Workspace, run: Run, console: Console) -> None:
    """What the target knows already: the counts, and three of each."""
    told = report.found(space.store, run)["verdicts"]
    found = ", ".join(f"{count} {name}" for name, count in told.items() if count)
    _say(console, f"The model: {found}." if found else "There was nothing to ask the model about.")
    held = [paper.id for paper in report.papers_of(space.store, run)]
    extracted = {nugget.id: nugget for nugget in space.store.all(Nugget, paper=held)}
    probes = latest_probes(space.store, extracted).values()
    for verdict in (Verdict.KNOWN, Verdict.PARTLY, Verdict.UNKNOWN, Verdict.CONTRADICTED):
        fit = [probe for probe in probes if probe.verdict is verdict]
        for probe in fit[:SHOWN]:
            _say(console, f"{verdict:<13} {probe.p_known:.2f}  {extracted[probe.nugget].claim}")


def dataset(space: Workspace, run: Run, console: Console) -> None:
    """What was written, vetted and frozen."""
    told = report.taught(space, run)
    refused = sum(told["refused_questions"].values())
    _say(console, f"{told['questions']} questions passed the vetting, {refused} did not.")
    _say(console, f"Dataset {told['dataset']} is frozen: {told['rows']} rows to train on.")
    for name, count in told["dataset_counts"].items():
        _say(console, f"  {name.replace('_', ' '):<24} {count}")


def examination(space: Workspace, run: Run, console: Console) -> None:
    """Scores with their intervals, the gate's decision, the lineage."""
    version = report.candidate(space, run)
    assert version is not None  # noqa: S101  the tour shows only what came so far
    for score in version.scores:
        _say(console, f"{score.metric:<18} {_interval(score.model_dump())}")
    _say(console, f"gate: {version.gate}: {version.stage.value}", "bold")
    line = space.store.all(ModelVersion, name=version.name)
    _say(console, "lineage: " + " → ".join(f"v{v.number} ({v.stage.value})" for v in line))


def _interval(score: dict[str, Any]) -> str:
    if score["value"] is None:
        return "unscored"
    value = f"{score['value']:.3f}"
    if score["low"] is None:
        return value
    return f"{value}  [{score['low']:.3f}, {score['high']:.3f}]  n={score['n']} ({score['method']})"


def asking(space: Workspace, run: Run, console: Console) -> None:
    """The old and the new answer side by side, to a question the old model had wrong."""
    from agent.cli.ask import show_answers
    from agent.services.answers import answers

    question = pick(space, run)
    if question is None:
        _say(console, "No question was answered wrong before and right after.")
        return
    asked = unframed(question.stem).strip()
    _say(console, f'goldpan ask --model both "{asked}"', "bold")
    show_answers(asyncio.run(answers(space, asked, "both", "")))
    _say(console, f"The paper says: {question.explanation}", "dim")


def pick(space: Workspace, run: Run) -> Question | None:
    """A taught question that was answered wrong before and right after."""
    version = report.candidate(space, run)
    rows = report.exam(space.store, version) if version else []
    learnt = [q for one, q in rows if one.what == "new" and one.before != q.answer == one.after]
    asked = [q for q in learnt if q.stem.startswith("Question:") and GAP not in q.stem]
    return next(iter(asked or learnt), None)


def table(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The figures of the closing table."""
    yield "papers read", f"{told['papers_read']} of {told['papers']} ({told['pages']} pages)"
    yield "nuggets", f"{told['nuggets']}, every quote located: {told['quotes_located']}"
    yield "news to the model", ", ".join(f"{n} {k}" for k, n in told["verdicts"].items() if n)
    yield "accepted", str(told["accepted"])
    for what, name in (
        ("new", "new facts"),
        ("control", "untaught facts"),
        ("old", "old facts"),
        ("perplexity", "perplexity"),
    ):
        before, after = told.get(f"{what}_before"), told.get(f"{what}_after")
        if after is not None:
            yield name, f"{before:.3f} before → {after:.3f} after"
    if (memory := told.get("new_memory")) is not None:
        yield "new, from memory", f"{memory:.3f} by the model before, reading what memory holds"
    if "gate" in told:
        yield "gate", f"{told['version']}: {told['gate']}"
    yield "time", f"{sum(told['seconds'].values()):.0f} s in the graphs"
