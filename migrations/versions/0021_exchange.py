"""Tokens that came of others (RFC 8693) keep what they hang on."""

import sqlalchemy as sa
from alembic import op

revision = "exchange"
down_revision = "responses"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("origin_key", sa.Text()),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_delegations_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_delegations")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall()


def _raise_wall() -> None:
    op.execute("ALTER TABLE delegations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE delegations FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON delegations USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON delegations TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("delegations")
