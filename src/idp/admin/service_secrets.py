"""The secrets of a client: changed with an overlap if wished, seen without what they are, ended early."""

from idp import federation
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.services import done, expected
from idp.admin.shapes.services import NewSecret, Secrets, Service
from idp.credentials import Noun
from idp.kit.fields import Fields


def rotate(call: Call) -> Answer:
    """A new client secret, shown in this answer and never again.

    The old one is dead from now on, or goes on for `overlap_seconds`. A client has two at most: while the former one is
    good, another overlap is refused, and a change without one ends both.
    """
    fields = Fields(call.document)
    fields.only({"overlap_seconds"})
    overlap = fields.number("overlap_seconds", default=0, lowest=0, highest=federation.LONGEST_OVERLAP)
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        service = call.names["service"]
        return done(call, unit, federation.rotate_secret(unit, service, overlap_seconds=overlap, version=version))


def shown(call: Call) -> Answer:
    """The secrets that prove the client now, without what they are; `last_used_at` is good to the hour."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        service = federation.get(unit, call.names["service"])
        return call.shown({"items": federation.secrets_of(unit, service)}, version=service.version)


def end_former(call: Call) -> Answer:
    """End the former secret before its time: the present one alone proves the client from now on."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.end_former(unit, call.names["service"], version=version))


_SECRET = "/tenants/{tenant}/services/{service}/secret"  # noqa: S105 - a path
_WRITE = rights.write(Noun.SERVICES, WITH_TENANT, Partners.PREPARE)
_CLOSED = "contract_not_active"

ROUTES = (
    Route(
        "POST",
        _SECRET,
        rotate,
        _WRITE,
        takes=NewSecret,
        gives=Service,
        versioned=True,
        conflicts=(_CLOSED, "client_has_no_secret", "two_secrets"),
    ),
    Route("GET", _SECRET, shown, rights.read(Noun.SERVICES), gives=Secrets, versioned=True),
    Route("DELETE", f"{_SECRET}/former", end_former, _WRITE, gives=Service, versioned=True, conflicts=(_CLOSED,)),
)
