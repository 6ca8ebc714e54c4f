from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

plans = Table(
    "plans",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("price_per_id", Integer, nullable=False),
    Column("basis", Text, nullable=False),
    Column("tax_rate", Text, nullable=False),  # a decimal: 0.10
    Column("add_ons", Text, nullable=False),  # JSON: [[name, price, per ID, tax rate]]
    Column("created_at", BigInteger, nullable=False),
    Index("uq_plans_tenant_id_name", "tenant_id", "name", unique=True),
    info=KEPT,
)
