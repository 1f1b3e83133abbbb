"""The discovery graph on a real store and index, with scripted engines."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.services import report, runs
from agent.steps import review
from memory.errors import NothingToDo, SourceDown, Trouble
from memory.records import (
    Decision,
    Document,
    Interest,
    Nugget,
    NuggetStatus,
    Paper,
    PaperStatus,
    Record,
    Run,
    RunStatus,
    Verdict,
)
from tests.agent.fakes import World, facts

ALPHA = "The point of alphium is 100 kelvin."
BETA = "The point of betium is 200 kelvin."
GAMMA = "The point of gammium is 300 kelvin."


def discover(world: World, folder: Path, answer: object = None) -> Run:
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
    world.space.store.add(interest)
    run = runs.start(world.space, "discover", interest)
    return runs.drive(world.space, world.context(), run, answer)


def test_a_run_ends_at_the_review_with_what_is_news_to_the_target(world: World) -> None:
    run = discover(world, world.papers(a=ALPHA, b=f"{BETA}\n{GAMMA}"))
    assert run.status is RunStatus.WAITING
    told = report.found(world.space.store, run)
    assert told["papers_read"] == 2
    assert told["nuggets"] == told["quotes_located"] == 3
    assert told["verdicts"]["known"] == 1
    items = review.queue(world.space.store, interest=run.interest)
    assert {i.nugget.claim for i in items if i.verdict is Verdict.UNKNOWN} == {BETA, GAMMA}


def test_a_candidate_whose_quote_is_not_in_its_source_never_becomes_a_nugget(world: World) -> None:
    """The scripted teacher lies once in every paper."""
    discover(world, world.papers(a=ALPHA, b=BETA))
    assert {n.quote for n in world.space.store.all(Nugget)} == {ALPHA, BETA}


def test_one_bad_paper_costs_only_itself(world: World) -> None:
    run = discover(world, world.papers(a=ALPHA, bad="SCAN"))
    told = report.found(world.space.store, run)
    assert (told["papers"], told["papers_read"]) == (2, 1)
    assert told["skipped"] == {"no_text_layer": 1}
    [bad] = world.space.store.all(Paper, status=PaperStatus.SKIPPED)
    assert "OCR" in bad.note
    assert not world.space.store.all(Document, paper=bad.id)


def test_a_second_run_reads_and_mines_nothing_again(world: World) -> None:
    folder = world.papers(a=ALPHA, b=BETA)
    discover(world, folder)
    discover(world, folder)
    assert sorted(world.reader.read) == ["a.pdf", "b.pdf"]
    assert sorted(world.teacher.extracted) == ["a", "b"]


def test_a_crash_in_a_fan_out_repeats_only_what_was_in_flight(world: World) -> None:
    """Whatever the error: the run goes on from its checkpoint and pays for nothing twice."""
    folder = world.papers(**{f"p{n}": fact for n, fact in enumerate(facts(0, 8), 1)})

    def crash(path: Path) -> None:
        if path.name == "p5.pdf":
            raise RuntimeError("a bug")

    world.reader.before = crash
    with pytest.raises(RuntimeError):
        discover(world, folder)
    world.reader.before = lambda path: None
    again = runs.drive(world.space, world.context(), runs.unfinished(world.space))
    assert again.status is RunStatus.WAITING
    assert sorted(world.reader.read) == [f"p{n}.pdf" for n in range(1, 9)]
    assert report.found(world.space.store, again)["nuggets"] == 8


def test_a_source_that_is_down_for_a_moment_is_asked_again(world: World) -> None:
    failures = [SourceDown("no answer"), SourceDown("no answer")]

    def flaky(path: Path) -> None:
        if failures:
            raise failures.pop()

    world.reader.before = flaky
    assert discover(world, world.papers(a=BETA)).status is RunStatus.WAITING


def test_trouble_marks_the_run_failed_and_it_can_be_resumed(world: World) -> None:
    def down(path: Path) -> None:
        raise Trouble("the disk went away")

    world.reader.before = down
    with pytest.raises(Trouble, match="went away"):
        discover(world, world.papers(a=BETA))
    failed = runs.unfinished(world.space)
    assert (failed.status, failed.note) == (RunStatus.FAILED, "the disk went away")
    world.reader.before = lambda path: None
    assert runs.drive(world.space, world.context(), failed).status is RunStatus.WAITING


def test_an_interest_without_a_source_says_how_to_give_one(world: World) -> None:
    interest = Interest(name="points", topic="points")
    world.space.store.add(interest)
    with pytest.raises(NothingToDo, match="--papers FOLDER"):
        runs.drive(world.space, world.context(), runs.start(world.space, "discover", interest))


def test_excluded_words_keep_a_paper_out(world: World) -> None:
    folder = world.papers(alphas=ALPHA, betas=BETA)
    interest = Interest(name="p", topic="p", sources=(f"folder:{folder}",), exclude=("ALPHA",))
    world.space.store.add(interest)
    run = runs.start(world.space, "discover", interest)
    runs.drive(world.space, world.context(), run)
    assert {n.claim for n in world.space.store.all(Nugget)} == {BETA}


def test_the_policy_accepts_the_unknown_once_however_often_it_is_carried_out(world: World) -> None:
    """A kill may fall between the decision and its checkpoint."""
    run = discover(world, world.papers(a=ALPHA, b=BETA), {"policy": review.POLICY})
    assert run.status is RunStatus.DONE
    [decision] = world.space.store.all(Decision)
    assert decision.actor == review.POLICY
    assert [n.claim for n in world.space.store.all(Nugget, status=NuggetStatus.ACCEPTED)] == [BETA]


def test_papers_that_say_the_same_become_one_proposal_with_two_sources(world: World) -> None:
    run = discover(world, world.papers(a=BETA, b=f"{BETA}\n{GAMMA}"))
    items = review.queue(world.space.store, interest=run.interest)
    assert {(i.nugget.claim, i.sources) for i in items} == {(BETA, 2), (GAMMA, 1)}


def test_without_a_target_nothing_is_probed_and_nothing_called_unknown(world: World) -> None:
    world.settings = world.settings.model_copy(
        update={"roles": world.settings.roles.model_copy(update={"target": ""})}
    )
    run = discover(world, world.papers(a=ALPHA))
    assert report.found(world.space.store, run)["verdicts"]["unprobed"] == 1


def test_every_record_of_a_run_names_its_maker(world: World) -> None:
    discover(world, world.papers(a=ALPHA))
    made: list[Record] = list(world.space.store.all(Nugget))
    assert all(record.made_by for record in made)  # type: ignore[attr-defined]


def test_a_step_that_was_finished_but_not_closed_is_not_the_end_of_the_run(world: World) -> None:
    """A kill between a task's result and its step's checkpoint leaves a run with nothing to do."""
    run = discover(world, world.papers(a="\n".join(facts(0, 4))))
    with closing(sqlite3.connect(world.home / "checkpoints.sqlite")) as base, base:
        base.execute(
            "delete from checkpoints where checkpoint_id = "
            "(select max(checkpoint_id) from checkpoints)"
        )
    again = runs.drive(world.space, world.context(), run)
    assert again.status is RunStatus.WAITING
    done = runs.drive(world.space, world.context(), again, {"policy": review.POLICY})
    assert done.status is RunStatus.DONE
    assert world.space.store.count(Decision)
