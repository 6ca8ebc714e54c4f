"""The number of IDs by date; acts that take two operators, and whose key is whose; registered information."""

import sqlalchemy as sa
from alembic import op

revision = "approvals"
down_revision = "schedule"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"


def upgrade() -> None:
    op.add_column("contracts", sa.Column("id_changes", sa.Text(), nullable=False, server_default="[]"))
    for name in ("owner", "maker"):
        op.add_column("api_keys", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "approvals",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("of_tenant", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("persons", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_approvals_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_tenant_id_digest", "approvals", ["tenant_id", "digest"])
    op.create_table(
        "registration_changes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_registration_changes_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_registration_changes")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall("approvals", "SELECT, INSERT, UPDATE")
        _raise_wall("registration_changes", "SELECT, INSERT, DELETE")  # deleted with the whole tenant alone


def _raise_wall(table: str, rights: str) -> None:
    mine = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT {rights} ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("registration_changes")
    op.drop_table("approvals")
    for name in ("maker", "owner"):
        op.drop_column("api_keys", name)
    op.drop_column("contracts", "id_changes")
