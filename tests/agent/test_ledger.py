"""The ledger on a real store: nothing that was added is lost, and little is paid for it."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.calls.ledger import LARGEST, StoreLedger
from memory.errors import Locked, NoSpace
from memory.records import Call, Reply
from memory.rows import Rows
from memory.store import Store
from tests.memory.test_store import on

T = TypeVar("T")


class Counting(Store):
    """A store that counts its transactions."""

    count_of_transactions = 0

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        self.count_of_transactions += 1
        with super().transaction() as rows:
            yield rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counting]:
    with closing(Counting.open(tmp_path / "goldpan.sqlite")) as opened:
        yield opened


@pytest.fixture
def ledger(store: Store) -> Iterator[StoreLedger]:
    with closing(StoreLedger(store)) as made:
        yield made


def paid(key: str, **more: Any) -> tuple[Call, Reply]:
    fields = {"model": "m", "prompt": "p", "input_sha256": "i", "tokens_in": 7, "cost": 0.5}
    call = Call.model_validate({"key": key, **fields, **more})
    return call, Reply(key=key, message={"content": f"to {key}"})


def run(*all_at_once: Coroutine[Any, Any, T]) -> list[T]:
    async def gathered() -> list[T]:
        return await asyncio.gather(*all_at_once)

    return asyncio.run(gathered())


def test_a_reply_paid_for_is_found_by_this_and_by_any_other_process(
    store: Store, ledger: StoreLedger
) -> None:
    call, reply = paid("a")
    run(ledger.add(call, reply))
    with closing(Store.open(store.where)) as other, closing(StoreLedger(other)) as again:
        assert run(again.find("a"), again.find("b")) == [reply, None]
        run(again.add(*paid("b")))
    assert run(ledger.find("b")) == [paid("b")[1]]
    assert store.all(Call, key="a") == [call]


def test_a_call_that_gave_no_answer_is_noted_and_nothing_is_found(
    store: Store, ledger: StoreLedger
) -> None:
    run(ledger.add(paid("a", outcome="busy")[0], None))
    assert run(ledger.find("a")) == [None]
    assert [call.outcome for call in store.all(Call)] == ["busy"]


def test_calls_at_the_same_time_share_transactions(store: Counting, ledger: StoreLedger) -> None:
    """A transaction waits for the disk: one for each call would be most of what a call costs."""
    many = 3 * LARGEST
    run(*(ledger.add(*paid(f"k{n}")) for n in range(many)))
    assert store.count(Call) == store.count(Reply) == many
    assert 3 <= store.count_of_transactions < many / 4
    found = run(*(ledger.find(f"k{n}") for n in range(-5, many)))
    assert found == [None] * 5 + [paid(f"k{n}")[1] for n in range(many)]


def test_a_spoilt_reply_goes_and_its_call_keeps_cost_and_reason(
    store: Store, ledger: StoreLedger
) -> None:
    run(ledger.add(*paid("a")))
    run(ledger.spoil("a", "unreadable"))
    assert run(ledger.find("a")) == [None]
    run(ledger.add(*paid("a", cost=0.25)))
    run(ledger.spoil("a", "empty"), ledger.spoil("never asked", "empty"))
    told = [(call.outcome, call.cost) for call in store.all(Call)]
    assert told == [("unreadable", 0.5), ("empty", 0.25)]
    assert store.totals(Call, by=["outcome"])[0] == {"outcome": "empty", "count": 1}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["add", "spoil", "find"]),
            st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
        ),
        max_size=12,
    )
)
def test_the_ledger_behaves_like_a_dictionary(
    store: Store, ledger: StoreLedger, steps: list[tuple[str, list[str]]]
) -> None:
    store.delete(Reply, *(reply.id for reply in store.all(Reply)))
    model: dict[str, Reply] = {}
    for what, keys in steps:
        match what:
            case "add":
                run(*(ledger.add(*paid(key)) for key in keys))
                model.update({key: paid(key)[1] for key in keys})
            case "spoil":
                run(*(ledger.spoil(key, "unreadable") for key in keys))
                model = {key: reply for key, reply in model.items() if key not in keys}
            case "find":
                assert run(*map(ledger.find, keys)) == [model.get(key) for key in keys]
    assert {reply.key: reply for reply in store.all(Reply)} == model


def test_what_was_added_and_spoilt_in_one_moment_stays_in_that_order(
    store: Store, ledger: StoreLedger
) -> None:
    async def moment() -> None:
        await asyncio.gather(
            ledger.add(*paid("a")),
            ledger.add(*paid("b")),
            ledger.spoil("a", "unreadable"),
            ledger.add(*paid("c")),
            ledger.spoil("c", "unreadable"),
            ledger.add(*paid("a")),
        )

    asyncio.run(moment())
    assert {reply.key for reply in store.all(Reply)} == {"a", "b"}
    outcomes = [call.outcome for call in store.all(Call, key="a")]
    assert outcomes == ["unreadable", "ok"]


def test_whoever_is_called_away_leaves_what_it_added_to_be_written(
    store: Store, ledger: StoreLedger
) -> None:
    """It was paid for."""

    async def call_away() -> None:
        adding = [asyncio.create_task(ledger.add(*paid(f"k{n}"))) for n in range(50)]
        await asyncio.sleep(0)
        for one in adding:
            one.cancel()
        await asyncio.gather(*adding, return_exceptions=True)

    asyncio.run(call_away())
    ledger.close()
    assert store.count(Call) == store.count(Reply) == 50


def test_a_locked_workspace_is_told_to_all_that_wait_and_the_next_try_works(
    tmp_path: Path,
) -> None:
    path = tmp_path / "goldpan.sqlite"
    Store.open(path).close()
    with (
        closing(on(path, "busy_timeout=50")) as hasty,
        closing(StoreLedger(hasty)) as ledger,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")

        async def both() -> list[object]:
            adds = (ledger.add(*paid(key)) for key in "ab")
            return await asyncio.gather(*adds, ledger.find("a"), return_exceptions=True)

        first, second, found = asyncio.run(both())
        assert isinstance(first, Locked)
        assert isinstance(second, Locked)
        assert found is None  # To look does not need the lock.
        other.execute("COMMIT")
        run(ledger.add(*paid("a")))
        assert hasty.count(Call) == 1


def test_a_full_disk_is_told_and_nothing_of_the_group_is_there_by_half(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    Store.open(path).close()
    with (
        closing(on(path, "max_page_count=1")) as small,
        closing(StoreLedger(small)) as ledger,
    ):
        with pytest.raises(NoSpace, match="no space left"):
            run(ledger.add(*paid("k" * 200_000)))
        assert small.count(Call) == small.count(Reply) == 0


def test_a_ledger_on_a_server_keeps_the_same_promises(postgres_url: str) -> None:
    with closing(Store.open(postgres_url)) as store, closing(StoreLedger(store)) as ledger:
        many = [f"on a server {n}" for n in range(200)]
        run(*(ledger.add(*paid(key, run="server")) for key in many))
        run(*(ledger.spoil(key, "unreadable") for key in many[:5]))
        found = run(*(ledger.find(key) for key in many))
        assert found == [None] * 5 + [paid(key)[1] for key in many[5:]]
        totals = store.totals(Call, ["outcome"], ["cost"], run="server")
        assert [(row["outcome"], row["cost"]) for row in totals] == [
            ("ok", 0.5 * 195), ("unreadable", 0.5 * 5),
        ]  # fmt: skip
        with store.transaction() as rows:
            assert rows.forget_replies("9999") >= 195
        assert store.count(Reply) == 0


ADDS = """
import asyncio, sys
from itertools import count
from agent.calls.ledger import StoreLedger
from memory.store import Store
from tests.agent.test_ledger import paid

ledger = StoreLedger(Store.open(sys.argv[1]))
numbers = count()

async def worker():
    for number in numbers:
        call, reply = paid(f"{sys.argv[2]}-{number}")
        await ledger.add(call, reply)
        print(call.id, flush=True)

async def main():
    await asyncio.gather(*(worker() for _ in range(64)))

asyncio.run(main())
"""


def test_killed_at_random_moments_all_that_was_told_to_be_on_disk_is_there_and_whole(
    tmp_path: Path,
) -> None:
    path, dice, told = tmp_path / "goldpan.sqlite", random.Random(0), set()
    for round_ in range(8):
        program = [sys.executable, "-c", ADDS, str(path), str(round_)]
        child = subprocess.Popen(program, text=True, stdout=subprocess.PIPE)
        assert child.stdout
        told.add(child.stdout.readline().strip())
        time.sleep(dice.uniform(0, 0.2))
        child.kill()
        lines, _ = child.communicate()
        told.update(line.strip() for line in lines.splitlines(keepends=True) if line[-1] == "\n")
    with closing(Store.open(path)) as store:
        calls = store.all(Call)
        assert len(told) > 64
        assert told <= {call.id for call in calls}
        assert {reply.key for reply in store.all(Reply)} == {call.key for call in calls}
        assert store.totals(Call, of=["tokens_in"])[0]["tokens_in"] == 7 * len(calls)
