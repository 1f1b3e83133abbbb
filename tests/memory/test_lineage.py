"""Model versions: exactly one current, a way back, adapters that never change."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.exc import IntegrityError

from memory.errors import BadInput, BadModel, GateRefused, NoSuch
from memory.lineage import Lineage
from memory.records import ModelVersion, Score, Stage
from memory.store import Store
from tests.memory.builders import version


@pytest.fixture
def lineage(store: Store, tmp_path: Path) -> Lineage:
    opened = Lineage(store, tmp_path / "models")
    opened.base("small", "/base", "base")
    return opened


def adapter(folder: Path, **more: bytes) -> Path:
    """A folder as PEFT leaves it."""
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_text('{"r": 8, "target_modules": ["v", "q"]}')
    for name, content in more.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def test_a_base_is_registered_once_and_is_current(lineage: Lineage) -> None:
    again = lineage.base("small", "/base", "base")
    assert (again.number, again.stage) == (0, Stage.CURRENT)
    assert lineage.current("small") == again
    assert lineage.history("small") == [again]


def test_a_base_that_has_moved_keeps_its_history(lineage: Lineage) -> None:
    lineage.promote(lineage.add(version(1)).id)
    assert lineage.base("small", "/elsewhere", "base").number == 0
    assert {one.base for one in lineage.history("small")} == {"/elsewhere"}
    assert lineage.current("small").number == 1


def test_a_name_stands_for_one_base_and_a_base_for_one_name(lineage: Lineage) -> None:
    with pytest.raises(BadInput, match="these weights are others"):
        lineage.base("small", "/other", "other")
    with pytest.raises(BadInput, match="already known as 'small'"):
        lineage.base("big", "/base", "base")


def test_an_unknown_name_is_told(lineage: Lineage) -> None:
    with pytest.raises(NoSuch, match="no model called 'big'"):
        lineage.current("big")
    with pytest.raises(NoSuch):
        lineage.add(version(1, name="big"))
    assert lineage.history("big") == []


def test_a_candidate_gets_the_next_number_once(lineage: Lineage) -> None:
    one, two = lineage.add(version(1)), lineage.add(version(2))
    assert (one.number, two.number) == (1, 2)
    assert one.parent == lineage.current("small").id
    assert lineage.add(version(1).replace(gate="again")) == one


def test_threads_that_add_at_once_get_numbers_of_their_own(lineage: Lineage) -> None:
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda number: lineage.add(version(number)), range(24)))
    assert sorted(one.number for one in added) == list(range(1, 25))


def test_promotion_retires_what_it_replaces_and_rollback_returns_to_it(lineage: Lineage) -> None:
    one, two = lineage.add(version(1)), lineage.add(version(2))
    lineage.promote(one.id, gate="better")
    promoted = lineage.promote(two.id)
    assert promoted.parent == one.id
    assert lineage.promote(two.id) == promoted
    assert [each.stage for each in lineage.history("small")] == ["retired", "retired", "current"]
    assert lineage.rollback("small").gate == "better"
    assert lineage.rollback("small").number == 0
    with pytest.raises(BadInput, match="at its base"):
        lineage.rollback("small")


def test_what_the_gate_refused_is_promoted_only_by_force(lineage: Lineage) -> None:
    one = lineage.refuse(lineage.add(version(1)).id, "forgets too much")
    with pytest.raises(GateRefused, match="forgets too much"):
        lineage.promote(one.id)
    assert lineage.promote(one.id, force=True).stage is Stage.CURRENT


def test_neither_the_base_nor_the_current_version_can_be_refused(lineage: Lineage) -> None:
    with pytest.raises(BadInput, match="base"):
        lineage.refuse(lineage.current("small").id, "why")
    one = lineage.promote(lineage.add(version(1)).id)
    with pytest.raises(BadInput, match="in use"):
        lineage.refuse(one.id, "why")


def test_rollback_passes_over_what_was_refused_since(lineage: Lineage) -> None:
    one, two = lineage.add(version(1)), lineage.add(version(2))
    lineage.promote(one.id)
    lineage.promote(two.id)
    lineage.refuse(one.id, "found wanting")
    assert lineage.rollback("small").number == 0


def test_scores_are_set_without_touching_the_stage(lineage: Lineage) -> None:
    one = lineage.add(version(1))
    lineage.promote(one.id)
    scored = lineage.score(one.id, [Score(metric="new", value=0.9)])
    assert lineage.current("small") == scored
    assert scored.scores[0].value == 0.9


def test_the_tables_refuse_a_second_current_version(lineage: Lineage, store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.put(version(9).replace(number=9, stage=Stage.CURRENT))
    with pytest.raises(IntegrityError):
        store.put(version(9).replace(number=0))


def test_an_adapter_is_kept_under_its_hash_and_only_once(lineage: Lineage, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "out", README__md=b"hello", trainer_state__json=b"{}")
    (folder / "checkpoint-5").mkdir()
    kept, sha256 = lineage.keep(folder)
    assert kept == tmp_path / "models" / "adapters" / sha256
    names = ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert sorted(path.name for path in kept.iterdir()) == names
    assert not any(path.stat().st_mode & 0o222 for path in kept.iterdir())
    assert lineage.keep(folder) == (kept, sha256)
    assert lineage.keep(kept) == (kept, sha256)
    assert [path.name for path in kept.parent.iterdir()] == [sha256]
    lineage.verify(kept, sha256)


def test_equal_adapters_have_one_hash_whatever_order_their_layers_are_named_in(
    lineage: Lineage, tmp_path: Path
) -> None:
    """The library writes the names of the trained layers from a set."""
    one, two = adapter(tmp_path / "one"), adapter(tmp_path / "two")
    config = {"target_modules": ["q", "v"], "r": 8}
    (two / "adapter_config.json").write_text(json.dumps(config))
    assert lineage.keep(one) == lineage.keep(two)
    (two / "adapter_config.json").write_text(json.dumps({**config, "r": 9}))
    assert lineage.keep(one) != lineage.keep(two)


@pytest.mark.parametrize("name", ["training_args__bin", "weights__PT", "x__pkl"])
def test_a_pickle_is_never_taken(lineage: Lineage, tmp_path: Path, name: str) -> None:
    folder = adapter(tmp_path / "out", **{name: b"x"})
    with pytest.raises(BadModel, match="can run code when loaded"):
        lineage.keep(folder)


@pytest.mark.parametrize("config", [b"\xff", b"[1]", b"{"])
def test_a_folder_that_is_no_adapter_is_told(
    lineage: Lineage, tmp_path: Path, config: bytes
) -> None:
    with pytest.raises(BadModel, match="no adapter folder"):
        lineage.keep(tmp_path / "nothing")
    folder = adapter(tmp_path / "out")
    (folder / "adapter_config.json").write_bytes(config)
    with pytest.raises(BadModel, match="adapter_config"):
        lineage.keep(folder)
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(BadModel, match=r"adapter_model\.safetensors is missing"):
        lineage.keep(folder)


def damage(kept: Path) -> None:
    weights = kept / "adapter_model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(b"other weights")


def test_a_changed_adapter_is_neither_promoted_nor_rolled_back_to(
    lineage: Lineage, tmp_path: Path
) -> None:
    kept, sha256 = lineage.keep(adapter(tmp_path / "out"))
    own = version(1).replace(adapter=str(kept), adapter_sha256=sha256)
    one = lineage.add(own)
    lineage.promote(one.id)
    lineage.promote(lineage.add(version(2)).id)
    damage(kept)
    with pytest.raises(BadModel, match="has changed"):
        lineage.verify(kept, sha256)
    with pytest.raises(BadModel):
        lineage.rollback("small")
    with pytest.raises(BadModel):
        lineage.promote(one.id)
    assert lineage.current("small").number == 2


def test_keeping_it_again_makes_a_damaged_adapter_whole(lineage: Lineage, tmp_path: Path) -> None:
    kept, sha256 = lineage.keep(adapter(tmp_path / "out"))
    damage(kept)
    assert lineage.keep(tmp_path / "out") == (kept, sha256)
    lineage.verify(kept, sha256)
    (kept / "adapter_config.json").unlink()
    assert lineage.keep(tmp_path / "out") == (kept, sha256)
    lineage.verify(kept, sha256)


class Promotions(RuleBasedStateMachine):
    """Add, promote, refuse and roll back at random, against parents in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.store = Store.open(f"{self.folder}/goldpan.sqlite")
        self.lineage = Lineage(self.store, Path(self.folder) / "models")
        self.current = self.lineage.base("small", "/base", "base").id
        self.lineage.base("other", "/other", "other")
        self.before: list[str] = []

    def pick(self, choice: int) -> ModelVersion:
        there = self.lineage.history("small")
        return there[choice % len(there)]

    @rule(number=st.integers(1, 6))
    def add(self, number: int) -> None:
        self.lineage.add(version(number))

    @rule(choice=st.integers(0, 9), force=st.booleans())
    def promote(self, choice: int, force: bool) -> None:
        one = self.pick(choice)
        if one.stage is Stage.REFUSED and not force:
            with pytest.raises(GateRefused):
                self.lineage.promote(one.id)
            return
        self.lineage.promote(one.id, force=force)
        self.current = one.id

    @rule(choice=st.integers(0, 9))
    def promote_and_roll_back(self, choice: int) -> None:
        one, old = self.pick(choice), self.lineage.current("small")
        above = self.line(old)
        self.lineage.promote(one.id, force=True)
        self.current = one.id
        if one.id != old.id and one.id not in above:
            assert self.lineage.rollback("small").id == old.id
            self.current = old.id

    def line(self, one: ModelVersion) -> list[str]:
        known = {each.id: each for each in self.lineage.history("small")}
        ids = [one.id]
        while parent := known[ids[-1]].parent:
            assert parent not in ids
            ids.append(parent)
        return ids

    @rule(choice=st.integers(0, 9))
    def refuse(self, choice: int) -> None:
        one = self.pick(choice)
        if one.number == 0 or one.id == self.current:
            with pytest.raises(BadInput):
                self.lineage.refuse(one.id, "why")
        else:
            self.lineage.refuse(one.id, "why")

    @rule()
    def roll_back(self) -> None:
        if self.lineage.current("small").number == 0:
            with pytest.raises(BadInput):
                self.lineage.rollback("small")
        else:
            self.current = self.lineage.rollback("small").id

    @invariant()
    def exactly_one_is_current_and_numbers_are_unique(self) -> None:
        history = self.lineage.history("small")
        assert [one.id for one in history if one.stage is Stage.CURRENT] == [self.current]
        assert [one.number for one in history] == list(range(len(history)))
        assert self.lineage.current("other").number == 0

    @invariant()
    def every_line_ends_at_the_base(self) -> None:
        history = self.lineage.history("small")
        assert all(self.line(one)[-1] == history[0].id for one in history)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestPromotions = Promotions.TestCase
TestPromotions.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


PROMOTES = """
import sys, itertools
from pathlib import Path
from memory.store import Store
from memory.lineage import Lineage
from memory.records import ModelVersion
lineage = Lineage(Store.open(sys.argv[1]), Path(sys.argv[1]).parent)
lineage.base("small", "/base", "base")
print(flush=True)
for number in itertools.count():
    one = ModelVersion(name="small", base="/b", base_sha256="base", adapter_sha256=f"a{number % 5}")
    lineage.promote(lineage.add(one).id)
    if number % 3 == 2:
        lineage.rollback("small")
"""


@pytest.mark.slow
def test_killed_at_any_moment_of_promoting_exactly_one_is_current(tmp_path: Path) -> None:
    path, moments = tmp_path / "goldpan.sqlite", random.Random(7)
    for _ in range(10):
        one = subprocess.Popen([sys.executable, "-c", PROMOTES, str(path)], stdout=subprocess.PIPE)
        assert one.stdout
        one.stdout.readline()
        time.sleep(moments.uniform(0, 0.2))
        one.kill()
        one.communicate()
        store = Store.open(path)
        versions = store.all(ModelVersion)
        assert [each.stage for each in versions].count(Stage.CURRENT) == 1
        assert len({each.number for each in versions}) == len(versions)
        store.close()
    assert len(versions) > 1


def test_killed_while_keeping_an_adapter_none_or_a_whole_one_is_there(tmp_path: Path) -> None:
    """The folder gets its name only when every byte is on the disk."""
    folder = adapter(tmp_path / "out")
    (folder / "adapter_model.safetensors").write_bytes(os.urandom(1 << 25))
    code = (
        "import sys; from pathlib import Path\n"
        "from memory.lineage import Lineage; from memory.store import Store\n"
        "here = Path(sys.argv[1]); lineage = Lineage(Store.open(here / 'x.sqlite'), here)\n"
        "print(flush=True); lineage.keep(Path(sys.argv[2]))"
    )
    for moment in (0.01, 0.05, 0.1):
        program = [sys.executable, "-c", code, str(tmp_path), str(folder)]
        one = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert one.stdout
        one.stdout.readline()
        time.sleep(moment)
        one.kill()
        one.communicate()
        for kept in (tmp_path / "adapters").glob("[!.]*"):
            Lineage.verify(kept, kept.name)
