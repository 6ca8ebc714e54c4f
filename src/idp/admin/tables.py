from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from idp.kit.db import ERASED, metadata, tenant_id

# Requests that may be sent again. `answered_at` is null while the first of them is still at work.
repeats = Table(
    "api_repeats",
    metadata,
    tenant_id(),
    Column("caller", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # keyed digest: it may hold a password
    Column("attempt", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),  # by the machine's own time
    Column("answered_at", BigInteger),
    Column("status", Integer),
    Column("answer", LargeBinary),  # sealed: it may hold a secret that is shown once
    Index("ix_api_repeats_tenant_id_begun_at", "tenant_id", "begun_at"),
    info=ERASED,
)
