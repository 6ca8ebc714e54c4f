from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, Table, Text

from idp.kit.db import metadata, tenant_id

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
    Column("audience", Text, nullable=False),
    Column("tenant_generation", BigInteger, nullable=False),
    Column("user_generation", BigInteger, nullable=False),
    Column("service_generation", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("jwt", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
