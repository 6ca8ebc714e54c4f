from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from idp.kit.db import ERASED, WITHDRAWN, metadata, tenant_id

services = Table(
    "services",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("verification_status", Text, nullable=False),
    Column("assignment_required", Boolean, nullable=False),
    Column("consent", Text, nullable=False),
    Column("oidc", Text, nullable=False),  # as `OidcClient.to_json` gives it; empty for a service of SAML
    Column("contacts", LargeBinary, nullable=False),  # sealed: people's addresses
    Column("secret_digest", LargeBinary),  # null for a client without one
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("secret_sealed", LargeBinary),  # only where the client signs by it (client_secret_jwt)
    Column("saml", Text),  # as `SamlService.to_json` gives it; its `client_id` is the entity ID
    Column("secret_since", BigInteger),
    Column("former_digest", LargeBinary),  # of the secret before, which goes on proving until `former_until`
    Column("former_sealed", LargeBinary),
    Column("former_since", BigInteger),
    Column("former_until", BigInteger),
    Column("assignment_said", Boolean),  # that people get in unassigned was said for an API, and not implied
    Column("catalogue", Text),  # the application of the catalogue that it was made from
    UniqueConstraint("tenant_id", "client_id"),
    info=ERASED,
)

client_registrations = Table(
    "client_registrations",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "service_id"),
    info=ERASED | WITHDRAWN,
)

assignments = Table(
    "assignments",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("service_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "service_id", "kind", "subject_id"),
    Index("ix_assignments_tenant_id_subject_id", "tenant_id", "subject_id"),
    info=ERASED,
)

# The key sets that clients publish themselves, as they were fetched last; `tried_at` keeps workers from asking again.
fetched_keys = Table(
    "fetched_keys",
    metadata,
    tenant_id(),
    Column("service_id", Text, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("document", Text),
    Column("fetched_at", BigInteger, nullable=False),
    Column("tried_at", BigInteger, nullable=False),
    info=ERASED,
)

person_names = Table(
    "person_names",
    metadata,
    tenant_id(),
    Column("service_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "name"),
    Index("ix_person_names_tenant_id_user_id", "tenant_id", "user_id"),
    info=ERASED,
)

# When a secret proved its client last, to the hour; by the hash of the secret.
secret_uses = Table(
    "secret_uses",
    metadata,
    tenant_id(),
    Column("service_id", Text, primary_key=True),
    Column("secret", LargeBinary, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    info=ERASED,
)

# What the latest checks of a registration have found.
verifications = Table(
    "verifications",
    metadata,
    tenant_id(),
    Column("service_id", Text, primary_key=True),
    Column("checked_at", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False),  # with what has to be fetched
    Column("findings", Text, nullable=False),
    Column("confirmed_at", BigInteger),  # by an operator
    info=ERASED,
)

_DUE = text("due_at IS NOT NULL")

# What is done about a service of SAML by time: its metadata fetched anew, people warned.
upkeep = Table(
    "upkeep",
    metadata,
    tenant_id(),
    Column("service_id", Text, primary_key=True),
    Column("due_at", BigInteger),  # when the schedule looks at it
    Column("refresh_at", BigInteger),  # when its metadata is fetched next; null: it has no address
    Column("refreshed_at", BigInteger),  # when they were last taken, or found to be as they were
    Column("tried_at", BigInteger),
    Column("failures", Integer, nullable=False),  # since it last worked
    Column("error", Text),  # the code of the latest
    Column("etag", Text),
    Column("modified", Text),
    Column("waiting", Text),  # as `SamlService.to_json` gives it: what an administrator is asked about
    Column("waiting_id", Text),
    Column("waiting_at", BigInteger),
    Column("refused_id", Text),  # what an administrator has said no to
    Index("ix_upkeep_due_at", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    info=ERASED,
)
