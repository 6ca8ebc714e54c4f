"""What an authorization request still needs, as a pure function of what is known at the moment."""

from enum import Enum, auto

from idp.access import Admission, Gate, PersonProof
from idp.kit.clock import SECOND
from idp.kit.errors import Refused
from idp.oidc.known import Known
from idp.oidc.request import AuthorizationRequest, Prompt, RedirectError
from idp.sessions import Interaction, Session


class Missing(Enum):
    SIGN_IN = auto()
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
    """Sign in, consent, or go; `allowed` when consent was given a moment ago.

    Raises `Refused` (the gate's no) and, when nobody may be asked, `RedirectError`.
    """
    # The contract speaks first: nobody is asked for a password that would lead nowhere.
    if against := gate.reason_against(known.facts, known.service, now_us=now_us):
        raise Refused(against.value)
    if known.session is not None and not known.meant:
        return _ask_another(known.session, request, interaction)
    if known.session is None or not _fresh(known.session, request, interaction, now_us):
        return _ask(request, Missing.SIGN_IN, "login_required")
    admission = gate.admit(known.facts, proof_of(known, known.session), now_us=now_us)
    ask = Prompt.CONSENT in request.prompts or (known.service.consent_required and not known.consented)
    if ask and not allowed:
        return _ask(request, Missing.CONSENT, "consent_required")
    return admission


def proof_of(known: Known, session: Session) -> PersonProof:
    return PersonProof(
        service=known.service,
        user=known.user,
        assigned=known.assigned,
        session_id=session.id,
        methods=session.methods,
        authenticated_at=session.authenticated_at,
    )


def _fresh(session: Session, request: AuthorizationRequest, interaction: Interaction | None, now_us: int) -> bool:
    """Whether this sign-in satisfies `prompt` and `max_age` (OpenID Connect Core 3.1.2.1); one that was made for this
    very request satisfies both."""
    if interaction is not None and session.id == interaction.session_id:
        return True
    if request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return False
    return request.max_age is None or now_us - session.authenticated_at <= request.max_age * SECOND


def _ask_another(session: Session, request: AuthorizationRequest, interaction: Interaction | None) -> Missing:
    """The person who is meant may sign in; somebody else who did so for this very request was not (Core 3.1.2.1)."""
    if interaction is not None and session.id == interaction.session_id:
        raise RedirectError(request.back, "login_required", "Another person is signed in than id_token_hint names.")
    return _ask(request, Missing.SIGN_IN, "login_required")


def _ask(request: AuthorizationRequest, missing: Missing, silent: str) -> Missing:
    if request.silent:
        raise RedirectError(request.back, silent, "A person would have to be asked.")
    return missing
