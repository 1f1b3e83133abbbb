"""Decisions: all or none, on the revision they were made on, and back again."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory.errors import BadInput, NoSuch, NothingToDo
from memory.records import Decision, Nugget, NuggetStatus
from memory.store import Store
from tests.memory.builders import decision, nugget

ACCEPTED, REJECTED, EDITED = NuggetStatus.ACCEPTED, NuggetStatus.REJECTED, NuggetStatus.EDITED


def test_a_decision_changes_its_nugget_and_is_kept_with_what_stood_before(store: Store) -> None:
    store.put(one := nugget(1))
    taken = decision(one, EDITED, after={"status": "edited", "claim": "Better."})
    (changed,) = store.decide([taken])
    assert (changed.status, changed.claim, changed.revision) == (EDITED, "Better.", 1)
    assert store.get(Nugget, one.id) == changed
    (kept,) = store.all(Decision)
    assert kept.before == {"status": "proposed", "claim": "Claim 1."}


def test_one_decision_on_an_older_state_refuses_the_whole_batch(store: Store) -> None:
    one, two = nugget(1), nugget(2)
    store.put(one, two)
    store.decide([decision(two, ACCEPTED)])
    with pytest.raises(BadInput, match=rf"1 of 2 .*{two.id} \(made on revision 0, now 1\)"):
        store.decide([decision(one, ACCEPTED), decision(two, REJECTED)])
    assert store.get(Nugget, one.id) == one
    assert store.count(Decision) == 1


def test_decisions_on_one_nugget_follow_each_other_in_a_batch(store: Store) -> None:
    store.put(one := nugget(1))
    store.decide([decision(one, ACCEPTED), decision(one, REJECTED, revision=1)])
    assert store.get(Nugget, one.id).status is REJECTED


def test_a_decision_taken_twice_counts_once(store: Store) -> None:
    """A step that was killed after writing runs again from its top."""
    store.put(one := nugget(1))
    taken = decision(one, ACCEPTED)
    assert store.decide([taken]) == store.decide([taken])
    assert store.count(Decision) == 1
    with pytest.raises(BadInput, match="is another one"):
        store.decide([taken.replace(after={"status": "rejected"})])


@pytest.mark.parametrize("after", [{"id": "x"}, {"quote": "x"}, {"nothing": 1}, {"status": "odd"}])
def test_a_decision_cannot_change_where_a_nugget_comes_from(
    store: Store, after: dict[str, str]
) -> None:
    store.put(one := nugget(1))
    with pytest.raises(BadInput):
        store.decide([decision(one, ACCEPTED, after=after)])
    assert store.all(Nugget) == [one]


def test_a_decision_on_nothing_is_refused(store: Store) -> None:
    with pytest.raises(NoSuch, match="no nugget"):
        store.decide([decision(nugget(1), ACCEPTED)])


def test_undo_takes_the_last_batch_back_then_the_one_before(store: Store) -> None:
    some = [nugget(n) for n in range(3)]
    store.put(*some)
    store.decide([decision(one, ACCEPTED, batch="a") for one in some])
    store.decide([decision(some[0].replace(revision=1), REJECTED)])
    assert [one.status for one in store.undo()] == [ACCEPTED]
    assert {one.status for one in store.undo()} == {NuggetStatus.PROPOSED}
    assert [one.replace(revision=0) for one in store.all(Nugget)] == some
    with pytest.raises(NothingToDo):
        store.undo()
    assert store.count(Decision) == 8


def test_a_batch_is_undone_by_name_unless_it_was_decided_over(store: Store) -> None:
    one, two = nugget(1), nugget(2)
    store.put(one, two)
    store.decide([decision(one, ACCEPTED, batch="a")])
    store.decide([decision(two, ACCEPTED, batch="b")])
    assert store.undo("a", actor="somebody") == [one.replace(revision=2)]
    assert store.all(Decision)[-1].actor == "somebody"
    with pytest.raises(NothingToDo):
        store.undo("a")
    with pytest.raises(NoSuch):
        store.undo("c")
    store.decide([decision(two.replace(revision=1), REJECTED, batch="d")])
    with pytest.raises(BadInput, match="Undo the later decision first"):
        store.undo("b")


class Review(RuleBasedStateMachine):
    """Decide and undo at random, against a pile of past states."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(f"{self.folder.name}/goldpan.sqlite")
        self.now = {nugget(n).id: nugget(n) for n in range(3)}
        self.store.put(*self.now.values())
        self.past: list[dict[str, Nugget]] = []

    @rule(
        status=st.sampled_from([ACCEPTED, REJECTED]),
        about=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    )
    def decide(self, status: NuggetStatus, about: list[int]) -> None:
        self.past.append(self.now)
        now, batch = dict(self.now), []
        for number in about:
            one = now[nugget(number).id]
            batch.append(decision(one, status, batch=f"batch {len(self.past)} of {id(batch)}"))
            now[one.id] = one.replace(status=status, revision=one.revision + 1)
        self.store.decide(batch)
        self.now = now

    @rule()
    def undo(self) -> None:
        if not self.past:
            with pytest.raises(NothingToDo):
                self.store.undo()
            return
        self.store.undo()
        there = {one.id: one for one in self.store.all(Nugget)}
        before = self.past.pop()
        self.now = {key: one.replace(revision=there[key].revision) for key, one in before.items()}

    @invariant()
    def what_is_stored_is_what_was_decided(self) -> None:
        assert self.store.all(Nugget) == list(self.now.values())

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestReview = Review.TestCase
TestReview.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
