from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text

from idp.kit.db import ERASED, metadata, tenant_id

_ACTIVE = text("status = 'active'")
_NEXT = text("status = 'next'")
_DUE = text("due_at IS NOT NULL")

signing_keys = Table(
    "signing_keys",
    metadata,
    tenant_id(),
    Column("kid", Text, primary_key=True),
    Column("use", Text, nullable=False),
    Column("alg", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),  # empty once it signs no more
    Column("created_at", BigInteger, nullable=False),  # and published: a key is never kept back
    Column("activated_at", BigInteger),
    Column("retired_at", BigInteger),  # when it signed for the last time, retired or revoked
    Column("due_at", BigInteger),  # when the schedule has something to do with it, beside its age
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
    Index(
        "uq_signing_keys_next",
        "tenant_id",
        "use",
        "alg",
        unique=True,
        sqlite_where=_NEXT,
        postgresql_where=_NEXT,
    ),
    Index("ix_signing_keys_due_at", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index("ix_signing_keys_activated_at", "activated_at", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    info=ERASED,
)

# Of ends that people were told of, each once. `subject` is a key of ours, or a service and what of it ends.
expiry_warnings = Table(
    "expiry_warnings",
    metadata,
    tenant_id(),
    Column("subject", Text, primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("warned_at", BigInteger, nullable=False),
    info=ERASED,
)
