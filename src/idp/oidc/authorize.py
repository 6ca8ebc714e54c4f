"""The authorization endpoint, for a request that arrives and for one that comes back from a sign-in.

GET             read everything in one snapshot, decide, answer; with a live session that is all
POST            kept as a pending request and answered by a redirect of our own; before that it is sent once more from
                a page of ours, because a browser sends no Lax cookie with a form from another site
…/continue      the pending request again, in the browser in which it began
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, NoReturn
from urllib.parse import urlencode

from idp import access, sessions, tenants
from idp.access import Admission, Facts
from idp.kit.errors import Failure, Refused, Unavailable
from idp.kit.recalling import Forgotten
from idp.kit.units import Unit
from idp.oidc import request as requests
from idp.oidc import session_state, sources, store, targets
from idp.oidc.answering import link_back, redirect, said_of, send_back, show_denied, show_page_error
from idp.oidc.errors import OAuthError, PageError
from idp.oidc.giving import give
from idp.oidc.known import Known, finish, look, note_refusal, with_consent, with_factor, with_hint
from idp.oidc.progress import Missing, next_step
from idp.oidc.request import AuthorizationRequest, RedirectError, Return
from idp.oidc.sources import Parameters
from idp.sessions import Interaction, Needs, Waiting
from idp.web.asgi import App, Header, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, known_browser, pending
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.returning import comes_again

RESUME: Final = "authorize/continue"
CONSENT = "consent"
TERMS = "terms"
SIGN_IN: Final = "signin"
_LARGEST: Final = 64 * 1024
_TRIES: Final = 6


class Denied(Exception):
    """The gate's no, with what is needed to say it to a person or to the client."""

    def __init__(self, known: Known, request: AuthorizationRequest, refusal: Refused) -> None:
        super().__init__(refusal.code)
        self.known = known
        self.request = request
        self.refusal = refusal


class Next(NamedTuple):
    """Where the browser goes, and the cookie it takes along."""

    location: str
    headers: list[Header]


class Given(NamedTuple):
    """What the client asked for, and the cookie that the browser takes along."""

    back: Return
    parameters: dict[str, str]
    headers: list[Header]


class Pending(NamedTuple):
    """A request that cannot be answered yet; `interaction` once it has been kept."""

    known: Known
    request: AuthorizationRequest
    parameters: Parameters
    interaction: Interaction | None


def endpoint(house: House) -> App:
    async def authorize(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        form = parse_query(scope["query_string"])
        if scope["method"] == "POST":
            body = await read_body(receive, limit=_LARGEST)
            posted = parse_form(body, scope["state"]["headers"].get(b"content-type"))
            if await comes_again(house, scope, send, browser, posted):
                return
            form = Form(form.fields + posted.fields)
        asked = form.given()  # RFC 6749 3.1: a parameter without a value is as if it were left out

        async def begin() -> Next | Given:
            parameters = await sources.parameters_of(house, browser, asked)
            if scope["method"] == "POST":
                return await _keep(house, browser, parameters)
            return await proceed(house, browser, parameters, None)

        await answer(house, scope, send, begin)

    return authorize


def continuation(house: House) -> App:
    async def resume(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        interaction = await pending(house, browser, parse_query(scope["query_string"]), resume=RESUME)

        async def go_on() -> Next | Given:
            if interaction is None:
                raise PageError("interaction_expired")
            parameters = sources.from_text(interaction.request)
            if interaction.cancelled_at is not None:
                await _give_up(house, browser, parameters, interaction)
            return await proceed(house, browser, parameters, interaction)

        await answer(house, scope, send, go_on)

    return resume


async def answer(house: House, scope: Scope, send: Send, work: Callable[[], Awaitable[Next | Given]]) -> None:
    """Sends the browser where `work` says; what it raises goes to the client or onto a page of ours."""
    outcome: Next | Given | PageError | RedirectError | Denied
    try:
        outcome = await work()
    except (PageError, RedirectError, Denied) as refused:
        outcome = refused
    if isinstance(outcome, Given):
        await send_back(house, scope, send, outcome.back, outcome.parameters, outcome.headers)
    elif isinstance(outcome, Next):
        await redirect(send, outcome.location, outcome.headers)
    elif isinstance(outcome, Denied):
        await _deny(house, scope, send, outcome)
    elif isinstance(outcome, RedirectError):
        await send_back(house, scope, send, outcome.back, said_of(outcome))
    else:
        await show_page_error(house, scope, send, house.memory.latest(scope["state"]["tenant_slug"]), outcome)


async def _deny(house: House, scope: Scope, send: Send, denied: Denied) -> None:
    await note_refusal(house, denied.known, denied.refusal)
    back, said, locales = denied.request.back, said_of(denied.refusal), denied.request.ui_locales
    if denied.request.silent:
        await send_back(house, scope, send, back, said)
    else:
        link = await link_back(house, scope["state"]["tenant_slug"], back, said)
        await show_denied(house, scope, send, denied.known, denied.refusal, ui_locales=locales, return_url=link)


async def proceed(
    house: House, browser: Browser, parameters: Parameters, interaction: Interaction | None, *, allowed: bool = False
) -> Next | Given:
    """As far as the request gets now; `allowed` when the person has just consented to it."""
    refused: RedirectError | Denied
    try:
        return await _proceed(house, browser, parameters, interaction, allowed=allowed)
    except RedirectError as raised:
        refused = raised
    except Denied as denied:
        if not denied.request.silent:
            raise
        refused = denied
    await _end(house, browser, parameters)
    raise refused


async def _end(house: House, browser: Browser, parameters: Parameters) -> None:
    """Of what was pushed one answer counts, be it an error (RFC 9126 4). Raises `PageError`."""
    pushed = parameters.pushed
    if pushed is None:
        return
    if not await house.units.commit(browser.tenant, lambda unit: store.finish_pushed(unit, pushed)):
        raise PageError("invalid_request_uri")


async def _proceed(
    house: House, browser: Browser, parameters: Parameters, interaction: Interaction | None, *, allowed: bool
) -> Next | Given:
    if interaction is None and (given := await _at_once(house, browser, parameters)):
        return given
    missing: KeyMissing | None = None
    for _ in range(_TRIES):
        if missing is not None:
            await make_key(house, browser.tenant, missing.use, missing.alg)
            missing = None
        known, request = await read_request(house, browser, parameters)
        try:
            now_us = house.units.clock.now_us()
            step = next_step(house.gate, known, request, interaction, allowed=allowed, now_us=now_us)
            if isinstance(step, Admission):
                return await _give(house, known, request, step, interaction, allowed=allowed)
        except Refused as refusal:
            raise Denied(known, request, refusal) from refusal
        except tenants.Moved:
            continue
        except KeyMissing as raised:
            missing = raised
            continue
        page, wanted = (SIGN_IN, step) if isinstance(step, Needs) else (_PAGES[step], Needs())
        return await _ask(house, browser, Pending(known, request, parameters, interaction), page, wanted)
    raise Unavailable("the tenant's facts change faster than a decision is made")


async def _at_once(house: House, browser: Browser, parameters: Parameters) -> Given | None:
    """The answer, where what is remembered of the session suffices for a yes: the commit reads it again."""
    facts = house.memory.at_hand(browser.slug, requests.client_of(parameters.form))
    if facts is None:
        return None
    try:
        known, request = house.units.recall(browser.tenant, lambda unit: _read(house, unit, facts, browser, parameters))
        step = next_step(house.gate, known, request, None, allowed=False, now_us=house.units.clock.now_us())
        if not isinstance(step, Admission):
            return None
        return await _give(house, known, request, step, None, allowed=False)
    except Unavailable:
        raise
    except (Forgotten, Failure, tenants.Moved, KeyMissing):
        return None


async def _give(
    house: House,
    known: Known,
    request: AuthorizationRequest,
    admission: Admission,
    interaction: Interaction | None,
    *,
    allowed: bool,
) -> Given:
    given = await give(house, known, request, admission, interaction, allowed=allowed)
    state, headers = session_state.of_answer(house, known, request)
    return Given(request.back, {**given, **state}, headers)


async def read_request(house: House, browser: Browser, parameters: Parameters) -> tuple[Known, AuthorizationRequest]:
    """Everything that is known, in one snapshot. Raises `PageError` and `RedirectError`."""
    client_id = requests.client_of(parameters.form)

    def read(unit: Unit) -> tuple[Known, AuthorizationRequest]:
        return _read(house, unit, house.memory.current(unit, client_id), browser, parameters)

    return await house.units.read(browser.tenant, read)


def _read(
    house: House, unit: Unit, facts: Facts, browser: Browser, parameters: Parameters
) -> tuple[Known, AuthorizationRequest]:
    form, own = parameters.form, house.audience(browser.slug)
    known = look(unit, facts, requests.client_of(form), browser)
    back = requests.way_back(form, known.service)
    checked = requests.parse(form, known.service, back, switches=facts.switches)
    request = sources.described(parameters, checked, known.service)
    known = _with_targets(house, unit, known, request, slug=browser.slug)
    known = with_hint(house, known, request, house.issuer(browser.slug))
    return with_factor(unit, with_consent(unit, known, request, own), request), request


def _with_targets(house: House, unit: Unit, known: Known, request: AuthorizationRequest, *, slug: str) -> Known:
    """RFC 8707 2.1: the person must be let in at the APIs too. Raises `RedirectError`."""
    if not request.resources:
        return known
    own = house.needing_nobody(slug)
    try:
        called = targets.judge(house.memory, unit, known.facts, request.resources, own=own)
    except OAuthError as fault:
        raise RedirectError(request.back, fault.code, fault.public) from fault
    if known.proof is None:
        return known
    return known._replace(proof=access.prove_along(unit, known.facts, known.proof, called))


async def _keep(house: House, browser: Browser, parameters: Parameters) -> Next:
    known, request = await read_request(house, browser, parameters)
    return await _ask(house, browser, Pending(known, request, parameters, None), RESUME, Needs())


async def _give_up(house: House, browser: Browser, parameters: Parameters, interaction: Interaction) -> NoReturn:
    """Raises `RedirectError`; `PageError` when the interaction was finished meanwhile."""
    _, request = await read_request(house, browser, parameters)
    await house.units.commit(browser.tenant, lambda unit: finish(unit, interaction, request))
    raise RedirectError(request.back, "access_denied", "The person did not sign in.")


async def _ask(house: House, browser: Browser, asked: Pending, page: str, wanted: Needs) -> Next:
    """To a page of ours, with the request waiting behind it."""
    if asked.interaction is not None:
        await want(house, browser, asked.interaction, wanted)
        return page_of(house, browser, page, asked.interaction)
    digest, headers = known_browser(house, browser)
    request = asked.request
    text = sources.to_text(asked.parameters)
    service = asked.known.service.id
    waiting = Waiting(RESUME, service, text, request.login_hint, request.ui_locales, wanted.to_text())
    interaction = await house.units.commit(
        browser.tenant, lambda unit: sessions.begin_interaction(unit, waiting, browser=digest)
    )
    return page_of(house, browser, page, interaction)._replace(headers=headers)


async def want(house: House, browser: Browser, interaction: Interaction, wanted: Needs) -> None:
    """Written down where the sign-in will read it. Raises `PageError` when the interaction was finished meanwhile."""
    if wanted == interaction.needs or not any(wanted):
        return
    still_open = await house.units.commit(browser.tenant, lambda unit: sessions.want(unit, interaction, wanted))
    if not still_open:
        raise PageError("interaction_expired")


def page_of(house: House, browser: Browser, page: str, interaction: Interaction) -> Next:
    query = urlencode({"interaction": interaction.id})
    return Next(f"{house.issuer(browser.slug)}/{page}?{query}", [])


_PAGES: Final = {Missing.TERMS: TERMS, Missing.CONSENT: CONSENT}
