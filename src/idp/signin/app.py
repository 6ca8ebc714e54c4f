"""User name and password on one page."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from idp import credentials, federation
from idp.access import Facts
from idp.credentials import Check, Verdict
from idp.federation import Service
from idp.kit.errors import NotFound, Refused, TooMany
from idp.kit.units import Actor, Unit
from idp.sessions import Interaction, Method, Opened, Whereabouts
from idp.signin import invitation
from idp.signin.finishing import finish
from idp.users import Identity
from idp.web import cookies, csrf
from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.browsers import Browser, browser_of, pending_sign_in
from idp.web.cookies import Cookie
from idp.web.dispatch import Route
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.showing import show, shown_service
from idp.web.whereabouts import whereabouts_of

_LARGEST = 16 * 1024
_SOMEBODY = Actor("user", "unknown")


class _Again(Exception):
    """The page once more, with what was wrong."""

    def __init__(self, error: str, *, status: int) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def routes(house: House) -> list[Route]:
    return [
        Route("/t/{tenant}/signin", frozenset({"GET"}), "signin", page(house)),
        Route("/t/{tenant}/signin", frozenset({"POST"}), "signin", attempt(house)),
        Route(f"/t/{{tenant}}/{invitation.PATH}", frozenset({"GET"}), "invitation", invitation.page(house)),
        Route(f"/t/{{tenant}}/{invitation.PATH}", frozenset({"POST"}), "invitation", invitation.answer(house)),
    ]


def page(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        interaction = await pending_sign_in(house, browser, parse_query(scope["query_string"]))
        if interaction is None:
            await _over(house, scope, send, browser)
            return
        facts, service = await _asked_for(house, browser, interaction)
        await _show(house, scope, send, browser, (interaction, facts, service), username=interaction.login_hint)

    return ask


def attempt(house: House) -> App:
    async def try_password(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        interaction = await pending_sign_in(house, browser, form)
        if interaction is None:
            await _over(house, scope, send, browser)
            return
        facts, service = await _asked_for(house, browser, interaction)
        try:
            _check_form(house, scope, browser, form, interaction)
            opened = await _sign_in(house, scope, browser, form, (interaction, facts, service))
        except _Again as again:
            name = (form.get("username") or "")[:256]
            shown = (interaction, facts, service)
            await _show(house, scope, send, browser, shown, status=again.status, username=name, error=again.error)
        except NotFound:
            await _over(house, scope, send, browser)
        except TooMany as limit:
            wait = (b"retry-after", str(limit.retry_after).encode())
            retry = _address(house, browser, "signin", interaction)
            await show(
                house, scope, send, "too_many", facts=facts, status=429, headers=[wait],
                retry_after_seconds=limit.retry_after, retry_url=retry,
            )  # fmt: skip
        except Refused:
            # the door where the request waits says no in its own grammar, with a way back to the service
            onward = _address(house, browser, interaction.resume, interaction)
            await respond(send, 303, [(b"location", onward.encode())])
        else:
            put = cookies.put(Cookie.SESSION, opened.secret, slug=browser.slug, secure=house.secure)
            onward = _address(house, browser, interaction.resume, interaction)
            await respond(send, 303, [(b"location", onward.encode()), put])

    return try_password


async def _sign_in(
    house: House, scope: Scope, browser: Browser, form: Form, asked: tuple[Interaction, Facts, Service | None]
) -> Opened:
    """The session. Raises `_Again`, `TooMany`, `Refused`, `NotFound` (the request is over) and `Unavailable`."""
    interaction, facts, service = asked
    name, password = (form.get("username") or "").strip(), form.get("password") or ""
    if service is not None:
        against = house.gate.reason_against(facts, service, now_us=house.units.clock.now_us())
        if against is not None:
            raise Refused(against.value)
    if not name or not password or form.repeated:
        raise _Again("missing_fields", status=422)
    check = await house.units.commit(
        browser.tenant,
        lambda unit: credentials.begin_check(
            unit, name, address=scope["state"]["client_address"], limits=house.throttle
        ),
        actor=_SOMEBODY,
    )
    verdict = await asyncio.wrap_future(house.passwords.verifying(check.encoded, password))
    whereabouts = whereabouts_of(house, scope)
    opened = await house.units.commit(
        browser.tenant, lambda unit: _judge(unit, check, verdict, interaction, browser, whereabouts), actor=_SOMEBODY
    )
    if opened is None:
        raise _Again("invalid_credentials", status=401)
    return opened


def _judge(
    unit: Unit, check: Check, verdict: Verdict, interaction: Interaction, browser: Browser, whereabouts: Whereabouts
) -> Opened | None:
    identity: Identity | None = credentials.finish_check(unit, check, verdict)
    if identity is None:
        return None
    return finish(
        unit, identity, interaction, methods=[Method.PASSWORD], whereabouts=whereabouts, former=browser.session
    )


def _check_form(house: House, scope: Scope, browser: Browser, form: Form, interaction: Interaction) -> None:
    try:
        csrf.check(house, scope, browser, form, purpose=_purpose(interaction))
    except Refused as refusal:
        raise _Again("stale_form", status=403) from refusal


def _purpose(interaction: Interaction) -> str:
    return f"signin {interaction.id}"


async def _asked_for(house: House, browser: Browser, interaction: Interaction) -> tuple[Facts, Service | None]:
    def read(unit: Unit) -> tuple[Facts, Service | None]:
        try:
            service = federation.get(unit, interaction.service_id)
        except NotFound:
            service = None
        return house.memory.current(unit), service

    return await house.units.read(browser.tenant, read)


async def _show(
    house: House,
    scope: Scope,
    send: Send,
    browser: Browser,
    shown: tuple[Interaction, Facts, Service | None],
    *,
    status: int = 200,
    **context: Any,
) -> None:
    interaction, facts, service = shown
    assert browser.device is not None
    await show(
        house,
        scope,
        send,
        "signin",
        facts=facts,
        status=status,
        ui_locales=interaction.ui_locales,
        query=urlencode({"interaction": interaction.id}),
        action=f"{house.issuer(browser.slug)}/signin",
        csrf=csrf.token(house.units.keys.box(browser.tenant), browser.device.digest, _purpose(interaction)),
        interaction=interaction.id,
        service=shown_service(service) if service else None,
        terms_due=facts.terms.due(house.units.clock.now_us()) is not None,
        **context,
    )


async def _over(house: House, scope: Scope, send: Send, browser: Browser) -> None:
    facts = house.memory.latest(browser.slug)
    reference = scope["state"]["reference"]
    await show(house, scope, send, "error", facts=facts, status=400, code="interaction_expired", reference=reference)


def _address(house: House, browser: Browser, path: str, interaction: Interaction) -> str:
    return f"{house.issuer(browser.slug)}/{path}?{urlencode({'interaction': interaction.id})}"
