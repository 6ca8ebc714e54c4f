from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from idp.contracts.lifecycle import LIVE
from idp.kit.db import ERASED, KEPT, metadata, tenant_id

_LIVE = f"status IN ({', '.join(repr(status.value) for status in sorted(LIVE))})"


def _only_one(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


contracts = Table(
    "contracts",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("legal_form", Text, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("corporate_number", Text),
    Column("parties", LargeBinary),
    Column("ids", Integer, nullable=False),
    Column("term_months", Integer, nullable=False),
    Column("start_date", Text, nullable=False),
    Column("auto_renewal", Boolean, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("partner", Text),
    Column("plan", Text),
    Column("continues", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("established_at", BigInteger),
    Column("first_day", Text),
    Column("renewals", Integer, nullable=False),
    Column("non_renewal_date", Text),
    Column("non_renewal_at", BigInteger),
    Column("stop_date", Text),
    Column("end_reason", Text),
    Column("ended_on", Text),
    Column("ended_at", BigInteger),
    Column("erased_at", BigInteger),
    Column("id_changes", Text, nullable=False, server_default="[]"),  # JSON: [[first day, IDs, asked at]]
    Column("reminded_on", Text),  # the day of the latest reminder
    Column("due_at", BigInteger),  # when the calendar next has something to do; null: never
    Index("uq_contracts_id", "id", unique=True),
    Index("ix_contracts_partner_id", "partner", "id"),
    Index("ix_contracts_due_at_id", "due_at", "id"),
    # One live contract of a tenant for each product, and beside it one application that continues it. By the slug,
    # for before approval there is no tenant yet whose id could be compared.
    _only_one("uq_contracts_live", "slug", "product", where=f"{_LIVE} AND continues IS NULL"),
    _only_one("uq_contracts_live_continuation", "continues", where=f"{_LIVE} AND continues IS NOT NULL"),
    info=KEPT,
)

# Of the registered information, by the tenant as a whole.
registration_changes = Table(
    "registration_changes",
    metadata,
    tenant_id(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("said", LargeBinary, nullable=False),  # sealed JSON: {field: [before, after]}
    info=ERASED,
)

contract_changes = Table(
    "contract_changes",
    metadata,
    tenant_id(),
    Column("contract_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # On approval a contract passes from the platform to its tenant, and its history with it.
    ForeignKeyConstraint(["tenant_id", "contract_id"], ["contracts.tenant_id", "contracts.id"], onupdate="CASCADE"),
    info=KEPT,
)
