"""The discovery graph with the teacher that asks a model; what the model says is scripted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.calls.roles import Engines
from agent.services import runs
from benchmarks.doubles.scripted import Scripted, candidate, reply_of
from memory.records import Event, Extraction, Interest, Nugget, Run, RunStatus
from tests.agent.fakes import World
from tools.endpoints.connection import Connection
from tools.teachers.model import ModelTeacher

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
    world.staff = lambda on_loss: Engines(ModelTeacher(Connection(model, "toy"), on_loss))
    assert discover(world, folder).status is RunStatus.WAITING
    assert {nugget.claim for nugget in store.all(Nugget)} == {ALPHA}
    assert [event.text for event in store.all(Event, stage="extract") if "refused: T" in event.text]
    assert sorted(harvest.lost for harvest in store.all(Extraction)) == [0, 1]

    world.staff = lambda _: Engines(ModelTeacher(Connection(Scripted(script=script()), "toy")))
    discover(world, folder)
    assert {nugget.claim for nugget in store.all(Nugget)} == {ALPHA, BETA}
