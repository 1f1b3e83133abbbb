"""Ask in rounds until every belief is decided, or the calls are used up. One record a nugget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from memory.errors import BadReply
from memory.records import Nugget, Question, QuestionKind, digest
from tools.endpoints.gather import gather
from tools.probe.words.asking import QuestionAsker
from tools.probe.words.belief import leaning
from tools.probe.words.exchanges import Cost, Effort, Form, GradedReply, ProbeCall
from tools.probe.words.ignorance import Ignorance
from tools.questions import normal
from tools.replies.losses import Losses

FIRST = 4
"""Calls for each nugget in the first round: with fewer, no belief is ever decided."""
WORDS = 4
"""Words of an answer up to which it may be asked for without options: a longer one is put in other
words by whoever knows it."""


@dataclass
class ProbedNugget:
    """One nugget in the course of a probe."""

    nugget: Nugget
    ways: Sequence[tuple[Question, Form]]
    """How it can be asked, in turn."""
    control_sources: Sequence[Question]
    """Questions of other nuggets whose stems serve as false controls."""
    losses: Losses
    """Its replies that could not be read."""
    sent: int = 0
    letters: int = 0
    """Of those, how many with options."""
    controls: int = 0
    heard: list[GradedReply] = field(default_factory=list)
    checked: list[GradedReply] = field(default_factory=list)
    """What was heard to its false controls."""
    silent: int = 0
    """Replies in a row that could not be read."""

    @property
    def next_way(self) -> tuple[Question, Form]:
        """Each way once; then by letters again, in other orders: words would only be repeated."""
        if self.sent < len(self.ways):
            return self.ways[self.sent]
        again = [(question, Form.CHOICE) for question in self.by_letters] or self.ways
        return again[self.sent % len(again)]

    @property
    def by_letters(self) -> list[Question]:
        """Its questions that are asked with options."""
        return [question for question, form in self.ways if form is Form.CHOICE]


class Rounds:
    """A probe of one batch. seed: shuffles options and chooses controls, nothing else."""

    def __init__(
        self, cases: Sequence[ProbedNugget], asker: QuestionAsker, plan: Effort, seed: int
    ) -> None:
        self._cases = cases
        self._asker = asker
        self._plan = plan
        self._seed = seed
        self.ignorance = Ignorance(())
        self._calls = 0

    async def run(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Ask until nothing is left to ask. What is no fault of one call passes through."""
        asks = list(self._opening())
        while asks:
            for case, ask, said in await gather(map(self._one, asks)):
                _note(case, ask, said)
            self.ignorance = Ignorance(
                [h for case in self._cases for h in (*case.heard, *case.checked)]
            )
            asks = [(case, ask) for case in self._cases for ask in self._next(case)]
            if on_progress:
                open_still = len({case.nugget.id for case, _ in asks})
                on_progress(len(self._cases) - open_still, len(self._cases))

    def cost(self) -> Cost:
        """What it took, and what asking everything would have taken."""
        plan = self._plan
        heard = [one for case in self._cases for one in (*case.heard, *case.checked)]
        return Cost(
            calls=self._calls,
            controls=sum(case.controls for case in self._cases),
            fixed=sum(
                (plan.calls if case.ways else 0) + (plan.controls if _checkable(case) else 0)
                for case in self._cases
            ),
            likelihoods=sum(one.likely for one in heard),
            lost=_tally(case.losses for case in self._cases),
        )

    def _opening(self) -> Iterator[tuple[ProbedNugget, ProbeCall]]:
        """The first round: the pilot of false controls, and as many asks as are needed anyway."""
        able = sorted(filter(_checkable, self._cases), key=lambda case: self._draw(case.nugget.id))
        for case in able[: self._plan.pilot]:
            yield case, self._control(case)
        first = FIRST if self._plan.adaptive else self._plan.calls
        for case in self._cases:
            for _ in range(min(first, self._plan.calls) if case.ways else 0):
                yield case, self._ask(case)

    def _next(self, case: ProbedNugget) -> list[ProbeCall]:
        """What to ask about it in the coming round; nothing where it is done."""
        plan = self._plan
        if not case.ways or case.silent >= plan.patience:
            return []
        leans = leaning(case.heard, self.ignorance)
        favoured = leans.known or leans.contradicted or case.sent >= plan.calls
        if (favoured or not plan.adaptive) and _checkable(case) and case.controls < plan.controls:
            return [self._control(case) for _ in range(plan.controls - case.controls)]
        if case.sent >= plan.calls or (plan.adaptive and leans.decided):
            return []
        return [self._ask(case)]

    def _ask(self, case: ProbedNugget) -> ProbeCall:
        question, form = case.next_way
        order: tuple[int, ...] = ()
        if form is Form.CHOICE:
            order = self._order(question, case.nugget.id, case.letters)
            case.letters += 1
        case.sent += 1
        return ProbeCall(case.nugget.id, question, form, question.stem, order, turn=case.sent)

    def _control(self, case: ProbedNugget) -> ProbeCall:
        """One of its option sets under a source's stem."""
        questions = case.by_letters
        question = questions[case.controls % len(questions)]
        sources = list(islice(_control_sources(case, question), case.controls + 1))
        source = sources[case.controls % len(sources)]
        order = self._order(question, f"control {case.nugget.id}", case.controls)
        case.controls += 1
        return ProbeCall(
            case.nugget.id, question, Form.CHOICE, source.stem, order, True, case.controls
        )

    def _order(self, question: Question, series: str, turn: int) -> tuple[int, ...]:
        """Options in an order of their own; the right one goes from letter to letter.

        In k turns of a series it stands at each letter once, whichever questions are asked.
        """
        k = len(question.options)
        others = [place for place in range(k) if place != question.key]
        others.sort(key=lambda place: self._draw(question.id, series, turn, place))
        at = (int(self._draw(series), 16) + turn) % k
        return (*others[:at], question.key, *others[at:])

    def _draw(self, *parts: object) -> str:
        return digest(self._seed, *parts)

    async def _one(
        self, asked: tuple[ProbedNugget, ProbeCall]
    ) -> tuple[ProbedNugget, ProbeCall, GradedReply | BadReply]:
        case, ask = asked
        self._calls += 1
        try:
            return case, ask, await self._asker.ask(ask)
        except BadReply as fault:
            return case, ask, fault


def _note(case: ProbedNugget, ask: ProbeCall, said: GradedReply | BadReply) -> None:
    if isinstance(said, BadReply):
        case.losses.fail(said)
        case.silent += not ask.control
    elif ask.control:
        case.checked.append(said)
    else:
        case.heard.append(said)
        case.silent = 0


def cases(asked: Sequence[tuple[Nugget, Sequence[Question]]], seed: int) -> Iterator[ProbedNugget]:
    """A case for each nugget. The seed draws the sources of controls, no order of the batch."""
    drawn = sorted(
        (question for _, questions in asked for question in questions if question.options),
        key=lambda question: digest(seed, question.id),
    )
    for nugget, questions in asked:
        mine = sorted(questions, key=lambda question: digest(seed, question.id))
        # From its own place on, so that not all of a batch meet the same controls.
        start = int(digest(seed, nugget.id), 16) % max(1, len(drawn))
        others = (*drawn[start:], *drawn[:start])
        others = tuple(question for question in others if question.nugget != nugget.id)
        yield ProbedNugget(nugget, list(_ways(mine)), others, Losses("probe", nugget.id))


def _tally(losses: Iterable[Losses]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in losses:
        for loss in one.listed():
            found[loss.reason] += loss.count
    return found


def _ways(questions: Sequence[Question]) -> Iterator[tuple[Question, Form]]:
    """Question by question, the forms by turns; then the same with the forms changed over."""
    both = (Form.CHOICE, Form.SHORT)
    for turn in range(2):
        for place, question in enumerate(questions):
            form = both[(place + turn) % 2]
            if form in _forms(question):
                yield question, form


def _forms(question: Question) -> Iterable[Form]:
    if question.kind is QuestionKind.MCQ:
        yield Form.CHOICE
    if question.kind is QuestionKind.SHORT or len(normal(question.answer).split()) <= WORDS:
        yield Form.SHORT


def _checkable(case: ProbedNugget) -> bool:
    return any(True for question in case.by_letters[:1] for _ in _control_sources(case, question))


def _control_sources(case: ProbedNugget, question: Question) -> Iterator[Question]:
    """Those whose own answer is not among the options: it would be right there. Its form first."""
    options = {normal(option) for option in question.options}
    for like in (True, False):
        for other in case.control_sources:
            if (other.form == question.form) is like and normal(other.answer) not in options:
                yield other
