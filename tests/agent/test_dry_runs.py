"""Claims about dry runs: what they count is what is then called, and nothing happens meanwhile."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.calls.connections import Connections
from agent.calls.roles import engines
from agent.context import Context
from agent.forecast import estimates
from agent.forecast.history import WRITTEN
from agent.forecast.teaching import forecast
from agent.services import runs
from agent.settings import BudgetsSettings, Roles, Settings
from agent.steps import review
from agent.workspace import STORE
from benchmarks.doubles.endpoint import Body, Fault, MockEndpoint, MockReply, declined, down
from benchmarks.doubles.real import goldpan
from benchmarks.doubles.scripted import candidate, reply_of
from memory.lease import FileLease
from memory.records import Call, Interest, Nugget, Run
from prompts import load, names
from tests.agent.fakes import World, facts
from tools.endpoints.endpoint import Endpoint

FACTS = facts(0, 6)
PAPERS = {"a": "\n".join(FACTS[:3]), "b": "\n".join(FACTS[3:])}


def exercises(asked: str) -> str:
    claim = asked.split("Finding: ")[1].split("\n")[0]
    about, answer = claim.rstrip(".").split(" is ")
    plain = {"level": "fact", "wrong": [], "explanation": "By the quote.", "answer": ""}
    choice = {**plain, "kind": "choice", "answer": answer, "wrong": ["7 kelvin", "90 kelvin"]}
    thing = about.removeprefix("The point of ")
    stems = [f"What is the point of {thing}?", f"At which point does {thing} turn?",
             f"Which point has {thing}?", f"Where is the point of {thing}?"]  # fmt: skip
    asked_for = [{**choice, "text": stem} for stem in stems]
    return json.dumps({"exercises": [{**plain, "kind": "statement", "text": claim}, *asked_for]})


def says(body: Body) -> MockReply:
    """What a good model says to each of the prompts."""
    asked = "\n".join(str(message["content"]) for message in body["messages"])
    if "Finding: The point" in asked:
        return MockReply(exercises(asked))
    if "ratings" in asked:
        return MockReply('{"ratings": [{"reason": "It fits.", "score": 9}]}')
    if "profiles" in asked:
        return MockReply('{"profiles": []}')
    return MockReply(reply_of(*(candidate(fact) for fact in FACTS if fact in asked)))


class Wired:
    """A world whose teacher is behind an endpoint; the target stays the fake one."""

    def __init__(self, world: World, **endpoint: Any) -> None:
        self.world, self.trouble = world, ""
        self.server = MockEndpoint(self._says)
        more = {"price_in": 1, "price_out": 2, "patience": 0.01, **endpoint}
        self.teacher = Endpoint(model="toy", url=self.server.url, **more)
        folder = world.papers(**PAPERS)
        self.interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
        world.space.store.add(self.interest)
        self.settings(roles=Roles(teacher="toy", target="small"))

    def settings(self, **more: Any) -> None:
        told = {**dict(self.world.settings), "endpoints": {"toy": self.teacher}, **more}
        self.world.settings = Settings(**told)

    def _says(self, body: Body) -> MockReply | Fault:
        asked = str(body["messages"])
        if self.trouble == "no schema" and "response_format" in body:
            return declined("response_format")
        return down() if self.trouble and self.trouble in asked else says(body)

    def context(self) -> Context:
        made = self.world.context()
        ledger = self.world.space.connections().ledger
        made.connect = lambda say: Connections(self.world.settings, ledger, say=say)
        made.make_engines = engines
        return made

    def dry(self) -> dict[str, Any]:
        return asyncio.run(estimates.of_a_run(self.context(), self.interest))

    def run(self, answer: Any = None) -> Run:
        run = runs.start(self.world.space, "discover", self.interest)
        return runs.drive(self.world.space, self.context(), run, answer)

    def state(self) -> tuple[list[str], list[str]]:
        """All that the workspace holds, row by row, and its files."""
        with closing(sqlite3.connect(self.world.home / STORE)) as connection:
            rows = list(connection.iterdump())
        return rows, sorted(str(path) for path in self.world.home.rglob("*"))


@pytest.fixture
def wired(world: World) -> Iterator[Wired]:
    made = Wired(world)
    with made.server:
        yield made


def by_prompt(estimate: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Calls, and those that are paid for already, by prompt."""
    found: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for work in estimate["calls"]:
        found[work["prompt"]] += work["calls"]
        paid[work["prompt"]] += work["paid"]
    return {prompt: (found[prompt], paid[prompt]) for prompt in found}


def test_a_dry_run_calls_nobody_and_leaves_everything_as_it_was(wired: Wired) -> None:
    before = wired.state()
    assert wired.dry()["total"]["calls"] > 0
    assert wired.server.stats.requests == 0
    assert wired.state() == before


def test_what_is_counted_is_what_the_run_then_calls(wired: Wired) -> None:
    told = wired.dry()
    assert (told["papers"], told["to_mine"], told["passages"]) == (2, 2, 6)
    counted = {one["prompt"]: one for one in told["calls"] if one["counted"]}
    assert {prompt: one["calls"] for prompt, one in counted.items()} == {
        "screen": 2, "enrich": 2, "extract": 2,
    }  # fmt: skip
    wired.run()
    for prompt, one in counted.items():
        calls = [c for c in wired.world.space.store.all(Call) if c.prompt.startswith(prompt)]
        assert len(calls) == one["calls"]
        assert sum(c.tokens_in for c in calls) == pytest.approx(one["tokens_in"], rel=0.5)


def test_what_is_mined_and_paid_for_already_is_not_counted_again(wired: Wired) -> None:
    wired.run()
    told = wired.dry()
    assert (told["mined_already"], told["to_mine"], told["total"]["calls"]) == (2, 0, 0)


def test_after_a_run_that_got_half_of_its_answers_the_other_half_is_counted(wired: Wired) -> None:
    wired.trouble = FACTS[0]
    assert wired.run().lost["passages"] == 3
    wired.server.requests.clear()
    told = wired.dry()
    assert (told["mined_already"], told["to_mine"], told["passages"]) == (1, 1, 3)
    assert by_prompt(told)["extract"] == (1, 0)
    assert not wired.server.requests


def test_a_reply_that_came_as_a_tool_call_is_found_though_a_schema_is_asked_for_first(
    wired: Wired,
) -> None:
    wired.trouble = "no schema"
    wired.run()
    store = wired.world.space.store
    store.delete(Run, *(run.id for run in store.all(Run)))
    # Another interest: its relevance is asked anew, what the papers say is not.
    wired.interest = wired.interest.replace(name="other", topic="else")
    store.add(wired.interest)
    assert by_prompt(wired.dry()) == {"screen": (2, 0)}


def test_what_is_expected_follows_earlier_calls_once_there_are_any(wired: Wired) -> None:
    first = wired.dry()
    assert by_prompt(first)["questions"] == (12, 0)
    assert "a call finds 6 nuggets" in first["taken_for_granted"]
    wired.run()
    extra = facts(6, 9)
    wired.world.papers(c="\n".join(extra))
    second = wired.dry()
    assert by_prompt(second)["questions"] == (3, 0)
    assert not [told for told in second["taken_for_granted"] if "finds" in told]


def test_cost_and_budgets_are_told_and_an_unknown_price_is_none(world: World) -> None:
    with (made := Wired(world)).server:
        made.settings(
            roles=Roles(teacher="toy"), budgets=BudgetsSettings(run_tokens=10**6, day_money=0.001)
        )
        told = made.dry()
        total = told["total"]
        price = (total["tokens_in"] + 2 * total["tokens_out"]) / 1e6
        assert total["cost"] == pytest.approx(price)
        enough = {bound["budget"]: bound["enough"] for bound in told["budgets"]}
        assert enough == {"run_tokens": True, "day_money": False}
        made.teacher = made.teacher.model_copy(update={"price_in": None, "price_out": None})
        made.settings(roles=Roles(teacher="toy"), budgets=BudgetsSettings(day_money=1000))
        told = made.dry()
        assert told["total"]["cost"] is None
        assert [bound["enough"] for bound in told["budgets"]] == [False]


def test_probes_of_a_target_behind_an_endpoint_are_expected(wired: Wired) -> None:
    wired.settings(roles=Roles(teacher="toy", target="toy"))
    told = wired.dry()
    assert by_prompt(told)["probe_choice"] == (7 * 12, 0)
    assert "a nugget is probed in 7 calls" in told["taken_for_granted"]


def test_every_reply_in_a_schema_has_a_length_that_is_taken_where_none_is_known() -> None:
    assert set(WRITTEN) >= {name for name in names() if load(name).reply}


def test_a_judge_alone_is_told_of_though_nothing_can_be_counted(wired: Wired) -> None:
    wired.settings(roles=Roles(judge="toy"))
    told = wired.dry()
    assert told["total"]["calls"] == 0
    assert [one for one in told["taken_for_granted"] if "judged" in one]


def accepted(wired: Wired) -> None:
    """As after a review."""
    wired.run({"policy": review.POLICY})


def test_a_teaching_whose_questions_are_paid_for_is_forecast_to_the_row(wired: Wired) -> None:
    accepted(wired)
    told = asyncio.run(estimates.of_a_teaching(wired.context(), wired.interest))
    assert told["total"]["calls"] == 0

    async def bare() -> dict[str, Any]:
        async with wired.context().session() as ctx:
            return await forecast(ctx, wired.interest)

    exact = asyncio.run(bare())
    timed = {"seconds", "step_seconds"}  # Measured anew each time.
    assert all(told[name] == exact[name] for name in exact.keys() - timed)
    assert exact["training_rows"] > 0


def test_a_teaching_whose_questions_are_not_written_counts_them_and_calls_nobody(
    wired: Wired,
) -> None:
    accepted(wired)
    wired.teacher = wired.teacher.model_copy(update={"temperature": 0.7})
    wired.settings(roles=Roles(teacher="toy", judge="toy", target="small"))
    wired.server.requests.clear()
    before = wired.state()
    told = asyncio.run(estimates.of_a_teaching(wired.context(), wired.interest))
    about = told["accepted_nuggets"]
    assert about == sum(nugget.teachable for nugget in wired.world.space.store.all(Nugget)) > 0
    assert by_prompt(told) == {"questions": (about, 0), "judge_question": (about, 0)}
    assert not wired.server.requests
    assert wired.state() == before
    assert "training_rows" not in told


def test_the_command_tells_it_beside_a_run_that_owns_the_workspace(
    tmp_path: Path, few_papers: Path
) -> None:
    home = tmp_path / "home"
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    with FileLease(home).take("a long run"):
        assert "No model would be called." in goldpan(home, "run", "minerals", "--dry-run")
        with MockEndpoint(says) as server:
            (home / "goldpan.toml").write_text(
                f'[roles]\nteacher = "toy"\n[endpoints.toy]\nmodel = "toy"\nurl = "{server.url}"\n'
            )
            words = goldpan(home, "run", "minerals", "--dry-run")
            assert "3 papers: 3 to be mined" in words
            assert "price is not known" in words
            assert "Nothing was called" in words
            told = json.loads(goldpan(home, "run", "minerals", "--dry-run", "--json"))
            assert told["total"]["cost"] is None
            assert server.stats.requests == 0
