"""Erased tenants, and the certificates of erasures."""

import sqlalchemy as sa
from alembic import op

revision = "erasure"
down_revision = "facts"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.add_column("tenants", sa.Column("erased_at", sa.BigInteger()))
    op.create_table(
        "erasure_certificates",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_erasure_certificates_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "contract_id", name=op.f("pk_erasure_certificates")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _wall("erasure_certificates")


def _wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:  # certificates are added and never changed
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("erasure_certificates")
    op.drop_column("tenants", "erased_at")
