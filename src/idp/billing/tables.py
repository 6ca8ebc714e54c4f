from sqlalchemy import BigInteger, Column, Index, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

# Final: rows are added and never changed, which triggers see to on both databases.
statements = Table(
    "statements",
    metadata,
    tenant_id(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("month", Text, nullable=False),
    Column("partner", Text),
    Column("issued_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON: who to whom, lines, taxes
    Index("uq_statements_number", "number", unique=True),
    Index("uq_statements_tenant_id_month", "tenant_id", "month", unique=True),
    Index("ix_statements_partner_number", "partner", "number"),
    info=KEPT,
)

# The platform's: one row with the number that was given last.
statement_numbers = Table(
    "statement_numbers",
    metadata,
    tenant_id(),
    Column("last", BigInteger, nullable=False),
    info=KEPT,
)

# The platform's: months of which every tenant has its statement.
statement_months = Table(
    "statement_months",
    metadata,
    tenant_id(),
    Column("month", Text, primary_key=True),
    Column("done_at", BigInteger, nullable=False),
    info=KEPT,
)
