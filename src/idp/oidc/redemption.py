"""Authorization codes turned into tokens: bound to client, redirect URI and verifier; redeemed once."""

import hmac
import re
from hashlib import sha256
from typing import Final, NamedTuple

from idp import access, audit, sessions
from idp.access import Facts, PersonProof
from idp.federation import Service
from idp.kit import ids
from idp.kit.errors import Refused
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.oidc import store
from idp.oidc.errors import OAuthError
from idp.oidc.model import CODE_KIND, Code, Scope
from idp.sessions import Context, Generations, Grant, Lifetimes, Session, Whereabouts
from idp.signing import b64
from idp.web.forms import Form

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 4.1


class Loaded(NamedTuple):
    code: Code
    proof: PersonProof
    present: Generations
    session: Session | None
    whereabouts: Whereabouts


def presented_code(form: Form) -> Presented:
    text = form.get("code")
    if not text:
        raise OAuthError("invalid_request", "code is missing.")
    shown = ids.presented(CODE_KIND, text)
    if shown is None:
        raise _invalid()
    return shown


def load(unit: Unit, shown: Presented, service: Service, facts: Facts) -> Loaded:
    """The code and the person behind it. Raises `Refused("invalid_grant")`; nothing is written."""
    found = store.find_code(unit, shown.id)
    if found is None or not hmac.compare_digest(found.code.digest, shown.digest) or found.code.service_id != service.id:
        raise _invalid()
    code, session, user = found
    context = sessions.context_of(unit, session) if session else Context(Whereabouts(), (), code.authenticated_at)
    person = access.person_of(unit, facts, service, code.user_id, user)
    proof = access.prove(service, person, session_id=code.session_id, methods=code.methods, context=context)
    present = Generations(facts.tenant.generation, user.generation if user else 0, service.generation)
    return Loaded(code, proof, present, session, context.whereabouts)


def check(loaded: Loaded, form: Form, now_us: int, *, jkt: str | None = None) -> None:
    """What binds the code. Raises `Refused("invalid_grant")`; the rightful client has then spent it all the same."""
    code = loaded.code
    if form.get("redirect_uri") != code.redirect_uri:  # OpenID Connect Core 3.1.3.2
        raise Refused("invalid_grant", "redirect_uri is not that of the authorization request.")
    if not _verified(code.challenge, form.get("code_verifier")):
        raise Refused("invalid_grant", "code_verifier does not fit the code_challenge.")
    if code.jkt is not None and code.jkt != jkt:  # RFC 9449 10
        raise Refused("invalid_grant", "The code is bound to another key.")
    born = Generations(code.tenant_generation, code.user_generation, code.service_generation)
    if born != loaded.present or now_us >= code.expires_at:
        raise _invalid()
    session = loaded.session  # signed out since: what was asked for then is not given now
    if session is None or not sessions.is_current(session, now_us, tenant_generation=loaded.present.tenant):
        raise _invalid()


def hold(unit: Unit, loaded: Loaded) -> None:
    """`tenants.Moved` unless the session lives, and the ID stands, as when the code was judged."""
    if loaded.session is not None:
        sessions.hold(unit, loaded.session, loaded.proof.user)


def consume(unit: Unit, shown: Presented, code: Code) -> None:
    """The one conditional write. A second redemption revokes what the first one gave (RFC 6749 4.1.2)."""
    if store.redeem(unit, shown):
        return
    unit.after_rollback(lambda survivor: revoke_replayed(survivor, code))
    raise _invalid()


def revoke_replayed(unit: Unit, code: Code) -> None:
    if sessions.end_grant(unit, code.id):
        audit.record(unit, audit.Event.CODE_REPLAYED, subject=code.user_id, service=code.service_id, code=code.id)


def grant_of(code: Code, now_us: int, *, jkt: str | None = None) -> Grant:
    """The grant takes the code's id: a replayed code finds what to revoke."""
    # in order, as `mint` writes its rows
    return Grant(
        code.id,
        code.user_id,
        code.service_id,
        code.session_id,
        code.tenant_generation,
        code.user_generation,
        code.service_generation,
        code.scopes,
        code.nonce,
        code.methods,
        code.authenticated_at,
        Scope.OFFLINE_ACCESS in code.scopes.split(),
        now_us,
        now_us + Lifetimes.REFRESH_ABSOLUTE,
        None,  # ended at
        None,  # whereabouts, which are sealed with the row
        jkt,
        code.acr,
        code.claims,
        code.resources,
    )


def _verified(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return verifier is None  # RFC 9700 4.8.2: a verifier for a code without challenge is a downgrade
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(b64(sha256(verifier.encode()).digest()).decode(), challenge)


def _invalid() -> Refused:
    return Refused("invalid_grant", "The code is not valid.")
