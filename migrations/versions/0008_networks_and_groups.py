"""Networks that have names, and groups of IDs.

The operator's networks belong to no tenant: every transaction reads them, and only the platform's writes them.
"""

import sqlalchemy as sa
from alembic import op

revision = "networks_and_groups"
down_revision = "billing"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_OWNED = ("networks", "groups", "group_members")


def upgrade() -> None:
    op.create_table(
        "networks",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cidrs", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_networks_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_networks")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_networks_tenant_id_name")),
    )
    op.create_table(
        "operator_networks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cidrs", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_networks")),
        sa.UniqueConstraint("name", name=op.f("uq_operator_networks_name")),
    )
    op.create_table(
        "groups",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name_mac", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_groups_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_groups")),
        sa.UniqueConstraint("tenant_id", "name_mac", name=op.f("uq_groups_tenant_id_name_mac")),
    )
    op.create_table(
        "group_members",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_group_members_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_group_members")),
        sa.UniqueConstraint(
            "tenant_id",
            "group_id",
            "kind",
            "member_id",
            name=op.f("uq_group_members_tenant_id_group_id_kind_member_id"),
        ),
    )
    op.create_index(
        "ix_group_members_tenant_id_kind_member_id", "group_members", ["tenant_id", "kind", "member_id"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        _raise_walls()


def _raise_walls() -> None:
    named = "current_setting('idp.tenants', true)"
    mine = f"{named} IN ('*', tenant_id)"
    for table in _OWNED:
        _wall(table)
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
    _wall("operator_networks")
    op.execute("CREATE POLICY all_read ON operator_networks FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY platform_writes ON operator_networks USING ({named} = '*') WITH CHECK ({named} = '*')")


def _wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    for table in ("group_members", "groups", "operator_networks", "networks"):
        op.drop_table(table)
