"""Services of SAML."""

import sqlalchemy as sa
from alembic import op

revision = "saml"
down_revision = "exchange"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("saml", sa.Text()))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('idp.tenants', '*', true)")  # of every tenant
    op.execute("DELETE FROM assignments WHERE service_id IN (SELECT id FROM services WHERE protocol = 'saml')")
    op.execute("DELETE FROM services WHERE protocol = 'saml'")
    op.drop_column("services", "saml")
