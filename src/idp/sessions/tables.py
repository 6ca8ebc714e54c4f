from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, text

from idp.kit.db import ERASED, SPENT, metadata, tenant_id

_HAS_ALIAS = text("alias IS NOT NULL")

sessions = Table(
    "sessions",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("tenant_generation", BigInteger, nullable=False),
    Column("user_generation", BigInteger, nullable=False),
    Column("methods", Text, nullable=False),
    Column("authenticated_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("idle_until", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("whereabouts", LargeBinary),  # sealed; null where it was never recorded
    Index("ix_sessions_tenant_id_user_id", "tenant_id", "user_id"),
    info=ERASED,
)

interactions = Table(
    "interactions",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("browser", LargeBinary, nullable=False),
    Column("resume", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("login_hint", LargeBinary, nullable=False),
    Column("ui_locales", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("session_id", Text),
    Column("finished_at", BigInteger),
    Column("wanted", Text, nullable=False, server_default=""),
    Column("proved", Text, nullable=False, server_default=""),
    Column("cancelled_at", BigInteger),
    info=ERASED | SPENT,
)

consents = Table(
    "consents",
    metadata,
    tenant_id(),
    Column("user_id", Text, primary_key=True),
    Column("service_id", Text, primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("resources", Text),  # of others, separated by spaces
    info=ERASED,
)

grants = Table(
    "grants",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("tenant_generation", BigInteger, nullable=False),
    Column("user_generation", BigInteger, nullable=False),
    Column("service_generation", BigInteger, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("nonce", Text),
    Column("methods", Text, nullable=False),
    Column("authenticated_at", BigInteger, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("whereabouts", LargeBinary),  # sealed
    Column("jkt", Text),
    Column("acr", Text),  # null where it was never recorded
    Column("claims", Text),  # those asked for by name
    Column("resources", Text),  # those asked for, separated by spaces
    Column("alias", LargeBinary),  # a keyed hash of the name that the service was given
    Index("ix_grants_tenant_id_user_id", "tenant_id", "user_id"),
    Index(
        "ix_grants_tenant_id_service_id_alias",
        "tenant_id",
        "service_id",
        "alias",
        sqlite_where=_HAS_ALIAS,
        postgresql_where=_HAS_ALIAS,
    ),
    info=ERASED,
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("grant_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("idle_until", BigInteger, nullable=False),
    Column("replaced_at", BigInteger),
    Column("successor_id", Text),
    Index("ix_refresh_tokens_tenant_id_grant_id", "tenant_id", "grant_id"),
    info=ERASED,
)
