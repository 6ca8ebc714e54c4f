from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

audit_entries = Table(
    "audit_entries",
    metadata,
    tenant_id(),
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_entries_tenant_id_at", "tenant_id", "at"),
    sqlite_with_rowid=False,
    info=KEPT,
)
