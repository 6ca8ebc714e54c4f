"""Deliveries are attempted, put off and given up; IDs are invited to choose their first password.

What was in the outbox before there was anybody to send it is sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "mail"
down_revision = "terms"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_WAITING = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("next_at", sa.BigInteger()))
    op.add_column("deliveries", sa.Column("lease", sa.Text()))
    op.add_column("deliveries", sa.Column("failed_at", sa.BigInteger()))
    op.add_column("deliveries", sa.Column("error", sa.Text()))
    _index("ix_deliveries_next_at_id", "next_at", "id")
    _index("ix_deliveries_tenant_id_receiver_id", "tenant_id", "receiver", "id")
    op.create_table(
        "invitations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_invitations_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invitations")),
    )
    op.create_index("uq_invitations_tenant_id_user_id", "invitations", ["tenant_id", "user_id"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL idp.tenants = '*'")  # the wall stands for its owner too
        _raise_wall()
    op.execute("UPDATE deliveries SET next_at = 0 WHERE delivered_at IS NULL")


def _index(name: str, *columns: str) -> None:
    op.create_index(name, "deliveries", list(columns), sqlite_where=_WAITING, postgresql_where=_WAITING)


def _raise_wall() -> None:
    op.execute("ALTER TABLE invitations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitations FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON invitations USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, DELETE ON invitations TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("invitations")
    for index in ("ix_deliveries_tenant_id_receiver_id", "ix_deliveries_next_at_id"):
        op.drop_index(index, "deliveries")
    for column in ("error", "failed_at", "lease", "next_at"):
        op.drop_column("deliveries", column)
