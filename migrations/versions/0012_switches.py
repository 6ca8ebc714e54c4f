"""Tenants switch parts of OpenID Connect on; in those that there are, everything is off."""

import sqlalchemy as sa
from alembic import op

revision = "switches"
down_revision = "mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("oidc", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("tenants", "oidc")
