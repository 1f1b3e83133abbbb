"""The discovery graph with the teacher that asks a model; what the model says is scripted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.calls.roles import Engines
from agent.services import runs
from benchmarks.doubles.scripted import Scripted, candidate, reply_of
from memory.errors import EndpointTrouble
from memory.records import Event, Extraction, Interest, Nugget, Run, RunStatus
from tests.agent.fakes import World
from tools.endpoints.connection import Connection
from tools.replies.losses import Loss
from tools.teachers.model import ModelTeacher
from tools.teachers.model.enrich import Enricher

ALPHA = "The point of alphium is 100 kelvin."
BETA = "The point of betium is 200 kelvin."


def script(refuses: str = "\0") -> Any:
    def said(asked: str) -> str:
        if refuses in asked:
            return "I cannot help with that."
        if "Finding:" in asked:
            return '{"exercises": []}'
        return reply_of(*(candidate(claim) for claim in (ALPHA, BETA) if claim in asked))

    return said


def discover(world: World, folder: Path) -> Run:
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
    world.space.store.put(interest)
    run = runs.start(world.space, "discover", interest)
    return runs.drive(world.space, world.context(), run)


def test_a_paper_without_an_answer_costs_only_itself_and_is_asked_about_again(world: World) -> None:
    """A refusal is no finding of an empty paper."""
    folder, store = world.papers(a=ALPHA, b=BETA), world.space.store
    model = Scripted(script=script("betium"))
    world.make_engines = lambda on_loss: Engines(ModelTeacher(Connection(model, "toy"), on_loss))
    assert discover(world, folder).status is RunStatus.WAITING
    assert {nugget.claim for nugget in store.all(Nugget)} == {ALPHA}
    assert [event.text for event in store.all(Event, stage="extract") if "refused: T" in event.text]
    assert sorted(extraction.lost for extraction in store.all(Extraction)) == [0, 1]

    world.make_engines = lambda _: Engines(
        ModelTeacher(Connection(Scripted(script=script()), "toy"))
    )
    discover(world, folder)
    assert {nugget.claim for nugget in store.all(Nugget)} == {ALPHA, BETA}


def test_where_two_steps_fail_at_once_the_run_says_why_and_not_that_one_was_cancelled(
    world: World,
) -> None:
    """Profiles are made while nuggets are extracted, over the same connections."""
    fault = EndpointTrouble("key", "The key is refused.", "Mend it.")

    def make_engines(on_loss: Callable[[Loss], None]) -> Engines:
        connection = Connection(Scripted(script=lambda _: fault), "toy")
        return Engines(ModelTeacher(connection, on_loss), Enricher(connection, on_loss))

    world.make_engines = make_engines
    with pytest.raises(EndpointTrouble, match="refused"):
        discover(world, world.papers(a=ALPHA, b=BETA))
    [run] = world.space.store.all(Run)
    assert run.status is RunStatus.FAILED
    assert "refused" in run.note
