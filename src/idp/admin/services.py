"""Federated services of a tenant."""

from typing import Any

from idp import credentials, federation, sessions, tenants
from idp.admin import gate, rights, service_json, setting_up
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.services import NewService, Preview, PreviewAsked, Service, ServiceChange
from idp.credentials import Noun
from idp.federation import OidcClient, OwnIdentity, Registered, Sector
from idp.federation import Service as Registration
from idp.kit.errors import Refused
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.signing import Alg, Use
from idp.web.keys_ahead import provide
from idp.web.paths import PLATFORM as PLATFORM_SLUG


def create(call: Call) -> Answer:
    """Register a service for single sign-on. Its secret is shown in this answer and never again.

    An application of the catalogue (`/catalogue`) needs `catalogue` and its `parameters`; whatever else is said
    overrides. `setup` in the answer is what to enter on its own side.
    """
    document = _whole(call, federation.filled(call.document))
    draft = federation.read(document, production=call.house.production)
    sector = _sector(call, draft.oidc.subjects.sector_uri if draft.oidc else None)
    key = setting_up.first_key(call) if draft.saml else None
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        if draft.saml is not None:
            own = OwnIdentity.from_text(tenants.get(unit).saml)
            federation.refuse_own_name(draft.saml.entity_id, own, base_url=call.house.base_url)
        registered = federation.create(unit, draft, sector=sector)
        if key is not None:  # the service has to be told of a certificate
            tenants.adopt_key(unit, Use.SAML, Alg.RS256, key)
        _refuse_more(call, registered.service.oidc)
        seen = registered.service
        production, now_us = call.house.production, unit.now_us
        federation.verifying.note(unit, seen, federation.verifying.written(seen, production=production, now_us=now_us))
        where = f"{call.below}/services/{registered.service.id}"
        body = service_json.to_json(call, unit, registered)
        answer = call.done(unit, body, version=registered.service.version, status=201, location=where)
    _provide_keys(call, registered)
    return answer


def listing(call: Call) -> Answer:
    """The tenant's services in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = federation.LISTED.page(unit, call.page.question)
        return call.page.shown(found, service_json.showing(unit, found.items))


def shown(call: Call) -> Answer:
    """One service as it is registered, without its secret."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        registered = federation.registered(unit, call.names["service"])
        return call.shown(service_json.to_json(call, unit, registered), version=registered.service.version)


def change(call: Call) -> Answer:
    """Change a registration; what it says in the end is judged as a whole."""
    document = _whole(call, call.document)
    sector = _changed_sector(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        before = federation.get(unit, call.names["service"])
        registered = federation.change(
            unit, before.id, document, production=call.house.production, version=version, sector=sector
        )
        answer = _changed(call, unit, before, registered)
    _provide_keys(call, registered)
    return answer


def replace(call: Call) -> Answer:
    """Register anew under the same client_id."""
    document = _whole(call, call.document)
    sector = _changed_sector(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        before = federation.get(unit, call.names["service"])
        registered = federation.replace(
            unit, before.id, document, production=call.house.production, version=version, sector=sector
        )
        answer = _changed(call, unit, before, registered)
    _provide_keys(call, registered)
    return answer


def delete(call: Call) -> Answer:
    """For good, with its assignments; nothing that was issued to it works any more."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        federation.delete(unit, call.names["service"], version=version)
        return call.done(unit, None)


def preview(call: Call) -> Answer:
    """What a service of SAML would be told of this ID: as it is registered, or as a change of it would be."""
    fields = Fields(call.document)
    fields.only({"saml"})
    patch, issuer = fields.inner("saml").members, call.house.issuer(call.place.tenant.slug if call.place.tenant else "")
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        shown = federation.preview(
            unit,
            call.names["service"],
            call.names["user"],
            patch,
            issuer=issuer,
            production=call.house.production,
        )
        return Answer(200, shown)


def _whole(call: Call, document: dict[str, Any]) -> dict[str, Any]:
    """With the metadata that it only points to; before the unit, as nobody waits for somebody else's server, and only
    for whoever may have something changed."""
    slug = PLATFORM_SLUG if call.place.tenant is None else call.place.tenant.slug
    federation.refuse_own(document.get("oidc"), call.house.issuer(slug), at="/oidc")
    if federation.points_to_metadata(document):
        with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
            gate.refuse_closed(unit, call.key)
    return federation.with_fetched_metadata(call.house.egress, document, tenant=call.home)


def _changed(call: Call, unit: Unit, before: Registration, after: Registered) -> Answer:
    if federation.is_known_anew(before, after.service):
        sessions.ask_anew(unit, after.service.id)
    return done(call, unit, after)


def _provide_keys(call: Call, registered: Registered) -> None:
    client = registered.service.oidc
    if client is not None:
        provide(call.house.units, call.home, client.signing_keys)


def _changed_sector(call: Call) -> Sector | None:
    """Of the address that the registration will have; where neither it nor a redirect URI is sent, it is not asked."""
    sent = call.document.get("oidc")
    if not isinstance(sent, dict) or sent.keys().isdisjoint({"sector_identifier_uri", "redirect_uris"}):
        return None
    uri = sent.get("sector_identifier_uri")
    if "sector_identifier_uri" not in sent:
        with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
            client = federation.get(unit, call.names["service"]).oidc
            uri = client.subjects.sector_uri if client else None
    return _sector(call, uri if isinstance(uri, str) else None)


def _sector(call: Call, uri: str | None) -> Sector | None:
    """Before the unit: nobody waits for somebody else's server."""
    return None if uri is None else federation.fetch_sector(call.house.egress, uri, tenant=call.home)


def expected(call: Call, unit: Unit) -> int | None:
    """The version that the caller has seen of a service that may be changed now."""
    gate.require_contract(unit, call.key)
    before = federation.get(unit, call.names["service"])
    _refuse_more(call, before.oidc)
    return call.conditions.expected(before.version)


def _refuse_more(call: Call, client: OidcClient | None) -> None:
    """With access tokens this API is used: nobody registers, or takes over, a client that could ask for more than they
    may do themselves."""
    if client is None:
        return
    asked = [permission for scope in sorted(client.scopes) if (permission := credentials.parse(scope))]
    beyond = credentials.not_grantable(call.key.granting, asked)
    if beyond and call.key.lent:
        raise Refused("forbidden", f"Access for support hands nothing on, and this service may have {beyond[0]}.")
    if beyond:
        raise Refused("forbidden", f"You lack the permission {beyond[0]} yourself.")


def done(call: Call, unit: Unit, registered: Registered) -> Answer:
    """The service as it is registered now."""
    _refuse_more(call, registered.service.oidc)
    return call.done(unit, service_json.to_json(call, unit, registered), version=registered.service.version)


_MANY = "/tenants/{tenant}/services"
_ONE = f"{_MANY}/{{service}}"
_PREVIEW = f"{_ONE}/users/{{user}}/preview"
_READ = rights.read(Noun.SERVICES)
_WRITE = rights.write(Noun.SERVICES, WITH_TENANT, Partners.PREPARE)
_CLOSED = "contract_not_active"

ROUTES = (
    Route(
        "POST", _MANY, create, _WRITE, takes=NewService, gives=Service, status=201, versioned=True, conflicts=(_CLOSED,)
    ),
    Route("GET", _MANY, listing, _READ, gives=Service, pages=True, listed=federation.LISTED),
    Route("GET", _ONE, shown, _READ, gives=Service, versioned=True),
    Route("PATCH", _ONE, change, _WRITE, takes=ServiceChange, gives=Service, versioned=True, conflicts=(_CLOSED,)),
    Route("PUT", _ONE, replace, _WRITE, takes=NewService, gives=Service, versioned=True, conflicts=(_CLOSED,)),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED,)),
    Route("POST", _PREVIEW, preview, rights.asking(Noun.USERS), takes=PreviewAsked, gives=Preview),
)
