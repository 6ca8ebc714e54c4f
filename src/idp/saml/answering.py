"""Answers to a request for sign-on: a form that posts itself to the service, or a page of ours."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from idp import xml
from idp.access import Facts, NotAdmitted
from idp.kit.errors import Refused
from idp.saml.errors import BadMessage
from idp.saml.giving import Answer
from idp.saml.inflating import to_base64
from idp.saml.known import Known
from idp.web.asgi import Header, Scope, Send, respond
from idp.web.house import House
from idp.web.languages import Language
from idp.web.showing import language_of, show, shown_service
from idp.xml import Element

_OF_OURS = frozenset({"interaction_expired", "csrf_failed"})


async def send_back(house: House, scope: Scope, send: Send, known: Known, answer: Answer) -> None:
    address, relay_state = known.consumer.url, known.request.relay_state
    if answer.artifact is None:
        await post(house, scope, send, known.facts, answer.message, address=address, relay_state=relay_state)
        return
    said = {"SAMLart": answer.artifact, "RelayState": relay_state}  # bindings 3.6.3
    query = urlencode({name: value for name, value in said.items() if value is not None})
    await redirect(send, f"{address}{'&' if '?' in address else '?'}{query}", [])


async def post(
    house: House,
    scope: Scope,
    send: Send,
    facts: Facts,
    response: bytes,
    *,
    address: str,
    relay_state: str | None,
    headers: Iterable[Header] = (),
) -> None:
    await show(
        house,
        scope,
        send,
        "form_post",
        facts=facts,
        headers=headers,
        switchable=False,
        **_form(response, address=address, relay_state=relay_state),
    )


def _form(response: bytes, *, address: str, relay_state: str | None) -> dict[str, Any]:
    """Bindings 3.5.4; the relay state as it came, and only if it came."""
    fields = [("SAMLResponse", to_base64(response))]
    if relay_state is not None:
        fields.append(("RelayState", relay_state))
    return {"action": address, "fields": fields}


async def send_xml(send: Send, status: int, document: Element, headers: Iterable[Header] = ()) -> None:
    own = [(b"content-type", b"text/xml; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await respond(send, status, own, xml.written(document))


async def redirect(send: Send, location: str, headers: list[Header]) -> None:
    await respond(send, 303, [(b"location", location.encode()), *headers])


async def show_bad(house: House, scope: Scope, send: Send, bad: BadMessage, *, onward: str | None = None) -> None:
    """One page whatever is wrong with a message, and whoever its service is: nobody learns who is registered. `onward`
    is a place of ours where a person may go on all the same."""
    await show(
        house,
        scope,
        send,
        "error",
        facts=house.memory.latest(scope["state"]["tenant_slug"]),
        status=403 if bad.code == "csrf_failed" else 400,
        switchable=False,
        code=bad.code if bad.code in _OF_OURS else "invalid_request",
        reference=scope["state"]["reference"],
        onward_url=onward,
    )


async def show_denied(
    house: House, scope: Scope, send: Send, known: Known, refusal: Refused, *, back: bytes | None
) -> None:
    """Reason, reference, what is missing, and a button that tells the service, where it has asked."""
    address, relay_state = known.consumer.url, known.request.relay_state
    await show(
        house,
        scope,
        send,
        "denied",
        facts=known.facts,
        status=403,
        switchable=False,  # the same request is not answered twice
        code=refusal.code,
        reference=refusal.members.get("reference") or scope["state"]["reference"],
        **_of_rules(refusal, language_of(scope)),
        service=shown_service(known.service, known.facts.tenant.slug),
        back=None if back is None else _form(back, address=address, relay_state=relay_state),
    )


def _of_rules(refusal: Refused, language: Language) -> dict[str, Any]:
    """What whoever wrote the rule says to people, and what a step-up asks for."""
    if not isinstance(refusal, NotAdmitted):
        return {}
    decision = refusal.decision
    said = decision.reason_ja if language is Language.JA else decision.reason_en
    return {"said": said or None, "missing": [each.value for each in decision.missing]}
