"""Where the migration tool enters: it works inside the caller's transaction, all steps or none."""

from __future__ import annotations

from alembic import context

from memory.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
