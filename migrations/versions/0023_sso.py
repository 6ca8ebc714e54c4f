"""Names of persons for one service each, and requests of SAML that were used."""

import sqlalchemy as sa
from alembic import op

revision = "sso"
down_revision = "saml"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_TABLES = ("person_names", "used_requests")


def upgrade() -> None:
    op.create_table(
        "person_names",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_person_names_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "service_id", "user_id", name=op.f("pk_person_names")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_person_names_tenant_id_name")),
    )
    op.create_index("ix_person_names_tenant_id_user_id", "person_names", ["tenant_id", "user_id"])
    op.create_table(
        "used_requests",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_used_requests_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_used_requests")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            _raise_wall(table)


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
