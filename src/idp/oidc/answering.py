"""The authorization response, in its own grammar: sent back to the client, or a page of ours."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from idp.access import Facts, NotAdmitted
from idp.kit.errors import Failure, Refused
from idp.oidc.errors import PageError, describable
from idp.oidc.known import Known
from idp.oidc.modes import ResponseMode
from idp.oidc.request import Return
from idp.web.asgi import Header, Scope, Send, respond
from idp.web.house import House
from idp.web.languages import Language
from idp.web.showing import language_of, show, shown_service


def response_uri(back: Return, issuer: str, **parameters: str) -> str:
    """The registered query is kept and ours appended, unless they stand in the fragment. A link cannot post a form:
    what a person takes back by one is in the query."""
    ours = urlencode(_complete(back, issuer, parameters))
    if back.mode is ResponseMode.FRAGMENT:
        return f"{back.redirect_uri}#{ours}"
    return f"{back.redirect_uri}{'&' if '?' in back.redirect_uri else '?'}{ours}"


def said_of(failure: Failure) -> dict[str, str]:
    """RFC 6749 4.1.2.1; the gate's no is `access_denied` with its reason as the description."""
    if isinstance(failure, Refused):
        return {"error": "access_denied", "error_description": failure.code}
    return {"error": failure.code, "error_description": describable(failure.public)}


async def send_back(
    house: House,
    scope: Scope,
    send: Send,
    back: Return,
    parameters: Mapping[str, str],
    headers: Iterable[Header] = (),
) -> None:
    """The answer, in the one way that the client asked for it."""
    slug = scope["state"]["tenant_slug"]
    if back.mode is not ResponseMode.FORM_POST:
        await redirect(send, response_uri(back, house.issuer(slug), **parameters), headers)
        return
    fields = list(_complete(back, house.issuer(slug), parameters).items())
    facts = house.memory.latest(slug)
    await show(
        house,
        scope,
        send,
        "form_post",
        facts=facts,
        headers=headers,
        switchable=False,
        action=back.redirect_uri,
        fields=fields,
    )


def _complete(back: Return, issuer: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """`iss` always (RFC 9207), `state` only if it was given."""
    if back.state is None:
        return {**parameters, "iss": issuer}
    return {**parameters, "state": back.state, "iss": issuer}


async def redirect(send: Send, location: str, headers: Iterable[Header] = ()) -> None:
    """Always 303: a 307 would carry a person's form on to the client (RFC 9700 4.12)."""
    await respond(send, 303, [(b"location", location.encode()), *headers])


async def show_page_error(house: House, scope: Scope, send: Send, facts: Facts | None, failure: PageError) -> None:
    reference = scope["state"]["reference"]
    await show(
        house,
        scope,
        send,
        "error",
        facts=facts,
        status=failure.status,
        code=failure.code,
        reference=reference,
        detail=failure.detail or None,
    )


async def show_denied(
    house: House, scope: Scope, send: Send, known: Known, refusal: Refused, *, ui_locales: str, return_url: str
) -> None:
    """Reason, reference, what is missing, and a link that tells the client (`access_denied`)."""
    await show(
        house,
        scope,
        send,
        "denied",
        facts=known.facts,
        status=403,
        ui_locales=ui_locales,
        code=refusal.code,
        reference=refusal.members.get("reference") or scope["state"]["reference"],
        **_of_rules(refusal, language_of(scope, ui_locales)),
        service=shown_service(known.service, known.facts.tenant.slug),
        return_url=return_url,
    )


def _of_rules(refusal: Refused, language: Language) -> dict[str, Any]:
    """What whoever wrote the rule says to people, and what a step-up asks for."""
    if not isinstance(refusal, NotAdmitted):
        return {}
    decision = refusal.decision
    said = decision.reason_ja if language is Language.JA else decision.reason_en
    return {"said": said or None, "missing": [each.value for each in decision.missing]}
