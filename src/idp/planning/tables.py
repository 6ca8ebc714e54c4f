from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from idp.kit.db import ERASED, metadata, tenant_id

_WAITING = text("status = 'planned'")

planned_changes = Table(
    "planned_changes",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Column("said", LargeBinary, nullable=False),  # sealed JSON: the patch and the reason
    Column("status", Text, nullable=False),
    Column("planner", Text, nullable=False),  # JSON: who, and what they could do by it
    Column("outcome", LargeBinary),  # sealed JSON: what was, and what became of it
    Column("failure", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Index("ix_planned_changes_at", "at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_planned_changes_tenant_id_user_id", "tenant_id", "user_id"),
    info=ERASED,
)
