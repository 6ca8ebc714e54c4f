"""What a request for sign-on still needs, as a pure function of what is known at the moment."""

from enum import Enum, auto
from typing import TypeVar

from idp.access import Admission, Gate, Moment, Needed, NotAdmitted
from idp.saml import contexts, judging
from idp.saml.known import Known
from idp.saml.model import Outcome
from idp.sessions import Acr, Interaction, Needs, Session, reached

T = TypeVar("T")

_BY_SIGNING_IN = frozenset({Needed.FRESH_SIGN_IN, Needed.MFA})
_BY_PERSONS = _BY_SIGNING_IN | {Needed.TERMS_ACCEPTANCE}


class Missing(Enum):
    """What a person is asked beside a sign-in."""

    TERMS = auto()
    CONSENT = auto()


class Unanswerable(Exception):
    """Nobody is told who it is: the service is told why (core 3.2.2)."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.inner)
        self.outcome = outcome


def next_step(
    gate: Gate, known: Known, interaction: Interaction | None, *, own: str, now_us: int, allowed: bool = False
) -> Needs | Missing | Admission:
    """Sign in, as far as that is needed, accept the terms, consent, or go; `allowed` when consent was given a moment
    ago. Raises `Refused` (the gate's no) and `Unanswerable`."""
    # The contract speaks first: nobody is asked for a password that would lead nowhere.
    against = gate.reason_against(known.facts, known.service, now_us=now_us)
    if against is not None:
        raise gate.turn_away(known.facts, known.service, known.proof, against, Moment.AUTHORIZATION, now_us=now_us)
    unmeetable = judging.unmeetable(known.request, known.saml, own=own)
    if unmeetable is not None:
        raise Unanswerable(unmeetable)
    least = contexts.least(known.request.contexts, known.request.comparison)
    second = least is Acr.TWO_FACTORS
    if known.session is None or known.proof is None or not _fresh(known, known.session, interaction):
        return _ask(known, Needs(anew=True, second=second), judging.NO_PASSIVE)
    if not judging.is_meant(known.request, known.person.name if known.person else None):
        return _ask_another(known, known.session, interaction)
    proof = known.proof._replace(fresh=_made_for(known, interaction, known.session))
    try:
        admission = gate.admit(known.facts, proof, Moment.AUTHORIZATION, now_us=now_us)
    except NotAdmitted as refusal:
        return _step_up(known, refusal, second=second)
    if second and reached(known.session.amr) is not Acr.TWO_FACTORS:
        return _ask(known, Needs(second=True), judging.NO_CONTEXT)
    if known.person is None or known.person.name is None:
        raise Unanswerable(judging.NO_SUCH_NAME)
    if known.service.consent_required and not known.consented and not allowed:
        return _ask(known, Missing.CONSENT, judging.NO_PASSIVE)
    return admission


def _step_up(known: Known, refusal: NotAdmitted, *, second: bool) -> Needs | Missing:
    """What the person can do about it. Raises the refusal where that is nothing."""
    missing = set(refusal.decision.missing)
    if not missing or missing - _BY_PERSONS:
        raise refusal
    if not missing & _BY_SIGNING_IN:
        return _ask(known, Missing.TERMS, judging.NO_PASSIVE)
    needs = Needs(anew=Needed.FRESH_SIGN_IN in missing, second=second or Needed.MFA in missing)
    return _ask(known, needs, judging.NO_PASSIVE)


def _ask_another(known: Known, session: Session, interaction: Interaction | None) -> Needs:
    """The person who is meant may sign in; somebody else who did so for this very request was not (core 3.4.1.4)."""
    if _made_for(known, interaction, session):
        raise Unanswerable(judging.SOMEBODY_ELSE)
    return _ask(known, Needs(anew=True), judging.NO_PASSIVE)


def _made_for(known: Known, interaction: Interaction | None, session: Session) -> bool:
    """Whether the person signed in for this very request; a second factor alone, in a session of before, is no such
    sign-in (attack A23)."""
    return known.direct or (
        interaction is not None
        and session.id == interaction.session_id
        and session.authenticated_at >= interaction.created_at
    )


def _fresh(known: Known, session: Session, interaction: Interaction | None) -> bool:
    """Core 3.4.1, `ForceAuthn`: not by a session of before."""
    return not known.request.force or _made_for(known, interaction, session)


def _ask(known: Known, missing: T, passive: Outcome) -> T:
    if known.request.passive:
        raise Unanswerable(passive)
    return missing
