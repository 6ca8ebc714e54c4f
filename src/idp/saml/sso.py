"""Single sign-on (profiles 4.1), for a request that arrives and for one that comes back from a sign-in.

GET             read everything in one snapshot, decide, answer; with a live session that is all
POST            kept as a pending request and answered by a redirect of our own; before that it is sent once more from
                a page of ours, because a browser sends no Lax cookie with a form from another site
…/continue      the pending request again, in the browser in which it began
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlencode

from idp import sessions, tenants
from idp.access import Admission, NotAdmitted
from idp.federation import Binding, NameIdFormat
from idp.kit.errors import Refused, Unavailable
from idp.kit.units import Unit
from idp.saml import codec, judging, places, requests, tracing
from idp.saml.answering import redirect, send_back, show_bad, show_denied
from idp.saml.codec import Received
from idp.saml.errors import BadMessage
from idp.saml.giving import Answer, decline, give, refusing
from idp.saml.known import Known, look
from idp.saml.model import Kind, Outcome, Status
from idp.saml.progress import Missing, Unanswerable, next_step
from idp.saml.replays import use
from idp.saml.requests import AuthnRequest
from idp.sessions import Interaction, Needs, Waiting
from idp.web.asgi import App, Header, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, known_browser, pending
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.returning import comes_again
from idp.web.visitors import note_refused

_LARGEST = 512 * 1024
_TRIES = 6
_SIGN_IN = "signin"
_KINDS = (Kind.AUTHN_REQUEST,)
_PAGES = {Missing.TERMS: places.TERMS, Missing.CONSENT: places.CONSENT}


class Next(NamedTuple):
    """Where the browser goes, and the cookie it takes along."""

    location: str
    headers: list[Header]


class Given(NamedTuple):
    known: Known
    answer: Answer


class _Denied(Exception):
    """The gate's no, for a person to read."""

    def __init__(self, known: Known, refusal: Refused) -> None:
        super().__init__(refusal.code)
        self.known = known
        self.refusal = refusal


def endpoint(house: House) -> App:
    async def sign_on(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        if scope["method"] == "GET":
            await answer(house, scope, send, lambda: _from_redirect(house, browser, scope["query_string"]))
            return
        body = await read_body(receive, limit=_LARGEST)
        form = scope["state"]["sent"] = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        if await comes_again(house, scope, send, browser, form):
            return

        async def keep() -> Next:
            if scope["query_string"]:  # two places for one message
                raise BadMessage("query")
            return await _keep(house, browser, codec.from_post(form, _KINDS))

        await answer(house, scope, send, keep)

    return sign_on


def continuation(house: House) -> App:
    async def resume(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        interaction = await pending(house, browser, parse_query(scope["query_string"]), resume=places.RESUME)

        async def go_on() -> Next | Given:
            if interaction is None:
                raise BadMessage("interaction_expired")
            return await proceed(house, browser, requests.from_text(interaction.request), interaction)

        await answer(house, scope, send, go_on)

    return resume


async def answer(house: House, scope: Scope, send: Send, work: Callable[[], Awaitable[Next | Given]]) -> None:
    """Sends the browser where `work` says; what it raises is a page of ours."""
    try:
        onward = await work()
    except BadMessage as bad:
        await show_bad(house, scope, send, bad)
        await tracing.refused(house, scope, bad)
    except _Denied as denied:
        back = refusing(house, denied.known, _said(denied.refusal)) if _leads_back(denied.known) else None
        await show_denied(house, scope, send, denied.known, denied.refusal, back=back)
    else:
        if isinstance(onward, Given):
            await send_back(house, scope, send, onward.known, onward.answer)
        else:
            await redirect(send, onward.location, onward.headers)


async def _from_redirect(house: House, browser: Browser, query: bytes) -> Next | Given:
    return await proceed(house, browser, codec.from_redirect(query, _KINDS), None)


async def _keep(house: House, browser: Browser, received: Received) -> Next:
    for _ in range(_TRIES):
        try:
            known = await read_request(house, browser, received)
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
            continue
        return await _ask(house, browser, known, None, places.RESUME, Needs())
    raise Unavailable("no key can be made")


async def proceed(
    house: House,
    browser: Browser,
    asked: Received | AuthnRequest,
    interaction: Interaction | None,
    *,
    allowed: bool = False,
) -> Next | Given:
    """As far as the request gets now; `allowed` when the person has just consented to it."""
    for _ in range(_TRIES):
        try:
            known = await read_request(house, browser, asked)
            step = await _step(house, browser, known, interaction, allowed=allowed)
        except tenants.Moved:
            continue
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
            continue
        if isinstance(step, Given):
            return step
        page, wanted = (_SIGN_IN, step) if isinstance(step, Needs) else (_PAGES[step], Needs())
        return await _ask(house, browser, known, interaction, page, wanted)
    raise Unavailable("the tenant's facts change faster than a decision is made")


async def read_request(house: House, browser: Browser, asked: Received | AuthnRequest) -> Known:
    known = await house.units.read(browser.tenant, lambda unit: look(house, unit, browser, asked))
    return known._replace(reference=browser.reference)


async def _step(
    house: House, browser: Browser, known: Known, interaction: Interaction | None, *, allowed: bool
) -> Needs | Missing | Given:
    own, now_us = places.entity_id(house.issuer(browser.slug), known.facts), house.units.clock.now_us()
    try:
        if interaction is not None and interaction.cancelled_at is not None:
            raise Unanswerable(judging.FAILED)
        step = next_step(house.gate, known, interaction, own=own, now_us=now_us, allowed=allowed)
        if isinstance(step, Admission):
            return Given(known, await give(house, known, step, interaction, allowed=allowed))
    except Unanswerable as unanswerable:
        if known.request.id is None:  # nobody has asked
            raise BadMessage("unanswerable") from unanswerable
        return Given(known, await decline(house, known, unanswerable.outcome, interaction))
    except Refused as refusal:
        return await _refuse(house, known, refusal, interaction)
    return step


async def _refuse(house: House, known: Known, refusal: Refused, interaction: Interaction | None) -> Given:
    """A no is for the person, or for the service where nobody may be asked. Raises `_Denied`."""
    passive = known.request.passive

    def note(unit: Unit) -> None:
        if isinstance(refusal, NotAdmitted):
            note_refused(unit, refusal, known.service, known.user)
        if interaction is None and not passive:
            use(unit, known.request)
        if traced:
            tracing.denied(unit, known, refusal)

    traced = not passive and tracing.may_keep(house, known)
    await house.units.commit(known.facts.tenant.id, note, actor=known.actor)
    if not passive:
        raise _Denied(known, refusal)
    decision = refusal.decision.reference if isinstance(refusal, NotAdmitted) else None
    return Given(known, await decline(house, known, _said(refusal), interaction, decision=decision))


def _leads_back(known: Known) -> bool:
    """A service that has asked is told by the person; what it fetches itself would be over before they have read."""
    return known.request.id is not None and known.consumer.binding is Binding.POST


def _said(refusal: Refused) -> Outcome:
    return Outcome(Status.RESPONDER, Status.REQUEST_DENIED, refusal.code)


async def _ask(
    house: House, browser: Browser, known: Known, interaction: Interaction | None, page: str, wanted: Needs
) -> Next:
    """To a page of ours, with the request waiting behind it."""
    if interaction is not None:
        await _want(house, browser, interaction, wanted)
        return page_of(house, browser, page, interaction)
    digest, headers = known_browser(house, browser)
    request = known.request
    waiting = Waiting(places.RESUME, known.service.id, request.to_text(), _hint(request), wanted=wanted.to_text())

    def begin(unit: Unit) -> Interaction:
        use(unit, known.request)
        return sessions.begin_interaction(unit, waiting, browser=digest)

    begun = await house.units.commit(browser.tenant, begin)
    return page_of(house, browser, page, begun)._replace(headers=headers)


def _hint(request: AuthnRequest) -> str:
    """What somebody would type who is asked for; a made name is nothing to be shown."""
    subject = request.subject
    return subject.name if subject is not None and subject.format == NameIdFormat.EMAIL else ""


async def _want(house: House, browser: Browser, interaction: Interaction, wanted: Needs) -> None:
    if wanted == interaction.needs or not any(wanted):
        return
    still_open = await house.units.commit(browser.tenant, lambda unit: sessions.want(unit, interaction, wanted))
    if not still_open:
        raise BadMessage("interaction_expired")


def page_of(house: House, browser: Browser, page: str, interaction: Interaction) -> Next:
    query = urlencode({"interaction": interaction.id})
    return Next(f"{house.issuer(browser.slug)}/{page}?{query}", [])
