"""RP-initiated logout 1.0. Whoever proves by its ID token that it speaks of this very session is believed; anybody
else gets a page on which the person decides. A redirect goes to a registered address, and only for a proven client."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from idp import sessions, signing
from idp.access import Facts
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.oidc import hints
from idp.oidc.answering import redirect, show_page_error
from idp.oidc.errors import PageError
from idp.sessions import Interaction, Session, Waiting
from idp.signing import Unverified
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, known_browser, pending
from idp.web.farewells import goodbye, sign_out
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import ShownService
from idp.web.showing import show, shown_service

CONFIRM = "end_session/confirm"
_LARGEST = 64 * 1024
_LONGEST_QUERY = 8 * 1024
_NAMES = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales")


class Wish(NamedTuple):
    """`hint` holds the claims of a proven ID token; `target` the address to go to, proven and registered."""

    hint: dict[str, Any] | None
    target: str | None
    ui_locales: str


def endpoint(house: House) -> App:
    async def end_session(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        form = parse_query(scope["query_string"])
        if scope["method"] == "POST":
            body = await read_body(receive, limit=_LARGEST)
            form = Form(form.fields + parse_form(body, scope["state"]["headers"].get(b"content-type")).fields)
            if browser.session is None:
                await _once_more(house, scope, send, browser, form)
                return
        form = form.given()  # without a value as if it were left out, as everywhere (RFC 6749 3.1)
        try:
            facts, session = await house.units.read(browser.tenant, lambda unit: _look(house, unit, browser, form))
            wish = _read(form, facts, house.issuer(browser.slug))
        except PageError as failure:
            await show_page_error(house, scope, send, house.memory.latest(browser.slug), failure)
            return
        if session is None:
            await goodbye(house, scope, send, facts, wish.target)
        elif wish.hint is not None and wish.hint.get("sid") == session.id:
            await sign_out(house, scope, send, browser, facts, session=session.id, target=wish.target)
        else:
            await _ask(house, scope, send, browser, facts, wish)

    return end_session


async def _once_more(house: House, scope: Scope, send: Send, browser: Browser, form: Form) -> None:
    """By GET: a browser sends no Lax cookie with a form from another site, but with the redirect that answers it."""
    query = urlencode([field for field in form.fields if field[0] in _NAMES])
    if len(query) > _LONGEST_QUERY:
        failure = PageError("invalid_request", detail="the parameters are too long")
        await show_page_error(house, scope, send, house.memory.latest(browser.slug), failure)
    else:
        await redirect(send, f"{house.issuer(browser.slug)}/end_session?{query}")


def confirmation(house: House) -> App:
    async def confirm(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        interaction = await pending(house, browser, form, resume=CONFIRM)
        facts, session = await house.units.read(browser.tenant, lambda unit: _look(house, unit, browser, form))
        try:
            if interaction is None:
                raise PageError("interaction_expired")
            target = _confirmed(house, scope, browser, form, interaction)
        except PageError as failure:
            await show_page_error(house, scope, send, facts, failure)
            return
        if form.get("decision") == "stay":
            await show(house, scope, send, "stayed", facts=facts, ui_locales=interaction.ui_locales, switchable=False)
            return
        await sign_out(house, scope, send, browser, facts, session=session.id if session else None, target=target)

    return confirm


def _look(house: House, unit: Unit, browser: Browser, form: Form) -> tuple[Facts, Session | None]:
    facts = house.memory.current(unit, _client_id(form))
    session = sessions.live_session(unit, browser.session, tenant_generation=facts.tenant.generation)
    return facts, session


def _client_id(form: Form) -> str | None:
    """The one who asks, as far as it says so: believed only with a proven hint."""
    try:
        audience = signing.unverified_claims(form.get("id_token_hint") or "").get("aud")
    except Unverified:
        audience = None
    return audience if isinstance(audience, str) else form.get("client_id")


def _read(form: Form, facts: Facts, issuer: str) -> Wish:
    """Raises `PageError`."""
    if repeated := form.repeated & frozenset(_NAMES):
        raise PageError("invalid_request", detail=f"{min(repeated)} is given more than once")
    hint = _proven(form.get("id_token_hint"), facts, issuer)
    if hint is not None and form.get("client_id") not in {None, hint["aud"]}:
        raise PageError("invalid_request", detail="client_id is not the audience of id_token_hint")
    uri, state = form.get("post_logout_redirect_uri"), form.get("state")
    if not uri or hint is None:
        return Wish(hint, None, form.get("ui_locales") or "")
    service = facts.services.get(hint["aud"])
    if service is None or service.oidc is None or not service.oidc.post_logout_redirects.admits(uri):
        raise PageError("invalid_redirect_uri")
    suffix = "" if state is None else f"{'&' if '?' in uri else '?'}{urlencode({'state': state})}"
    return Wish(hint, uri + suffix, form.get("ui_locales") or "")


def _proven(token: str | None, facts: Facts, issuer: str) -> dict[str, Any] | None:
    """Raises `PageError`."""
    if not token:
        return None
    try:
        return hints.proven(token, facts, issuer)
    except Unverified as error:
        raise PageError("invalid_request", detail="id_token_hint is not one of our ID tokens") from error


async def _ask(house: House, scope: Scope, send: Send, browser: Browser, facts: Facts, wish: Wish) -> None:
    digest, headers = known_browser(house, browser)
    waiting = Waiting(CONFIRM, "", json.dumps(wish.target), "", wish.ui_locales)
    interaction = await house.units.commit(
        browser.tenant, lambda unit: sessions.begin_interaction(unit, waiting, browser=digest)
    )
    await show(
        house,
        scope,
        send,
        "logout_confirm",
        facts=facts,
        headers=headers,
        ui_locales=wish.ui_locales,
        action=f"{house.issuer(browser.slug)}/{CONFIRM}",
        csrf=csrf.token(house.units.keys.box(browser.tenant), digest, f"logout {interaction.id}"),
        interaction=interaction.id,
        service=_asking(facts, wish),
    )


def _asking(facts: Facts, wish: Wish) -> ShownService | None:
    """The service that has proved that it is the one who asks."""
    service = facts.services.get(wish.hint["aud"]) if wish.hint else None
    return shown_service(service, facts.tenant.slug) if service else None


def _confirmed(house: House, scope: Scope, browser: Browser, form: Form, interaction: Interaction) -> str | None:
    """Where to go afterwards. Raises `PageError`."""
    try:
        csrf.check(house, scope, browser, form, purpose=f"logout {interaction.id}")
    except Refused as refusal:
        raise PageError(refusal.code, status=403) from refusal
    target: str | None = json.loads(interaction.request)
    return target
