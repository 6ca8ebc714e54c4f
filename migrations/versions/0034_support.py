"""Who could sign in as whom; the people of partners; access for support that a tenant has granted."""

import sqlalchemy as sa
from alembic import op

revision = "support"
down_revision = "onboard"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_TABLES = ("partner_people",)


def upgrade() -> None:
    op.create_table(
        "partner_people",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_partner_people_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_partner_people")),
    )
    op.create_index("ix_partner_people_tenant_id_partner_id", "partner_people", ["tenant_id", "partner_id"])
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
