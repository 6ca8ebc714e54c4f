"""The pages and forms of this door."""

from collections.abc import Mapping
from types import MappingProxyType

from idp import audit, sessions
from idp.kit.actors import Actor
from idp.kit.units import Unit
from idp.signin import code, enrolment, invitation, password
from idp.signin.steps import Step
from idp.signin.visits import CANCEL, PATH, Again, Show, Visit, attempt, check_form, leave, look, visit_of
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.dispatch import Route
from idp.web.house import House

_PAGES: Mapping[Step, Show] = MappingProxyType(
    {Step.PASSWORD: password.page, Step.CODE: code.page, Step.ENROLMENT: enrolment.page}
)
_GET = frozenset({"GET"})
_POST = frozenset({"POST"})


def routes(house: House) -> list[Route]:
    below = f"/t/{{tenant}}/{PATH}"
    return [
        Route(below, _GET, "signin", page(house)),
        Route(below, _POST, "signin", attempt(house, Step.PASSWORD, password.take, password.page)),
        Route(f"{below}/{Step.CODE}", _POST, "signin", attempt(house, Step.CODE, code.take, code.page)),
        Route(
            f"{below}/{Step.ENROLMENT}", _POST, "signin", attempt(house, Step.ENROLMENT, enrolment.take, enrolment.page)
        ),
        Route(f"/t/{{tenant}}/{CANCEL}", _POST, "signin", cancelling(house)),
        Route(f"/t/{{tenant}}/{invitation.PATH}", _GET, "invitation", invitation.page(house)),
        Route(f"/t/{{tenant}}/{invitation.PATH}", _POST, "invitation", invitation.answer(house)),
    ]


def page(house: House) -> App:
    """The step that is due, or the first one for who wants to begin with it."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        visit = await visit_of(house, scope, send, None)
        if visit is None:
            return
        standing = await look(visit)
        wanted = visit.form.get("step") == Step.PASSWORD
        await _PAGES[Step.PASSWORD if wanted else standing.due](visit, standing)

    return ask


def cancelling(house: House) -> App:
    """The person does not want to; the door where the request waits tells the service."""

    async def cancel(scope: Scope, receive: Receive, send: Send) -> None:
        visit = await visit_of(house, scope, send, receive)
        if visit is None:
            return
        try:
            check_form(visit, CANCEL)
        except Again:
            await leave(visit, visit.address(PATH))
            return
        await house.units.commit(
            visit.browser.tenant, lambda unit: _cancel(unit, visit), actor=Actor("user", "unknown")
        )
        await leave(visit, visit.onward)

    return cancel


def _cancel(unit: Unit, visit: Visit) -> None:
    if sessions.cancel(unit, visit.interaction):
        audit.record(unit, audit.Event.SIGN_IN_CANCELLED, service=visit.interaction.service_id)
