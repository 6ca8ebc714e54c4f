"""The pushed authorization request endpoint (RFC 9126): the request is checked before any browser carries it."""

from collections.abc import Awaitable
from typing import Any

from idp import access, audit
from idp.access import Moment
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, NotFound
from idp.kit.units import Unit
from idp.oidc import assertions, clients, dpop, signed_requests, sources, store
from idp.oidc import request as requests
from idp.oidc.clients import Credentials
from idp.oidc.dpop import Proof
from idp.oidc.errors import NO_STORE, OAuthError, PageError, as_oauth, send_error
from idp.oidc.grants import Asked
from idp.oidc.model import PUSHED_KIND, PUSHED_LIFETIME, PushedRequest
from idp.oidc.request import RedirectError
from idp.oidc.sources import Parameters
from idp.oidc.token import read_form
from idp.web.asgi import App, Receive, Scope, Send, json_response
from idp.web.failures import Refusal
from idp.web.forms import Form
from idp.web.house import House
from idp.web.limits import REQUEST_OBJECT

Answer = dict[str, Any]


def endpoint(house: House) -> App:
    async def par(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            form = await read_form(scope, receive, limit=REQUEST_OBJECT)
            shown = clients.read(scope, form)
            slug = scope["state"]["tenant_slug"]
            proof = await _proof(house, scope, slug) if b"dpop" in scope["state"]["headers"] else None

            def work(facts: access.Facts, proved: Credentials) -> Awaitable[Answer]:
                service = clients.authenticate(facts, proved, house.units.clock.now_us())
                asked = Asked(house, facts, service, form, house.units.clock.now_us(), proved.uses)
                if proof is not None:
                    asked = asked._replace(uses=(*proved.uses, proof.once), jkt=proof.jkt)
                return _push(asked)

            answer = await assertions.decide_for(house, slug, shown, work)
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            more = () if proof is None else (proof.header,)
            await json_response(send, 201, answer, (*NO_STORE, *more))

    return par


async def _proof(house: House, scope: Scope, slug: str) -> Proof:
    tenant = await house.memory.tenant_id(slug)
    return dpop.prove(house, tenant, scope, uri=f"{house.issuer(slug)}/par")


def _bound(parameters: Parameters, jkt: str | None) -> Parameters:
    """RFC 9449 10.1: the code that comes of it is for the key that was proved here, signed request or not."""
    if jkt is None:
        return parameters
    form = parameters.form
    if form.get("dpop_jkt") not in {None, jkt}:
        raise OAuthError("invalid_dpop_proof", "dpop_jkt names another key than the proof.")
    others = (field for field in form.fields if field[0] != "dpop_jkt")
    return parameters._replace(form=Form((*others, ("dpop_jkt", jkt))))


async def _push(asked: Asked) -> Answer:
    await turn_away(asked)
    if "request_uri" in asked.form:  # RFC 9126 2.1
        raise OAuthError("invalid_request", "A pushed request does not refer to another one.")
    secret = ids.mint(PUSHED_KIND)
    parameters = _bound(await _parameters(asked), asked.jkt)._replace(pushed=secret.id)
    _check(asked, parameters)
    await asked.judge_targets(parameters.form)
    row = PushedRequest(
        id=secret.id,
        digest=secret.digest,
        service_id=asked.service.id,
        request=sources.to_text(parameters),
        created_at=asked.now_us,
        expires_at=asked.now_us + PUSHED_LIFETIME,
        finished_at=None,
    )
    await asked.commit(lambda unit: store.push(unit, row))
    return {"request_uri": f"{sources.URN}{secret.token}", "expires_in": PUSHED_LIFETIME // SECOND}


async def _parameters(asked: Asked) -> Parameters:
    """Of the signed object where there is one (RFC 9126 3), otherwise of the form; the client is the one that has
    proved itself."""
    token, service = asked.form.get("request"), asked.service
    if token:
        form = await signed_requests.read(asked.house, asked.facts, service, token)
        return Parameters(form, signed=True)
    others = [field for field in asked.form.fields if field[0] not in {"client_id", "request"}]
    return Parameters(Form((("client_id", service.client_id), *others)))


def _check(asked: Asked, parameters: Parameters) -> None:
    """As the authorization endpoint would. Its answer is not for a browser to carry: no page, no redirect."""
    try:
        back = requests.way_back(parameters.form, asked.service)
        request = requests.parse(parameters.form, asked.service, back, switches=asked.facts.switches)
        sources.described(parameters, request, asked.service)
    except PageError as fault:
        said = "redirect_uri is not registered." if fault.code == "invalid_redirect_uri" else fault.detail
        raise OAuthError("invalid_request", said) from fault
    except RedirectError as fault:
        raise OAuthError(fault.code, fault.public) from fault


async def turn_away(asked: Asked) -> None:
    """Where nobody can use the service now, nothing waits for anybody."""
    gate, facts, service = asked.house.gate, asked.facts, asked.service
    against = gate.reason_against(facts, service, now_us=asked.now_us)
    if against is None:
        return
    refusal = gate.turn_away(facts, service, None, against, Moment.AUTHORIZATION, now_us=asked.now_us)
    decision = refusal.decision

    def write(unit: Unit) -> None:
        access.remember(unit, decision)
        refused = {"reason": refusal.code, "reference": decision.reference}
        audit.record(unit, audit.Event.ACCESS_REFUSED, subject=service.id, **refused)

    await asked.refuse(OAuthError("unauthorized_client", refusal.code), write)
