from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from idp.kit.db import ERASED, metadata, tenant_id

tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("help_text", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("logo", Text),  # the digest that its address carries; null where there is none
    Column("erased_at", BigInteger),
    Column("oidc", Text, nullable=False, server_default="{}"),  # as `Switches.to_text` gives it
    Column("saml", Text, nullable=False, server_default="{}"),  # as `federation.OwnNames.to_text` gives it
    Column("staffing", Text, nullable=False, server_default="{}"),  # as `Staffing.to_text` gives it
)

# Apart from the tenant itself, which every decision reads.
logos = Table(
    "logos",
    metadata,
    tenant_id(),
    Column("image", LargeBinary, nullable=False),  # a PNG of our own making
    Column("set_at", BigInteger, nullable=False),
    info=ERASED,
)
