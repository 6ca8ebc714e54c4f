"""People have second factors; a sign-in takes several steps, and codes and grants know the class that came of it."""

import sqlalchemy as sa
from alembic import op

revision = "signin"
down_revision = "dpop"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"


def upgrade() -> None:
    for name in ("wanted", "proved"):
        op.add_column("interactions", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("interactions", sa.Column("cancelled_at", sa.BigInteger()))
    for table in ("authorization_codes", "grants"):
        op.add_column(table, sa.Column("acr", sa.Text()))
    op.create_table(
        "factors",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("used_step", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_factors_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_factors")),
    )
    op.create_index("uq_factors_tenant_id_user_id_kind", "factors", ["tenant_id", "user_id", "kind"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall()


def _raise_wall() -> None:
    op.execute("ALTER TABLE factors ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE factors FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON factors USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON factors TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("factors")
    for table in ("grants", "authorization_codes"):
        op.drop_column(table, "acr")
    for name in ("cancelled_at", "proved", "wanted"):
        op.drop_column("interactions", name)
