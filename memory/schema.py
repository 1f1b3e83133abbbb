"""The tables: one per record type, and one for vectors. What is asked of them is not said here.

A row is the whole record as JSON in `body`, beside the few fields that queries ask for. `seq` gives
the order in which records came. A change here needs a migration: `REVISIONS` names them all, oldest
first, so that opening an up-to-date workspace reads one row and never loads the migration tool.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from memory.records import (
    Call,
    Dataset,
    Decision,
    Document,
    Event,
    ExamAnswer,
    Extraction,
    Interest,
    Job,
    Link,
    ModelVersion,
    Nugget,
    Paper,
    Passage,
    Probe,
    Profile,
    Question,
    QuestionSet,
    Record,
    Relevance,
    Reply,
    Run,
    Sighting,
    TeachingResult,
    TrainingSpec,
)

REVISIONS = ("0001", "0002", "0003", "0004")
HEAD = REVISIONS[-1]
VERSION_TABLE = "goldpan_version"
COUNTED = ("role", "model", "prompt", "priced", "outcome", "tokens_in", "tokens_out", "cost")
"""What calls are counted and summed by, never looked up; an index on each would make a call a
sixth dearer to note."""

metadata = MetaData()

version = Table(VERSION_TABLE, metadata, Column("version_num", String(32), primary_key=True))


def _column(kind: type[Record], field: str) -> Column[Any]:
    """A column of the field's own type; every enum is held as its text."""
    of = {bool: Boolean, int: Integer, float: Float}.get(kind.model_fields[field].annotation, Text)  # type: ignore[arg-type]
    looked_up = kind is not Call or field not in COUNTED
    return Column(field, of, nullable=False, index=looked_up)


def _table(name: str, kind: type[Record], *fields: str) -> Table:
    """`seq`, `id` and `body` as everywhere, and one indexed column for each of the fields."""
    # SQLite numbers rows by itself only when the key's type is exactly INTEGER.
    seq = BigInteger().with_variant(Integer, "sqlite")
    return Table(
        name,
        metadata,
        Column("seq", seq, primary_key=True, autoincrement=True),
        Column("id", Text, nullable=False, unique=True),
        *(_column(kind, field) for field in fields),
        Column("body", Text, nullable=False),
    )


TABLES: dict[type[Record], Table] = {
    kind: _table(name, kind, *fields)
    for kind, name, *fields in (
        (Interest, "interests", "name", "status"),
        (Paper, "papers", "canonical", "status", "sha256", "source"),
        (Sighting, "sightings", "interest", "paper", "run"),
        (Document, "documents", "paper"),
        (Passage, "passages", "paper"),
        (Nugget, "nuggets", "paper", "passage", "kind", "status", "cluster"),
        (Link, "links", "a", "b", "relation"),
        (Question, "questions", "nugget", "kind", "form", "purpose", "vetted"),
        (QuestionSet, "question_sets", "run"),
        (Probe, "probes", "nugget", "model", "verdict"),
        (Decision, "decisions", "nugget", "actor", "action", "batch", "undoes"),
        (Dataset, "datasets", "manifest_sha256", "interest"),
        (TrainingSpec, "specs", "base_sha256", "dataset"),
        (Job, "jobs", "spec", "run", "status"),
        (ModelVersion, "models", "name", "number", "stage", "base_sha256", "adapter_sha256",
         "parent", "dataset"),
        (ExamAnswer, "exam_answers", "version"),
        (TeachingResult, "teaching_results", "run", "version"),
        (Call, "calls", "key", "run", "interest", "time", *COUNTED),
        (Reply, "replies", "key"),
        (Extraction, "extractions", "paper"),
        (Profile, "profiles", "paper"),
        (Relevance, "relevances", "interest", "paper"),
        (Run, "runs", "graph", "interest", "status"),
        (Event, "events", "run", "stage"),
    )
}  # fmt: skip

# The store itself refuses a second current version and a number given twice, whoever writes.
_models = TABLES[ModelVersion]
_now = text("stage = 'current'")
Index("one_current", _models.c.name, unique=True, sqlite_where=_now, postgresql_where=_now)
Index("one_number", _models.c.name, _models.c.number, unique=True)

vectors = Table(
    "vectors",
    metadata,
    Column("nugget", Text, ForeignKey("nuggets.id", ondelete="CASCADE"), primary_key=True),
    Column("embedder", Text, primary_key=True),
    Column("dimensions", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""`data`: `dimensions` float32, little-endian. A nugget that goes takes its vectors along."""
