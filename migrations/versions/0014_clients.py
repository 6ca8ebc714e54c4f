"""Clients sign who they are: secrets that have to be known again, published key sets, and what was used once."""

import sqlalchemy as sa
from alembic import op

revision = "clients"
down_revision = "requests"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_TABLES = ("fetched_keys", "used_proofs")


def upgrade() -> None:
    op.add_column("services", sa.Column("secret_sealed", sa.LargeBinary()))
    op.create_table(
        "fetched_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_fetched_keys_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "service_id", name=op.f("pk_fetched_keys")),
    )
    op.create_table(
        "used_proofs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_used_proofs_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_used_proofs")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _raise_walls()


def _raise_walls() -> None:
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
        if found:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("services", "secret_sealed")
