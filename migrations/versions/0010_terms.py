"""Terms, notices, what reached which tenant, and what each has accepted.

Published terms never change: on both databases a trigger refuses it, whoever asks.
"""

import sqlalchemy as sa
from alembic import op

revision = "terms"
down_revision = "decisions"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_RIGHTS = {
    "notices": "SELECT, INSERT",
    "receipts": "SELECT, INSERT, UPDATE",
    "acceptances": "SELECT, INSERT",
    "application_terms": "SELECT, INSERT",
}


def upgrade() -> None:
    op.create_table(
        "terms_versions",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("effective_date", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("provisions", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_terms_versions")),
    )
    op.create_table(
        "notices",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("tenants", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_notices_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notices")),
    )
    op.create_table(
        "receipts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_receipts_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "id", "kind", name=op.f("pk_receipts")),
    )
    _make_acceptances()
    if op.get_bind().dialect.name == "postgresql":
        _raise_walls()
        _make_final_on_postgresql()
    else:
        _make_final_on_sqlite()


def _make_acceptances() -> None:
    said = (("version", sa.Text()), ("content_hash", sa.Text()), ("accepted_at", sa.BigInteger()))
    for table, key in (("acceptances", "version"), ("application_terms", "contract")):
        op.create_table(
            table,
            sa.Column("tenant_id", sa.Text(), nullable=False),
            *([sa.Column("contract", sa.Text(), nullable=False)] if key == "contract" else []),
            *(sa.Column(name, kind, nullable=False) for name, kind in said),
            sa.Column("accepted_by", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id_tenants")),
            sa.PrimaryKeyConstraint("tenant_id", key, name=op.f(f"pk_{table}")),
        )


def _raise_walls() -> None:
    named = "current_setting('idp.tenants', true)"
    mine = f"{named} IN ('*', tenant_id)"
    for table, rights in _RIGHTS.items():
        _wall(table, rights)
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
    _wall("terms_versions", "SELECT, INSERT, UPDATE")
    op.execute("CREATE POLICY all_read ON terms_versions FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY platform_writes ON terms_versions USING ({named} = '*') WITH CHECK ({named} = '*')")


def _wall(table: str, rights: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    if found:
        op.execute(f"GRANT {rights} ON {table} TO {_ROLE}")


def _make_final_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_to_change_terms() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'published terms do not change'; END $$"
    )
    op.execute(
        "CREATE TRIGGER final BEFORE UPDATE OR DELETE ON terms_versions FOR EACH ROW"
        " WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION refuse_to_change_terms()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON terms_versions"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_terms()"
    )


def _make_final_on_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER terms_final_{event.lower()} BEFORE {event} ON terms_versions"
            " WHEN OLD.published_at IS NOT NULL"
            " BEGIN SELECT RAISE(ABORT, 'published terms do not change'); END"
        )


def downgrade() -> None:
    for table in ("application_terms", "acceptances", "receipts", "notices", "terms_versions"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_change_terms()")
