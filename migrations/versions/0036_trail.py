"""The trail is searched out of one index in the order of time, and marks vouch for what its chains begin with."""

import sqlalchemy as sa
from alembic import op

revision = "trail"
down_revision = "persons"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_BEFORE = "ix_audit_entries_tenant_id_at"
_IN_TIME = "ix_audit_entries_in_time"


def upgrade() -> None:
    op.drop_index(_BEFORE, table_name="audit_entries")
    columns = ["tenant_id", "at", "chain", "seq", "event", "subject", "actor_id"]
    op.create_index(_IN_TIME, "audit_entries", columns, unique=False)
    op.create_table(
        "audit_marks",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_audit_marks_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "chain", "kind", name=op.f("pk_audit_marks")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall("audit_marks")


def _raise_wall(table: str) -> None:
    """As of the trail itself: rows are added, and only the tables' owner replaces one."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("audit_marks")
    op.drop_index(_IN_TIME, table_name="audit_entries")
    op.create_index(_BEFORE, "audit_entries", ["tenant_id", "at"], unique=False)
