"""The page behind the link in an invitation: a person chooses a first password.

Opening it uses nothing up, for mail servers open links too (attack U18): only the form does, sent from this page.
"""

import asyncio
from urllib.parse import urlencode

from idp import credentials
from idp.access import Facts
from idp.credentials import SHORTEST
from idp.kit.actors import Actor
from idp.kit.errors import Invalid, NotFound, Refused
from idp.users import Identity
from idp.web import csrf
from idp.web.asgi import App, Header, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, known_browser
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.showing import show

PATH = "invitation"
_LARGEST = 16 * 1024
_PURPOSE = "invitation"


class _Again(Exception):
    def __init__(self, error: str, *, status: int = 422) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def page(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        token = parse_query(scope["query_string"]).get("token") or ""
        facts, identity = await _invited(house, browser, token)
        if identity is None:
            await _over(house, scope, send, facts)
            return
        digest, cookies = known_browser(house, browser)
        await _show(house, scope, send, (facts, identity, digest, token), headers=cookies)

    return ask


def answer(house: House) -> App:
    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        form = parse_form(await read_body(receive, limit=_LARGEST), scope["state"]["headers"].get(b"content-type"))
        token = form.get("token") or ""
        facts, identity = await _invited(house, browser, token)
        if identity is None:
            await _over(house, scope, send, facts)
            return
        try:
            await _choose(house, scope, browser, form, (facts, identity))
        except _Again as again:
            digest, cookies = known_browser(house, browser)
            asked = (facts, identity, digest, token)
            await _show(house, scope, send, asked, status=again.status, error=again.error, headers=cookies)
        except NotFound:
            await _over(house, scope, send, facts)
        else:
            await show(house, scope, send, "invited", facts=facts, query="", username=identity.user_name)

    return take


async def _invited(house: House, browser: Browser, token: str) -> tuple[Facts, Identity | None]:
    return await house.units.read(
        browser.tenant, lambda unit: (house.memory.current(unit), credentials.find_invited(unit, token))
    )


async def _choose(house: House, scope: Scope, browser: Browser, form: Form, invited: tuple[Facts, Identity]) -> None:
    """Raises `_Again`, `NotFound` when the link was used meanwhile, `Unavailable`."""
    facts, identity = invited
    token, password = form.get("token") or "", form.get("password") or ""
    try:
        csrf.check(house, scope, browser, form, purpose=_PURPOSE)
    except Refused as refusal:
        raise _Again("stale_form", status=403) from refusal
    if not password or form.repeated or not form.get("repeat"):
        raise _Again("missing_fields")
    if password != form.get("repeat"):
        raise _Again("mismatch")
    about = [identity.user_name, identity.display_name, identity.email or "", facts.tenant.display_name, browser.slug]
    try:
        await asyncio.to_thread(credentials.refuse_guessable, password, about=about)
    except Invalid as wrong:
        raise _Again(wrong.errors[0].code) from None
    encoded = await asyncio.to_thread(house.passwords.hash, password)
    await house.units.commit(
        browser.tenant, lambda unit: credentials.accept(unit, token, encoded), actor=Actor("user", identity.id)
    )


async def _show(
    house: House,
    scope: Scope,
    send: Send,
    asked: tuple[Facts, Identity, bytes, str],
    *,
    status: int = 200,
    error: str | None = None,
    headers: list[Header],
) -> None:
    facts, identity, digest, token = asked
    await show(
        house,
        scope,
        send,
        "invitation",
        facts=facts,
        status=status,
        headers=headers,
        query=urlencode({"token": token}),
        action=f"{house.issuer(facts.tenant.slug)}/{PATH}",
        csrf=csrf.token(house.units.keys.box(facts.tenant.id), digest, _PURPOSE),
        token=token,
        username=identity.user_name,
        shortest=SHORTEST,
        error=error,
    )


async def _over(house: House, scope: Scope, send: Send, facts: Facts) -> None:
    reference = scope["state"]["reference"]
    await show(
        house, scope, send, "error", facts=facts, status=400, query="", code="invitation_over", reference=reference
    )
