from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from idp.kit.db import ERASED, SPENT, metadata, tenant_id

codes = Table(
    "authorization_codes",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("nonce", Text),
    Column("challenge", Text),
    Column("methods", Text, nullable=False),
    Column("authenticated_at", BigInteger, nullable=False),
    Column("tenant_generation", BigInteger, nullable=False),
    Column("user_generation", BigInteger, nullable=False),
    Column("service_generation", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("redeemed_at", BigInteger),
    Column("jkt", Text),
    Column("acr", Text),
    Column("claims", Text),  # those asked for by name
    Column("resources", Text),  # those asked for, separated by spaces
    info=ERASED | SPENT,
)

pushed_requests = Table(
    "pushed_requests",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),  # sealed: it may name a person
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    info=ERASED | SPENT,
)

device_codes = Table(
    "device_codes",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("user_code", LargeBinary, nullable=False),  # keyed digest: it is short
    Column("service_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("interval", BigInteger, nullable=False),  # seconds
    Column("polled_at", BigInteger),  # by the machine's own time
    Column("expires_at", BigInteger, nullable=False),
    Column("user_id", Text),
    Column("session_id", Text),
    Column("methods", Text),
    Column("authenticated_at", BigInteger),
    Column("tenant_generation", BigInteger),
    Column("user_generation", BigInteger),
    Column("service_generation", BigInteger),
    Index("uq_device_codes_tenant_id_user_code", "tenant_id", "user_code", unique=True),
    info=ERASED | SPENT,
)

access_tokens = Table(
    "access_tokens",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("user_id", Text),
    Column("grant_id", Text),
    Column("session_id", Text),
    Column("scopes", Text, nullable=False),
    Column("audience", Text, nullable=False),  # several are separated by spaces
    Column("tenant_generation", BigInteger, nullable=False),
    Column("user_generation", BigInteger, nullable=False),
    Column("service_generation", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("jwt", Boolean, nullable=False),
    Column("jkt", Text),
    sqlite_with_rowid=False,
    info=ERASED,
)

# Beside the rows of tokens that came of others.
delegations = Table(
    "delegations",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("origin_id", Text, nullable=False),
    Column("origin_key", Text),
    Column("target_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    info=ERASED,
)

# Assertions and proofs that were used; each is good once.
used_proofs = Table(
    "used_proofs",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    info=ERASED,
)
