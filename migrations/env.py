"""How alembic reaches the database: by the connection that `idp migrate` hands in, or by the settings.

On SQLite foreign keys are off while tables are rebuilt, for a rebuilt parent would take its children with it, and are
checked before the commit.
"""

from alembic import context
from sqlalchemy import Connection, text

from idp.migrate import connect
from idp.schema import metadata
from idp.settings import load


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=sqlite,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).fetchall()):
            msg = f"rows without their parents: {broken[:5]}"
            raise RuntimeError(msg)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with connect(load()) as made:
        run(made)
