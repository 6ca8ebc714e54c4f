"""Lists of many rows are asked for some of them: IDs by how their names begin, by status, by what changed last."""

import sqlalchemy as sa
from alembic import op

revision = "scale"
down_revision = "imports"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_INDEXES = {
    "users": (("tenant_id", "status", "id"), ("tenant_id", "affiliation", "id"), ("tenant_id", "changed_at", "id")),
}


def upgrade() -> None:
    op.create_table(
        "user_words",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_user_words_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "word", "user_id", name=op.f("pk_user_words")),
        sqlite_with_rowid=False,
    )
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            op.create_index(_called(table, columns), table, columns)
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall("user_words")


def _called(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    for table, indexes in _INDEXES.items():
        for columns in reversed(indexes):
            op.drop_index(_called(table, columns), table)
    op.drop_table("user_words")
