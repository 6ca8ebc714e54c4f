"""Where a person types the code that a device shows, and says whether it may (RFC 8628 3.3).

device            the code, which may have come with the link; a wrong one counts against whoever tries
device/decision   signed in: which service asks, from where, for what, under which code; allowed or not

The link can be sent by anybody (RFC 8628 5.4): nothing is allowed by opening it, and the code is shown for comparison.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from idp import access, audit, credentials, federation, sessions, tenants, users
from idp.access import Admission, Facts, Moment, NotAdmitted
from idp.federation import Service
from idp.kit.errors import NotFound, Refused, TooMany, Unavailable
from idp.kit.units import Unit
from idp.oidc import device_codes
from idp.oidc.answering import redirect, show_denied, show_page_error
from idp.oidc.authorize import SIGN_IN, TERMS, Next, page_of, want
from idp.oidc.device_authorization import PAGE
from idp.oidc.device_codes import DeviceCode
from idp.oidc.errors import PageError
from idp.oidc.known import Known, look, note_refusal
from idp.oidc.progress import Missing, made_for, remedy_of
from idp.sessions import Interaction, Needs, Waiting
from idp.terms import Version
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, known_browser, pending
from idp.web.failures import Refusal
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import ShownPerson
from idp.web.showing import show, shown_service

DECISION = "device/decision"
_LARGEST = 16 * 1024
_PURPOSE = "device"
_TRIES = 6


class _Known(NamedTuple):
    """All that the decision is about, in one snapshot."""

    known: Known
    code: DeviceCode
    interaction: Interaction
    letters: str

    @property
    def purpose(self) -> str:
        assert self.known.session is not None
        return f"device {self.interaction.id} {self.known.session.id} {self.code.id}"


class _Denied(Exception):
    def __init__(self, known: Known, refusal: Refused) -> None:
        super().__init__(refusal.code)
        self.known = known
        self.refusal = refusal


Page = Callable[[], Awaitable[None]]


def question(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser, facts = await _where(house, scope)
        typed = (parse_query(scope["query_string"]).get("user_code") or "")[:100]
        await _show_form(house, scope, send, browser, facts, typed=typed)

    return ask


def answer(house: House) -> App:
    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        browser, facts = await _where(house, scope)
        form = await _form(scope, receive)
        typed = (form.get("user_code") or "")[:100]
        try:
            csrf.check(house, scope, browser, form, purpose=_PURPOSE)
            onward = await _begin(house, scope, browser, typed)
        except Refused:
            await _show_form(house, scope, send, browser, facts, typed=typed, error="stale_form", status=403)
        except NotFound:
            await _show_form(house, scope, send, browser, facts, typed=typed, error="unknown_code", status=422)
        except TooMany as limit:
            wait = (b"retry-after", str(limit.retry_after).encode())
            await show(
                house, scope, send, "too_many", facts=facts, status=429, headers=[wait],
                retry_after_seconds=limit.retry_after, retry_url=f"{house.issuer(browser.slug)}/{PAGE}",
            )  # fmt: skip
        else:
            await redirect(send, onward.location, onward.headers)

    return take


def choice(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser, _ = await _where(house, scope)
        query = parse_query(scope["query_string"])

        async def work() -> None:
            asked = await _asked(house, browser, await _pending(house, browser, query))
            step = _next(house, asked)
            if isinstance(step, Admission):
                await _show_choice(house, scope, send, browser, asked)
                return
            page, wanted = (SIGN_IN, step) if isinstance(step, Needs) else (TERMS, Needs())
            await want(house, browser, asked.interaction, wanted)
            await redirect(send, page_of(house, browser, page, asked.interaction).location)

        await _answered(house, scope, send, work)

    return ask


def decision(house: House) -> App:
    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        browser, facts = await _where(house, scope)
        form = await _form(scope, receive)

        async def work() -> None:
            allowed = form.get("decision") == "allow"
            if await _decide(house, scope, browser, form, allowed=allowed):
                await show(house, scope, send, "device_done", facts=facts, switchable=False, allowed=allowed)
            else:
                onward = page_of(house, browser, DECISION, await _pending(house, browser, form))
                await redirect(send, onward.location)

        await _answered(house, scope, send, work)

    return decide


async def _where(house: House, scope: Scope) -> tuple[Browser, Facts]:
    """Raises `Refusal` (404) where the tenant has not switched the grant on."""
    browser = await browser_of(house, scope)
    facts = await house.units.read(browser.tenant, house.memory.current)
    if not facts.switches.device_grant:
        raise Refusal(404, "not_found", "There is nothing here.")
    return browser, facts


async def _form(scope: Scope, receive: Receive) -> Form:
    body = await read_body(receive, limit=_LARGEST)
    return parse_form(body, scope["state"]["headers"].get(b"content-type"))


async def _answered(house: House, scope: Scope, send: Send, work: Page) -> None:
    try:
        await work()
    except PageError as failure:
        await show_page_error(house, scope, send, house.memory.latest(scope["state"]["tenant_slug"]), failure)
    except _Denied as denied:
        await note_refusal(house, denied.known, denied.refusal)
        await show_denied(house, scope, send, denied.known, denied.refusal, ui_locales="", return_url="")


async def _begin(house: House, scope: Scope, browser: Browser, typed: str) -> Next:
    """The code counts as a guess until it has proved to be one that waits. Raises `NotFound`, `TooMany`."""
    digest, headers = known_browser(house, browser)
    address = scope["state"]["client_address"]
    tries = await house.units.commit(
        browser.tenant,
        lambda unit: credentials.count_form(unit, house.throttle, purpose=b"device", address=address),
    )
    letters = device_codes.typed(typed)

    def write(unit: Unit) -> Interaction:
        code = device_codes.find_typed(unit, letters) if letters else None
        if code is None or letters is None:
            raise NotFound("device code")
        credentials.give_back(unit, tries)
        waiting = Waiting(DECISION, code.service_id, f"{code.id} {letters}")
        return sessions.begin_interaction(unit, waiting, browser=digest)

    interaction = await house.units.commit(browser.tenant, write)
    return page_of(house, browser, DECISION, interaction)._replace(headers=headers)


async def _pending(house: House, browser: Browser, form: Form) -> Interaction:
    interaction = await pending(house, browser, form, resume=DECISION)
    if interaction is None:
        raise PageError("device_code_over")
    return interaction


async def terms_due(house: House, browser: Browser, interaction: Interaction) -> tuple[Known, Version | None]:
    """The version, if its acceptance is what stands between the person and the decision. Raises `PageError`."""
    asked = await _asked(house, browser, interaction)
    try:
        step = _next(house, asked)
    except _Denied:
        return asked.known, None
    return asked.known, asked.known.facts.terms.due(house.units.clock.now_us()) if step is Missing.TERMS else None


async def _asked(house: House, browser: Browser, interaction: Interaction) -> _Known:
    """Raises `PageError` for what is over."""
    code_id, _, letters = interaction.request.partition(" ")

    def read(unit: Unit) -> _Known:
        code = device_codes.find(unit, code_id)
        service = federation.find(unit, interaction.service_id)
        if code is None or service is None or not code.waits(unit.now_us):
            raise PageError("device_code_over")
        facts = house.memory.current(unit, service.client_id)
        return _Known(look(unit, facts, service.client_id, browser), code, interaction, letters)

    return await house.units.read(browser.tenant, read)


def _next(house: House, asked: _Known) -> Admission | Needs | Missing:
    """Or what has to be proved or accepted first. Raises `_Denied`."""
    known = asked.known
    now_us = house.units.clock.now_us()
    against = house.gate.reason_against(known.facts, known.service, now_us=now_us)
    if against is not None:
        refusal = house.gate.turn_away(
            known.facts, known.service, known.proof, against, Moment.AUTHORIZATION, now_us=now_us
        )
        raise _Denied(known, refusal)
    if known.session is None or known.proof is None:
        return Needs()
    proof = known.proof._replace(fresh=made_for(asked.interaction, known.session))
    try:
        return house.gate.admit(known.facts, proof, Moment.AUTHORIZATION, now_us=now_us)
    except NotAdmitted as refusal:
        return _remedy(known, refusal)


def _remedy(known: Known, refusal: NotAdmitted) -> Needs | Missing:
    try:
        return remedy_of(refusal)
    except NotAdmitted as final:
        raise _Denied(known, final) from refusal


async def _decide(house: House, scope: Scope, browser: Browser, form: Form, *, allowed: bool) -> bool:
    """False when something has to be proved first. Raises `PageError`, `_Denied`."""
    for _ in range(_TRIES):
        asked = await _asked(house, browser, await _pending(house, browser, form))
        admission = _next(house, asked)
        if not isinstance(admission, Admission):
            return False
        try:
            csrf.check(house, scope, browser, form, purpose=asked.purpose)
        except Refused as refusal:
            raise PageError(refusal.code, status=403) from refusal
        try:
            await house.units.commit(
                browser.tenant, _writing(asked, admission, allowed=allowed), actor=asked.known.actor
            )
        except tenants.Moved:
            continue
        return True
    raise Unavailable("the tenant's facts change faster than a decision is made")


def _writing(asked: _Known, admission: Admission, *, allowed: bool) -> Callable[[Unit], None]:
    assert admission.user is not None
    user, code = admission.user.id, asked.code

    def write(unit: Unit) -> None:
        tenants.hold(unit, admission.revision)
        counts = device_codes.allow(unit, code.id, admission) if allowed else device_codes.deny(unit, code.id)
        if not counts or not sessions.finish(unit, asked.interaction):
            raise PageError("device_code_over")
        facts = {"service": code.service_id, "scopes": code.scopes}
        if allowed:
            access.remember_admission(unit, admission)
            facts["reference"] = admission.reference
        event = audit.Event.DEVICE_ALLOWED if allowed else audit.Event.DEVICE_DENIED
        audit.record(unit, event, subject=user, **facts)

    return write


async def _show_form(
    house: House,
    scope: Scope,
    send: Send,
    browser: Browser,
    facts: Facts,
    *,
    typed: str,
    error: str | None = None,
    status: int = 200,
) -> None:
    digest, headers = known_browser(house, browser)
    await show(
        house,
        scope,
        send,
        "device",
        facts=facts,
        status=status,
        headers=headers,
        query=urlencode({"user_code": typed}) if typed else "",
        action=f"{house.issuer(browser.slug)}/{PAGE}",
        csrf=csrf.token(house.units.keys.box(browser.tenant), digest, _PURPOSE),
        user_code=typed,
        error=error,
    )


async def _show_choice(house: House, scope: Scope, send: Send, browser: Browser, asked: _Known) -> None:
    known, user = asked.known, asked.known.user
    assert user is not None
    assert browser.device is not None
    service = known.service.id
    person, unchecked = await house.units.read(
        browser.tenant, lambda unit: (users.get(unit, user.id), federation.registered_itself(unit, service))
    )
    half = device_codes.LENGTH // 2
    again = urlencode({"interaction": asked.interaction.id})
    await show(
        house,
        scope,
        send,
        "device_decision",
        facts=known.facts,
        action=f"{house.issuer(browser.slug)}/{DECISION}",
        csrf=csrf.token(house.units.keys.box(browser.tenant), browser.device.digest, asked.purpose),
        interaction=asked.interaction.id,
        service=shown_service(known.service, browser.slug)._replace(host=_host(known.service)),
        person=ShownPerson(person.display_name, person.user_name),
        user_code=f"{asked.letters[:half]}-{asked.letters[half:]}",
        scopes=sorted(asked.code.scope_set),
        unchecked=unchecked,
        switch_account_url=f"{house.issuer(browser.slug)}/{SIGN_IN}?{again}",
    )


def _host(service: Service) -> str | None:
    """Nobody is sent anywhere: what is left to see of whoever asks is the address of their own page."""
    client = service.oidc
    return service.host or (client and client.client_uri and urlsplit(client.client_uri).hostname) or None
