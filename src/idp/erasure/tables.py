from sqlalchemy import BigInteger, Column, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

certificates = Table(
    "erasure_certificates",
    metadata,
    tenant_id(),
    Column("contract_id", Text, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    info=KEPT,
)
