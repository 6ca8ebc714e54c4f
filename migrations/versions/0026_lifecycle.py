"""Metadata of services is refreshed, ends of certificates are told before they come, and a tenant says who it is to
services of SAML.

Every service of SAML, and every certificate of ours, is looked at once at the schedule's next turn.
"""

import sqlalchemy as sa
from alembic import op

revision = "lifecycle"
down_revision = "logout"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_TABLES = ("upkeep", "expiry_warnings")


def upgrade() -> None:
    op.add_column("tenants", sa.Column("saml", sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "upkeep",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("refresh_at", sa.BigInteger()),
        sa.Column("refreshed_at", sa.BigInteger()),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("etag", sa.Text()),
        sa.Column("modified", sa.Text()),
        sa.Column("waiting", sa.Text()),
        sa.Column("waiting_id", sa.Text()),
        sa.Column("waiting_at", sa.BigInteger()),
        sa.Column("refused_id", sa.Text()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_upkeep_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "service_id", name=op.f("pk_upkeep")),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_upkeep_due_at", "upkeep", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "expiry_warnings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("warned_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_expiry_warnings_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "days", name=op.f("pk_expiry_warnings")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('idp.tenants', '*', true)")  # of every tenant
        for table in _TABLES:
            _raise_wall(table)
    op.execute(
        "INSERT INTO upkeep (tenant_id, service_id, due_at, failures) "
        "SELECT tenant_id, id, 0, 0 FROM services WHERE saml IS NOT NULL"
    )
    op.execute("UPDATE signing_keys SET due_at = 0 WHERE use = 'saml' AND status = 'active'")


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("expiry_warnings")
    op.drop_index("ix_upkeep_due_at", "upkeep")
    op.drop_table("upkeep")
    op.drop_column("tenants", "saml")
