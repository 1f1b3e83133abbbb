"""What all records have in common: their ids, and what becomes of these when a field changes."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import memory.records
from benchmarks.imports import ROOT
from memory.records import Event, ModelVersion, Record, digest
from tests.memory.builders import KINDS, nugget, records

ADDRESSED = [kind for kind in KINDS if kind.identity]


@st.composite
def changed(draw: st.DrawFn) -> tuple[Record, dict[str, Any]]:
    """A record, and values for some fields of another one of its kind."""
    kind = draw(st.sampled_from(ADDRESSED))
    one, other = draw(records(kind)), draw(records(kind))
    fields = st.sampled_from(sorted(set(kind.model_fields) - {"id"}))
    return one, {name: getattr(other, name) for name in draw(st.sets(fields))}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_a_change_gives_another_id_exactly_where_it_changes_what_the_record_is(
    case: tuple[Record, dict[str, Any]],
) -> None:
    one, changes = case
    after = one.replace(**changes)
    anew = type(one).model_validate({**after.model_dump(), "id": ""})
    assert after == anew
    was, now = (digest(*(getattr(each, name) for name in one.identity)) for each in (one, after))
    assert (after.id == one.id) is (was == now)


@pytest.mark.parametrize("name", [nugget(1).id, nugget(2).id, "", "other"])
@pytest.mark.parametrize("changes", [{}, {"claim": "Other."}, {"quote": "other"}])
def test_an_id_is_never_given_by_hand_to_a_record_that_has_a_content_address(
    name: str, changes: dict[str, Any]
) -> None:
    """Under the old id other content would take the record's place in the store."""
    with pytest.raises(ValueError, match="follows from paper, start, end, quote"):
        nugget(1).replace(id=name, **changes)


def test_an_event_keeps_its_id_whatever_changes() -> None:
    event = Event(run="r", stage="s", text="t")
    assert event.replace(text="other", run="q").id == event.id


def test_a_change_is_validated() -> None:
    with pytest.raises(ValueError, match="confidence"):
        nugget(1).replace(confidence=2.0)


def test_the_same_content_has_the_id_it_always_had() -> None:
    """Ids are stored and named by others: what changes them needs a migration."""
    assert nugget(1).id == "e1bf786410749f1e00ca"
    assert ModelVersion(name="small", base="/b", base_sha256="b").id == "1331853f0740a33f8109"
    assert sorted(kind.__name__ for kind in ADDRESSED) == [
        "Dataset", "Document", "ExamAnswer", "Extraction", "Interest", "Link", "ModelVersion",
        "Nugget", "Paper", "Passage", "Probe", "Profile", "Question", "QuestionSet", "Relevance",
        "Reply", "Sighting", "TeachingResult", "TrainingSpec",
    ]  # fmt: skip


def test_every_record_is_imported_from_the_package_and_named_by_it() -> None:
    """Where a record stands inside is the package's own business."""
    folder = ROOT / "memory" / "records"
    defined = {
        node.name
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    assert defined | {"GAP"} == set(memory.records.__all__)
    past = [
        str(path.relative_to(ROOT))
        for room in ("agent", "benchmarks", "evals", "memory", "prompts", "tests", "tools")
        for path in (ROOT / room).rglob("*.py")
        if path.parent != folder and re.search(r"(from|import) memory\.records\.", path.read_text())
    ]
    assert not past
