"""Devices ask for tokens by a code that a person types elsewhere (RFC 8628)."""

import sqlalchemy as sa
from alembic import op

revision = "devices"
down_revision = "keys"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.create_table(
        "device_codes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code", sa.LargeBinary(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=False),
        sa.Column("polled_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("session_id", sa.Text()),
        sa.Column("methods", sa.Text()),
        sa.Column("authenticated_at", sa.BigInteger()),
        sa.Column("tenant_generation", sa.BigInteger()),
        sa.Column("user_generation", sa.BigInteger()),
        sa.Column("service_generation", sa.BigInteger()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_device_codes_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_device_codes")),
    )
    op.create_index("uq_device_codes_tenant_id_user_code", "device_codes", ["tenant_id", "user_code"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall()


def _raise_wall() -> None:
    op.execute("ALTER TABLE device_codes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE device_codes FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON device_codes USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON device_codes TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("device_codes")
