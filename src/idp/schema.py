"""All tables, for alembic and for tests that make a database in one go."""

from idp.access import network_tables as networks
from idp.access import tables as access
from idp.admin import tables as admin
from idp.approvals import tables as approvals
from idp.audit import tables as audit
from idp.billing import tables as billing
from idp.contracts import tables as contracts
from idp.credentials import tables as credentials
from idp.delivery import tables as delivery
from idp.erasure import tables as erasure
from idp.federation import tables as federation
from idp.imports import tables as imports
from idp.kit.db import metadata
from idp.oidc import tables as oidc
from idp.partners import tables as partners
from idp.planning import tables as planning
from idp.plans import tables as plans
from idp.saml import tables as saml
from idp.sessions import tables as sessions
from idp.signing import tables as signing
from idp.support import tables as support
from idp.tenants import tables as tenants
from idp.terms import tables as terms
from idp.users import tables as users
from idp.webhooks import tables as webhooks

__all__ = ["metadata"]

TABLES = (
    access,
    admin,
    approvals,
    audit,
    billing,
    contracts,
    credentials,
    delivery,
    erasure,
    federation,
    imports,
    networks,
    oidc,
    partners,
    planning,
    plans,
    saml,
    sessions,
    signing,
    support,
    tenants,
    terms,
    users,
    webhooks,
)
