from sqlalchemy import BigInteger, Column, Table, Text

from idp.kit.db import ERASED, metadata, tenant_id

# Requests that were answered, or are being: each is good once.
used_requests = Table(
    "used_requests",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    info=ERASED,
)
