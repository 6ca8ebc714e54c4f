"""What has to be entered on a service's own side: the values of this tenant and of this registration."""

import base64
import textwrap
from typing import Any

from idp import federation, signing, tenants
from idp.admin import gate
from idp.admin.call import Call
from idp.federation import OwnIdentity, Registered, Service
from idp.kit.units import Unit
from idp.signing import Alg, Private
from idp.web.paths import PLATFORM as PLATFORM_SLUG

_SAID = federation.catalogue.Text("Enter or choose this", "この値を入力または選択する")


def values(call: Call, unit: Unit, registered: Registered) -> federation.catalogue.Values:
    """By the words of the catalogue; None for a secret that is not shown any more."""
    slug = PLATFORM_SLUG if call.place.tenant is None else call.place.tenant.slug
    issuer, service = call.house.issuer(slug), registered.service
    found: dict[str, str | None] = {"on": "on", "logout_url": f"{issuer}/end_session"}
    return found | (_saml(unit, issuer, service) if service.saml else _oidc(issuer, registered))


def first_key(call: Call) -> Private | None:
    """One to sign answers of SAML with, if the tenant has none yet: made before the unit, for it takes its time."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
        has_one = bool(federation.current_chain(unit).usable)
    return None if has_one else signing.generate(Alg.RS256)


def steps(call: Call, unit: Unit, registered: Registered) -> dict[str, Any] | None:
    """None for a service that is not of the catalogue: nobody here knows its settings."""
    application = federation.catalogue.applications().get(registered.service.catalogue or "")
    if application is None:
        return None
    known = values(call, unit, registered)
    return {
        "documentation": application.documentation,
        "where": application.where and application.where._asdict(),
        "note": application.note and application.note._asdict(),
        "fields": [_field(each, known) for each in application.setup],
    }


def _field(step: federation.catalogue.Step, known: federation.catalogue.Values) -> dict[str, Any]:
    said = step.value.startswith("=")
    meaning = _SAID if said else federation.catalogue.MEANINGS[step.value]
    value = step.value[1:] if said else known.get(step.value)
    return {"field": step.field, "meaning": meaning._asdict(), "value": value}


def _oidc(issuer: str, registered: Registered) -> dict[str, str | None]:
    client = registered.service.oidc
    assert client is not None
    secret: dict[str, str | None] = {"client_secret": registered.secret} if client.auth_method.has_secret else {}
    return {
        "issuer": issuer,
        "discovery_url": f"{issuer}/.well-known/openid-configuration",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "client_id": registered.service.client_id,
        **secret,
    }


def _saml(unit: Unit, issuer: str, service: Service) -> dict[str, str | None]:
    saml = service.saml
    assert saml is not None
    address = f"{issuer}/saml/metadata"
    chain = federation.current_chain(unit)
    kid = chain.signs(saml.switch)
    link = None if kid is None else chain.link(kid)
    text = None if link is None else link.certificate.text
    return {
        "entity_id": OwnIdentity.from_text(tenants.get(unit).saml).name(address),
        "sso_url": f"{issuer}/saml/sso",
        "metadata_url": address,
        "certificate": text,
        "certificate_pem": None if text is None else _pem(text),
        "fingerprint_sha256": None if link is None else _colons(link.certificate.fingerprint),
        "sp_entity_id": saml.entity_id,
        "acs_url": saml.consumers[0].url,
    }


def _pem(text: str) -> str:
    lines = "\n".join(textwrap.wrap(base64.b64encode(base64.b64decode(text)).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def _colons(digest: str) -> str:
    """As people compare it."""
    plain = digest.replace(":", "").upper()
    return ":".join(plain[at : at + 2] for at in range(0, len(plain), 2))
