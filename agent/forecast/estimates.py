"""What a run or a teaching would take: calls, tokens, money, time. Nothing is called or saved.

What can be counted is counted, on the requests themselves (`agent.forecast.rehearsal`); what nobody
can know beforehand is expected, after what earlier calls were like (`agent.forecast.history`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.calls.budgets import StoreBudget
from agent.calls.ledger import StoreLedger
from agent.context import by_id
from agent.forecast.history import History
from agent.forecast.rehearsal import DryRun, Notes, copied, discovered
from agent.forecast.teaching import forecast
from agent.settings import OFFLINE, ModelSettings
from agent.steps.approve import control_of, demand_method, teachable
from agent.steps.begin import demand_active
from agent.steps.questions import probe_questions, vetted, write, written
from memory.errors import NoSuch
from memory.records import (
    Call,
    Interest,
    Nugget,
    PaperStatus,
    Probe,
    Purpose,
    Run,
    Verdict,
)
from tools.endpoints.ledger import Account

if TYPE_CHECKING:
    from agent.context import Context, RunContext
    from agent.progress import Reporter
    from agent.settings import Settings
    from tools.endpoints.quick import QuickOpenAI

Price = Callable[[int, int], float | None]
"""Tokens read and written to money."""


@dataclass
class Work:
    """Calls of one kind that would be made."""

    prompt: str
    role: str
    model: str
    calls: int = 0
    counted: bool = True
    """Whether on the requests themselves; else it is what may be expected."""
    paid: int = 0
    """How many more are paid for already."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    """None: no price is known."""
    seconds: float = 0.0


class Estimate:
    """Gathers what would be called, and tells it whole."""

    def __init__(self, ctx: RunContext, interest: Interest) -> None:
        self._ctx = ctx
        self._interest = interest
        self.ledger = StoreLedger(ctx.store)
        self.notes = Notes(self.ledger)
        self.history = History(ctx.store)
        self._expected: list[Work] = []

    def expect(self, prompt: str, role: str, calls: float) -> None:
        """Calls that cannot be counted yet."""
        name = self._bound(role)
        if calls and name:
            model, *_ = _known(self._ctx.settings, name)
            read = round(calls * self.history.read(model, prompt))
            self._expected.append(Work(prompt, role, model, round(calls), False, tokens_in=read))

    def as_json(self) -> dict[str, Any]:
        """Calls by kind, their sum, the budgets, and what was taken for granted."""
        works = [*self._noted(), *self._expected]
        for work in works:
            self._reckon(work)
        total = {
            name: sum(getattr(work, name) for work in works)
            for name in ("calls", "paid", "tokens_in", "tokens_out", "seconds")
        }
        costs = [work.cost for work in works]
        total["cost"] = None if None in costs else sum(cost or 0 for cost in costs)
        if total["calls"]:
            self.history.take("a token is four characters; no call fails, or has to be made again")
        return {
            "calls": [asdict(work) for work in works],
            "total": total,
            "budgets": list(self._budgets(total)) if total["calls"] else [],
            "taken_for_granted": self.history.taken,
        }

    def _bound(self, role: str) -> str:
        name = str(getattr(self._ctx.settings.roles, role))
        return (self._interest.target or name) if role == "target" else name

    def _noted(self) -> list[Work]:
        """What was counted, by role and prompt."""
        works: dict[tuple[str, str], Work] = {}

        def of(call: Call) -> Work:
            prompt = call.prompt.partition("@")[0]
            return works.setdefault((call.role, prompt), Work(prompt, call.role, call.model))

        for call in self.notes.calls.values():
            of(call).calls += 1
            of(call).tokens_in += call.tokens_in
        paid = self._ctx.store.all(Call, key=self.notes.held)
        for call in {call.key: call for call in paid}.values():
            of(call).paid += 1
        return list(works.values())

    def _reckon(self, work: Work) -> None:
        """Fill in what calls would take."""
        if not work.calls:
            return
        model, price, at_once = _known(self._ctx.settings, self._bound(work.role))
        written = self.history.written(model, work.prompt)
        latency = self.history.seconds(model, work.prompt, written)
        work.tokens_out = round(work.calls * written)
        work.cost = price(work.tokens_in, work.tokens_out)
        work.seconds = round(max(latency, work.calls * latency / at_once), 1)

    def _budgets(self, total: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What is left of each that bounds the run, and whether it is enough."""
        budget = StoreBudget(self._ctx.store, self._ctx.settings.budgets)
        for bound in budget.bounds(Account("this run", self._interest.id)):
            tokens = total["tokens_in"] + total["tokens_out"]
            needs = tokens if bound.unit == "tokens" else total["cost"]
            left = bound.plain(max(0, bound.limit - bound.pot.spent))
            enough = needs is not None and needs <= left
            yield {"budget": bound.name, "whose": bound.whose, "left": left, "enough": enough}


async def of_a_run(
    context: Context, interest: Interest, reporter: Reporter | None = None, **options: Any
) -> dict[str, Any]:
    """What a run would read and call; options: as the run's. Raises what beginning it raises."""
    demand_active(interest)
    found, estimate = await rehearsed(context, interest, {}, reporter, **options)
    return {**_papers(found), **await asyncio.to_thread(estimate.as_json)}


async def rehearsed(
    context: Context,
    interest: Interest,
    clients: Mapping[str, QuickOpenAI],
    reporter: Reporter | None = None,
    **options: Any,
) -> tuple[DryRun, Estimate]:
    """What a run would find, and its calls noted; clients: see `NoConnections`."""
    async with context.session(reporter) as ctx, _rehearsal(ctx, interest, clients) as rehearsal:
        estimate, copy = rehearsal
        run = Run(graph="discover", interest=interest.id, options=options)
        found = await discovered(ctx, copy, interest, run)
        await _rest(ctx, copy, interest, found, estimate)
        return found, estimate


async def of_a_teaching(context: Context, interest: Interest) -> dict[str, Any]:
    """`forecast`, and what is called for it before.

    While questions are to be written by a model, what would be trained on them is not known, and
    not told. Raises BadInput where it cannot be done here.
    """
    roles = context.settings.roles
    target = interest.target or roles.target
    async with context.session() as ctx:
        if not target or (roles.teacher == OFFLINE and not roles.judge):
            return await forecast(ctx, interest)
        context.settings.model(target)
        await asyncio.to_thread(demand_method, ctx)
        async with _rehearsal(ctx, interest, {}) as (estimate, copy):
            # Its losses are told to the copy; all else is read where it is.
            ctx.given = await copy.ready_engines()
            nuggets, control, pool = await asyncio.to_thread(_lesson, ctx, interest)
            made = await written(ctx, [*nuggets, *control], pool)
            if not (unwritten := len(estimate.notes.calls)):
                told = await forecast(ctx, interest)
                return {**told, **await asyncio.to_thread(estimate.as_json)}
            if roles.judge:
                probes = await asyncio.to_thread(probe_questions, ctx, [n.id for n in nuggets])
                await vetted(ctx, made.questions, probes, by_id([*nuggets, *control]))
                await asyncio.to_thread(estimate.expect, "judge_question", "judge", unwritten)
            estimate.history.take("what is trained on is told when its questions are written")
            told = await asyncio.to_thread(estimate.as_json)
            return {"target": target, "accepted_nuggets": len(nuggets), **told}


def _lesson(ctx: RunContext, interest: Interest) -> tuple[list[Nugget], list[Nugget], list[Nugget]]:
    """What would be taught, the control, and what lends wrong options."""
    nuggets = teachable(ctx, interest)
    return nuggets, control_of(ctx, nuggets), ctx.pool(interest.id)


@asynccontextmanager
async def _rehearsal(
    ctx: RunContext, interest: Interest, clients: Mapping[str, QuickOpenAI]
) -> AsyncIterator[tuple[Estimate, RunContext]]:
    """An estimate to be filled, and a context of a copy in which what is called is noted there."""
    from langsmith import tracing_context

    estimate = await asyncio.to_thread(Estimate, ctx, interest)
    models = [endpoint.name for endpoint in ctx.settings.endpoints.values()]
    modes = await asyncio.to_thread(lambda: [estimate.history.mode(model) for model in models])
    worked = {model: mode for model, mode in zip(models, modes, strict=True) if mode}
    try:
        async with copied(ctx, estimate.notes, worked, clients) as copy:
            # What does not happen is traced nowhere, whatever the environment asks for.
            with tracing_context(enabled=False):
                yield estimate, copy
    finally:
        await asyncio.to_thread(estimate.ledger.close)


async def _rest(
    ctx: RunContext, copy: RunContext, interest: Interest, found: DryRun, estimate: Estimate
) -> None:
    """What comes after extracting: pairs, questions, probes."""
    history, noted = estimate.history, estimate.notes.calls
    extracting = [call for call in noted.values() if call.prompt.startswith("extract@")]
    each = 0.0
    if extracting:
        each = await asyncio.to_thread(history.nuggets, extracting[0].model)
    new = len(extracting) * each
    if any(call.prompt.startswith("screen@") for call in noted.values()):
        history.take("every paper fits")
    if ctx.settings.roles.judge and (new or any(not one.cluster for one in found.nuggets)):
        history.take("no pair of nuggets is to be judged: how many are in doubt, nobody knows yet")
    if not (target := interest.target or ctx.settings.roles.target):
        return
    todo, version, there = await asyncio.to_thread(_unprobed, ctx, target, found.nuggets)
    before = len(noted)
    made = await write(copy, (one for one in todo if one.id not in there), [])
    unwritten = len(noted) - before
    if extracting:
        await asyncio.to_thread(estimate.expect, "questions", "teacher", new)
    if target in ctx.settings.endpoints:
        there |= {q.nugget for q in made.questions if q.purpose is Purpose.PROBE}
        nuggets = len(there) + unwritten + new
        model = ctx.settings.endpoints[target].name
        calls = await asyncio.to_thread(history.probes, model, version)
        await asyncio.to_thread(estimate.expect, "probe_choice", "target", nuggets * calls)


def _unprobed(
    ctx: RunContext, target: str, nuggets: list[Nugget]
) -> tuple[list[Nugget], str, set[str]]:
    """One nugget of each cluster about which the target was not asked; its version's id; and the
    ids of those about which questions are there.
    """
    todo = [nugget for nugget in nuggets if nugget.cluster in ("", nugget.id)]
    try:
        version = ctx.process.lineage.current(target).id
    except NoSuch:
        version = ""
    else:
        probes = ctx.store.all(Probe, model=version, nugget=[nugget.id for nugget in todo])
        done = {probe.nugget for probe in probes if probe.verdict is not Verdict.UNPROBED}
        todo = [nugget for nugget in todo if nugget.id not in done]
    asked = probe_questions(ctx, [nugget.id for nugget in todo])
    return todo, version, {question.nugget for question in asked}


def _papers(found: DryRun) -> dict[str, Any]:
    read = [paper for paper in found.papers if paper.status is PaperStatus.READ]
    return {
        "papers": len(found.papers),
        "unreadable": dict(Counter(paper.reason for paper in found.papers if paper.reason)),
        "left_out": len(read) - len(found.screened),
        "mined_already": len(found.extracted),
        "to_mine": len(found.screened) - len(found.extracted),
        "passages": found.passages,
    }


def _known(settings: Settings, name: str) -> tuple[str, Price, int]:
    """A model's name in the records, the price of its calls, and how many go at once."""
    bound = settings.bound(name)
    if isinstance(bound, ModelSettings):
        return f"hf:{settings.locate(bound.path)}", lambda *_: 0.0, 1
    return bound.name, bound.price, bound.most_in_flight
