"""API keys at their three levels: of operators, of one partner, of one tenant."""

from collections.abc import Callable
from typing import NamedTuple

from pydantic import BaseModel

from idp import credentials
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_PARTNER, WITH_TENANT
from idp.admin.routes import Handler, Route
from idp.admin.shapes.platform import Key, MadeKey, MadeOperatorKey, NewKey, NewOperatorKey, OperatorKey
from idp.credentials import KeyScope, Noun
from idp.kit.errors import Refused


def create_for(scope: KeyScope, path: Callable[[Call], str]) -> Handler:
    def create(call: Call) -> Answer:
        """Make a key. Its secret is shown in this answer and never again."""
        with call.house.units.open(call.home, actor=call.actor) as unit:
            if scope is KeyScope.TENANT:
                gate.require_contract(unit, call.key)
            operators = scope is KeyScope.OPERATOR
            if operators and call.key.of_program:  # the key would be the machine's, or anybody's who is named
                raise Refused("forbidden", "A program makes no keys of operators.")
            draft = credentials.read_key(call.document, now_us=unit.now_us, owned=operators)
            partner = call.names.get("partner", "")
            new = credentials.create_key(
                unit,
                draft,
                scope=scope,
                grantor=call.key.granting,
                partner_id=partner,
                maker=call.key.owner if operators else call.key.begets,
            )
            body = {**credentials.key_to_json(new.key), "secret": new.secret}
            return call.done(unit, body, status=201, location=f"{path(call)}/{new.key.id}")

    return create


def listing(call: Call) -> Answer:
    """The keys in the order of their creation, without their secrets."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        partner = call.names.get("partner", "")
        found = credentials.KEYS.page(unit, call.page.question, partner=partner)
        return call.page.shown(found, credentials.key_to_json)


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


_USUAL = _Shapes(NewKey, MadeKey, Key)
_OPERATORS = _Shapes(NewOperatorKey, MadeOperatorKey, OperatorKey)


def _routes(
    path: str,
    create: Handler,
    readers: frozenset[KeyScope],
    writers: frozenset[KeyScope],
    *codes: str,
    shapes: _Shapes = _USUAL,
) -> tuple[Route, ...]:
    write = rights.write(Noun.API_KEYS, writers)
    return (
        Route("POST", path, create, write, takes=shapes.takes, gives=shapes.made, status=201, conflicts=codes),
        Route(
            "GET",
            path,
            listing,
            rights.read(Noun.API_KEYS, readers),
            gives=shapes.listed,
            pages=True,
            listed=credentials.KEYS,
        ),
        Route("DELETE", f"{path}/{{key}}", delete, write, status=204),
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
