"""Nearest nuggets: the index answers as exact search does, or is built anew, or is done without."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import event

from memory import database
from memory.errors import BadInput, NoSuch
from memory.records import Link, Nugget, Relation
from memory.store import Store
from memory.upkeep import Upkeep
from memory.vectors import Vectors
from tests.memory.builders import nugget

D = 8
Open = Callable[[], Vectors]


@pytest.fixture
def reopen(store: Store, tmp_path: Path) -> Iterator[Open]:
    """Opens the index as a new process would, after whatever the test did to it."""
    opened: list[Vectors] = []

    def again() -> Vectors:
        for one in opened:
            one.close()
        opened.append(Vectors(store, tmp_path / "index", "mini", D))
        return opened[-1]

    yield again
    for one in opened:
        one.close()


def points(n: int, seed: int = 0) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).normal(size=(n, D)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def fill(store: Store, vectors: Vectors, given_: NDArray[np.float32]) -> list[str]:
    some = [nugget(number) for number in range(len(given_))]
    store.add(*some)
    vectors.add([one.id for one in some], given_)
    return [one.id for one in some]


def by_hand(ids: list[str], given_: NDArray[np.float32], query: NDArray[np.float32]) -> list[str]:
    """The plainest way to say what the nearest are."""
    cosines = given_.astype(float) @ query.astype(float)
    return [ids[row] for row in sorted(range(len(ids)), key=lambda r: (-cosines[r], ids[r]))]


def test_the_nearest_come_first(store: Store, reopen: Open) -> None:
    vectors, given_ = reopen(), points(300)
    ids = fill(store, vectors, given_)
    for query in points(20, seed=1):
        near = vectors.neighbours(query, 5)
        assert near == vectors.exact(query, 5)
        assert [key for key, _ in near] == by_hand(ids, given_, query)[:5]
        assert all(-1 <= cosine <= 1 for _, cosine in near)
    assert vectors.neighbours(given_[7], 1) == [(ids[7], pytest.approx(1))]
    assert vectors.notices == []


def test_many_looked_for_at_once_find_what_each_finds_alone(store: Store, reopen: Open) -> None:
    """Among them one with many equals, and one that points nowhere."""
    vectors = reopen()
    fill(store, vectors, np.concatenate([points(40), np.repeat(points(1), 30, axis=0)]))
    queries = np.concatenate([points(9, seed=1), points(1), np.zeros((1, D), np.float32)])
    found = vectors.nearest(queries, 5)
    assert found == [vectors.neighbours(query, 5) for query in queries]
    assert found == [vectors.exact(query, 5) for query in queries]
    assert vectors.nearest(queries[:0]) == []


def test_merging_never_asks_the_store_to_walk_through_a_table(tmp_path: Path) -> None:
    """Each question goes by an index, so that its time hardly grows with what is stored."""
    engine = database.connect(tmp_path / "goldpan.sqlite")
    store = Store(engine, "here")
    database.open_tables(engine, "here")
    asked: dict[str, Any] = {}

    def note(_1: Any, _2: Any, statement: str, values: Any, _3: Any, many: bool) -> None:
        asked.setdefault(statement, values[0] if many else values)

    with Vectors(store, tmp_path / "index", "mini", D) as vectors:
        fill(store, vectors, points(300))
        new = [nugget(number) for number in range(300, 320)]
        event.listen(engine, "before_cursor_execute", note)
        store.add(*new)
        vectors.add([one.id for one in new], points(20, seed=1))
        near = vectors.nearest(points(20, seed=1), 12)
        store.all(Nugget, id={key for some in near for key, _ in some})
        link = Link(a=new[0].id, b=new[1].id, relation=Relation.SAME, score=0.9)
        store.put(new[0].replace(cluster=new[0].id), link)
        event.remove(engine, "before_cursor_execute", note)
    with sqlite3.connect(tmp_path / "goldpan.sqlite") as connection:
        plans = [
            step[-1]
            for statement, values in asked.items()
            if not statement.startswith("BEGIN")
            for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    connection.close()
    store.close()
    assert len(plans) >= 3
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_equals_are_ordered_by_id_wherever_the_list_is_cut(store: Store, reopen: Open) -> None:
    """The index gives any of its equals; which ones must not depend on its mood."""
    vectors = reopen()
    ids = fill(store, vectors, np.repeat(points(2), 150, axis=0))
    for k in (1, 10, 149, 200):
        near = vectors.neighbours(points(2)[0], k)
        assert near == vectors.exact(points(2)[0], k)
        assert [key for key, _ in near][: min(k, 150)] == sorted(ids[:150])[:k]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    grid=st.lists(st.lists(st.integers(-2, 2), min_size=D, max_size=D), min_size=1, max_size=40),
    query=st.lists(st.integers(-2, 2), min_size=D, max_size=D),
    k=st.integers(0, 50),
)
def test_the_index_says_what_exact_search_says(
    store: Store, reopen: Open, grid: list[list[int]], query: list[int], k: int
) -> None:
    """Small whole numbers: many equals, many null vectors."""
    store.delete(Nugget, *(one.id for one in store.all(Nugget)))
    vectors = reopen()
    fill(store, vectors, np.array(grid, np.float32))
    near = vectors.neighbours(np.array(query, np.float32), k)
    assert near == vectors.exact(np.array(query, np.float32), k)
    assert len(near) == min(k, len(grid))
    assert near == sorted(near, key=lambda pair: (-pair[1], pair[0]))


def test_nothing_stored_nothing_near(reopen: Open) -> None:
    vectors = reopen()
    assert vectors.neighbours(points(1)[0]) == vectors.exact(points(1)[0]) == []
    assert vectors.stats()["stored"] == 0


@pytest.mark.parametrize("wrong", [np.ones((1, D + 1)), np.full((1, D), np.nan)])
def test_vectors_of_another_length_or_without_numbers_are_refused(
    reopen: Open, wrong: NDArray[np.float64]
) -> None:
    vectors = reopen()
    with pytest.raises(BadInput, match="mini"):
        vectors.add(["x"], wrong.astype(np.float32))
    with pytest.raises(BadInput, match="mini"):
        vectors.neighbours(wrong[0].astype(np.float32))


def test_a_vector_for_no_nugget_is_refused_and_spoils_nothing(store: Store, reopen: Open) -> None:
    vectors = reopen()
    fill(store, vectors, points(5))
    with pytest.raises(NoSuch):
        vectors.add(["nobody"], points(1))
    assert len(vectors.neighbours(points(1)[0])) == 5
    assert reopen().stats()["indexed"] == 5


def test_a_vector_given_again_replaces_the_first(store: Store, reopen: Open) -> None:
    vectors = reopen()
    ids = fill(store, vectors, points(20))
    vectors.add(ids[:1], -points(20)[:1])
    assert vectors.neighbours(-points(20)[0], 1) == [(ids[0], pytest.approx(1))]
    assert vectors.exact(-points(20)[0], 1)[0][0] == ids[0]


def test_a_nugget_that_is_gone_is_not_found(store: Store, reopen: Open) -> None:
    vectors = reopen()
    ids = fill(store, vectors, points(20))
    store.delete(Nugget, *ids[5:])
    near = [key for key, _ in vectors.neighbours(points(1)[0], 10)]
    assert sorted(near) == sorted(ids[:5])


def test_building_it_anew_gives_the_same_answers(store: Store, reopen: Open) -> None:
    vectors = reopen()
    fill(store, vectors, points(500))
    before = [vectors.neighbours(query) for query in points(20, seed=1)]
    assert vectors.reindex() == 500
    assert [vectors.neighbours(query) for query in points(20, seed=1)] == before
    assert vectors.notices == []


def test_building_it_anew_tells_how_far_it_is(store: Store, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    with Vectors(store, tmp_path / "index", "mini", D, lambda *far: heard.append(far)) as vectors:
        fill(store, vectors, points(30))
        assert heard == []
        vectors.reindex()
    assert heard == [(30, 30)]


def test_a_sound_index_is_opened_as_it_is(store: Store, reopen: Open, tmp_path: Path) -> None:
    fill(store, reopen(), points(50))
    number = json.loads((tmp_path / "index" / "index.json").read_text())["number"]
    vectors = reopen()
    assert vectors.stats() == {
        "stored": 50, "indexed": 50, "embedder": "mini", "dimensions": D, "healthy": True,
        "bytes": pytest.approx(250_000, rel=0.9),
    }  # fmt: skip
    assert vectors.notices == []
    assert (tmp_path / "index" / str(number)).is_dir()


def test_the_index_of_another_embedder_is_built_anew(store: Store, tmp_path: Path) -> None:
    store.add(nugget(1))
    for name in ("mini", "large"):
        with Vectors(store, tmp_path / "index", name, D) as vectors:
            vectors.add([nugget(1).id], points(1))
    assert "another embedder" in vectors.notices[0]
    assert vectors.neighbours(points(1)[0]) == [(nugget(1).id, pytest.approx(1))]


def files(folder: Path) -> dict[str, Path]:
    """The files of an index by name, the database among them."""
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size or 100))


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


HARM = [garbage, half, nothing, Path.unlink]
FILES = ["chroma.sqlite3", "data_level0.bin", "header.bin", "length.bin", "link_lists.bin",
         "index.json"]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_a_damaged_file_means_a_new_index_and_a_notice(
    store: Store, reopen: Open, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    """Some of these make Chroma fail, some make it silently forget, some take the process down."""
    vectors = reopen()
    fill(store, vectors, points(60))
    before = vectors.neighbours(points(1, seed=1)[0])
    vectors.close()
    found = files(tmp_path / "index")[name]
    same = found.stat().st_size == 0 and harm in (half, nothing)
    harm(found)
    vectors = reopen()
    assert vectors.neighbours(points(1, seed=1)[0]) == before
    assert len(vectors.notices) == (0 if same else 1)
    assert same or vectors.notices[0].endswith("built anew from the store; nothing is lost.")
    assert vectors.stats()["healthy"]


def test_a_lost_folder_means_a_new_index(store: Store, reopen: Open, tmp_path: Path) -> None:
    fill(store, vectors := reopen(), points(60))
    before = vectors.neighbours(points(1, seed=1)[0])
    vectors.close()
    shutil.rmtree(next(path for path in (tmp_path / "index").iterdir() if path.is_dir()))
    assert reopen().neighbours(points(1, seed=1)[0]) == before


def test_an_index_that_lags_behind_the_store_is_built_anew(store: Store, reopen: Open) -> None:
    ids = fill(store, reopen(), points(20))
    store.put(nugget(99))
    reopen().close()
    store.save_vectors("mini", [nugget(99).id], points(1, seed=5))
    vectors = reopen()
    assert vectors.neighbours(points(1, seed=5)[0], 1)[0][0] == nugget(99).id
    assert vectors.notices == [
        "The search index was not up to date. It was built anew from the store; nothing is lost."
    ]
    assert len(ids) == 20


def test_an_index_that_breaks_in_use_is_built_anew(
    store: Store, reopen: Open, tmp_path: Path
) -> None:
    vectors = reopen()
    ids = fill(store, vectors, points(60))
    nothing(files(tmp_path / "index")["chroma.sqlite3"])
    vectors.add(ids[:1], points(1))
    assert "broke" in vectors.notices[0]
    nothing(files(tmp_path / "index")["chroma.sqlite3"])
    assert len(vectors.neighbours(points(1)[0])) == 10
    assert vectors.stats()["healthy"]


def test_where_there_can_be_no_index_exact_search_serves(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.write_text("in the way")
    vectors = Vectors(store, folder, "mini", D)
    ids = fill(store, vectors, points(60))
    assert vectors.neighbours(points(60)[3], 1)[0][0] == ids[3]
    assert ["Exact search serves" in notice for notice in vectors.notices] == [True]
    assert vectors.stats()["healthy"] is False
    vectors.reindex()
    assert "could not be built. Exact search serves" in vectors.notices[-1]
    folder.unlink()
    assert vectors.reindex() == 60
    assert vectors.stats()["healthy"]
    vectors.close()


def test_without_chroma_exact_search_serves(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['chromadb'] = None\n"
        "from pathlib import Path; from memory.store import Store\n"
        "from tests.memory.test_vectors import *\n"
        "here = Path(sys.argv[1]); store = Store.open(here / 'x.sqlite')\n"
        "vectors = Vectors(store, here / 'index', 'mini', D)\n"
        "ids = fill(store, vectors, points(30))\n"
        "assert vectors.neighbours(points(30)[4], 1)[0][0] == ids[4]\n"
        "print(vectors.notices)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert "Exact search serves instead" in done.stdout


def test_files_that_are_as_sealed_but_not_chromas_are_built_anew(
    store: Store, reopen: Open, tmp_path: Path
) -> None:
    fill(store, vectors := reopen(), points(30))
    vectors.close()
    note = tmp_path / "index" / "index.json"
    sealed = json.loads(note.read_text())
    place = tmp_path / "index" / str(sealed["number"])
    shutil.rmtree(place)
    place.mkdir()
    note.write_text(json.dumps({**sealed, "files": {}}))
    assert len(reopen().neighbours(points(1)[0])) == 10


def test_an_index_that_takes_too_long_to_look_at_is_built_anew(
    store: Store, reopen: Open, tmp_path: Path
) -> None:
    fill(store, vectors := reopen(), points(30))
    vectors.close()
    note = tmp_path / "index" / "index.json"
    note.write_text(note.read_text().replace('"closed"', '"open"'))
    hasty = Upkeep(store, tmp_path / "index", "mini", D, patience=0.01)
    index = hasty.opened()
    assert index
    assert index.count() == 30
    assert "was damaged" in hasty.notices[0]
    hasty.close()


def test_threads_may_search_while_one_adds(store: Store, reopen: Open) -> None:
    vectors = reopen()
    ids = fill(store, vectors, points(40))

    def work(number: int) -> bool:
        vectors.add([ids[number]], points(40)[number : number + 1])
        return vectors.neighbours(points(40)[number], 1)[0][0] == ids[number]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))


ADDS = """
import sys, itertools
from pathlib import Path
import numpy as np
from memory.store import Store
from memory.vectors import Vectors
from tests.memory.builders import nugget
from tests.memory.test_vectors import D, points
home = Path(sys.argv[1])
store = Store.open(home / "goldpan.sqlite")
vectors = Vectors(store, home / "index", "mini", D)
for number in range(400):
    store.add(nugget(number))
    vectors.add([nugget(number).id], points(1, seed=number))
    print(number, flush=True)
print("resting", flush=True)
sys.stdin.read()
"""


def killed(home: Path, line: str, delay: float) -> None:
    """A process that was killed a moment after it had said that line."""
    import time

    one = subprocess.Popen(
        [sys.executable, "-c", ADDS, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert one.stdout
    while (said := one.stdout.readline().strip()) != line:
        assert said
    time.sleep(delay)
    one.kill()
    one.communicate()


DIES = """
import os, sys
from pathlib import Path
from memory.store import Store
from memory.vectors import Vectors
from tests.memory.builders import nugget
from tests.memory.test_vectors import D, points

class Dying(Store):
    def save_vectors(self, *given):
        super().save_vectors(*given)
        os._exit(9)

home = Path(sys.argv[1])
vectors = Vectors(Dying.open(home / "goldpan.sqlite"), home / "index", "mini", D)
vectors.add([nugget(0).id], -points(400)[:1])
"""


def test_dead_between_store_and_index_the_index_catches_up(
    store: Store, reopen: Open, tmp_path: Path
) -> None:
    """A vector replaced leaves both with equal counts."""
    ids = fill(store, vectors := reopen(), points(400))
    vectors.close()
    program = [sys.executable, "-c", DIES, str(tmp_path)]
    assert subprocess.run(program, cwd=Path(__file__).parents[2], check=False).returncode == 9
    vectors = reopen()
    assert vectors.neighbours(-points(400)[0], 1) == [(ids[0], pytest.approx(1))]
    assert "was being written when the last command stopped" in vectors.notices[0]


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(4))
def test_killed_while_adding_it_finds_all_that_the_store_has(
    store: Store, reopen: Open, tmp_path: Path, moment: int
) -> None:
    chance = random.Random(moment)
    killed(tmp_path, str(chance.randrange(150)), chance.uniform(0, 0.01))
    vectors = reopen()
    ids, stored = store.load_vectors("mini")
    for key, vector in zip(ids, stored, strict=True):
        assert vectors.neighbours(vector, 1)[0][0] == key
    assert vectors.stats()["healthy"]


@pytest.mark.slow
def test_killed_at_rest_a_sound_index_is_kept_and_a_damaged_one_found_out(
    store: Store, reopen: Open, tmp_path: Path
) -> None:
    """Nobody sealed it; another process, which may crash over it, looks at it first."""
    killed(tmp_path, "resting", 0)
    shutil.copytree(tmp_path / "index", tmp_path / "copy")
    vectors = reopen()
    assert vectors.stats()["indexed"] == 400
    assert vectors.notices == []
    vectors.close()
    shutil.rmtree(tmp_path / "index")
    (tmp_path / "copy").rename(tmp_path / "index")
    half(files(tmp_path / "index")["chroma.sqlite3"])
    vectors = reopen()
    assert len(vectors.neighbours(points(1)[0])) == 10
    assert "was damaged" in vectors.notices[0]
