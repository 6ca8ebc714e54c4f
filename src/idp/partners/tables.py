from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from idp.kit.db import ERASED, KEPT, metadata, tenant_id

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

# Accounts of the platform that are a partner's people: what they do, they do in its name.
partner_people = Table(
    "partner_people",
    metadata,
    tenant_id(),
    Column("user_id", Text, primary_key=True),
    Column("partner_id", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("ix_partner_people_tenant_id_partner_id", "tenant_id", "partner_id"),
    info=ERASED,
)
