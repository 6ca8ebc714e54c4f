"""Authorization requests are pushed, and wait for their browser."""

import sqlalchemy as sa
from alembic import op

revision = "requests"
down_revision = "switches"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    op.create_table(
        "pushed_requests",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_pushed_requests_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pushed_requests")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE pushed_requests ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE pushed_requests FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON pushed_requests USING ({_MINE}) WITH CHECK ({_MINE})")
        role = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
        if role:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON pushed_requests TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("pushed_requests")
