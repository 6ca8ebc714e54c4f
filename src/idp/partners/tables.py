from sqlalchemy import BigInteger, Column, Integer, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

partners = Table(
    "partners",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    info=KEPT,
)
