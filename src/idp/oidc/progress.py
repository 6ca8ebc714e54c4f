"""What an authorization request still needs, as a pure function of what is known at the moment."""

from enum import Enum, auto
from typing import Final, TypeVar

from idp.access import Admission, Gate, Moment, Needed, NotAdmitted
from idp.kit.clock import SECOND
from idp.oidc.known import Known
from idp.oidc.request import AuthorizationRequest, Prompt, RedirectError
from idp.sessions import Interaction, Needs, Session

T = TypeVar("T")


class Missing(Enum):
    """What a person is asked beside a sign-in."""

    TERMS = auto()
    CONSENT = auto()


_BY_SIGNING_IN: Final = frozenset({Needed.FRESH_SIGN_IN, Needed.MFA})
_BY_PERSONS: Final = _BY_SIGNING_IN | {Needed.TERMS_ACCEPTANCE}


def next_step(
    gate: Gate,
    known: Known,
    request: AuthorizationRequest,
    interaction: Interaction | None,
    *,
    allowed: bool,
    now_us: int,
) -> Needs | Missing | Admission:
    """Sign in, as far as that is needed, accept the terms, consent, or go; `allowed` when consent was given a moment
    ago.

    Raises `Refused` (the gate's no) and, when nobody may be asked or nothing could help, `RedirectError`.
    """
    # The contract speaks first: nobody is asked for a password that would lead nowhere.
    against = gate.reason_against(known.facts, known.service, now_us=now_us)
    if against is not None:
        raise gate.turn_away(known.facts, known.service, known.proof, against, Moment.AUTHORIZATION, now_us=now_us)
    if request.acr.impossible:
        unmet = "None of the essential values of acr is supported."
        raise RedirectError(request.back, "unmet_authentication_requirements", unmet)
    if known.session is not None and not known.meant:
        return _ask_another(known.session, request, interaction)
    if known.session is None or known.proof is None or not _fresh(known.session, request, interaction, now_us):
        return _sign_in(request, "login_required", anew=True)
    proof = known.proof._replace(fresh=True) if made_for(interaction, known.session) else known.proof
    try:
        admission = gate.admit(known.facts, proof, Moment.AUTHORIZATION, now_us=now_us)
    except NotAdmitted as refusal:
        return _step_up(request, refusal)
    return _last(known, request, known.session, admission, allowed=allowed)


def _last(
    known: Known, request: AuthorizationRequest, session: Session, admission: Admission, *, allowed: bool
) -> Needs | Missing | Admission:
    """What the gate has no part in: the class that the service asks for, and consent."""
    if not request.acr.met_by(session.amr):
        if request.acr.essential:
            return _sign_in(request, "interaction_required")
        if known.has_factor and not request.silent:  # a wish is never an error (Core 5.5.1.1)
            return _sign_in(request, "interaction_required")
    ask = Prompt.CONSENT in request.prompts or (known.service.consent_required and not known.consented)
    if ask and not allowed:
        return _ask(request, Missing.CONSENT, "consent_required")
    return admission


def _step_up(request: AuthorizationRequest, refusal: NotAdmitted) -> Needs | Missing:
    remedy = remedy_of(refusal)
    if isinstance(remedy, Missing):
        return _ask(request, remedy, "interaction_required")
    silent = "login_required" if remedy.anew else "interaction_required"
    return _sign_in(request, silent, anew=remedy.anew, second=remedy.second)


def remedy_of(refusal: NotAdmitted) -> Needs | Missing:
    """What the person can do about it. Raises the refusal where that is nothing."""
    missing = set(refusal.decision.missing)
    if not missing or missing - _BY_PERSONS:
        raise refusal
    if not missing & _BY_SIGNING_IN:
        return Missing.TERMS
    return Needs(anew=Needed.FRESH_SIGN_IN in missing, second=Needed.MFA in missing)


def made_for(interaction: Interaction | None, session: Session) -> bool:
    """Whether the person signed in for this very request; a second factor alone, in a session of before, is no such
    sign-in (attack A23)."""
    return (
        interaction is not None
        and session.id == interaction.session_id
        and session.authenticated_at >= interaction.created_at
    )


def _fresh(session: Session, request: AuthorizationRequest, interaction: Interaction | None, now_us: int) -> bool:
    """Whether this sign-in satisfies `prompt` and `max_age` (OpenID Connect Core 3.1.2.1); one that was made for this
    very request satisfies both."""
    if made_for(interaction, session):
        return True
    if request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return False
    return request.max_age is None or now_us - session.authenticated_at <= request.max_age * SECOND


def _ask_another(session: Session, request: AuthorizationRequest, interaction: Interaction | None) -> Needs:
    """The person who is meant may sign in; somebody else who did so for this very request was not (Core 3.1.2.1)."""
    if made_for(interaction, session):
        raise RedirectError(request.back, "login_required", "Another person is signed in than id_token_hint names.")
    return _sign_in(request, "login_required", anew=True)


def _sign_in(request: AuthorizationRequest, silent: str, *, anew: bool = False, second: bool = False) -> Needs:
    """With the factors that the request itself asks for."""
    asked = request.acr
    second = second or (asked.essential and asked.two_factors)
    return _ask(request, Needs(anew, second, wished=asked.two_factors), silent)


def _ask(request: AuthorizationRequest, missing: T, silent: str) -> T:
    if request.silent:
        raise RedirectError(request.back, silent, "A person would have to be asked.")
    return missing
