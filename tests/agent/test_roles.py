"""Claims about what models do in a run beside extracting: rate, profile and judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.calls.roles import Engines
from agent.services import runs
from agent.steps import review
from benchmarks.doubles.scripted import Scripted, scripted_connection
from memory.errors import Trouble
from memory.records import (
    Event,
    Interest,
    Nugget,
    Profile,
    Purpose,
    Question,
    QuestionKind,
    Relevance,
    Run,
    RunStatus,
)
from tests.agent.fakes import World, facts
from tools.replies.losses import Loss
from tools.teachers import Threaded
from tools.teachers.model import QuestionJudge
from tools.teachers.model.enrich import Enricher
from tools.teachers.model.screen import Screener

ALPHA = "The point of alphium is 100 kelvin."
BETA = "The point of betium is 200 kelvin."
Script = Callable[[str], Any]


def with_models(world: World, **models: tuple[Any, Script]) -> dict[str, Scripted]:
    """The world's teacher, and beside it these kinds of workers with these scripts."""
    spoke = {name: Scripted(script=script) for name, (_, script) in models.items()}

    def make_engines(on_loss: Callable[[Loss], None]) -> Engines:
        workers = {
            name: kind(scripted_connection(spoke[name]), on_loss)
            for name, (kind, _) in models.items()
        }
        return replace(Engines(Threaded(world.teacher)), **workers)

    world.make_engines = make_engines
    return spoke


def discover(world: World, folder: Path, **more: Any) -> Run:
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",), **more)
    world.space.store.put(interest)
    run = runs.start(world.space, "discover", interest)
    return runs.drive(world.space, world.context(), run)


def rating(scores: dict[str, int]) -> Script:
    def said(asked: str) -> str:
        [score] = [score for word, score in scores.items() if word in asked]
        return json.dumps({"ratings": [{"reason": "By its title.", "score": score}]})

    return said


@pytest.mark.parametrize(("exploration", "left"), [(0.0, {BETA}), (1.0, {ALPHA, BETA})])
def test_a_paper_that_does_not_fit_is_left_out_unless_it_is_there_to_explore(
    world: World, exploration: float, left: set[str]
) -> None:
    folder, store = world.papers(alpha=ALPHA, beta=BETA), world.space.store
    with_models(world, screener=(Screener, rating({"alpha": 2, "beta": 8})))
    discover(world, folder, exploration=exploration)
    assert {nugget.claim for nugget in store.all(Nugget)} == left
    assert sorted(one.score for one in store.all(Relevance)) == [2, 8]
    [told] = [event.text for event in store.all(Event, stage="screen")]
    assert told.startswith("alpha.pdf: fits by 2 of 10: By its title.")
    assert told.endswith("(read all the same, to explore)") is (exploration == 1)


def test_a_rating_is_asked_for_once_until_the_interest_asks_for_something_else(
    world: World,
) -> None:
    folder = world.papers(alpha=ALPHA)
    spoke = with_models(world, screener=(Screener, rating({"alpha": 9})))
    for _ in range(2):
        discover(world, folder)
    assert len(spoke["screener"].asked) == 1
    discover(world, folder, prompt="Only of metals.")
    assert len(spoke["screener"].asked) == 2


def test_a_rating_that_does_not_come_leaves_its_paper_in(world: World) -> None:
    with_models(world, screener=(Screener, lambda asked: "I cannot help with that."))
    discover(world, world.papers(alpha=ALPHA))
    assert world.space.store.count(Nugget) == 1


def test_a_profile_that_does_not_come_is_asked_for_again_and_is_told_of(world: World) -> None:
    folder, store = world.papers(alpha=ALPHA), world.space.store
    with_models(world, profiler=(Enricher, lambda asked: ""))
    assert discover(world, folder).lost == {"profiles": 1}
    sketch = {"summary": ALPHA, "keywords": ["alphium"], "people": ["Nobody"], "organisations": [],
              "places": []}  # fmt: skip
    with_models(world, profiler=(Enricher, lambda asked: json.dumps({"profiles": [sketch]})))
    assert discover(world, folder).lost == {}
    [profile] = store.all(Profile)
    assert (profile.summary, profile.people) == (ALPHA, ())


def test_a_judge_refuses_questions_and_leaves_alone_what_it_does_not_judge(world: World) -> None:
    """What is told in statements is no matter for a judge, and is taught all the same."""
    wrong = {"question": 1, "choice": "none", "right": [], "alone": True, "score": 9}
    spoke = with_models(
        world, judge=(QuestionJudge, lambda asked: json.dumps({"judgements": [wrong]}))
    )
    run = discover(world, world.papers(a="\n".join(facts(1, 30)), b="\n".join(facts(30, 41))))
    runs.drive(world.space, world.context(), run, {"policy": review.POLICY})
    interest = world.space.store.all(Interest)[0]
    teaching = runs.start(world.space, "teach", interest)
    with suppress(Trouble):
        runs.drive(world.space, world.context(), teaching)
    questions = world.space.store.all(Question)
    assert spoke["judge"].asked
    assert {q.kind for q in questions if q.purpose is Purpose.TRAIN and q.vetted} == {
        QuestionKind.STATEMENT
    }
    judged = [q for q in questions if "judge" in q.scores]
    assert judged
    assert {q.rejected for q in judged} == {"judged_ambiguous"}


def test_what_a_judge_left_unjudged_is_told_of_as_lost(world: World) -> None:
    with_models(world, judge=(QuestionJudge, lambda asked: "I cannot help with that."))
    run = discover(world, world.papers(a="\n".join(facts(1, 30)), b="\n".join(facts(30, 41))))
    runs.drive(world.space, world.context(), run, {"policy": review.POLICY})
    interest = world.space.store.all(Interest)[0]
    teaching = runs.start(world.space, "teach", interest)
    done = runs.drive(world.space, world.context(), teaching)
    assert done.status is RunStatus.PARTIAL
    assert done.lost["questions not judged"] > 0
