"""The store: what goes in comes out, once, in order; trouble is told."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from memory import database
from memory.errors import BadInput, Locked, NoSpace, NoSuch, WorkspaceTrouble
from memory.records import (
    Event,
    Interest,
    Link,
    Nugget,
    NuggetStatus,
    Paper,
    Question,
    Record,
    Relation,
    Run,
)
from memory.store import Store
from tests.memory.builders import KINDS, nugget, records


@pytest.fixture(scope="module")
def lasting() -> Iterator[Store]:
    """One store for many examples."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Store.open(Path(folder) / "goldpan.sqlite")
        yield opened
        opened.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_record_comes_back_as_it_went_in(
    lasting: Store, kind: type[Record], data: st.DataObject
) -> None:
    record = data.draw(records(kind))
    with lasting.transaction() as rows:
        rows.delete(kind, *(one.id for one in rows.all(kind)))
        rows.put(record)
        assert rows.find(kind, record.id) == record
        assert rows.all(kind) == [record]
        rows.put(record)
        assert rows.count(kind) == 1


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["put", "add", "delete"]),
            st.lists(st.tuples(st.integers(0, 7), st.sampled_from("xyz")), max_size=4),
        ),
        max_size=8,
    )
)
def test_put_add_and_delete_behave_like_a_dictionary_that_keeps_order(
    lasting: Store, steps: list[tuple[str, list[tuple[int, str]]]]
) -> None:
    lasting.delete(Nugget, *(one.id for one in lasting.all(Nugget)))
    model: dict[str, Nugget] = {}
    for what, items in steps:
        some = [nugget(number, made_by=claim) for number, claim in items]
        match what:
            case "put":
                lasting.put(*some)
                model.update({one.id: one for one in some})
            case "add":
                fresh = {one.id: one for one in some if one.id not in model}
                assert lasting.add(*some) == len(fresh)
                model |= fresh
            case "delete":
                gone = {one.id for one in some} & set(model)
                assert lasting.delete(Nugget, *(one.id for one in some)) == len(gone)
                model = {key: one for key, one in model.items() if key not in gone}
    assert lasting.all(Nugget) == list(model.values())


def test_a_score_that_is_no_number_stays_so(store: Store) -> None:
    store.put(link := Link(a="a", b="b", relation=Relation.SAME, score=float("nan")))
    assert str(store.get(Link, link.id).score) == "nan"


def test_records_are_asked_for_by_their_columns(store: Store) -> None:
    some = [nugget(n, status=NuggetStatus.ACCEPTED if n % 2 else "proposed") for n in range(6)]
    store.put(*some)
    assert store.all(Nugget, status=NuggetStatus.ACCEPTED) == some[1::2]
    assert store.all(Nugget, status="accepted", id=[some[5].id, some[1].id]) == [some[1], some[5]]
    assert store.count(Nugget, status=("accepted", "proposed"), paper="paper") == 6
    assert store.all(Nugget, id=[]) == []


def test_asking_by_a_field_without_a_column_says_which_there_are(store: Store) -> None:
    with pytest.raises(TypeError, match=r"by claim; only by id, paper.*status"):
        store.all(Nugget, claim="x")


def test_more_ids_than_a_statement_takes_are_asked_for_in_parts(store: Store) -> None:
    """SQLite takes 32,766 values in one statement."""
    some = [nugget(n) for n in range(40)]
    store.put(*some)
    ids = [f"none{n}" for n in range(70_000)] + [one.id for one in some]
    assert store.all(Nugget, id=ids, status=["proposed", *map(str, range(40_000))]) == some
    assert store.delete(Nugget, *ids) == 40


def test_flags_and_numbers_can_be_asked_for(store: Store) -> None:
    asked = [
        Question(nugget="n", kind="mcq", form="f", purpose="probe", stem=str(n), vetted=n < 2)
        for n in range(5)
    ]
    store.put(*asked)
    assert store.count(Question, vetted=True) == 2


def test_several_kinds_go_in_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(ValueError, match="without an id"):
        store.put(nugget(1), Event(id="", run="r", stage="s", text="t"))
    assert store.count(Nugget) == 0
    store.put(nugget(1), Event(run="r", stage="s", text="t"))
    assert (store.count(Nugget), store.count(Event)) == (1, 1)


def test_a_failure_inside_a_transaction_leaves_nothing_behind(store: Store) -> None:
    def half() -> None:
        with store.transaction() as rows:
            rows.put(nugget(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert store.count(Nugget) == 0


def test_what_is_not_there_is_named(store: Store) -> None:
    assert store.find(Interest, "nothing") is None
    with pytest.raises(NoSuch, match="There is no interest nothing"):
        store.get(Interest, "nothing")


def test_a_few_characters_of_an_id_are_enough(store: Store) -> None:
    runs = [Run(id=key, graph="discover", interest="i") for key in ("2026a", "2026b", "202", "a%c")]
    store.put(*runs)
    assert store.by_prefix(Run, "2026a") == runs[0]
    assert store.by_prefix(Run, "202") == runs[2]
    assert store.by_prefix(Run, "a%c") == runs[3]
    with pytest.raises(NoSuch, match=r"More than one run.*2026a, 2026b\."):
        store.by_prefix(Run, "2026")
    with pytest.raises(NoSuch, match="at least 4 characters"):
        store.by_prefix(Run, "20")
    with pytest.raises(NoSuch, match="begins with '____'"):
        store.by_prefix(Run, "____")


def test_vectors_stand_beside_their_nuggets_in_order_of_id(store: Store) -> None:
    some = [nugget(n) for n in range(5)]
    store.put(*some)
    given_ = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    store.save_vectors("mini", [one.id for one in some], given_)
    store.save_vectors("other", [some[0].id], np.ones((1, 7), np.float32))
    store.save_vectors("mini", [], np.ones((0, 3), np.float32))
    ids, vectors = store.load_vectors("mini")
    order = np.argsort([one.id for one in some])
    assert ids == sorted(one.id for one in some)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, given_[order])
    assert store.count_vectors("mini") == 5
    assert store.load_vectors("mini", ids[:2])[0] == ids[:2]
    assert store.load_vectors("nobody")[1].shape == (0, 0)


def test_a_nugget_takes_its_vectors_along(store: Store) -> None:
    store.put(one := nugget(1))
    store.save_vectors("mini", [one.id], np.ones((1, 3), np.float32))
    store.put(one.replace(claim="Another."))
    assert store.count_vectors("mini") == 1
    store.delete(Nugget, one.id)
    assert store.count_vectors("mini") == 0


def test_vectors_without_a_nugget_or_of_another_length_are_refused(store: Store) -> None:
    with pytest.raises(NoSuch):
        store.save_vectors("mini", ["nobody"], np.ones((1, 3), np.float32))
    store.put(nugget(1), nugget(2))
    store.save_vectors("mini", [nugget(1).id], np.ones((1, 3), np.float32))
    with pytest.raises(BadInput, match="have 3 dimensions here, not 4"):
        store.save_vectors("mini", [nugget(2).id], np.ones((1, 4), np.float32))


def test_threads_share_a_store(store: Store) -> None:
    def work(thread: int) -> int:
        for number in range(20):
            store.add(nugget(number), nugget(1000 * thread + number + 100))
            assert store.find(Nugget, nugget(number).id)
        return store.count(Nugget, paper="paper")

    with ThreadPoolExecutor(16) as pool:
        assert max(pool.map(work, range(16))) == 20 + 16 * 20
    assert store.count(Nugget) == 20 + 16 * 20


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(program, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


WRITES = """
import sys
from memory.store import Store
from memory.records import Event
store = Store.open(sys.argv[1])
for number in range(100):
    store.put(Event(id=f"{sys.argv[2]}-{number}", run="r", stage=sys.argv[2], text="t"))
    print(number, flush=True)
"""


def test_processes_that_create_and_write_one_file_lose_nothing(tmp_path: Path) -> None:
    both = [child(WRITES, tmp_path / "one.sqlite", name) for name in "abc"]
    for one in both:
        _, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
    store = Store.open(tmp_path / "one.sqlite")
    assert [store.count(Event, stage=name) for name in "abc"] == [100, 100, 100]
    store.close()


COUNTS = """
import sys
from memory.store import Store
from memory.records import Paper
store = Store.open(sys.argv[1])
for _ in range(60):
    with store.transaction() as rows:
        [one] = rows.all(Paper)
        rows.put(one.replace(attempts=one.attempts + 1))
"""


def test_processes_that_read_and_then_write_wait_for_each_other(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "one.sqlite")
    store.put(Paper(canonical="often"))
    both = [child(COUNTS, tmp_path / "one.sqlite") for _ in range(3)]
    for one in both:
        _, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
    assert [one.attempts for one in store.all(Paper)] == [180]
    store.close()


@pytest.mark.parametrize("after", [1, 17, 60])
def test_what_was_put_before_a_kill_is_there_after_it(tmp_path: Path, after: int) -> None:
    one = child(WRITES, tmp_path / "one.sqlite", "a")
    assert one.stdout
    for line in one.stdout:
        if int(line) == after:
            one.kill()
            break
    one.communicate()
    store = Store.open(tmp_path / "one.sqlite")
    ids = [event.id for event in store.all(Event)]
    assert len(ids) > after
    assert ids == [f"a-{number}" for number in range(len(ids))]
    store.close()


def on(path: Path, *pragmas: str, **connect: Any) -> Store:
    """A store over connections set up as a test needs them."""
    engine = create_engine(f"sqlite:///{path}", connect_args=connect)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return Store(engine, str(path))


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    store = Store.open(path)
    store.put(nugget(1))
    store.close()
    small = on(path, "max_page_count=1")
    with pytest.raises(NoSpace, match=r"no space left.*Make room"):
        small.put(*(nugget(n, made_by="x" * 500) for n in range(2, 400)))
    assert small.all(Nugget) == [nugget(1)]
    small.close()


def test_a_file_locked_for_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    Store.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = on(path, "busy_timeout=50")
    with pytest.raises(Locked, match="Another process has been writing"):
        hasty.put(nugget(1))
    other.close()
    hasty.put(nugget(1))
    hasty.close()


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    path.write_bytes(b"not a database, but long enough to look at. " * 50)
    before = path.read_bytes()
    with pytest.raises(WorkspaceTrouble, match="is damaged, or no Goldpan workspace"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_truncated_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    store = Store.open(path)
    store.put(*(nugget(n, made_by="x" * 500) for n in range(500)))
    store.close()
    os.truncate(path, path.stat().st_size // 3)
    broken = on(path)
    with pytest.raises(WorkspaceTrouble, match="is damaged"):
        broken.all(Nugget)
    broken.close()


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceTrouble, match="cannot be opened"):
        Store.open(tmp_path)


def test_somebody_elses_tables_are_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE papers (title TEXT)")
    other.close()
    with pytest.raises(WorkspaceTrouble, match="not Goldpan's"):
        Store.open(path)


def test_a_row_that_cannot_be_read_is_told(store: Store, tmp_path: Path) -> None:
    store.put(nugget(1))
    with sqlite3.connect(tmp_path / "goldpan.sqlite") as other:
        other.execute("UPDATE nuggets SET body = '{\"claim\": 1}'")
    other.close()
    with pytest.raises(WorkspaceTrouble, match="A stored nugget cannot be read"):
        store.all(Nugget)


@pytest.mark.parametrize("url", ["nonsense://x", "mysql+nothing://x"])
def test_a_url_of_no_usable_database_is_told(url: str) -> None:
    with pytest.raises(BadInput, match="in no other database"):
        Store.open(url)


def test_a_database_server_that_is_not_there_is_told() -> None:
    with pytest.raises(WorkspaceTrouble, match="does not answer"):
        Store.open("postgresql://goldpan@127.0.0.1:9/none?connect_timeout=2")


def test_our_own_mistakes_are_not_dressed_up(store: Store) -> None:
    """An SQL error is a bug; it must crash with its traceback."""
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError), database.as_trouble("x"), store.reading() as rows:
        rows._connection.exec_driver_sql("SELECT nonsense")
