"""Counting and summing calls, and forgetting replies."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.records import Call, Reply
from memory.store import Store

SUMS = ("tokens_in", "tokens_out", "cost")


def call(**more: object) -> Call:
    fields = {"key": "k", "model": "m", "prompt": "p", "input_sha256": "i"}
    return Call.model_validate({**fields, **more})


calls = st.builds(
    call,
    run=st.sampled_from(("r1", "r2")),
    model=st.sampled_from(("m1", "m2")),
    priced=st.booleans(),
    tokens_in=st.integers(0, 10**6),
    tokens_out=st.integers(0, 10**6),
    cost=st.integers(0, 1000).map(lambda cents: cents / 4),
    time=st.sampled_from(("2026-01-30T23:59:59+00:00", "2026-01-31T00:00:00+00:00")),
)
groups = st.lists(st.sampled_from(("run", "model", "day", "priced")), unique=True, max_size=3)
since = st.sampled_from(("", "2026-01-31"))


def check_totals(store: Store, some: list[Call], by: list[str], since: str) -> None:
    store.delete(Call, *(one.id for one in store.all(Call)))
    store.put(*some)
    expected: dict[tuple[object, ...], list[float]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in (one for one in some if one.time >= since):
        group = tuple(one.time[:10] if name == "day" else getattr(one, name) for name in by)
        sums = (1, *(getattr(one, name) for name in SUMS))
        expected[group] = [a + b for a, b in zip(expected[group], sums, strict=True)]
    if not by:
        expected[()]  # One group, also of nothing.
    found = store.totals(Call, by, SUMS, since)
    assert [tuple(row[name] for name in by) for row in found] == sorted(expected)
    assert [[row[name] for name in ("count", *SUMS)] for row in found] == [
        expected[group] for group in sorted(expected)
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(some=st.lists(calls, max_size=12), by=groups, since=since)
def test_totals_are_what_adding_up_the_records_gives(
    store: Store, some: list[Call], by: list[str], since: str
) -> None:
    check_totals(store, some, by, since)


def test_totals_of_more_values_than_a_statement_takes_are_one(store: Store) -> None:
    """SQLite takes 32,766 values in one statement."""
    store.put(*(call(key=f"k{n}", tokens_in=n) for n in range(40)))
    keys = ["k39", *(f"none{n}" for n in range(70_000)), "k1"]
    [total] = store.totals(Call, of=["tokens_in"], key=keys)
    assert total == {"count": 2, "tokens_in": 40}
    assert store.totals(Call, of=["cost"], key=[]) == [{"count": 0, "cost": 0}]


def test_replies_are_forgotten_unless_they_were_paid_for_again_since(store: Store) -> None:
    old, new = "2026-01-01T10:00:00+00:00", "2026-02-01T10:00:00+00:00"
    store.put(call(key="a", time=old), call(key="b", time=old), call(key="b", time=new))
    store.put(*(Reply(key=key, message={}) for key in "ab"))
    with store.transaction() as rows:
        assert rows.forget_replies("2026-02-01") == 1
    assert [reply.key for reply in store.all(Reply)] == ["b"]
    assert store.count(Call) == 3
