"""The endpoints of the door, as routes of the dispatcher."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from idp import contracts
from idp.authzen import callers, evaluating, reading
from idp.authzen.reading import Batch, Question
from idp.kit.actors import Actor
from idp.kit.errors import Failure, NotFound, Refused, Unauthenticated
from idp.kit.ids import TenantId
from idp.web import strict_json
from idp.web.asgi import App, Header, Receive, Scope, Send, json_response, respond
from idp.web.dispatch import Route
from idp.web.failures import Refusal, status_of
from idp.web.forms import read_body
from idp.web.house import House

_GET = frozenset({"GET"})
_POST = frozenset({"POST"})
_LARGEST = 256 * 1024
_LONGEST_ID = 200
_NO_STORE: Header = (b"cache-control", b"no-store")
_PROBLEM: Header = (b"content-type", b"application/problem+json")
_UNTYPED = b"application/json"

Answer = dict[str, Any]
Work = Callable[[TenantId, Actor, bytes], Awaitable[Answer]]


def routes(house: House) -> list[Route]:
    return [
        Route("/.well-known/authzen-configuration/t/{tenant}", _GET, "authzen_metadata", _metadata(house)),
        Route("/t/{tenant}/access/v1/evaluation", _POST, "authzen_evaluation", _endpoint(house, _one(house))),
        Route("/t/{tenant}/access/v1/evaluations", _POST, "authzen_evaluations", _endpoint(house, _many(house))),
    ]


def _metadata(house: House) -> App:
    """AuthZEN 1.0 section 9."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        slug = scope["state"]["tenant_slug"]
        tenant = await _tenant(house, slug)
        facts = await house.units.read(tenant, house.memory.current)
        if not contracts.is_known(facts.contract):
            raise _absent()
        issuer = house.issuer(slug)
        document = {
            "policy_decision_point": issuer,
            "access_evaluation_endpoint": f"{issuer}/access/v1/evaluation",
            "access_evaluations_endpoint": f"{issuer}/access/v1/evaluations",
        }
        await json_response(send, 200, document, [(b"cache-control", b"public, max-age=300")])

    return answer


def _endpoint(house: House, work: Work) -> App:
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["state"]["headers"]
        echoed = _request_id(headers.get(b"x-request-id"))
        try:
            tenant = await _tenant(house, scope["state"]["tenant_slug"])
            caller = await callers.authenticate(
                house, tenant, headers.get(b"authorization"), scope["state"]["client_address"]
            )
            body = await read_body(receive, limit=_LARGEST)
            if (headers.get(b"content-type") or b"").split(b";")[0].strip().lower() != _UNTYPED:
                raise Refusal(415, "unsupported_media_type", "The body must be application/json in UTF-8.")
            answer = await work(tenant, caller, body)
        except Failure as failure:
            await _refuse(send, failure, scope["state"]["reference"], echoed)
        else:
            await json_response(send, 200, answer, [_NO_STORE, *echoed])

    return endpoint


def _one(house: House) -> Work:
    async def work(tenant: TenantId, caller: Actor, body: bytes) -> Answer:
        question = reading.question(strict_json.loads(body))
        answers = await evaluating.evaluate(house, tenant, caller, Batch((question,)))
        return answers[0]

    return work


def _many(house: House) -> Work:
    async def work(tenant: TenantId, caller: Actor, body: bytes) -> Answer:
        batch = reading.batch(strict_json.loads(body))
        if isinstance(batch, Question):  # AuthZEN 1.0 section 7.1: without evaluations it is a single one
            return (await evaluating.evaluate(house, tenant, caller, Batch((batch,))))[0]
        return {"evaluations": await evaluating.evaluate(house, tenant, caller, batch)}

    return work


async def _tenant(house: House, slug: str) -> TenantId:
    try:
        return await house.memory.tenant_id(slug)
    except NotFound:
        raise _absent() from None


def _absent() -> Refusal:
    return Refusal(404, "not_found", "There is nothing here.")


def _request_id(given: bytes | None) -> list[Header]:
    """AuthZEN 1.0 section 10.1.3; what could not stand in a field of ours is not returned."""
    if given is None or len(given) > _LONGEST_ID or not all(0x20 < byte < 0x7F for byte in given):
        return []
    return [(b"x-request-id", given)]


async def _refuse(send: Send, failure: Failure, reference: str, echoed: list[Header]) -> None:
    status = status_of(failure)
    problem: Answer = {
        "type": "about:blank",
        "title": failure.code,
        "status": status,
        "detail": failure.public,
        "code": failure.code,
        "reference": reference,
    }
    if failure.errors:
        problem["errors"] = [
            {name: value for name, value in error._asdict().items() if value is not None} for error in failure.errors
        ]
    headers: list[Header] = [_PROBLEM, _NO_STORE, *echoed]
    if isinstance(failure, Unauthenticated):
        headers.append((b"www-authenticate", b"Bearer"))
    elif isinstance(failure, Refused):
        headers.append((b"www-authenticate", b'Bearer error="insufficient_scope"'))
    await respond(send, status, headers, json.dumps(problem, ensure_ascii=False).encode())
