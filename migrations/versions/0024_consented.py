"""Consents keep the APIs of others that a person let a service call."""

import sqlalchemy as sa
from alembic import op

revision = "consented"
down_revision = "sso"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("resources", sa.Text()))


def downgrade() -> None:
    op.drop_column("consents", "resources")
