"""The same store on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from memory import database
from memory.errors import BadInput
from memory.lineage import Lineage
from memory.records import Call, Event, Nugget, NuggetStatus, Record
from memory.store import Store
from tests.memory.builders import KINDS, decision, nugget, records, version
from tests.memory.test_schema import check_0004, differences, fill_0003
from tests.memory.test_totals import calls, check_totals, groups, since


@pytest.fixture
def server(postgres_url: str) -> Iterator[Store]:
    """An empty database of one's own each time."""
    engine = database.connect(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    store = Store.open(postgres_url)
    yield store
    store.close()


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_record_comes_back_from_a_server(server: Store, data: st.DataObject) -> None:
    for kind in KINDS:
        record: Record = data.draw(records(kind))
        with server.transaction() as rows:
            rows.delete(kind, *(one.id for one in rows.all(kind)))
            rows.put(record, record)
            assert rows.all(kind) == [record]
            assert rows.add(record) == 0


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(some=st.lists(calls, max_size=12), by=groups, since=since)
def test_totals_of_a_server_are_what_adding_up_gives(
    server: Store, some: list[Call], by: list[str], since: str
) -> None:
    check_totals(server, some, by, since)


def test_a_server_keeps_order_prefixes_and_vectors(server: Store) -> None:
    some = [nugget(n) for n in range(50)]
    server.put(*some)
    server.put(some[7].replace(made_by="again"))
    assert [one.id for one in server.all(Nugget, id={one.id for one in some})] == [
        one.id for one in some
    ]
    assert server.by_prefix(Nugget, some[3].id[:12]) == some[3]
    given_ = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    server.save_vectors("mini", [one.id for one in some], given_)
    ids, vectors = server.load_vectors("mini")
    assert ids == sorted(ids)
    assert np.array_equal(vectors[ids.index(some[9].id)], given_[9])
    assert server.delete(Nugget, some[0].id) == 1
    assert server.count_vectors("mini") == 49


def test_decisions_of_many_threads_on_a_server_are_taken_once(server: Store) -> None:
    server.put(nugget(1))

    def take(_: int) -> bool:
        try:
            server.decide([decision(nugget(1), NuggetStatus.ACCEPTED)])
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1
    assert server.get(Nugget, nugget(1).id).revision == 1


def test_promotion_works_on_a_server(server: Store, tmp_path: Path) -> None:
    lineage = Lineage(server, tmp_path)
    base = lineage.base("small", "/base", "base")
    added = [lineage.add(version(n)) for n in range(3)]
    for one in added:
        lineage.promote(one.id)
    assert lineage.rollback("small").number == 2
    assert [one.number for one in lineage.history("small")] == [0, 1, 2, 3]
    assert base.number == 0


def test_an_old_database_on_a_server_is_upgraded(postgres_url: str, server: Store) -> None:
    server.close()
    engine = database.connect(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        fill_0003(connection)
    store = Store.open(postgres_url)
    check_0004(store)
    store.put(Event(run="r", stage="s", text="t"))
    assert store.count(Event, stage="s") == 1
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()
    store.close()
