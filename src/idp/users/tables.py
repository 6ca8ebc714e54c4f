from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from idp.kit.db import ERASED, KEPT, metadata, tenant_id

_LOOK = text("look_at IS NOT NULL")
_STOPS = text("stops_at IS NOT NULL")

users = Table(
    "users",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name_mac", LargeBinary),  # of the canonical user name; null once deleted
    Column("profile", LargeBinary),  # sealed; null once deleted
    Column("affiliation", Text),
    Column("status", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("can_sign_in", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("valid_from", Text),  # days, both included
    Column("valid_until", Text),
    Column("starts_at", BigInteger),  # what follows from them in the tenant's zone: what decisions compare
    Column("ends_at", BigInteger),
    Column("stops_at", BigInteger),  # the first instant planned from which nobody gets in with it; `ends_at` heeds it
    Column("look_at", BigInteger),  # when the schedule has something to do about the end
    UniqueConstraint("tenant_id", "name_mac"),
    Index("ix_users_tenant_id_is_admin", "tenant_id", "is_admin"),
    Index("ix_users_tenant_id_status_id", "tenant_id", "status", "id"),
    Index("ix_users_tenant_id_affiliation_id", "tenant_id", "affiliation", "id"),
    Index("ix_users_tenant_id_changed_at_id", "tenant_id", "changed_at", "id"),
    Index("ix_users_tenant_id_stops_at", "tenant_id", "stops_at", sqlite_where=_STOPS, postgresql_where=_STOPS),
    Index("ix_users_look_at", "look_at", sqlite_where=_LOOK, postgresql_where=_LOOK),
    info=ERASED,
)

# How the words begin by which IDs are found; see `search`.
user_words = Table(
    "user_words",
    metadata,
    tenant_id(),
    Column("word", LargeBinary, primary_key=True),
    Column("user_id", Text, primary_key=True),
    info=ERASED,
    sqlite_with_rowid=False,
)

# One row for each tenant: how many IDs exist. Counting them anew for each creation would cost more with each ID.
seats = Table(
    "seats",
    metadata,
    tenant_id(),
    Column("used", Integer, nullable=False),
    info=ERASED,
)

# How many IDs existed over time, by the hour (since the epoch) in which that changed: the most in it, and the last.
seat_counts = Table(
    "seat_counts",
    metadata,
    tenant_id(),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("peak", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    info=KEPT,  # what has been is charged when the month ends, maybe after the erasure
)

groups = Table(
    "groups",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name_mac", LargeBinary, nullable=False),  # of the canonical name
    Column("name", LargeBinary, nullable=False),  # sealed
    Column("rule", LargeBinary),  # sealed; null where people are put into it by hand
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "name_mac"),
    info=ERASED,
)

# `kind` says what the member is, and how it came to be one.
group_members = Table(
    "group_members",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("group_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "group_id", "kind", "member_id"),
    Index("ix_group_members_tenant_id_kind_member_id", "tenant_id", "kind", "member_id"),
    info=ERASED,
)

# Every group with every one in it, however deep: what follows from the members that are groups.
group_nesting = Table(
    "group_nesting",
    metadata,
    tenant_id(),
    Column("inner_id", Text, primary_key=True),
    Column("outer_id", Text, primary_key=True),
    Index("ix_group_nesting_tenant_id_outer_id", "tenant_id", "outer_id"),
    info=ERASED,
)

# What the tenant keeps of its people beside what everybody has.
person_attributes = Table(
    "person_attributes",
    metadata,
    tenant_id(),
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),  # JSON
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    info=ERASED,
)

# Values of attributes of which no two people may have the same: of two who take one, one does.
unique_values = Table(
    "unique_values",
    metadata,
    tenant_id(),
    Column("attribute", Text, primary_key=True),
    Column("value_mac", LargeBinary, primary_key=True),  # keyed digest: the value itself lies sealed with its person
    Column("user_id", Text, nullable=False),
    Index("ix_unique_values_tenant_id_user_id", "tenant_id", "user_id"),
    info=ERASED,
)
