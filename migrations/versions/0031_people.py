"""IDs have a first and a last day, and tenants say what they ask of them."""

import sqlalchemy as sa
from alembic import op

revision = "people"
down_revision = "scale"
branch_labels = None
depends_on = None

_LOOK = sa.text("look_at IS NOT NULL")
_DAYS = ("valid_from", "valid_until")
_INSTANTS = ("starts_at", "ends_at", "look_at")


def upgrade() -> None:
    for name in _DAYS:
        op.add_column("users", sa.Column(name, sa.Text()))
    for name in _INSTANTS:
        op.add_column("users", sa.Column(name, sa.BigInteger()))
    op.create_index("ix_users_look_at", "users", ["look_at"], unique=False, sqlite_where=_LOOK, postgresql_where=_LOOK)
    op.add_column("tenants", sa.Column("staffing", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("tenants", "staffing")
    op.drop_index("ix_users_look_at", table_name="users", sqlite_where=_LOOK, postgresql_where=_LOOK)
    for name in (*_INSTANTS, *_DAYS):
        op.drop_column("users", name)
