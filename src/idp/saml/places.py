"""Where this door lies below the issuer."""

from idp.access import Facts

METADATA = "saml/metadata"
SSO = "saml/sso"
RESUME = "saml/continue"
SLO = "saml/slo"
TERMS = "saml/terms"
CONSENT = "saml/consent"
INIT = "saml/init"
ARTIFACT = "saml/artifact"
ECP = "saml/ecp"


def entity_id(issuer: str, facts: Facts) -> str:
    """Who we are to services: the address of our metadata (metadata 4.1), or the name that the tenant has brought
    along."""
    return facts.saml.name(f"{issuer}/{METADATA}")


def sso(issuer: str) -> str:
    return f"{issuer}/{SSO}"


def ecp(issuer: str) -> str:
    return f"{issuer}/{ECP}"


def artifact(issuer: str) -> str:
    return f"{issuer}/{ARTIFACT}"


def slo(issuer: str) -> str:
    return f"{issuer}/{SLO}"
