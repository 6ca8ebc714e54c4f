"""A second step: the code that the person's authenticator app shows at the moment."""

from idp import credentials
from idp.credentials import Tried
from idp.kit.actors import Actor
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.sessions import Method
from idp.signin.dispatching import Standing, Taken, advance, stand
from idp.signin.steps import Step
from idp.signin.visits import Again, Visit, show_step


async def page(visit: Visit, standing: Standing, *, status: int = 200, error: str | None = None) -> None:
    await show_step(visit, standing, "otp", Step.CODE, status=status, error=error)


async def take(visit: Visit, standing: Standing) -> Taken:
    """Raises `Again`, `TooMany`, `NotFound` and `Unavailable`."""
    code, identity = visit.form.get("code") or "", standing.identity
    if not code.strip() or visit.form.repeated:
        raise Again("missing_code", status=422)
    assert identity is not None
    house, tenant, actor = visit.house, visit.browser.tenant, Actor("user", identity.id)
    tried = await house.units.commit(
        tenant, lambda unit: credentials.count_code(unit, identity.id, limits=house.throttle), actor=actor
    )
    taken = await house.units.commit(tenant, lambda unit: _judge(unit, visit, code, tried), actor=actor)
    if taken is None:
        raise Again("wrong_code", status=401)
    return taken


def _judge(unit: Unit, visit: Visit, code: str, tried: Tried) -> Taken | None:
    standing = stand(visit.house, unit, visit.browser, visit.interaction)
    if standing.due is not Step.CODE or standing.evidence is None:
        raise NotFound("interaction")
    if not credentials.use_code(unit, standing.evidence.user_id, code, tried):
        return None
    evidence = standing.evidence.further(Method.OTP, unit.now_us)
    return advance(unit, visit.browser, visit.interaction, evidence)
