"""goldpan costs and goldpan memory forget-replies, on a workspace with a few calls."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.calls.costs import spent
from agent.cli import costs, memory
from memory.records import Interest, Reply, Run, now
from memory.store import Store
from tests.agent.test_ledger import paid

APP = typer.Typer()
APP.command("costs")(costs.costs)
APP.add_typer(memory.app, name="memory")

MINERALS = Interest(name="minerals", topic="t", budgets={"interest_money": 4})
FIRST = Run(id="20260501-aaaa", graph="discover", interest=MINERALS.id)
SECOND = Run(id="20260502-bbbb", graph="discover", interest=MINERALS.id)


def goldpan(home: Path, *args: str, code: int = 0) -> str:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(APP, [*args, "--home", str(home)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def home(tmp_path: Path) -> Path:
    first = {"run": FIRST.id, "interest": MINERALS.id, "role": "teacher", "model": "m[1]"}
    second = {"run": SECOND.id, "interest": MINERALS.id, "role": "judge", "model": "m2"}
    old, young = "2026-05-01T10:00:00+00:00", "2026-05-02T10:00:00+00:00"
    calls = [
        paid("a", **first, tokens_in=1000, tokens_out=500, cost=1.5, time=old),
        paid("b", **first, tokens_in=1000, tokens_out=0, cost=0.25, time=old, outcome="cut"),
        paid("c", **second, tokens_in=10, tokens_out=1, cost=0, priced=False, time=young),
        paid("d", **second, tokens_in=0, cost=0.125, time=young, outcome="busy"),
        paid("e", model="m2", tokens_in=7, cost=0, priced=False, time=young),
    ]
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as store:
        store.put(MINERALS, FIRST, SECOND, *(record for pair in calls for record in pair))
    (tmp_path / "goldpan.toml").write_text("[budgets]\nrun_tokens = 4000\nday_tokens = 50\n")
    return tmp_path


def as_json(home: Path, *args: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(goldpan(home, "costs", *args, "--json"))
    return told


def test_a_workspace_without_calls_says_so(tmp_path: Path) -> None:
    assert "No calls of language models yet" in goldpan(tmp_path, "costs")
    assert as_json(tmp_path)["total"]["calls"] == 0


def test_calls_are_added_up_by_model_with_what_failed_and_what_has_no_price(home: Path) -> None:
    lines = [line.split() for line in goldpan(home, "costs").splitlines()]
    assert ["m[1]", "2", "1", "2,000", "500", "1.7500"] in lines
    assert ["m2", "3", "1", "17", "1", "≥", "0.1250"] in lines
    assert ["all", "5", "2", "2,017", "501", "≥", "1.8750"] in lines
    words = goldpan(home, "costs")
    assert "Failed: busy 1, cut 1." in words
    assert "Of 2 calls no price is known" in words
    assert "unknown" in goldpan(home, "costs", "--by", "role")


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("run", {"": 1, FIRST.id: 2, SECOND.id: 2}),
        ("interest", {"": 1, "minerals": 4}),
        ("day", {"2026-05-01": 2, "2026-05-02": 3}),
        ("role", {"": 1, "judge": 2, "teacher": 2}),
        ("prompt", {"p": 5}),
    ],
)
def test_calls_are_added_up_by_whatever_is_asked(
    home: Path, by: str, groups: dict[str, int]
) -> None:
    told = as_json(home, "--by", by)
    assert {row["of"]: row["calls"] for row in told["rows"]} == groups
    assert told["total"]["calls"] == 5


def test_only_one_run_or_only_since_a_day(home: Path) -> None:
    assert as_json(home, "--run", FIRST.id[:10])["total"]["cost"] == 1.75
    assert as_json(home, "--since", "2026-05-02")["total"]["calls"] == 3
    with closing(Store.open(home / "goldpan.sqlite")) as store:
        assert spent(store, run=SECOND.id)._asdict() == {
            "calls": 2, "tokens_in": 10, "tokens_out": 1, "cost": 0.125, "unpriced": 1,
            "failed": {"busy": 1},
        }  # fmt: skip


def test_only_the_latest_of_many_are_shown_and_all_are_in_the_sum(tmp_path: Path) -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 32)]
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as store:
        store.put(*(paid(day, time=f"{day}T10:00:00+00:00")[0] for day in days))
    words = goldpan(tmp_path, "costs", "--by", "day")
    assert days[-1] in words
    assert days[0] not in words
    assert "11 more are in the sum" in words
    assert len(words.splitlines()) < 25


def test_budgets_are_shown_with_what_is_used_and_left(home: Path) -> None:
    with closing(Store.open(home / "goldpan.sqlite")) as store:
        store.put(paid("today", tokens_in=70, time=now())[0])
    assert as_json(home)["budgets"] == [
        {"budget": "day_tokens", "whose": now()[:10], "used": 70, "limit": 50, "left": 0},
        {"budget": "interest_money", "whose": "minerals", "used": 1.875, "limit": 4, "left": 2.125},
        {"budget": "run_tokens", "whose": SECOND.id, "used": 11, "limit": 4000, "left": 3989},
    ]
    assert "1.8750" in goldpan(home, "costs")
    of_first = as_json(home, "--run", FIRST.id)["budgets"][-1]
    assert (of_first["whose"], of_first["used"]) == (FIRST.id, 2500)


def test_a_wrong_day_or_group_is_wrong_usage(home: Path) -> None:
    goldpan(home, "costs", "--since", "yesterday", code=2)
    goldpan(home, "costs", "--by", "colour", code=2)
    goldpan(home, "memory", "forget-replies", code=2)


def test_old_replies_are_forgotten_and_their_calls_stay(home: Path) -> None:
    words = goldpan(home, "memory", "forget-replies", "--before", "2026-05-02")
    assert words == "2 replies are forgotten, 3 are left.\n"
    with closing(Store.open(home / "goldpan.sqlite")) as store:
        assert {reply.key for reply in store.all(Reply)} == set("cde")
    assert as_json(home)["total"]["calls"] == 5
