"""A second step of somebody who has no second factor where one is demanded: an authenticator app is set up.

Only right after a first factor; the secret is shown on this page and never again, and counts once its first code came.
"""

from idp import credentials
from idp.credentials import Proposal
from idp.kit.actors import Actor
from idp.kit.errors import Conflict, Invalid, NotFound
from idp.kit.units import Unit
from idp.sessions import Method
from idp.signin.dispatching import Standing, Taken, advance, stand
from idp.signin.steps import Step
from idp.signin.visits import Again, Visit, show_step
from idp.web.qr import picture


async def page(visit: Visit, standing: Standing, *, status: int = 200, error: str | None = None) -> None:
    proposal = await visit.house.units.read(visit.browser.tenant, lambda unit: _proposal(unit, visit, standing))
    secret = proposal.secret
    await show_step(
        visit,
        standing,
        "enrolment",
        Step.ENROLMENT,
        status=status,
        error=error,
        picture=picture(proposal.address),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        proposal=proposal.sealed,
    )


async def take(visit: Visit, standing: Standing) -> Taken:
    """Raises `Again`, `NotFound` and `Unavailable`."""
    code, identity = visit.form.get("code") or "", standing.identity
    if not code.strip() or visit.form.repeated:
        raise Again("missing_code", status=422)
    assert identity is not None
    try:
        return await visit.house.units.commit(
            visit.browser.tenant, lambda unit: _enrol(unit, visit, code), actor=Actor("user", identity.id)
        )
    except Invalid as wrong:
        raise Again(wrong.code, status=422) from wrong
    except Conflict as conflict:  # in another window: that one is asked now
        raise NotFound("interaction") from conflict


def _enrol(unit: Unit, visit: Visit, code: str) -> Taken:
    standing = stand(visit.house, unit, visit.browser, visit.interaction)
    evidence, identity = standing.evidence, standing.identity
    if standing.due is not Step.ENROLMENT or evidence is None or identity is None:
        raise NotFound("interaction")
    sealed = visit.form.get("proposal") or ""
    credentials.enrol(unit, identity, sealed, code, purpose=visit.interaction.id)
    return advance(unit, visit.browser, visit.interaction, evidence.further(Method.OTP, unit.now_us))


def _proposal(unit: Unit, visit: Visit, standing: Standing) -> Proposal:
    """After a mistake the same once more, or the person would have to begin anew in the app."""
    assert standing.identity is not None
    purpose, sealed = visit.interaction.id, visit.form.get("proposal")
    if sealed:
        try:
            return credentials.proposed_again(unit, standing.identity, sealed, purpose=purpose)
        except NotFound:
            pass
    return credentials.propose(unit, standing.identity, purpose=purpose)
