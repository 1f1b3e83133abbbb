"""Links between nuggets get their table, and the log can be asked for one stage."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create `links`; give `events` the stage that stands in each body."""
    op.create_table(
        "links",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("a", sa.Text, nullable=False),
        sa.Column("b", sa.Text, nullable=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    for field in ("a", "b", "relation"):
        op.create_index(f"ix_links_{field}", "links", [field])
    op.add_column("events", sa.Column("stage", sa.Text, nullable=False, server_default=""))
    _stages_from_bodies(op.get_bind())
    op.create_index("ix_events_stage", "events", ["stage"])


def _stages_from_bodies(connection: sa.Connection) -> None:
    events = sa.table("events", sa.column("seq"), sa.column("stage"), sa.column("body"))
    stages = [
        {"of": row.seq, "is": json.loads(row.body)["stage"]}
        for row in connection.execute(sa.select(events.c.seq, events.c.body))
    ]
    if stages:
        change = sa.update(events).where(events.c.seq == sa.bindparam("of"))
        connection.execute(change.values(stage=sa.bindparam("is")), stages)
