from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from idp.kit.db import ERASED, metadata, tenant_id

# Imports that have begun and not come to their end. `line` is the last one of the file whose row is done.
imports = Table(
    "imports",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("file_mac", LargeBinary, nullable=False),  # keyed digest: a short file could be guessed by a plain one
    Column("line", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "file_mac"),
    info=ERASED,
)

# What was wrong with their rows, told again by who brings them to their end.
import_faults = Table(
    "import_faults",
    metadata,
    tenant_id(),
    Column("import_id", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("faults", LargeBinary, nullable=False),  # sealed: they repeat what was found
    Column("noted_at", BigInteger, nullable=False),
    info=ERASED,
)
