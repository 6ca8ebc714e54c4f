"""Groups stand in groups, and tenants keep more of their people."""

import sqlalchemy as sa
from alembic import op

revision = "persons"
down_revision = "support"
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
    _make_attributes()
    if op.get_bind().dialect.name == "postgresql":
        for table in ("group_nesting", "person_attributes", "unique_values"):
            _raise_wall(table)


def _make_attributes() -> None:
    op.create_table(
        "person_attributes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_person_attributes_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_person_attributes")),
    )
    op.create_table(
        "unique_values",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("value_mac", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_unique_values_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "attribute", "value_mac", name=op.f("pk_unique_values")),
    )
    op.create_index("ix_unique_values_tenant_id_user_id", "unique_values", ["tenant_id", "user_id"], unique=False)


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
    for table in ("unique_values", "person_attributes", "group_nesting"):
        op.drop_table(table)
