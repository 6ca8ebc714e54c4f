"""Plans: what is sold, and at which price."""

import sqlalchemy as sa
from alembic import op

revision = "plans"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("price_per_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("tax_rate", sa.Text(), nullable=False),
        sa.Column("add_ons", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_plans_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_plans")),
    )
    op.create_index("uq_plans_tenant_id_name", "plans", ["tenant_id", "name"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _raise_wall()


def _raise_wall() -> None:
    mine = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
    op.execute("ALTER TABLE plans ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE plans FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON plans USING ({mine}) WITH CHECK ({mine})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        # a plan never changes
        op.execute(f"GRANT SELECT, INSERT ON plans TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("plans")
