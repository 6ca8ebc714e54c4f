from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

approvals = Table(
    "approvals",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("of_tenant", Text, nullable=False),  # whom the contract belongs to
    Column("act", Text, nullable=False),
    Column("contract", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("parameters", LargeBinary, nullable=False),  # sealed: a reason may name somebody
    Column("outcome", LargeBinary, nullable=False),  # sealed
    Column("digest", Text, nullable=False),
    Column("persons", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Index("ix_approvals_tenant_id_digest", "tenant_id", "digest"),
    info=KEPT,
)
