"""Roles that people make, and who has them; API keys that are good from some networks, and change their secret."""

import sqlalchemy as sa
from alembic import op

revision = "rights"
down_revision = "people"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("description", sa.Text(), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("networks", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("api_keys", sa.Column("digest_before", sa.LargeBinary()))
    op.add_column("api_keys", sa.Column("before_until", sa.BigInteger()))
    op.create_table(
        "roles",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_roles_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_roles")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_roles_tenant_id_name")),
    )
    op.create_table(
        "role_holders",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_role_holders_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "role_id", name=op.f("pk_role_holders")),
    )
    op.create_index("ix_role_holders_tenant_id_role_id", "role_holders", ["tenant_id", "role_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("roles", "role_holders"):
            _raise_wall(table)


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("role_holders")
    op.drop_table("roles")
    for name in ("before_until", "digest_before", "networks", "description"):
        op.drop_column("api_keys", name)
