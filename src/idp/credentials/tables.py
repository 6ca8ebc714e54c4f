from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from idp.kit.db import ERASED, ON_RESTORE, SPENT, WITHDRAWN, OnRestore, metadata, tenant_id

passwords = Table(
    "passwords",
    metadata,
    tenant_id(),
    Column("user_id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),  # sealed: without the tenant's key there is nothing to guess against
    Column("set_at", BigInteger, nullable=False),
    info=ERASED,
)

attempts = Table(
    "attempts",
    metadata,
    tenant_id(),
    Column("key", LargeBinary, primary_key=True),  # keyed: neither names nor addresses are kept
    Column("free_at", BigInteger, nullable=False),  # by the machine's own time
    Index("ix_attempts_free_at", "free_at"),
    info=ERASED,
)

# Keys of operators and partners belong to the tenant `platform`.
api_keys = Table(
    "api_keys",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("scope", Text, nullable=False),
    Column("partner_id", Text, nullable=False),  # empty but for a partner's
    Column("name", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),  # to the hour
    Column("owner", Text, nullable=False, server_default=""),  # an account of the operator's, or an ID of the tenant
    Column("maker", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("networks", Text, nullable=False, server_default="[]"),  # JSON; empty: from anywhere
    Column("digest_before", LargeBinary),  # of the secret that was replaced, good until `before_until`
    Column("before_until", BigInteger),
    Index("ix_api_keys_id", "id", unique=True),
    info=ERASED | WITHDRAWN,
)

# Without the secret, which is in the letter alone: should that be sent again, the tenant's key gives it once more.
invitations = Table(
    "invitations",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("uq_invitations_tenant_id_user_id", "tenant_id", "user_id", unique=True),
    info=ERASED | SPENT,
)

factors = Table(
    "factors",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("used_step", BigInteger, nullable=False),  # of RFC 6238: it and all before it are used up
    Column("enrolled_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index("uq_factors_tenant_id_user_id_kind", "tenant_id", "user_id", "kind", unique=True),
    # After a restore too: without its factor a password alone would sign a person in.
    info=ERASED | {ON_RESTORE: OnRestore.STAYS},
)

# What is not built in; in the tenant `platform` those of our own people.
roles = Table(
    "roles",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "name"),
    info=ERASED,
)

# Who has a role beside those that stand in the ID itself: built in ones too, which have no row of their own.
role_holders = Table(
    "role_holders",
    metadata,
    tenant_id(),
    Column("user_id", Text, primary_key=True),
    Column("role_id", Text, primary_key=True),
    Column("given_by", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Index("ix_role_holders_tenant_id_role_id", "tenant_id", "role_id"),
    info=ERASED,
)

# Whoever had a hand in an account, and could therefore be behind it.
account_hands = Table(
    "account_hands",
    metadata,
    tenant_id(),
    Column("user_id", Text, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("how", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    info=ERASED,
)
