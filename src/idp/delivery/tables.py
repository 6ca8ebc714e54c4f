from sqlalchemy import BigInteger, Column, Integer, Table, Text

from idp.kit.db import ERASED, metadata, tenant_id

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
    info=ERASED,
)
