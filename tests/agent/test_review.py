"""The review: decisions, edits, undo, export and import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from agent.settings import ReviewSettings
from agent.steps import review
from memory.errors import BadInput, NothingToDo
from memory.records import (
    Action,
    Decision,
    Document,
    Link,
    Nugget,
    NuggetStatus,
    Paper,
    Passage,
    Probe,
    Relation,
    Verdict,
)
from memory.store import Store


def fill(store: Store, count: int = 4) -> list[Nugget]:
    """Nuggets of one paper, all unknown to the target."""
    lines = [f"The point of n{n}ium is {n}00 kelvin." for n in range(1, count + 1)]
    paper = Paper(canonical="sha256:0", title="Points")
    store.put(paper, Document(paper=paper.id, text="\n".join(lines), page_starts=(0,)))
    nuggets = []
    for line in lines:
        at = "\n".join(lines).index(line)
        passage = Passage(paper=paper.id, page=1, start=at, end=at + len(line), text=line)
        nugget = Nugget(
            paper=paper.id, passage=passage.id, page=1, claim=line, quote=line, start=at,
            end=at + len(line),
        )  # fmt: skip
        nugget = nugget.replace(cluster=nugget.id)
        store.put(passage, nugget)
        store.put(Probe(nugget=nugget.id, model="m", verdict=Verdict.UNKNOWN, p_known=0.1))
        nuggets.append(nugget)
    return nuggets


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store.sqlite")


def test_a_decision_is_kept_with_what_was_before_and_after(store: Store) -> None:
    nugget = fill(store)[0]
    [accepted] = review.decide(store, [nugget], Action.ACCEPT)
    assert (accepted.status, accepted.revision) == (NuggetStatus.ACCEPTED, 1)
    [decision] = store.all(Decision)
    assert decision.before["status"] == "proposed"
    assert decision.after == {"status": "accepted"}


def test_an_edit_may_change_the_words_and_not_the_numbers(store: Store) -> None:
    nugget = fill(store)[0]
    with pytest.raises(BadInput, match="numbers"):
        review.decide(store, [nugget], Action.EDIT, claim="The point of n1ium is 900 kelvin.")
    [edited] = review.decide(
        store, [nugget], Action.EDIT, claim="n1ium has its point at 100 kelvin."
    )
    assert edited.status is NuggetStatus.EDITED
    assert edited.teachable
    assert edited.quote == nugget.quote


def test_a_decision_on_an_old_revision_is_refused(store: Store) -> None:
    """Two people may have the same nugget on their screens."""
    nugget = fill(store)[0]
    review.decide(store, [nugget], Action.REJECT)
    with pytest.raises(BadInput):
        review.decide(store, [nugget], Action.ACCEPT)


def test_undo_takes_back_a_whole_batch(store: Store) -> None:
    nuggets = fill(store)
    review.decide(store, nuggets[:3], Action.ACCEPT)
    assert len(review.undo(store)) == 3
    assert store.count(Nugget, status=NuggetStatus.PROPOSED) == 4
    with pytest.raises(NothingToDo):
        review.undo(store)


def test_the_policy_leaves_what_another_paper_denies_to_a_person(store: Store) -> None:
    one, other, *rest = fill(store)
    a, b = sorted((one.id, other.id))
    store.put(Link(a=a, b=b, relation=Relation.CONTRADICTS, score=0.9))
    count = review.accept_by_policy(store, review.queue(store), ReviewSettings(), "batch")
    assert count == len(rest)
    assert store.get(Nugget, one.id).status is NuggetStatus.PROPOSED


def test_the_policy_accepts_no_more_than_its_limit(store: Store) -> None:
    fill(store, 9)
    assert (
        review.accept_by_policy(store, review.queue(store), ReviewSettings(max_accept=5), "b") == 5
    )


def test_a_file_of_decisions_is_carried_out_whole(store: Store, tmp_path: Path) -> None:
    fill(store)
    file = tmp_path / "queue.jsonl"
    assert review.export(review.queue(store), file) == 4
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["decision"], rows[1]["decision"] = "accept", "reject"
    file.write_text("\n".join(map(json.dumps, rows)))
    assert [n.status.value for n in review.load(store, file)] == ["accepted", "rejected"]
    assert len(review.undo(store)) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2"),
        ('{"id": "none-such", "revision": 0, "decision": "accept"}', "none-such"),
        ('{"decision": "maybe", "id": "ID", "revision": 0}', "maybe"),
        ('{"decision": "accept"}', "id"),
        ("[]", "line 2"),
    ],
)
def test_a_wrong_line_stops_the_whole_file(
    store: Store, tmp_path: Path, line: str, words: str
) -> None:
    nugget = fill(store)[0]
    good = json.dumps({"id": nugget.id, "revision": 0, "decision": "accept"})
    file = tmp_path / "queue.jsonl"
    file.write_text(f"{good}\n{line.replace('ID', nugget.id)}\n")
    with pytest.raises(BadInput, match=words):
        review.load(store, file)
    assert store.count(Decision) == 0


class Reviewing(RuleBasedStateMachine):
    """Whatever is decided and undone, the store agrees with a list kept by hand."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.store = Store.open(self.folder / f"{len(list(self.folder.iterdir()))}.sqlite")
        self.ids = [nugget.id for nugget in fill(self.store, 3)]
        self.history = [dict.fromkeys(self.ids, NuggetStatus.PROPOSED)]

    @rule(
        chosen=st.sets(st.integers(0, 2), min_size=1),
        action=st.sampled_from([Action.ACCEPT, Action.REJECT]),
    )
    def decide(self, chosen: set[int], action: Action) -> None:
        nuggets = [self.store.get(Nugget, self.ids[n]) for n in sorted(chosen)]
        review.decide(self.store, nuggets, action)
        status = NuggetStatus.ACCEPTED if action is Action.ACCEPT else NuggetStatus.REJECTED
        self.history.append({**self.history[-1], **{n.id: status for n in nuggets}})

    @rule()
    def undo(self) -> None:
        if len(self.history) == 1:
            with pytest.raises(NothingToDo):
                review.undo(self.store)
        else:
            review.undo(self.store)
            self.history.pop()

    @invariant()
    def agrees(self) -> None:
        held = {nugget.id: nugget.status for nugget in self.store.all(Nugget)}
        assert held == self.history[-1]

    def teardown(self) -> None:
        self.store.close()


def test_decisions_and_undo_agree_with_a_model(tmp_path: Path) -> None:
    Reviewing.folder = tmp_path
    run_state_machine_as_test(
        Reviewing,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
