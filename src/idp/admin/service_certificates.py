"""When a service of SAML changes over to another certificate of ours."""

from idp import federation
from idp.admin import gate, rights, service_json
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.services import CertificateChange, Service
from idp.credentials import Noun
from idp.federation import Registered
from idp.kit.clock import micros, parse, rfc3339
from idp.kit.fields import Fields
from idp.kit.units import Unit


def change_over(call: Call) -> Answer:
    """Answer this service by our next certificate, from an instant on or from now on.

    Until then, and whenever the tenant itself changes over (`/keys/rotate`), it is answered by the one that it knows.
    """
    fields = Fields(call.document)
    fields.only({"at", "to"})
    at, to = _instant(fields, call.house.units.clock.now_us()), fields.text("to")
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.change_over(unit, call.names["service"], at=at, to=to, version=version))


def step_back(call: Call) -> Answer:
    """Answer this service by the certificate before again, until it is changed over anew."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.step_back(unit, call.names["service"], version=version))


def follow(call: Call) -> Answer:
    """No day of its own any more: this service is answered by the tenant's certificate, from now on."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.follow(unit, call.names["service"], version=version))


def expected(call: Call, unit: Unit) -> int | None:
    """The version that the caller has seen of a service that may be changed now."""
    gate.require_contract(unit, call.key)
    return call.conditions.expected(federation.get(unit, call.names["service"]).version)


def done(call: Call, unit: Unit, registered: Registered) -> Answer:
    return call.done(unit, service_json.to_json(call, unit, registered), version=registered.service.version)


def _instant(fields: Fields, now_us: int) -> int | None:
    text = fields.text("at")
    try:
        at = None if text is None else micros(parse(text))
    except ValueError:
        fields.refuse("at", "invalid_format", "This is no instant.", found=text, expected="RFC 3339")
        return None
    if at is not None and at < now_us:
        fields.refuse("at", "past", "This instant has passed.", found=text, expected=rfc3339(now_us))
    return at


_ONE = "/tenants/{tenant}/services/{service}/certificate"
_WRITE = rights.write(Noun.SERVICES, WITH_TENANT, Partners.PREPARE)
_CLOSED = ("contract_not_active", "not_saml")

ROUTES = (
    Route(
        "POST",
        _ONE,
        change_over,
        _WRITE,
        takes=CertificateChange,
        gives=Service,
        versioned=True,
        conflicts=(*_CLOSED, "no_next_certificate", "next_key_too_young"),
    ),
    Route(
        "POST",
        f"{_ONE}/back",
        step_back,
        _WRITE,
        gives=Service,
        versioned=True,
        conflicts=(*_CLOSED, "no_former_certificate"),
    ),
    Route("DELETE", _ONE, follow, _WRITE, gives=Service, versioned=True, conflicts=_CLOSED),
)
