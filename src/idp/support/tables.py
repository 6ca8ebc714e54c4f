from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from idp.kit.db import ERASED, WITHDRAWN, metadata, tenant_id

support_grants = Table(
    "support_grants",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),  # sealed: it may name somebody
    Column("granted_by", Text, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_support_grants_tenant_id_until", "tenant_id", "until"),
    info=ERASED | WITHDRAWN,
)
