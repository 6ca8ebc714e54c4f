"""An import of IDs remembers how far it has come, and what was wrong with its rows."""

import sqlalchemy as sa
from alembic import op

revision = "imports"
down_revision = "traces"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_MINE = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
_COUNTS = ("rows", "created", "changed", "unchanged", "failed")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file_mac", sa.LargeBinary(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_imports_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_imports")),
        sa.UniqueConstraint("tenant_id", "file_mac", name=op.f("uq_imports_tenant_id_file_mac")),
    )
    op.create_table(
        "import_faults",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("faults", sa.LargeBinary(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_import_faults_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", "line", name=op.f("pk_import_faults")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("imports", "import_faults"):
            _raise_wall(table)


def _raise_wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {_ROLE}")


def downgrade() -> None:
    op.drop_table("import_faults")
    op.drop_table("imports")
