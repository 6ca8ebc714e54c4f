"""API keys at their three levels: of operators, of one partner, of one tenant."""

from collections.abc import Callable
from typing import NamedTuple

from pydantic import BaseModel

from idp import access, credentials
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_PARTNER, WITH_TENANT
from idp.admin.routes import Handler, Route
from idp.admin.shapes.platform import (
    KeyRotation,
    MadeOwnedKey,
    NewKey,
    NewOperatorKey,
    OwnedKey,
)
from idp.credentials import KeyDraft, KeyScope, Noun
from idp.kit.errors import Refused
from idp.kit.units import Unit


def create_for(scope: KeyScope, path: Callable[[Call], str]) -> Handler:
    def create(call: Call) -> Answer:
        """Make a key. Its secret is shown in this answer and never again."""
        with call.house.units.open(call.home, actor=call.actor) as unit:
            if scope is KeyScope.TENANT:
                gate.require_contract(unit, call.key)
            operators = scope is KeyScope.OPERATOR
            if operators and call.key.of_program:  # the key would be the machine's, or anybody's who is named
                raise Refused("forbidden", "A program makes no keys of operators.")
            if call.key.program and scope is not KeyScope.OPERATOR:
                raise Refused("forbidden", "A program makes no keys: they would outlive it.")
            draft = _draft(call, unit, owned=operators)
            partner = call.names.get("partner", "")
            new = credentials.create_key(
                unit,
                draft,
                scope=scope,
                grantor=call.key.granting,
                partner_id=partner,
                maker=call.key.owner if operators else call.key.begets,
                owner="" if operators else call.key.heir,
            )
            body = {**credentials.key_to_json(new.key, unit.now_us), "secret": new.secret}
            return call.done(unit, body, status=201, location=f"{path(call)}/{new.key.id}")

    return create


def rotate(call: Call) -> Answer:
    """A new secret, shown in this answer and never again. The old one is good for `overlap_seconds` more, which
    `former_secret_until` shows: a day, unless it is said, and at most a week."""
    overlap = credentials.read_rotation(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        if not unit.platform:
            gate.require_contract(unit, call.key)
        partner = call.names.get("partner", "")
        named = call.names["key"]
        new = credentials.rotate_key(unit, named, asker=call.key, overlap_seconds=overlap, partner_id=partner)
        return call.done(unit, {**credentials.key_to_json(new.key, unit.now_us), "secret": new.secret})


def _draft(call: Call, unit: Unit, *, owned: bool) -> KeyDraft:
    """Judged, within what binds the key that asks; what it calls networks is looked up only where it names some."""
    named = access.names_for_keys(unit) if call.document.get("networks") else ()
    draft = credentials.read_key(call.document, now_us=unit.now_us, owned=owned, named=named)
    return credentials.within_bounds(unit, draft, call.key)


def listing(call: Call) -> Answer:
    """The keys in the order of their creation, without their secrets."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        partner = call.names.get("partner", "")
        found = credentials.KEYS.page(unit, call.page.question, partner=partner)
        return call.page.shown(found, lambda key: credentials.key_to_json(key, unit.now_us))


def shown(call: Call) -> Answer:
    """One key, without its secrets."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        key = credentials.get_key(unit, call.names["key"], partner_id=call.names.get("partner", ""))
        return call.shown(credentials.key_to_json(key, unit.now_us), version=key.turned or 0)


def end_former(call: Call) -> Answer:
    """End the secret that was replaced before its time: the present one alone is good from the answer on. Again changes
    nothing. Possible in every state of the contract."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        key = credentials.end_former_secret(unit, call.names["key"], partner_id=call.names.get("partner", ""))
        return call.done(unit, credentials.key_to_json(key, unit.now_us))


def delete(call: Call) -> Answer:
    """From the answer on the key opens nothing. Possible in every state of the contract."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        credentials.delete_key(unit, call.names["key"], partner_id=call.names.get("partner", ""))
        return call.done(unit, None)


_TENANT = "/tenants/{tenant}/api-keys"
_PARTNER = "/partners/{partner}/api-keys"
_SYSTEM = "/system/api-keys"


def _tenant_path(call: Call) -> str:
    return f"/tenants/{call.tenant.slug}/api-keys"


def _partner_path(call: Call) -> str:
    return f"/partners/{call.names['partner']}/api-keys"


def _system_path(call: Call) -> str:  # noqa: ARG001 - one signature for the three levels
    return _SYSTEM


class _Shapes(NamedTuple):
    takes: type[BaseModel]
    made: type[BaseModel]
    listed: type[BaseModel]


_OWNED = _Shapes(NewKey, MadeOwnedKey, OwnedKey)
_OPERATORS = _Shapes(NewOperatorKey, MadeOwnedKey, OwnedKey)


def _routes(
    path: str,
    create: Handler,
    readers: frozenset[KeyScope],
    writers: frozenset[KeyScope],
    *codes: str,
    shapes: _Shapes = _OWNED,
) -> tuple[Route, ...]:
    read, write = rights.read(Noun.API_KEYS, readers), rights.write(Noun.API_KEYS, writers)
    one = f"{path}/{{key}}"
    return (
        Route("POST", path, create, write, takes=shapes.takes, gives=shapes.made, status=201, conflicts=codes),
        Route(
            "GET",
            path,
            listing,
            read,
            gives=shapes.listed,
            pages=True,
            listed=credentials.KEYS,
        ),
        Route("GET", one, shown, read, gives=shapes.listed, versioned=True),
        Route("POST", f"{one}/rotate", rotate, write, takes=KeyRotation, gives=shapes.made, conflicts=codes),
        Route("DELETE", f"{one}/secret/former", end_former, write, gives=shapes.listed),
        Route("DELETE", one, delete, write, status=204),
    )


ROUTES = (
    *_routes(
        _TENANT,
        create_for(KeyScope.TENANT, _tenant_path),
        rights.EVERYONE,
        WITH_TENANT,
        "contract_not_active",
    ),
    *_routes(_PARTNER, create_for(KeyScope.PARTNER, _partner_path), WITH_PARTNER, OPERATOR),
    *_routes(_SYSTEM, create_for(KeyScope.OPERATOR, _system_path), OPERATOR, OPERATOR, shapes=_OPERATORS),
)
