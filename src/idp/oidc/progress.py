"""What an authorization request still needs, as a pure function of what is known at the moment."""

from enum import Enum, auto

from idp.access import Admission, Gate, Moment, Needed, NotAdmitted
from idp.kit.clock import SECOND
from idp.oidc.known import Known
from idp.oidc.request import AuthorizationRequest, Prompt, RedirectError
from idp.sessions import Interaction, Session


class Missing(Enum):
    SIGN_IN = auto()
    TERMS = auto()
    CONSENT = auto()


def next_step(
    gate: Gate,
    known: Known,
    request: AuthorizationRequest,
    interaction: Interaction | None,
    *,
    allowed: bool,
    now_us: int,
) -> Missing | Admission:
    """Sign in, accept the terms, consent, or go; `allowed` when consent was given a moment ago.

    Raises `Refused` (the gate's no) and, when nobody may be asked, `RedirectError`.
    """
    # The contract speaks first: nobody is asked for a password that would lead nowhere.
    against = gate.reason_against(known.facts, known.service, now_us=now_us)
    if against is not None:
        raise gate.turn_away(known.facts, known.service, known.proof, against, Moment.AUTHORIZATION, now_us=now_us)
    if known.session is not None and not known.meant:
        return _ask_another(known.session, request, interaction)
    if known.session is None or known.proof is None or not _fresh(known.session, request, interaction, now_us):
        return _ask(request, Missing.SIGN_IN, "login_required")
    fresh = _made_for(interaction, known.session)
    try:
        admission = gate.admit(known.facts, known.proof._replace(fresh=fresh), Moment.AUTHORIZATION, now_us=now_us)
    except NotAdmitted as refusal:
        missing = set(refusal.decision.missing)
        if not missing or missing - {Needed.FRESH_SIGN_IN, Needed.TERMS_ACCEPTANCE}:
            raise
        if Needed.FRESH_SIGN_IN in missing:
            return _ask(request, Missing.SIGN_IN, "login_required")
        return _ask(request, Missing.TERMS, "interaction_required")
    ask = Prompt.CONSENT in request.prompts or (known.service.consent_required and not known.consented)
    if ask and not allowed:
        return _ask(request, Missing.CONSENT, "consent_required")
    return admission


def _made_for(interaction: Interaction | None, session: Session) -> bool:
    return interaction is not None and session.id == interaction.session_id


def _fresh(session: Session, request: AuthorizationRequest, interaction: Interaction | None, now_us: int) -> bool:
    """Whether this sign-in satisfies `prompt` and `max_age` (OpenID Connect Core 3.1.2.1); one that was made for this
    very request satisfies both."""
    if _made_for(interaction, session):
        return True
    if request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return False
    return request.max_age is None or now_us - session.authenticated_at <= request.max_age * SECOND


def _ask_another(session: Session, request: AuthorizationRequest, interaction: Interaction | None) -> Missing:
    """The person who is meant may sign in; somebody else who did so for this very request was not (Core 3.1.2.1)."""
    if _made_for(interaction, session):
        raise RedirectError(request.back, "login_required", "Another person is signed in than id_token_hint names.")
    return _ask(request, Missing.SIGN_IN, "login_required")


def _ask(request: AuthorizationRequest, missing: Missing, silent: str) -> Missing:
    if request.silent:
        raise RedirectError(request.back, silent, "A person would have to be asked.")
    return missing
