"""The token endpoint (RFC 6749 3.2): what every grant shares."""

from collections.abc import Awaitable
from typing import Final

from idp.access import Facts
from idp.federation import Grant, SecretUse, Service
from idp.kit import compact
from idp.kit.errors import Failure, NotFound
from idp.oidc import assertions, clients, dpop
from idp.oidc.clients import Credentials
from idp.oidc.device_grant import device_code
from idp.oidc.dpop import Proof
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.grants import GRANTS, Answer, Asked
from idp.oidc.offers import offers
from idp.oidc.token_exchange import token_exchange
from idp.web.asgi import BODY, JSON, App, Fields, Receive, Scope, Send, respond
from idp.web.deciding import decide
from idp.web.failures import Refusal
from idp.web.forms import Form, parse_form, read_body
from idp.web.house import House

_ANSWERED: Final[Fields] = (JSON, *NO_STORE)
_LARGEST: Final = 64 * 1024
_MAY_REPEAT: Final = frozenset({"resource"})  # RFC 8707 2


_GRANTS: Final = {**GRANTS, Grant.DEVICE_CODE.value: device_code, Grant.TOKEN_EXCHANGE.value: token_exchange}
_SWITCHED: Final = frozenset({Grant.DEVICE_CODE.value, Grant.TOKEN_EXCHANGE.value})


def endpoint(house: House) -> App:
    async def token(scope: Scope, receive: Receive, send: Send) -> None:
        failure: Failure | None = None
        try:
            form = await read_form(scope, receive)
            shown = clients.read(scope, form)
            slug = scope["state"]["tenant_slug"]
            proof = await _proof(house, scope) if b"dpop" in scope["state"]["headers"] else None
            if shown.assertion is None:
                answer = await decide(
                    house, slug, shown.client_id, lambda facts: _grant(house, facts, shown, form, proof)
                )
            else:
                answer = await assertions.decide_for(
                    house, slug, shown, lambda facts, proved: _grant(house, facts, proved, form, proof)
                )
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as raised:
            failure = raised
        if failure is not None:
            await send_error(send, as_oauth(failure))
        else:
            more = () if proof is None else (proof.header,)
            await respond(send, 200, more, compact.encode(answer), fields=_ANSWERED)

    return token


async def read_form(scope: Scope, receive: Receive, *, limit: int = _LARGEST) -> Form:
    """The body of a client's request. Raises `OAuthError`; a parameter in the query is refused, not ignored."""
    if scope["query_string"]:
        raise OAuthError("invalid_request", "Parameters belong into the body.")  # they would end up in logs
    try:
        body = scope.get(BODY)  # of the length that the hallway has let pass
        if body is None:
            body = await read_body(receive, limit=limit)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
    except Refusal as refusal:
        if refusal.status == 413:
            raise
        raise OAuthError("invalid_request", refusal.public) from refusal
    if form.repeated and (repeated := form.repeated - _MAY_REPEAT):
        raise OAuthError("invalid_request", f"{min(repeated)} is given more than once.")
    # RFC 6749 3.2: a parameter without a value is as if it were left out
    return form.given()


async def _proof(house: House, scope: Scope) -> Proof:
    slug = scope["state"]["tenant_slug"]
    tenant = await house.memory.tenant_id(slug)
    return dpop.prove(house, tenant, scope, uri=f"{house.issuer(slug)}/token")


def _grant(house: House, facts: Facts, shown: Credentials, form: Form, proof: Proof | None) -> Awaitable[Answer]:
    now_us = house.units.clock.now_us()
    service = clients.authenticate(facts, shown, now_us)
    name = form.get("grant_type")
    if not name:
        raise OAuthError("invalid_request", "grant_type is missing.")
    grant = _GRANTS.get(name)
    if grant is None or (name in _SWITCHED and not offers(name, facts.switches)):
        raise OAuthError("unsupported_grant_type", "This grant type is not supported.")
    asked = Asked(house, facts, service, form, now_us, shown.uses, by_secret=_by_secret(house, service, shown, now_us))
    if proof is not None:
        asked = asked._replace(uses=(*shown.uses, proof.once), jkt=proof.jkt)
    elif asked.client.sender_constrained:  # RFC 9449 5.2
        raise OAuthError("invalid_dpop_proof", "This client gets no token without a DPoP proof.")
    if name not in asked.client.grants:
        raise OAuthError("unauthorized_client", "The client is not registered for this grant type.")
    return grant(asked)


def _by_secret(house: House, service: Service, shown: Credentials, now_us: int) -> SecretUse | None:
    if not service.secret_digests or not shown.digest:
        return None
    return house.secret_uses.worth_noting(service, shown.digest, now_us)
