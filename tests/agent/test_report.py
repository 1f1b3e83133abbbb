"""What the report says: of what stands in the store, and of nothing older."""

from __future__ import annotations

from agent.services import report, runs
from agent.steps import review
from memory.records import Interest, Nugget, Probe, Verdict
from tests.agent.fakes import World, facts


def test_a_verdict_is_what_the_newest_version_said(world: World) -> None:
    """The report and the review must not tell two stories of one nugget."""
    folder, store = world.papers(a="\n".join(facts(0, 3))), world.space.store
    store.add(interest := Interest(name="points", topic="points", sources=(f"folder:{folder}",)))
    run = runs.start(world.space, "discover", interest)
    runs.drive(world.space, world.context(), run)
    assert report.found(store, run)["verdicts"]["known"] == 0
    taught = store.all(Nugget)[1].id
    store.put(Probe(nugget=taught, model="newer", verdict=Verdict.KNOWN, p_known=0.9))
    verdicts = report.found(store, run)["verdicts"]
    assert verdicts["known"] == 1
    assert sum(verdicts.values()) == 3
    shown = {item.nugget.id: item.verdict for item in review.queue(store)}
    assert [name for name, verdict in shown.items() if verdict is Verdict.KNOWN] == [taught]
