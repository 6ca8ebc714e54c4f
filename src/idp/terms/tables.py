from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from idp.kit.db import KEPT, metadata, tenant_id

# The operator's, for every tenant alike: nobody's rows. All may read them, the platform alone writes, and once
# `published_at` is set nobody: triggers see to it on both databases.
terms_versions = Table(
    "terms_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("effective_date", Text, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("provisions", Text, nullable=False),  # JSON: [[article, number, text]]
    Column("content_hash", Text, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
)

# The platform's: what operators and partners announced.
notices = Table(
    "notices",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("partner", Text, nullable=False),  # empty: the operator's, for everybody
    Column("document", Text, nullable=False),  # JSON, whose digest is the hash
    Column("content_hash", Text, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("tenants", Integer, nullable=False),  # how many were told
    Column("created_at", BigInteger, nullable=False),
    info=KEPT,
)

# What was laid before a tenant. `document` is what a notice said; empty for terms, which never change.
receipts = Table(
    "receipts",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),  # of the notice, or the version of the terms
    Column("kind", Text, primary_key=True),
    Column("content_hash", Text, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text),
    info=KEPT,
)

acceptances = Table(
    "acceptances",
    metadata,
    tenant_id(),
    Column("version", Text, primary_key=True),
    Column("content_hash", Text, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("accepted_by", Text, nullable=False),
    info=KEPT,
)

# What was accepted with an application: the platform's row, and from its approval the tenant's beside it.
application_terms = Table(
    "application_terms",
    metadata,
    tenant_id(),
    Column("contract", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("accepted_by", Text, nullable=False),
    info=KEPT,
)
