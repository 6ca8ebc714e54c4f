"""The form, the look at it before it is sent, and the answer."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from idp import contracts
from idp.apply import document as documents
from idp.apply import filing
from idp.apply.document import Fault
from idp.contracts import Application
from idp.kit.errors import Conflict, Failure, Invalid, Refused, TooMany
from idp.kit.sealing import PLATFORM
from idp.tenants import PLATFORM_SLUG
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.browsers import Browser, is_posted_elsewhere, known_browser
from idp.web.dispatch import Route
from idp.web.failures import Refusal
from idp.web.forms import parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.showing import language_of, show
from idp.web.whereabouts import whereabouts_of

_LARGEST = 32 * 1024
_PURPOSE = "apply"
_REFERENCE = re.compile(r"con_[0-9a-f]{32}")
_FIRST = {
    "product": "ID_PLUS",
    "legal_form": "corporation",
    "admin_contact/affiliation": "employee",
    "term_months": "12",
    "auto_renewal": "yes",
    "time_zone": "Asia/Tokyo",
}
_PREFILLED = ("product", "partner", "plan", "continues", "tenant")


def routes(house: House) -> list[Route]:
    get, post = frozenset({"GET"}), frozenset({"POST"})
    return [
        Route("/apply", get, "apply", blank(house)),
        Route("/apply", post, "apply", answer(house)),
        Route("/apply/received", get, "apply", received(house)),
    ]


def blank(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        query = parse_query(scope["query_string"])
        given = {name: text for name in _PREFILLED if (text := query.get(name))}
        values = {**dict.fromkeys(documents.TEXTS, ""), **_FIRST, **given}
        await _show_form(house, scope, send, values)

    return ask


def answer(house: House) -> App:
    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        values = documents.entered(form)
        try:
            csrf.check(house, scope, _browser(house, scope), form, purpose=_PURPOSE)
        except Refused:
            await _show_form(house, scope, send, values, status=403, stale=True)
            return
        if form.get("step") == "edit":
            await _show_form(house, scope, send, values)
            return
        try:
            application = contracts.read_application(documents.document(values))
            if form.get("step") != "send":
                await _show_review(house, scope, send, values, application)
                return
            reference = await _send(house, scope, application)
        except TooMany as limit:
            wait = (b"retry-after", str(limit.retry_after).encode())
            await show(
                house, scope, send, "too_many", facts=None, status=429, headers=[wait], switchable=False,
                retry_after_seconds=limit.retry_after,
            )  # fmt: skip
        except (Invalid, Conflict) as failure:
            status = 409 if isinstance(failure, Conflict) else 422
            await _show_form(house, scope, send, values, status=status, failure=failure)
        else:
            onward = f"{house.base_url}/apply/received?{urlencode({'reference': reference})}"
            await respond(send, 303, [(b"location", onward.encode())])

    return take


def received(house: House) -> App:
    async def tell(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        reference = parse_query(scope["query_string"]).get("reference") or ""
        if not _REFERENCE.fullmatch(reference):
            raise Refusal(404, "not_found", "There is nothing here.")
        await show(house, scope, send, "apply_received", facts=None, reference=reference)

    return tell


async def _send(house: House, scope: Scope, application: Application) -> str:
    """The reference. Raises `TooMany`, and what filing raises."""
    address, language = scope["state"]["client_address"], language_of(scope).value
    await house.units.commit(PLATFORM, lambda unit: filing.count(unit, house.throttle, address), actor=filing.SOMEBODY)
    contract = await house.units.commit(
        PLATFORM, lambda unit: filing.file(unit, application, language=language), actor=filing.SOMEBODY
    )
    return contract.id


async def _show_form(
    house: House,
    scope: Scope,
    send: Send,
    values: Mapping[str, str],
    *,
    status: int = 200,
    failure: Failure | None = None,
    stale: bool = False,
) -> None:
    digest, put = known_browser(house, _browser(house, scope))
    faults: Mapping[str, Fault] = {} if failure is None else documents.faults(failure)
    await show(
        house,
        scope,
        send,
        "apply",
        facts=None,
        status=status,
        headers=put,
        switchable=scope["method"] == "GET",  # a link would lose what was typed
        action="/apply",
        csrf=_token(house, digest),
        values=values,
        faults=faults,
        products=documents.PRODUCTS,
        stale=stale,
    )


async def _show_review(
    house: House, scope: Scope, send: Send, values: Mapping[str, str], application: Application
) -> None:
    digest, _ = known_browser(house, _browser(house, scope))
    outlook = contracts.outlook(application.start_date, application.term_months)
    await show(
        house,
        scope,
        send,
        "apply_review",
        facts=None,
        switchable=False,
        action="/apply",
        csrf=_token(house, digest),
        values=values,
        renews=application.auto_renewal,
        first_day=outlook.term.first.isoformat(),
        last_day=outlook.term.last.isoformat(),
        last_day_to_ask=outlook.last_day_to_ask.isoformat(),
        earliest_end=outlook.earliest_end.isoformat(),
    )


def _browser(house: House, scope: Scope) -> Browser:
    """As at a tenant, with cookies of the platform's own."""
    header = scope["state"]["headers"].get(b"cookie")
    text = None if header is None else header.decode("latin-1")
    elsewhere, place = is_posted_elsewhere(house, scope), whereabouts_of(house, scope)
    return Browser(PLATFORM, PLATFORM_SLUG, None, place, text, house.secure, posted_elsewhere=elsewhere)


def _token(house: House, digest: bytes) -> str:
    return csrf.token(house.units.keys.box(PLATFORM), digest, _PURPOSE)
