from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from idp.kit.db import ERASED, metadata, tenant_id

_ACTIVE = text("status = 'active'")

signing_keys = Table(
    "signing_keys",
    metadata,
    tenant_id(),
    Column("kid", Text, primary_key=True),
    Column("use", Text, nullable=False),
    Column("alg", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # twenty requests that find no key at once still make one
    Index(
        "uq_signing_keys_active",
        "tenant_id",
        "use",
        "alg",
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    ),
    info=ERASED,
)
