from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from idp.kit.db import ERASED, metadata, tenant_id

# What a tenant's rules may call by name.
networks = Table(
    "networks",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("cidrs", Text, nullable=False),  # JSON: [address/prefix] in their one form
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "name"),
    info=ERASED,
)

# The operator's, for every tenant alike: nobody's rows. All may read them; statements that write are the platform's,
# and on PostgreSQL the wall says so too.
operator_networks = Table(
    "operator_networks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("cidrs", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
