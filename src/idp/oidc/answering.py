"""The authorization response, in its own grammar: sent back to the client, or a page of ours."""

from collections.abc import Iterable, Mapping
from typing import Any

from idp.access import Facts, NotAdmitted
from idp.kit.errors import Failure, Refused
from idp.oidc import signed
from idp.oidc.errors import OAuthError, PageError, describable
from idp.oidc.known import Known
from idp.oidc.modes import ResponseMode
from idp.oidc.request import Return
from idp.web.asgi import Header, Scope, Send, respond
from idp.web.forms import encode
from idp.web.house import House
from idp.web.languages import Language
from idp.web.showing import language_of, show, shown_service


async def link_back(house: House, slug: str, back: Return, parameters: Mapping[str, str]) -> str:
    """Where a person takes the answer by following a link, which cannot post a form: that stands in the query. Nowhere,
    where the client alone could read it and has no key for that."""
    whole = await _whole(house, slug, back, parameters)
    return "" if isinstance(whole, PageError) else _address(back, whole)


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
    whole = await _whole(house, slug, back, parameters)
    if isinstance(whole, PageError):
        await show_page_error(house, scope, send, house.memory.latest(slug), whole)
        return
    if back.mode.carrier is not ResponseMode.FORM_POST:
        await redirect(send, _address(back, whole), headers)
        return
    await show(
        house,
        scope,
        send,
        "form_post",
        facts=house.memory.latest(slug),
        headers=headers,
        switchable=False,
        action=back.redirect_uri,
        fields=list(whole.items()),
    )


def complete(back: Return, issuer: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """`iss` always (RFC 9207), `state` only if it was given."""
    if back.state is None:
        return {**parameters, "iss": issuer}
    return {**parameters, "state": back.state, "iss": issuer}


async def _whole(house: House, slug: str, back: Return, parameters: Mapping[str, str]) -> dict[str, str] | PageError:
    whole = complete(back, house.issuer(slug), parameters)
    if back.signed_for is None:
        return whole
    try:
        return {"response": await signed.authorization(house, slug, back.signed_for, whole)}
    except OAuthError as fault:  # it cannot be encrypted, and is not sent in the clear
        return PageError("invalid_client_keys", detail=fault.public)


def _address(back: Return, whole: Mapping[str, str]) -> str:
    """The registered query is kept and ours appended, unless the answer stands in the fragment."""
    if back.mode.carrier is ResponseMode.FRAGMENT:
        return f"{back.redirect_uri}#{encode(whole)}"
    return f"{back.redirect_uri}{'&' if '?' in back.redirect_uri else '?'}{encode(whole)}"


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
