"""Workspaces of other versions: older ones are upgraded, newer ones refused, ours just opened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, insert, inspect, table, text

from memory import database, schema
from memory.errors import NewerWorkspace
from memory.records import (
    Event,
    ExamAnswer,
    Extraction,
    Link,
    Nugget,
    QuestionSet,
    Relation,
    Run,
    TeachingResult,
    digest,
)
from memory.store import Store
from tests.memory.builders import nugget

OLD = {Event: ("id", "run", "body"), Nugget: ("id", "paper", "passage", "kind", "status",
                                             "cluster", "body")}  # fmt: skip


def old_workspace(path: Path, *records: Event | Nugget) -> None:
    """A workspace as the first Goldpan left it."""
    engine = database.connect(path)
    with engine.execution_options(**database.WRITING).begin() as connection:
        database.migrate(connection, "0001")
        for record in records:
            body = record.model_dump_json()
            row = {name: getattr(record, name, body) for name in OLD[type(record)]}
            connection.execute(insert(schema.TABLES[type(record)]).values(row))
    engine.dispose()


def differences(connection: Connection) -> list[object]:
    """What stands in the database otherwise than in the schema."""
    options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
    context = MigrationContext.configure(connection, opts=options)
    return [
        change
        for change in compare_metadata(context, schema.metadata)
        if "version_num" not in str(change) and schema.VERSION_TABLE not in str(change)
    ]


def test_an_old_workspace_is_upgraded_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    events = [Event(run="r", stage=stage, text="t") for stage in ("read", "probe", "read")]
    old_workspace(path, *events, nugget(1), nugget(2))
    store = Store.open(path)
    assert store.all(Event) == events
    assert store.all(Event, stage="read") == [events[0], events[2]]
    assert store.all(Nugget) == [nugget(1), nugget(2)]
    store.put(Link(a="a", b="b", relation=Relation.SAME, score=0.9))
    assert store.count(Link, relation=Relation.SAME) == 1
    store.close()


ANSWERED = {"question": "q", "what": "new", "before": "a", "after": "b", "memory": "c"}
SET = {"choices": 4, "by_options": {"4": 4}, "by_level": {"fact": 4}, "chance": 0.25, "fair": True,
       "guessed_by_options_alone": 0.2, "p_of_guessing": 0.6, "p_of_places": 1.0,
       "key_length": 1.1}  # fmt: skip
LINES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("one", "vet", "the set", SET),
    ("one", "examine", "answers", {"rows": [ANSWERED, {"question": "r", "what": "old"}]}),
    ("one", "gate", "v1 passed: so it did", {"version": "v"}),
    ("one", "extract", "p: refused: no", {"reason": "refused", "count": 1}),
    ("two", "examine", "answers", {"rows": [ANSWERED]}),
    ("two", "examine", "it says the same", {}),
    ("six", "gate", "v2 refused: it did not: passed: nothing", {"version": "w"}),
]


def fill_0003(connection: Connection) -> None:
    """What the Goldpan of revision 0003 kept of two papers, a run and a few lines of its log."""
    database.migrate(connection, "0003")
    harvests = (
        {"paper": paper, "made_by": "toy", "input_sha256": "0", "nuggets": ["n"], "lost": 0,
         "reason": "", "id": digest("Harvest", paper, "toy", "0")}
        for paper in ("a", "b")
    )  # fmt: skip
    run = {"id": "one", "graph": "teach", "interest": "i", "status": "done", "counts": {},
           "cost": 0.0, "lost": {"passages": 2}}  # fmt: skip
    events = (
        {"id": digest(run, stage, text), "run": run, "stage": stage, "text": text, "data": data}
        for run, stage, text, data in LINES
    )
    for name, rows in {"harvests": harvests, "runs": [run], "events": events}.items():
        columns = [one["name"] for one in inspect(connection).get_columns(name)]
        into = table(name, *map(column, columns))
        for row in rows:
            known = {key: value for key, value in row.items() if key in columns}
            connection.execute(insert(into).values(**known, body=json.dumps(row)))


def check_0004(store: Store) -> None:
    """The same, under new names, and each once."""
    assert [one.paper for one in store.all(Extraction)] == ["a", "b"]
    known = Extraction(paper="b", made_by="toy", input_sha256="0", nuggets=("n",))
    assert store.find(Extraction, known.id) == known
    assert store.get(Run, "one").lost == {"passages": 2}
    assert store.all(QuestionSet) == [QuestionSet(run="one", **SET)]
    assert store.all(TeachingResult) == [
        TeachingResult(run="one", version="v", passed=True),
        TeachingResult(run="six", version="w", passed=False),
    ]
    assert store.all(ExamAnswer, version="v") == store.all(ExamAnswer) == [
        ExamAnswer(version="v", **ANSWERED),
        ExamAnswer(version="v", question="r", what="old"),
    ]  # fmt: skip
    left = [text for _, _, text, _ in LINES if text not in ("the set", "answers")]
    assert [event.text for event in store.all(Event)] == left


def test_what_code_read_out_of_the_log_has_records_after_an_upgrade(tmp_path: Path) -> None:
    engine = database.connect(tmp_path / "goldpan.sqlite")
    with engine.execution_options(**database.WRITING).begin() as connection:
        fill_0003(connection)
    engine.dispose()
    store = Store.open(tmp_path / "goldpan.sqlite")
    check_0004(store)
    store.close()


def test_an_upgraded_workspace_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    """Also when a column is added to the tables and its migration is forgotten."""
    old_workspace(tmp_path / "old.sqlite")
    Store.open(tmp_path / "old.sqlite").close()
    Store.open(tmp_path / "new.sqlite").close()
    for name in ("old", "new"):
        engine = database.connect(tmp_path / f"{name}.sqlite")
        with engine.connect() as connection:
            assert differences(connection) == []
        engine.dispose()


def test_the_revisions_named_are_the_steps_there_are() -> None:
    steps = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    assert [step.revision for step in steps.walk_revisions()] == [*reversed(schema.REVISIONS)]


def set_revision(path: Path, revision: str) -> None:
    engine = database.connect(path)
    with engine.begin() as connection:
        connection.execute(schema.version.update().values(version_num=revision))
    engine.dispose()


def test_a_newer_workspace_is_refused_with_what_to_do_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    Store.open(path).close()
    set_revision(path, "0099")
    before = path.read_bytes()
    with pytest.raises(NewerWorkspace, match=r"revision 0099.*Install the newer Goldpan"):
        Store.open(path)
    assert path.read_bytes() == before


def test_opening_a_workspace_of_today_does_not_load_the_migration_tool(tmp_path: Path) -> None:
    code = (
        "import sys; from memory.store import Store;"
        "[Store.open(sys.argv[1]).close() for _ in range(2)];"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.sqlite")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_two_that_open_an_old_workspace_at_once_both_get_it(tmp_path: Path) -> None:
    path = tmp_path / "goldpan.sqlite"
    old_workspace(path, *(Event(run="r", stage="s", text="t") for _ in range(50)))
    code = "import sys; from memory.store import Store; Store.open(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    store = Store.open(path)
    assert len(store.all(Event, stage="s")) == 50
    store.close()


@pytest.mark.parametrize("after", [0.0, 0.01, 0.03, 0.1])
def test_killed_while_upgrading_it_is_still_the_old_one_or_the_new_one(
    tmp_path: Path, after: float
) -> None:
    path = tmp_path / "goldpan.sqlite"
    events = [Event(run="r", stage="s", text="t") for _ in range(3000)]
    old_workspace(path, *events)
    code = (
        "import sys; from memory.store import Store; import alembic.command; print(flush=True);"
        "Store.open(sys.argv[1])"
    )
    one = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert one.stdout
    one.stdout.readline()
    time.sleep(after)
    os.kill(one.pid, signal.SIGKILL)
    one.communicate()
    store = Store.open(path)
    assert store.all(Event, stage="s") == events
    with store.reading() as rows:
        assert rows._connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    store.close()
