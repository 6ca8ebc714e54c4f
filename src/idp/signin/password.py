"""The first step: user name and password on one page."""

import asyncio
import re
from typing import Any

from idp import credentials
from idp.credentials import Check, Verdict
from idp.kit.actors import Actor
from idp.kit.units import Unit
from idp.sessions import Method
from idp.signin.dispatching import Standing, Taken, advance, begun
from idp.signin.steps import Step
from idp.signin.visits import Again, Visit, show_step

_IDENTIFIER = re.compile(r"usr_[0-9a-f]{32}|[A-Za-z0-9_-]{43}")  # of all services, or of one sector
_SOMEBODY = Actor("user", "unknown")


async def page(visit: Visit, standing: Standing, *, status: int = 200, error: str | None = None) -> None:
    due = standing.facts.terms.due(visit.house.units.clock.now_us()) is not None
    typed = visit.form.get("username") or _shown(visit.interaction.login_hint)
    context: dict[str, Any] = {"username": typed[:256], "error": error, "terms_due": due}
    await show_step(visit, standing, "signin", Step.PASSWORD, status=status, **context)


def _shown(hint: str) -> str:
    """Services hand on what they were started with from the portal: an identifier, which nobody types."""
    return "" if _IDENTIFIER.fullmatch(hint) else hint


async def take(visit: Visit, standing: Standing) -> Taken:  # noqa: ARG001 - every step has this shape
    """Raises `Again`, `TooMany`, `NotFound` and `Unavailable`."""
    form, house, tenant = visit.form, visit.house, visit.browser.tenant
    name, password = (form.get("username") or "").strip(), form.get("password") or ""
    if not name or not password or form.repeated:
        raise Again("missing_fields", status=422)
    address = visit.scope["state"]["client_address"]
    check = await house.units.commit(
        tenant,
        lambda unit: credentials.begin_check(unit, name, address=address, limits=house.throttle),
        actor=_SOMEBODY,
    )
    verdict = await asyncio.wrap_future(house.passwords.verifying(check.encoded, password))
    taken = await house.units.commit(tenant, lambda unit: _judge(unit, check, verdict, visit), actor=_SOMEBODY)
    if taken is None:
        raise Again("invalid_credentials", status=401)
    return taken


def _judge(unit: Unit, check: Check, verdict: Verdict, visit: Visit) -> Taken | None:
    identity = credentials.finish_check(unit, check, verdict)
    if identity is None:
        return None
    evidence = begun(unit, identity, Method.PASSWORD)
    return advance(unit, visit.browser, visit.interaction, evidence)
