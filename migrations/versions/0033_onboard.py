"""A client has two secrets while one is changed for the other, and the checks of a service are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "onboard"
down_revision = "rights"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_COLUMNS: dict[str, type[sa.types.TypeEngine[object]]] = {
    "secret_since": sa.BigInteger,
    "former_digest": sa.LargeBinary,
    "former_sealed": sa.LargeBinary,
    "former_since": sa.BigInteger,
    "former_until": sa.BigInteger,
    "assignment_said": sa.Boolean,
    "catalogue": sa.Text,
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("services", sa.Column(name, kind()))
    op.create_table(
        "secret_uses",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_secret_uses_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "service_id", "secret", name=op.f("pk_secret_uses")),
    )
    op.create_table(
        "verifications",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_verifications_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "service_id", name=op.f("pk_verifications")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("secret_uses", "verifications"):
            _raise_wall(table)


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("verifications")
    op.drop_table("secret_uses")
    for name in reversed(_COLUMNS):
        op.drop_column("services", name)
