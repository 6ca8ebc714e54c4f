from sqlalchemy import BigInteger, Column, Table, Text

from idp.kit.db import metadata

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
)
