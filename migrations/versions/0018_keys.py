"""Signing keys have a life: published before they sign, and after.

Those that sign already get their successor at the schedule's next turn.
"""

import sqlalchemy as sa
from alembic import op

revision = "keys"
down_revision = "signin"
branch_labels = None
depends_on = None

_ACTIVE = sa.text("status = 'active'")
_NEXT = sa.text("status = 'next'")
_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    for name in ("activated_at", "retired_at", "due_at"):
        op.add_column("signing_keys", sa.Column(name, sa.BigInteger()))
    _index("uq_signing_keys_next", "tenant_id", "use", "alg", where=_NEXT, unique=True)
    _index("ix_signing_keys_due_at", "due_at", where=_DUE)
    _index("ix_signing_keys_activated_at", "activated_at", where=_ACTIVE)
    _lift_wall()
    op.execute("UPDATE signing_keys SET activated_at = created_at, due_at = created_at WHERE status = 'active'")
    op.execute("UPDATE signing_keys SET activated_at = created_at, retired_at = created_at WHERE status = 'retiring'")


def downgrade() -> None:
    _lift_wall()
    op.execute("DELETE FROM signing_keys WHERE status IN ('next', 'revoked')")
    for name in ("ix_signing_keys_activated_at", "ix_signing_keys_due_at", "uq_signing_keys_next"):
        op.drop_index(name, "signing_keys")
    for name in ("due_at", "retired_at", "activated_at"):
        op.drop_column("signing_keys", name)


def _lift_wall() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL idp.tenants = '*'")  # it stands for its owner too


def _index(name: str, *columns: str, where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, "signing_keys", list(columns), unique=unique, sqlite_where=where, postgresql_where=where)
