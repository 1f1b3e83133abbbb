"""The graphs by themselves, as a graph server invokes them: nothing of our own runner around."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from jsonschema import Draft202012Validator
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.types import Command

from agent.calls.connections import Connections
from agent.context import Context
from agent.graphs import discover, teach
from agent.graphs.nodes import always
from agent.services import runs
from agent.settings import Roles, Settings
from agent.steps import review
from benchmarks.doubles import real
from memory.errors import BadInput, Locked, NoSuch
from memory.lease import FileLease
from memory.records import (
    Decision,
    Event,
    Extraction,
    Interest,
    InterestStatus,
    Nugget,
    Record,
    Run,
    RunStatus,
)
from prompts import Message
from tests.agent.fakes import World, facts
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.mock import MockEndpoint, MockReply

KINDS: tuple[type[Record], ...] = (*real.KINDS, Extraction, Event, Run)
PASSING = {*real.PASSING, "ended", "seconds", "options"}
"""Fields that tell when or by which run."""
POLICY = {"policy": review.POLICY}
pytestmark = pytest.mark.usefixtures("prompt_loop")


def kept(world: World) -> dict[str, list[str]]:
    """Everything that two equal runs must have alike."""
    return {
        kind.__name__: sorted(_plain(record, world.home) for record in world.space.store.all(kind))
        for kind in KINDS
    }


def _plain(record: Record, home: Path) -> str:
    named = record.model_dump(mode="json", exclude=PASSING)
    if isinstance(record, Decision | Run | Event):
        del named["id"]
    return json.dumps(named, sort_keys=True).replace(str(home), "HOME")


def furnished(home: Path) -> World:
    """A workspace with an interest in two papers."""
    world = World(home, known="the point of alphium is 100 kelvin. ")
    folder = world.papers(a="\n".join(facts(1, 30)), b="\n".join(facts(30, 41)))
    world.space.store.add(Interest(name="points", topic="p", sources=(f"folder:{folder}",)))
    return world


def bare(graph: Any, context: Context, given: dict[str, Any], *answers: Any) -> dict[str, Any]:
    """Invoke a graph over a workspace, with an answer for each interrupt; what it gives at last."""

    async def invoked() -> dict[str, Any]:
        built: StateGraph[Any, Any, Any, Any] = graph.build(always(context))
        compiled = built.compile(checkpointer=InMemorySaver())
        config: Any = {"configurable": {"thread_id": "any"}}
        state = await compiled.ainvoke(given, config)
        for answer in answers:
            assert "__interrupt__" in state
            state = await compiled.ainvoke(Command(resume=answer), config)
        return dict(state)

    return asyncio.run(invoked())


def owned(context: Context, home: Path) -> Context:
    """The same, with a real lease that runs take."""

    def take() -> FileLease:
        lease = FileLease(home)
        lease.take("run")
        return lease

    context.take = take
    return context


def _on_one_thread(context: Context, *given: dict[str, Any]) -> list[dict[str, Any]]:
    """What a discovery gives for one input after the other, on one thread."""

    async def invoked() -> list[dict[str, Any]]:
        graph = discover.build(always(context)).compile(checkpointer=InMemorySaver())
        config: Any = {"configurable": {"thread_id": "any"}}
        return [dict(await graph.ainvoke(one, config)) for one in given]

    return asyncio.run(invoked())


def test_bare_graphs_leave_the_records_that_our_own_runs_leave(tmp_path: Path) -> None:
    ours, bared = furnished(tmp_path / "ours"), furnished(tmp_path / "bare")
    for graph in ("discover", "teach"):
        [interest] = ours.space.store.all(Interest)
        run = runs.start(ours.space, graph, interest)
        runs.drive(ours.space, ours.context(), run, POLICY)
    found = bare(discover, bared.context(), {"interest": "points"}, POLICY)
    assert found["proposed"]
    assert found["decided"]
    taught = bare(teach, bared.context(), {"interest": "points"})
    assert taught["passed"]
    assert kept(bared) == kept(ours)


def test_a_discovery_waits_at_its_interrupt_and_lets_the_workspace_go(tmp_path: Path) -> None:
    """Until a person has reviewed, days may pass."""
    world = furnished(tmp_path / "home")
    lease, context = FileLease(world.home), owned(world.context(), world.home)
    state = bare(discover, context, {"interest": "points"})
    assert state["__interrupt__"]
    [run] = world.space.store.all(Run)
    assert (run.status, run.ended) == (RunStatus.WAITING, "")
    assert lease.holder() is None


def test_a_run_that_finds_the_workspace_owned_fails_and_says_by_whom(tmp_path: Path) -> None:
    world = furnished(tmp_path / "home")
    owner, context = FileLease(world.home), owned(world.context(), world.home)
    owner.take("teach")
    with pytest.raises(Locked, match="teach"):
        bare(discover, context, {"interest": "points"})
    assert not world.space.store.count(Run)
    assert not context._runs


def test_a_run_that_waits_is_left_as_it_is_where_it_cannot_go_on(tmp_path: Path) -> None:
    """Somebody else owns the workspace at the moment; that is no failure of the run."""
    world = furnished(tmp_path / "home")
    run = bare(discover, world.context(), {"interest": "points"})["run"]
    owner, context = FileLease(world.home), owned(world.context(), world.home)
    owner.take("teach")
    with pytest.raises(Locked, match="teach"):
        bare(discover, context, {"run": run})
    owner.release()
    assert world.space.store.get(Run, run).status is RunStatus.WAITING
    assert bare(discover, context, {"run": run}, POLICY)["run"] == run


def test_what_a_thread_was_told_for_one_run_holds_for_no_other(tmp_path: Path) -> None:
    world = furnished(tmp_path / "home")
    other = tmp_path / "others"
    other.mkdir()
    text = "\n".join(facts(1, 4)).replace("point", "limit")
    (other / "c.pdf").write_text(f"%PDF-1.4\n{text}")
    given = (
        {"interest": "points", "yes": True},
        {"interest": "Of other metals", "folder": str(other)},
    )
    first, second = _on_one_thread(world.context(), *given)
    assert "__interrupt__" not in first
    assert second["__interrupt__"]
    assert second["run"] != first["run"]


def test_a_run_that_nobody_ends_gives_the_workspace_back(tmp_path: Path) -> None:
    """A server may stop a graph between two nodes, and says so to nobody."""
    world, lease = furnished(tmp_path / "home"), FileLease(tmp_path / "home")
    context = owned(world.context(), world.home)
    context.idle = 0.2

    async def stopped() -> None:
        graph = discover.build(always(context)).compile(
            checkpointer=InMemorySaver(), interrupt_after=["search"]
        )
        await graph.ainvoke({"interest": "points"}, {"configurable": {"thread_id": "any"}})
        assert await asyncio.to_thread(lease.holder)
        end = asyncio.get_running_loop().time() + 20
        while await asyncio.to_thread(lease.holder):
            assert asyncio.get_running_loop().time() < end
            await asyncio.sleep(0.05)

    asyncio.run(stopped())
    assert not context._runs


def test_a_node_that_is_called_away_keeps_the_workspace_while_its_thread_works(
    tmp_path: Path,
) -> None:
    world, lease = furnished(tmp_path / "home"), FileLease(tmp_path / "home")
    context = owned(world.context(), world.home)
    reading, go_on = threading.Event(), threading.Event()

    def slow(_: Path) -> None:
        reading.set()
        go_on.wait(20)

    world.reader.before = slow

    async def called_away() -> None:
        graph = discover.build(always(context)).compile()
        task = asyncio.create_task(graph.ainvoke({"interest": "points"}))
        await asyncio.to_thread(reading.wait, 20)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(lease.holder)
        go_on.set()

    asyncio.run(called_away())


def test_who_says_yes_beforehand_is_not_asked(tmp_path: Path) -> None:
    world = furnished(tmp_path / "home")
    state = bare(discover, world.context(), {"interest": "points", "yes": True})
    assert state["decided"] == world.space.store.count(Decision) > 0
    assert [run.status for run in world.space.store.all(Run)] == [RunStatus.DONE]


def test_words_that_name_no_interest_make_one_and_a_slip_makes_none(world: World) -> None:
    folder = str(world.papers(a="\n".join(facts(1, 3))))
    given = {"interest": "How metals melt", "folder": folder}
    assert bare(discover, world.context(), given)["proposed"]
    [interest] = world.space.store.all(Interest)
    assert (interest.name, interest.topic) == ("how-metals-melt", "How metals melt")
    with pytest.raises(NoSuch, match="how-metals-melt"):
        bare(discover, world.context(), {"interest": "metasl", "folder": folder})
    with pytest.raises(BadInput, match="No interest was given"):
        bare(discover, world.context(), {})


def test_a_graph_goes_on_with_no_run_but_its_own(tmp_path: Path) -> None:
    world = furnished(tmp_path / "home")
    state = bare(discover, world.context(), {"interest": "points"})
    again = bare(discover, world.context(), {"run": state["run"]}, POLICY)
    assert again["run"] == state["run"]
    assert [run.status for run in world.space.store.all(Run)] == [RunStatus.DONE]
    with pytest.raises(BadInput, match="of the graph discover"):
        bare(teach, world.context(), {"run": state["run"]})
    with pytest.raises(NoSuch):
        bare(discover, world.context(), {"run": "no such"})


def test_an_interest_that_is_paused_is_not_looked_for(world: World) -> None:
    paused = Interest(name="points", topic="p", status=InterestStatus.PAUSED)
    world.space.store.add(paused)
    with pytest.raises(BadInput, match="paused"):
        bare(discover, world.context(), {"interest": "points"})
    assert not world.space.store.count(Run)


@pytest.mark.parametrize("answer", ["yes", 7, ["x"], {"policy": "no such"}])
def test_an_answer_that_says_nothing_decides_nothing(tmp_path: Path, answer: Any) -> None:
    world = furnished(tmp_path / "home")
    assert bare(discover, world.context(), {"interest": "points"}, answer)["decided"] == 0


@pytest.mark.parametrize("graph", [discover, teach])
def test_the_schemas_of_a_graph_are_forms_that_a_server_can_show(graph: Any) -> None:
    async def opened(_: str) -> Context:
        raise AssertionError

    compiled = graph.build(opened).compile()
    schemas = {
        "input": compiled.get_input_jsonschema(),
        "output": compiled.get_output_jsonschema(),
        "context": compiled.get_context_jsonschema(),
    }
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert "interest" in schemas["input"]["properties"]
    assert all(field["description"] for field in schemas["input"]["properties"].values())
    assert "run" in schemas["output"]["properties"]
    assert set(schemas["context"]["properties"]) == {"home"}


def test_thirty_runs_in_one_process_leave_nothing_behind_in_it(tmp_path: Path) -> None:
    """A daemon runs for weeks."""
    world = World(tmp_path / "home")
    folder = world.papers(a=facts(1, 2)[0])
    interest = Interest(name="points", topic="p", sources=(f"folder:{folder}",))
    world.space.store.add(interest)
    context, process, sizes = world.context(), psutil.Process(), []
    for n in range(1, 31):
        world.papers(**{f"p{n}": facts(n, n + 1)[0]})
        run = runs.start(world.space, "discover", interest)
        done = runs.drive(world.space, context, run, POLICY)
        assert done.status is RunStatus.DONE
        assert world.space.store.count(Nugget) == n
        gc.collect()
        sizes.append((process.memory_info().rss, process.num_fds(), threading.active_count()))
    (memory, files, threads), (memory_after, files_after, threads_after) = sizes[9], sizes[-1]
    # Twenty runs; what one of them works with is some 100 KB.
    assert memory_after - memory < 4 * 2**20
    assert files_after <= files + 2
    assert threads_after <= threads + 2
    assert not context._runs
    assert not context._connections


def test_thirty_event_loops_open_and_close_their_connections_and_freeze_memory_once(
    tmp_path: Path,
) -> None:
    """No collection frees what is frozen: done for each set of connections, a daemon would grow."""
    process, sizes = psutil.Process(), []
    with MockEndpoint(lambda _: MockReply("Osk."), keep=False) as server:
        toy = Endpoint(model="toy", url=server.url)
        settings = Settings(home=tmp_path, roles=Roles(teacher="toy"), endpoints={"toy": toy})

        async def asked() -> None:
            connections = Connections(settings)
            teacher = await asyncio.to_thread(connections.connection, "teacher")
            assert (await teacher.ask([Message("user", "?")], "p@1")).text == "Osk."
            await connections.close()

        for _ in range(30):
            asyncio.run(asked())
            gc.collect()
            sizes.append((gc.get_freeze_count(), process.num_fds()))
    # Reference counting still frees it: the count may fall, and only a freeze raises it.
    assert max(frozen for frozen, _ in sizes) == sizes[0][0]
    assert sizes[-1][1] <= sizes[9][1] + 2
