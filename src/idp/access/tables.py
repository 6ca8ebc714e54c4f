from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from idp.kit.db import ERASED, metadata, tenant_id

# The draft set: what is written here decides nothing until it is activated.
policies = Table(
    "policies",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, as it was sent
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    info=ERASED,
)

# Each activation keeps the rules it put in force: what was decided can be explained by what held then.
policy_sets = Table(
    "policy_sets",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("rules", Text, nullable=False),  # JSON: documents with their ids
    Column("activated_at", BigInteger, nullable=False),
    Column("confirm_by", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    UniqueConstraint("tenant_id", "seq"),
    info=ERASED,
)

decisions = Table(
    "decisions",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("user_id", Text),  # null where nobody was known
    Column("service_id", Text),  # null where none was known
    Column("moment", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),  # sealed: where a person was and what they used is theirs
    Index("ix_decisions_tenant_id_reference", "tenant_id", "reference"),
    info=ERASED,
)

# Of services that are registered alone; the newest of each tenant.
traces = Table(
    "traces",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("decision", Text),  # the reference of what the gate said, where it was asked
    Column("record", LargeBinary, nullable=False),  # sealed: what was said, redacted
    info=ERASED,
)
