"""The ledger of calls, the replies that were paid for, and what papers gave, were about and fit.

Rows of `calls` only said which papers were mined; these are mined once more, with the same result.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = {
    "calls": ("key", "run", "interest", "time"),
    "replies": ("key",),
    "harvests": ("paper",),
    "profiles": ("paper",),
    "relevances": ("interest", "paper"),
}
COUNTED = {
    **dict.fromkeys(("role", "model", "prompt"), sa.Text),
    "priced": sa.Boolean,
    "outcome": sa.Text,
    **dict.fromkeys(("tokens_in", "tokens_out"), sa.Integer),
    "cost": sa.Float,
}


def upgrade() -> None:
    """Create the tables; `calls` anew."""
    op.drop_table("calls")
    for name, fields in TABLES.items():
        counted = COUNTED if name == "calls" else {}
        op.create_table(
            name,
            sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("id", sa.Text, nullable=False, unique=True),
            *(sa.Column(field, sa.Text, nullable=False) for field in fields),
            *(sa.Column(field, of, nullable=False) for field, of in counted.items()),
            sa.Column("body", sa.Text, nullable=False),
        )
        for field in fields:
            op.create_index(f"ix_{name}_{field}", name, [field])
