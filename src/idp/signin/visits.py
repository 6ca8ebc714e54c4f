"""One request at this door, and the answers that all steps share."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from idp.kit.errors import NotFound, Refused, TooMany
from idp.sessions import Interaction, Opened
from idp.signin import dispatching
from idp.signin.dispatching import Standing, Taken
from idp.signin.steps import Step
from idp.web import cookies, csrf
from idp.web.asgi import App, Header, Receive, Scope, Send, respond
from idp.web.browsers import Browser, browser_of, pending_sign_in
from idp.web.cookies import Cookie
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import PageName, ShownPerson
from idp.web.showing import show, shown_service

PATH = "signin"
CANCEL = f"{PATH}/cancel"
_LARGEST = 16 * 1024


class Again(Exception):
    """The page once more, with what was wrong."""

    def __init__(self, error: str, *, status: int) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


class Visit(NamedTuple):
    """A browser with a sign-in that waits for it; `form` is what it sent, or the query that it came with."""

    house: House
    scope: Scope
    send: Send
    browser: Browser
    form: Form
    interaction: Interaction

    def address(self, path: str, **more: str) -> str:
        query = urlencode({"interaction": self.interaction.id, **more})
        return f"{self.house.issuer(self.browser.slug)}/{path}?{query}"

    @property
    def onward(self) -> str:
        """Where the request waits."""
        return self.address(self.interaction.resume)

    def csrf(self, step: str) -> str:
        """For this step as it stands: the form of one that was taken already is not another's."""
        assert self.browser.device is not None
        box = self.house.units.keys.box(self.browser.tenant)
        return csrf.token(box, self.browser.device.digest, _purpose(self.interaction, step))


Show = Callable[..., Awaitable[None]]
Take = Callable[[Visit, Standing], Awaitable[Taken]]


async def visit_of(house: House, scope: Scope, send: Send, receive: Receive | None) -> Visit | None:
    """None when the answer has been given: nothing waits here for this browser."""
    browser = await browser_of(house, scope)
    if receive is None:
        form = parse_query(scope["query_string"])
    else:
        form = parse_form(await read_body(receive, limit=_LARGEST), scope["state"]["headers"].get(b"content-type"))
    interaction = await pending_sign_in(house, browser, form)
    if interaction is not None:
        return Visit(house, scope, send, browser, form, interaction)
    facts, reference = house.memory.latest(browser.slug), scope["state"]["reference"]
    await show(house, scope, send, "error", facts=facts, status=400, code="interaction_expired", reference=reference)
    return None


async def look(visit: Visit) -> Standing:
    house, browser = visit.house, visit.browser
    return await house.units.read(
        browser.tenant, lambda unit: dispatching.stand(house, unit, browser, visit.interaction)
    )


def attempt(house: House, step: Step, take: Take, show_again: Show) -> App:
    """The form of one step. A step that is not due is not taken; the first one always may be, from the beginning."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        visit = await visit_of(house, scope, send, receive)
        if visit is None:
            return
        standing = await look(visit)
        if step not in {Step.PASSWORD, standing.due}:
            await leave(visit, visit.address(PATH))
            return
        try:
            check_form(visit, step)
            against = dispatching.against(house, standing)
            if against is not None:
                raise Refused(against.value)
            taken = await take(visit, standing)
        except Again as again:
            await show_again(visit, standing, status=again.status, error=again.error)
        except NotFound:  # another step was taken meanwhile: the page says where that has led
            await leave(visit, visit.address(PATH))
        except TooMany as limit:
            await show_too_many(visit, standing, limit)
        except Refused:
            # the door where the request waits says no in its own grammar, with a way back to the service
            await leave(visit, visit.onward)
        else:
            await leave(visit, visit.onward if taken.opened else visit.address(PATH), opened=taken.opened)

    return answer


def check_form(visit: Visit, step: str) -> None:
    """Raises `Again`."""
    purpose = _purpose(visit.interaction, step)
    try:
        csrf.check(visit.house, visit.scope, visit.browser, visit.form, purpose=purpose)
    except Refused as refusal:
        raise Again("stale_form", status=403) from refusal


async def leave(visit: Visit, location: str, *, opened: Opened | None = None) -> None:
    headers: list[Header] = [(b"location", location.encode())]
    if opened is not None:
        slug, secure = visit.browser.slug, visit.house.secure
        headers.append(cookies.put(Cookie.SESSION, opened.secret, slug=slug, secure=secure))
    await respond(visit.send, 303, headers)


async def show_step(
    visit: Visit, standing: Standing, page: PageName, step: Step, *, status: int = 200, **context: Any
) -> None:
    service, identity = standing.service, standing.identity
    if step is not Step.PASSWORD and identity is not None:
        context["person"] = ShownPerson(identity.display_name, identity.user_name)
        context["switch_account_url"] = visit.address(PATH, step=Step.PASSWORD.value)
    issuer = visit.house.issuer(visit.browser.slug)
    await show(
        visit.house,
        visit.scope,
        visit.send,
        page,
        facts=standing.facts,
        status=status,
        ui_locales=visit.interaction.ui_locales,
        query=urlencode({"interaction": visit.interaction.id}),
        action=f"{issuer}/{PATH if step is Step.PASSWORD else f'{PATH}/{step.value}'}",
        csrf=visit.csrf(step),
        interaction=visit.interaction.id,
        service=shown_service(service, visit.browser.slug) if service else None,
        cancel_action=f"{issuer}/{CANCEL}" if service else None,
        cancel_csrf=visit.csrf(CANCEL) if service else "",
        **context,
    )


async def show_too_many(visit: Visit, standing: Standing, limit: TooMany) -> None:
    await show(
        visit.house,
        visit.scope,
        visit.send,
        "too_many",
        facts=standing.facts,
        status=429,
        headers=[(b"retry-after", str(limit.retry_after).encode())],
        retry_after_seconds=limit.retry_after,
        retry_url=visit.address(PATH),
    )


def _purpose(interaction: Interaction, step: str) -> str:
    if step == Step.PASSWORD:  # good for the next try, whatever came before
        return f"signin {interaction.id}"
    return f"signin {interaction.id} {step} {interaction.session_id or ''} {interaction.proved}"
