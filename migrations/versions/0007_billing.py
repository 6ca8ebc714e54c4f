"""Statements, their numbers and months, and how many IDs existed over time.

A statement is final: on both databases a trigger refuses to change or delete one, whoever asks; on PostgreSQL the role
of transactions lacks the right besides.
"""

import sqlalchemy as sa
from alembic import op

revision = "billing"
down_revision = "approvals"
branch_labels = None
depends_on = None

_ROLE = "warifu_tenant"
_RIGHTS = {
    "statements": "SELECT, INSERT",
    "statement_months": "SELECT, INSERT",
    "statement_numbers": "SELECT, UPDATE",
    "seat_counts": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_statements_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_statements")),
    )
    op.create_index("uq_statements_number", "statements", ["number"], unique=True)
    op.create_index("uq_statements_tenant_id_month", "statements", ["tenant_id", "month"], unique=True)
    op.create_index("ix_statements_partner_number", "statements", ["partner", "number"])
    op.create_table(
        "statement_numbers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_statement_numbers_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_statement_numbers")),
    )
    op.create_table(
        "statement_months",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_statement_months_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "month", name=op.f("pk_statement_months")),
    )
    op.create_table(
        "seat_counts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_seat_counts_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "hour", name=op.f("pk_seat_counts")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("SET LOCAL idp.tenants = '*'")
    _count_what_is_there()
    if postgresql:
        _raise_walls()
        _make_final_on_postgresql()
    else:
        _make_final_on_sqlite()


def _count_what_is_there() -> None:
    """What existed before is not known: as many as today, since the tenant's first hour."""
    op.execute("INSERT INTO statement_numbers (tenant_id, last) VALUES ('platform', 0)")
    op.execute(
        "INSERT INTO seat_counts (tenant_id, hour, peak, used)"
        " SELECT s.tenant_id, t.created_at / 3600000000, s.used, s.used"
        " FROM seats s JOIN tenants t ON t.id = s.tenant_id"
    )


def _raise_walls() -> None:
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": _ROLE}).scalar()
    mine = "current_setting('idp.tenants', true) IN ('*', tenant_id)"
    for table, rights in _RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
        if found:
            op.execute(f"GRANT {rights} ON {table} TO {_ROLE}")


def _make_final_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_to_change_a_statement() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a statement is final'; END $$"
    )
    op.execute(
        "CREATE TRIGGER final BEFORE UPDATE OR DELETE OR TRUNCATE ON statements"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_a_statement()"
    )


def _make_final_on_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER final_{event.lower()} BEFORE {event} ON statements"
            " BEGIN SELECT RAISE(ABORT, 'a statement is final'); END"
        )


def downgrade() -> None:
    op.drop_table("seat_counts")
    op.drop_table("statement_months")
    op.drop_table("statement_numbers")
    op.drop_table("statements")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_change_a_statement()")
