from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from idp.kit.db import ERASED, metadata, tenant_id


def _of_waiting(name: str, *columns: str) -> Index:
    waiting = text("next_at IS NOT NULL")
    return Index(name, *columns, sqlite_where=waiting, postgresql_where=waiting)


deliveries = Table(
    "deliveries",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),  # by the machine's own time; null: delivered, or given up
    Column("lease", Text),  # of the attempt under way
    Column("failed_at", BigInteger),
    Column("error", Text),  # a code, of the latest attempt that failed
    _of_waiting("ix_deliveries_next_at_id", "next_at", "id"),
    _of_waiting("ix_deliveries_tenant_id_receiver_id", "tenant_id", "receiver", "id"),
    info=ERASED,
)
