"""What code read out of the log gets records of its own; harvests are called extractions.

The data of log lines become question sets, answers of examinations and results of teachings, and
lines that said nothing without them go. An extraction's id is made with its new name, so that what
was extracted is found. Answers of an examination that never came to its gate are dropped: the line
did not say which version they were of. Nobody wrote scores, nor the counts and the cost of a run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = {
    "extractions": ("paper",),
    "question_sets": ("run",),
    "exam_answers": ("version",),
    "teaching_results": ("run", "version"),
}
EMPTY_SET = {
    "choices": 0,
    "guessed_by_options_alone": 0.0,
    "chance": 0.0,
    "p_of_guessing": 1.0,
    "p_of_places": 1.0,
    "key_length": 1.0,
    "fair": True,
}
Row = dict[str, Any]


def upgrade() -> None:
    """Create the tables, fill them from `harvests` and `events`, and drop what nobody wrote."""
    for name, fields in TABLES.items():
        op.create_table(
            name,
            sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("id", sa.Text, nullable=False, unique=True),
            *(sa.Column(field, sa.Text, nullable=False) for field in fields),
            sa.Column("body", sa.Text, nullable=False),
        )
        for field in fields:
            op.create_index(f"ix_{name}_{field}", name, [field])
    op.add_column("jobs", sa.Column("run", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_jobs_run", "jobs", ["run"])
    connection = op.get_bind()
    _fill(connection, "extractions", map(_extraction, _bodies(connection, "harvests").values()))
    _from_the_log(connection)
    _strip(connection, "events", "data")
    _strip(connection, "runs", "counts", "cost")
    op.drop_table("harvests")
    op.drop_table("scores")


def _from_the_log(connection: sa.Connection) -> None:
    events = {seq: one for seq, one in _bodies(connection, "events").items() if one.get("data")}
    gates = [one for one in events.values() if "version" in one["data"]]
    sets = {seq: one for seq, one in events.items() if "choices" in one["data"]}
    exams = {seq: one for seq, one in events.items() if "rows" in one["data"]}
    versions = {one["run"]: one["data"]["version"] for one in gates}
    _fill(connection, "teaching_results", map(_result, gates))
    _fill(connection, "question_sets", map(_question_set, sets.values()))
    answers = (
        _named("ExamAnswer", ("version", "question"), version=versions[one["run"]], **row)
        for one in exams.values()
        if one["run"] in versions
        for row in one["data"]["rows"]
    )
    _fill(connection, "exam_answers", answers)
    lines = sa.table("events", sa.column("seq"))
    for seq in (*sets, *exams):
        connection.execute(sa.delete(lines).where(lines.c.seq == seq))


def _result(gate: Row) -> Row:
    version, passed = gate["data"]["version"], gate["text"].partition(":")[0].endswith("passed")
    return _named("TeachingResult", ("run",), run=gate["run"], version=version, passed=passed)


def _question_set(line: Row) -> Row:
    return _named("QuestionSet", ("run",), **{**EMPTY_SET, **line["data"], "run": line["run"]})


def _extraction(body: Row) -> Row:
    fields = {name: value for name, value in body.items() if name != "id"}
    return _named("Extraction", ("paper", "made_by", "input_sha256"), **fields)


def _named(kind: str, identity: tuple[str, ...], **fields: Any) -> Row:
    """The fields and the id that a record of them had when this was written."""
    parts = [kind, *(fields[name] for name in identity)]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"id": digest[:20], **fields}


def _bodies(connection: sa.Connection, name: str) -> dict[int, Row]:
    table = sa.table(name, sa.column("seq"), sa.column("body"))
    found = connection.execute(sa.select(table.c.seq, table.c.body).order_by(table.c.seq))
    return {row.seq: json.loads(row.body) for row in found}


def _fill(connection: sa.Connection, name: str, bodies: Iterable[Row]) -> None:
    """Insert what has these bodies; of two with one id the later counts."""
    table = sa.table(name, *(sa.column(field) for field in ("id", *TABLES[name], "body")))
    rows = {
        body["id"]: {
            "id": body["id"],
            **{field: body[field] for field in TABLES[name]},
            "body": json.dumps(body),
        }
        for body in bodies
    }
    if rows:
        connection.execute(sa.insert(table), list(rows.values()))


def _strip(connection: sa.Connection, name: str, *fields: str) -> None:
    """Take fields out of all bodies: a record that has more than it should is not read."""
    table = sa.table(name, sa.column("seq"), sa.column("body"))
    changes = [
        {"of": seq, "is": json.dumps({k: v for k, v in body.items() if k not in fields})}
        for seq, body in _bodies(connection, name).items()
    ]
    if changes:
        change = sa.update(table).where(table.c.seq == sa.bindparam("of"))
        connection.execute(change.values(body=sa.bindparam("is")), changes)
