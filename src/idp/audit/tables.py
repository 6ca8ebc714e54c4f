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
    # One tree that grows at its end alone, and answers every search out of itself: an index by subject would cost each
    # token as much as its row does, for pages all over the tree are written then.
    Index("ix_audit_entries_in_time", "tenant_id", "at", "chain", "seq", "event", "subject", "actor_id"),
    sqlite_with_rowid=False,
    info=KEPT,
)

audit_marks = Table(
    "audit_marks",
    metadata,
    tenant_id(),
    Column("chain", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    info=KEPT,
)
