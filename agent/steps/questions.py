"""Questions about nuggets: written by whoever teaches, vetted by code and, where bound, a judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agent.context import by_id, by_paper
from memory.errors import BadReply
from memory.records import Nugget, Purpose, Question, QuestionKind, QuestionSet
from tools.endpoints.gather import gather
from tools.questions import SetReport, VettedSet, vet_set

if TYPE_CHECKING:
    from agent.context import RunContext


class WrittenQuestions(NamedTuple):
    """What came of asking for questions."""

    questions: list[Question]
    lost: dict[str, BadReply]
    """Nuggets, by id, about which there was no answer."""

    def demand(self) -> None:
        """Raises BadReply where asking again may help: nothing is to be taught by halves."""
        missing = [fault for fault in self.lost.values() if fault.passing]
        if missing:
            raise BadReply(
                missing[-1].reason,
                f"{len(missing)} nuggets got no questions. {missing[-1].what}",
                "goldpan doctor says what is the matter; then: goldpan runs resume.",
            )


async def write(ctx: RunContext, nuggets: Iterable[Nugget], pool: list[Nugget]) -> WrittenQuestions:
    """Questions of every purpose about each nugget. pool: lends wrong options. Saves nothing."""
    lost: dict[str, BadReply] = {}
    teacher = (await ctx.ready_engines()).teacher

    async def about(nugget: Nugget) -> list[Question]:
        try:
            return await teacher.questions(nugget, pool)
        except BadReply as fault:
            lost[nugget.id] = fault
            return []

    made = await gather(map(about, nuggets))
    return WrittenQuestions([question for some in made for question in some], lost)


async def written(
    ctx: RunContext, nuggets: Iterable[Nugget], pool: list[Nugget]
) -> WrittenQuestions:
    """What teaches and examines the accepted of these nuggets; of the others only what examines.

    pool: lends wrong options. Saves nothing.
    """
    about = {nugget.id: nugget for nugget in nuggets}
    made = await write(ctx, about.values(), pool)
    wanted = [
        question
        for question in made.questions
        if question.purpose is Purpose.EXAM
        or (question.purpose is Purpose.TRAIN and about[question.nugget].teachable)
    ]
    return made._replace(questions=wanted)


async def lesson(
    ctx: RunContext, interest: str, taught: Sequence[str], control: Sequence[str]
) -> list[str]:
    """Ids of the questions that teach and examine; each paper's are saved when they are there.

    interest, taught, control: ids. Raises BadReply where some are missing that may yet come; what
    came is saved.
    """

    def opened() -> tuple[dict[str, Nugget], list[Nugget]]:
        nuggets = ctx.store.all(Nugget, id=[*taught, *control])
        return {nugget.id: nugget for nugget in nuggets}, ctx.pool(interest)

    nuggets, pool = await ctx.in_thread(opened)
    papers, done = by_paper((one.paper, one.id) for one in nuggets.values()), 0

    async def about(names: list[str]) -> WrittenQuestions:
        nonlocal done
        made = await written(ctx, [nuggets[name] for name in names], pool)
        await ctx.in_thread(ctx.store.add, *made.questions)
        done += 1
        ctx.reporter.progress("papers questioned", done, len(papers))
        return made

    made = await gather(map(about, papers.values()))
    for one in made:
        one.demand()
    return sorted({question.id for one in made for question in one.questions})


async def vetted(
    ctx: RunContext,
    questions: Iterable[Question],
    beside: Iterable[Question],
    about: Sequence[Nugget],
) -> VettedSet:
    """The questions as a set, by code; where a judge is bound, it looks at what code lets pass.

    beside: what was probed with, to be compared with. about: the nuggets asked about, by id.
    """
    found = await ctx.in_thread(vet_set, by_id(questions), list(about), beside=by_id(beside))
    if (judge := (await ctx.ready_engines()).judge) is None:
        return found
    asked: dict[str, list[Question]] = {nugget.id: [] for nugget in about}
    for question in found.questions:
        asked[question.nugget].append(question)
    judged = await gather(judge.judge(asked[nugget.id], nugget) for nugget in about)
    return found._replace(questions=[question for some in judged for question in some])


async def checked(
    ctx: RunContext, written: Sequence[str], taught: Sequence[str], control: Sequence[str]
) -> VettedSet:
    """The written questions, vetted and saved; what fails is kept with its reason, never used."""

    def opened() -> tuple[list[Question], list[Question], list[Nugget]]:
        about = by_id(ctx.store.all(Nugget, id=[*taught, *control]))
        return ctx.store.all(Question, id=list(written)), probe_questions(ctx, taught), about

    found = await vetted(ctx, *await ctx.in_thread(opened))
    together = question_set(ctx.run, found.report)
    await ctx.in_thread(ctx.store.put, *found.questions, together)
    for reason, count in sorted(found.report.refused.items()):
        ctx.log("vet", f"{count} questions refused: {reason}")
    return found


def question_set(run: str, found: SetReport) -> QuestionSet:
    """What a run's vetted questions are like as a set, to be kept."""
    return QuestionSet(
        run=run,
        choices=sum(found.options.values()),
        by_options={str(size): count for size, count in sorted(found.options.items())},
        by_level=dict(found.levels),
        guessed_by_options_alone=round(found.guess.accuracy, 3),
        chance=round(found.guess.chance, 3),
        p_of_guessing=round(found.guess.p, 3),
        p_of_places=round(found.places, 3),
        key_length=round(found.length, 3),
        fair=found.fair,
    )


def probe_questions(ctx: RunContext, nuggets: Iterable[str]) -> list[Question]:
    """What these nuggets (ids) were or are to be probed with."""
    return by_id(ctx.store.all(Question, nugget=list(nuggets), purpose=Purpose.PROBE))


def unjudged(ctx: RunContext, questions: Iterable[Question]) -> int:
    """Questions that a judge should have looked at and did not; none where no judge is bound."""
    if ctx.engines.judge is None:
        return 0
    asked = [q for q in questions if q.kind is QuestionKind.MCQ and q.vetted]
    return sum("judge" not in question.scores for question in asked)
