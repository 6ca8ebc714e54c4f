from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from idp.kit.db import ERASED, metadata, tenant_id

webhooks = Table(
    "webhooks",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # JSON: names of events, some ending in a star
    Column("enabled", Boolean, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed: it signs
    Column("old_secret", LargeBinary),  # sealed; signs as well until `old_until`
    Column("old_until", BigInteger),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),  # by the machine's own time, as all below
    Column("lease", Text),
    Column("attempts", Integer, nullable=False),  # that failed, one after the other
    Column("failing_since", BigInteger),
    Column("told_at", BigInteger),  # the latest that was taken
    Column("error", Text),  # a code, of the latest attempt if it failed
    info=ERASED,
)

webhook_positions = Table(
    "webhook_positions",
    metadata,
    tenant_id(),
    Column("webhook_id", Text, primary_key=True),
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    info=ERASED,
)
