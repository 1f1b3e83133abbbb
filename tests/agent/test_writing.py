"""Claims about nuggets that got no questions; graphs and store are real, the teacher is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from agent.calls.roles import Engines
from agent.services import runs
from agent.services.interests import find_interest
from agent.steps import review
from memory.errors import BadReply
from memory.records import Interest, Nugget, Probe, Question, Run, RunStatus
from tests.agent.fakes import Teacher, World, facts
from tools.teachers import Threaded

FACTS = facts(0, 20)
FIRST = FACTS[0]


class Failing(Threaded):
    """Writes nothing about some claims, and says why."""

    def __init__(self, about: Callable[[str], bool], reason: str = "down") -> None:
        super().__init__(Teacher())
        self.about, self.reason = about, reason

    async def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        if self.about(nugget.claim):
            raise BadReply(self.reason, "The endpoint did not answer.")
        return await super().questions(nugget, pool)


def discover(world: World) -> Run:
    folder = world.papers(a="\n".join(FACTS[:10]), b="\n".join(FACTS[10:]))
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
    world.space.store.put(interest)
    run = runs.start(world.space, "discover", interest)
    return runs.drive(world.space, world.context(), run, {"policy": review.POLICY})


def teach_by(world: World, teacher: Threaded) -> None:
    world.make_engines = lambda _: Engines(teacher)


def test_a_nugget_without_questions_makes_its_run_partial_and_is_written_about_next_time(
    world: World,
) -> None:
    store = world.space.store
    teach_by(world, Failing(lambda claim: claim == FIRST))
    run = discover(world)
    assert (run.status, run.lost) == (RunStatus.PARTIAL, {"nuggets not probed": 1})
    [lost] = [nugget for nugget in store.all(Nugget) if nugget.claim == FIRST]
    assert not store.all(Question, nugget=lost.id) + store.all(Probe, nugget=lost.id)

    again = Failing(lambda claim: claim != FIRST)
    teach_by(world, again)
    run = runs.drive(world.space, world.context(), run, {"policy": review.POLICY})
    assert run.status is RunStatus.DONE
    assert store.all(Probe, nugget=lost.id)


def test_where_no_nugget_gets_questions_the_run_has_failed(world: World) -> None:
    teach_by(world, Failing(lambda _: True))
    with pytest.raises(BadReply, match="None of 20 nuggets"):
        discover(world)
    assert not world.space.store.all(Probe)
    assert [run.status for run in world.space.store.all(Run)] == [RunStatus.FAILED]


@pytest.mark.parametrize(("reason", "waits"), [("down", True), ("refused", False)])
def test_nothing_is_taught_by_halves_unless_asking_again_is_no_use(
    world: World, reason: str, waits: bool
) -> None:
    discover(world)
    taught = runs.start(world.space, "teach", find_interest(world.space, "points"))
    teach_by(world, Failing(lambda claim: claim == FIRST, reason))
    if waits:
        with pytest.raises(BadReply, match="1 nuggets got no questions"):
            runs.drive(world.space, world.context(), taught)
        assert not world.trainer.trained
        teach_by(world, Failing(lambda _: False))
        taught = world.space.store.get(Run, taught.id)
    assert runs.drive(world.space, world.context(), taught).status is RunStatus.DONE
    assert world.trainer.trained == 1
