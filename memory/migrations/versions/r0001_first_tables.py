"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INDEXED = {
    "interests": "name status",
    "papers": "canonical status sha256 source",
    "sightings": "interest paper run",
    "documents": "paper",
    "passages": "paper",
    "nuggets": "paper passage kind status cluster",
    "questions": "nugget kind form purpose vetted",
    "probes": "nugget model verdict",
    "decisions": "nugget actor action batch undoes",
    "datasets": "manifest_sha256 interest",
    "specs": "base_sha256 dataset",
    "jobs": "spec status",
    "scores": "metric",
    "models": "name number stage base_sha256 adapter_sha256 parent dataset",
    "calls": "model prompt_version input_sha256 outcome run",
    "runs": "graph interest status",
    "events": "run",
}
TYPES = {"vetted": sa.Boolean, "number": sa.Integer}


def upgrade() -> None:
    """One table per record type, and the vectors."""
    for name, fields in INDEXED.items():
        op.create_table(
            name,
            sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("id", sa.Text, nullable=False, unique=True),
            *(sa.Column(f, TYPES.get(f, sa.Text), nullable=False) for f in fields.split()),
            sa.Column("body", sa.Text, nullable=False),
        )
        for field in fields.split():
            op.create_index(f"ix_{name}_{field}", name, [field])
    current = sa.text("stage = 'current'")
    op.create_index(
        "one_current", "models", ["name"], unique=True, sqlite_where=current,
        postgresql_where=current,
    )  # fmt: skip
    op.create_index("one_number", "models", ["name", "number"], unique=True)
    op.create_table(
        "vectors",
        sa.Column("nugget", sa.Text, sa.ForeignKey("nuggets.id", ondelete="CASCADE"),
                  primary_key=True),
        sa.Column("embedder", sa.Text, primary_key=True),
        sa.Column("dimensions", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )  # fmt: skip
