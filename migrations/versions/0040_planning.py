"""Changes of IDs are planned for an instant to come."""

import sqlalchemy as sa
from alembic import op

revision = "planning"
down_revision = "webhooks"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_WAITING = sa.text("status = 'planned'")


def upgrade() -> None:
    op.add_column("users", sa.Column("stops_at", sa.BigInteger()))
    op.create_table(
        "planned_changes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("planner", sa.Text(), nullable=False),
        sa.Column("outcome", sa.LargeBinary()),
        sa.Column("failure", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_planned_changes_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_planned_changes")),
    )
    op.create_index(
        "ix_planned_changes_at",
        "planned_changes",
        ["at"],
        unique=False,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_planned_changes_tenant_id_user_id", "planned_changes", ["tenant_id", "user_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE planned_changes ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE planned_changes FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON planned_changes USING ({_MINE}) WITH CHECK ({_MINE})")
        found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
        if found:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON planned_changes TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("planned_changes")
    op.drop_column("users", "stops_at")
