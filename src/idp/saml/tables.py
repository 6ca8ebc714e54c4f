from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from idp.kit.db import ERASED, SPENT, metadata, tenant_id

# Requests that were answered, or are being: each is good once.
used_requests = Table(
    "used_requests",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    info=ERASED,
)

# What a browser took along to services, each to be answered once.
logout_requests = Table(
    "logout_requests",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("walk", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("confirmed", Boolean, nullable=False),
    Index("ix_logout_requests_tenant_id_walk", "tenant_id", "walk"),
    info=ERASED | SPENT,
)

# Answers that wait for their services to fetch them; `id` is the digest of what they show for it.
artifacts = Table(
    "artifacts",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("service_id", Text, nullable=False),
    Column("grant_id", Text),  # null where nobody is let in by it
    Column("message", LargeBinary, nullable=False),  # sealed
    Column("expires_at", BigInteger, nullable=False),
    info=ERASED | SPENT,
)
