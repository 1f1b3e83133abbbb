"""The teaching graph on a real store and lineage, with a scripted trainer and target."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec

import pytest

from agent.forecast import estimates
from agent.services import page as pages
from agent.services import report, runs
from agent.services.interests import find_interest
from agent.settings import TrainingSettings
from agent.steps import review
from agent.steps.approve import taught_by
from agent.steps.retention import exam_of
from memory.errors import BadInput, NothingToDo, TrainingFailed
from memory.lineage import Lineage
from memory.records import (
    Action,
    Dataset,
    Event,
    Interest,
    Job,
    JobStatus,
    ModelVersion,
    Nugget,
    Purpose,
    Question,
    QuestionSet,
    Run,
    RunStatus,
    Stage,
    TeachingResult,
    TrainingSpec,
)
from tests.agent.fakes import World, facts

FACTS = facts(0, 20)


@pytest.fixture
def ready(world: World) -> World:
    """A world in which 20 unknown facts were found and accepted by policy."""
    folder = world.papers(a="\n".join(FACTS[:10]), b="\n".join(FACTS[10:]))
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
    world.space.store.add(interest)
    run = runs.start(world.space, "discover", interest)
    runs.drive(world.space, world.context(), run, {"policy": review.POLICY})
    return world


def interest_of(world: World) -> Interest:
    return find_interest(world.space, "points")


def teach(world: World) -> Run:
    run = runs.start(world.space, "teach", interest_of(world))
    return runs.drive(world.space, world.context(), run)


def test_what_was_accepted_is_taught_examined_and_promoted(ready: World) -> None:
    run = teach(ready)
    assert run.status is RunStatus.DONE
    version = report.candidate(ready.space, run)
    assert version is not None
    assert version.stage is Stage.CURRENT
    scores = {score.metric: score.value for score in version.scores}
    assert scores["new_before"] < 0.5
    assert scores["new_after"] == scores["old_before"] == scores["old_after"] == 1.0


def test_a_version_that_forgets_is_refused_and_the_old_one_stays(ready: World) -> None:
    ready.forgets = True
    run = teach(ready)
    version = report.candidate(ready.space, run)
    assert version is not None
    assert version.stage is Stage.REFUSED
    assert Lineage(ready.space.store, ready.home / "models").current("small").number == 0


def test_a_version_that_its_export_changes_is_refused(ready: World) -> None:
    ready.differing = 1
    version = report.candidate(ready.space, teach(ready))
    assert version is not None
    assert version.stage is Stage.REFUSED
    [parity] = [score for score in version.scores if score.metric == "parity"]
    assert f"reloaded model agree on {parity.n - 1} of {parity.n}" in version.gate


def test_a_paper_of_which_nothing_is_taught_is_the_control(ready: World) -> None:
    """What rises there too was not learnt by teaching."""
    store = ready.space.store
    [spared, _] = sorted({nugget.paper for nugget in store.all(Nugget)})
    review.decide(store, store.all(Nugget, paper=spared), Action.REJECT)
    version = report.candidate(ready.space, teach(ready))
    assert version is not None
    scores = {score.metric: score for score in version.scores}
    assert scores["control_before"].value == scores["control_after"].value != 1
    assert scores["new_after"].value == 1
    assert min(scores["control_after"].n, scores["new_after"].n) > 10
    assert scores["leaks"].value == 0
    [dataset] = store.all(Dataset)
    asked = {q.nugget for q in store.all(Question, id=list(dataset.control))}
    assert {nugget.paper for nugget in store.all(Nugget, id=asked)} == {spared}


def test_the_memory_is_examined_beside_the_teaching(ready: World) -> None:
    """A model that can read what memory holds need not be taught: the reference line."""
    version = report.candidate(ready.space, teach(ready))
    assert version is not None
    scores = {score.metric: score for score in version.scores}
    assert scores["new_memory"].n == scores["new_before"].n
    assert scores["new_memory"].value is not None


def test_nothing_is_taught_that_nobody_accepted(ready: World) -> None:
    store = ready.space.store
    rejected = store.all(Nugget)[0]
    review.decide(store, [rejected], Action.REJECT)
    teach(ready)
    [dataset] = store.all(Dataset)
    assert rejected.id not in dataset.nuggets
    assert len(dataset.nuggets) == len(FACTS) - 1


def test_what_is_examined_was_not_trained_on(ready: World) -> None:
    teach(ready)
    [dataset] = ready.space.store.all(Dataset)
    trained = (ready.home / "datasets").glob("*/train.jsonl")
    text = "".join(path.read_text() for path in trained)
    held_out = [q for q in ready.space.store.all(Question) if q.purpose is not Purpose.TRAIN]
    assert held_out
    assert not [q for q in held_out if q.stem in text]
    assert not {q.id for q in held_out} & set(dataset.train)


def test_teaching_the_same_again_trains_nothing(ready: World) -> None:
    teach(ready)
    with pytest.raises(NothingToDo, match="taught already"):
        teach(ready)
    assert ready.trainer.trained == 1


def test_a_training_that_failed_is_resumed_with_the_same_dataset(ready: World) -> None:
    ready.trainer.failures = 1
    with pytest.raises(TrainingFailed):
        teach(ready)
    run = runs.drive(ready.space, ready.context(), runs.unfinished(ready.space))
    assert run.status is RunStatus.DONE
    assert ready.space.store.count(Dataset) == 1
    jobs = ready.space.store.all(Job, run=run.id)
    assert [(job.status, job.exit_code) for job in jobs] == [("failed", 1), ("done", 0)]
    assert {job.spec for job in jobs} == {spec.id for spec in ready.space.store.all(TrainingSpec)}


def test_a_training_that_was_killed_is_lost_once_it_is_resumed(ready: World) -> None:
    """Nobody was there to note its end; elsewhere, somebody is."""
    store = ready.space.store
    ready.trainer.failures = 1
    with pytest.raises(TrainingFailed):
        teach(ready)
    [failed] = store.all(Job)
    killed, elsewhere = (
        Job(spec=failed.spec, where=where, status=JobStatus.RUNNING) for where in ("here", "far")
    )
    store.put(killed, elsewhere)
    runs.drive(ready.space, ready.context(), runs.unfinished(ready.space))
    assert store.all(Job, status=JobStatus.LOST) == [killed.replace(status=JobStatus.LOST)]
    assert store.all(Job, status=JobStatus.RUNNING) == [elsewhere]


def test_what_was_answered_and_what_became_of_a_teaching_are_records(ready: World) -> None:
    """The log is for people."""
    store = ready.space.store
    run = teach(ready)
    version = report.candidate(ready.space, run)
    assert version is not None
    assert store.all(TeachingResult) == [
        TeachingResult(run=run.id, version=version.id, passed=True)
    ]
    rows = report.exam(store, version)
    scores = {score.metric: score for score in version.scores}
    new = [(answer, question) for answer, question in rows if answer.what == "new"]
    assert len(new) == scores["new_after"].n
    for when in ("before", "after", "memory"):
        right = sum(getattr(answer, when) == question.answer for answer, question in new)
        assert right / len(new) == scores[f"new_{when}"].value
    [found] = store.all(QuestionSet, run=run.id)
    assert found.choices == sum(found.by_options.values()) > 0
    told = report.taught(ready.space, run)["question_set"]
    assert QuestionSet(run=run.id, **told) == found


def test_a_second_cycle_teaches_old_and_new_from_the_base_and_keeps_what_was_taught(
    ready: World,
) -> None:
    teach(ready)
    more = facts(20, 40)
    ready.papers(c="\n".join(more))
    found = runs.start(ready.space, "discover", interest_of(ready))
    runs.drive(ready.space, ready.context(), found, {"decided": True})
    proposed = [item.nugget for item in review.queue(ready.space.store)]
    review.decide(ready.space.store, proposed, Action.ACCEPT)
    run = teach(ready)
    version = report.candidate(ready.space, run)
    assert version is not None
    assert version.number == 2
    assert len(taught_by(ready.space.store, version)) == len(FACTS) + len(more)
    scores = {score.metric: score for score in version.scores}
    before = ready.space.store.get(ModelVersion, version.parent)
    kept = exam_of(ready.space.store, taught_by(ready.space.store, before))
    assert kept
    assert scores["old_after"].n == 40 + len(kept)


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="here it may be done")
def test_a_forecast_refuses_a_training_that_cannot_be_done_here(ready: World) -> None:
    """Who looks first should not hear of it an hour later."""
    ready.settings = ready.settings.model_copy(
        update={"training": TrainingSettings(method="qlora")}
    )
    with pytest.raises(BadInput, match=r"bitsandbytes|CUDA"):
        asyncio.run(estimates.of_a_teaching(ready.context(), interest_of(ready)))


def test_a_forecast_says_what_teaching_takes_and_saves_nothing(ready: World) -> None:
    before = ready.space.store.count(Question)
    told = asyncio.run(estimates.of_a_teaching(ready.context(), interest_of(ready)))
    assert told["accepted_nuggets"] == told["of_them_new"] == len(FACTS)
    assert told["training_rows"] == len(FACTS)
    assert "learnt: 100.0% of the tokens" in told["preflight"]
    assert ready.space.store.count(Question) == before
    assert not (ready.home / "datasets").exists()


def test_what_would_be_learnt_is_shown_before_it_is_trained(ready: World) -> None:
    ready.trainer.failures = 1
    with pytest.raises(TrainingFailed):
        teach(ready)
    [shown] = ready.space.store.all(Event, stage="plan")
    assert f"{len(FACTS)} rows" in shown.text


def test_nothing_accepted_is_said_so(world: World) -> None:
    interest = Interest(name="points", topic="points")
    world.space.store.add(interest)
    with pytest.raises(NothingToDo, match="accepted"):
        runs.drive(world.space, world.context(), runs.start(world.space, "teach", interest))


def test_the_report_stands_alone_and_escapes_what_papers_say(ready: World) -> None:
    """A paper's text is data: a title that is a script must come out as text."""
    store = ready.space.store
    nugget = store.all(Nugget)[0]
    store.put(nugget.replace(claim=f"<script>alert(1)</script> {nugget.claim}"))
    taught = teach(ready)
    found = runs.latest(ready.space, "discover", interest_of(ready))
    assert found is not None
    page, summary = pages.write(ready.space, ready.home / "reports", found, taught)
    html = page.read_text()
    assert "<script>" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    assert json.loads(summary.read_text())["new_after"] > 0.9
