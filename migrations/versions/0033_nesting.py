"""Groups stand in groups."""

import sqlalchemy as sa
from alembic import op

revision = "nesting"
down_revision = "rights"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.create_table(
        "group_nesting",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("inner_id", sa.Text(), nullable=False),
        sa.Column("outer_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_group_nesting_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "inner_id", "outer_id", name=op.f("pk_group_nesting")),
    )
    op.create_index("ix_group_nesting_tenant_id_outer_id", "group_nesting", ["tenant_id", "outer_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall("group_nesting")


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('idp.tenants', '*', true)")  # of every tenant
    op.execute("DELETE FROM group_members WHERE kind <> 'user'")
    op.drop_table("group_nesting")
