"""Sessions are found by the name that a service of SAML knows, and services answer when they were asked to end one."""

import sqlalchemy as sa
from alembic import op

revision = "logout"
down_revision = "consented"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_TABLE = "logout_requests"


def upgrade() -> None:
    named = sa.text("alias IS NOT NULL")
    op.add_column("grants", sa.Column("alias", sa.LargeBinary()))
    op.create_index(
        "ix_grants_tenant_id_service_id_alias",
        "grants",
        ["tenant_id", "service_id", "alias"],
        sqlite_where=named,
        postgresql_where=named,
    )
    op.create_table(
        _TABLE,
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("walk", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_logout_requests_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_logout_requests")),
    )
    op.create_index("ix_logout_requests_tenant_id_walk", _TABLE, ["tenant_id", "walk"])
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall()


def _raise_wall() -> None:
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {_TABLE} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_TABLE} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table(_TABLE)
    op.drop_index("ix_grants_tenant_id_service_id_alias", table_name="grants")
    op.drop_column("grants", "alias")
