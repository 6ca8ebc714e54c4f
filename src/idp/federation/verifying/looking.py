from idp.federation.model import Service
from idp.federation.verifying import oidc_checks, saml_checks
from idp.federation.verifying.asking import Asking
from idp.federation.verifying.model import Finding
from idp.kit.egress import Egress


def written(service: Service, *, production: bool, now_us: int) -> tuple[Finding, ...]:
    """What can be seen without asking anybody."""
    if service.saml is not None:
        return tuple(saml_checks.written(service.saml, now_us=now_us))
    assert service.oidc is not None
    return tuple(oidc_checks.written(service.oidc, production=production))


def look(service: Service, egress: Egress, *, tenant: str, production: bool, now_us: int) -> tuple[Finding, ...]:
    """All of it. Blocks, for a bounded time; never within a unit."""
    asking = Asking(egress, tenant)
    seen = written(service, production=production, now_us=now_us)
    if service.saml is not None:
        return (*seen, *saml_checks.looked_up(service.saml, asking))
    assert service.oidc is not None
    return (*seen, *oidc_checks.looked_up(service.oidc, asking))
