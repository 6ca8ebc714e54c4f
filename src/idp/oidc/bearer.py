"""Tokens that somebody shows us: found by the id in them, ours only if the digest of the whole is the stored one."""

import hmac
import re
from collections.abc import Mapping, Set
from hashlib import sha256
from typing import NamedTuple

from idp import access, federation, sessions, users
from idp.access import Admission, Facts, Moment, PersonProof, ServiceProof
from idp.federation import Service
from idp.kit import ids
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.oidc import delegations, store, targets
from idp.oidc.challenges import Scheme
from idp.oidc.model import REFRESH_KIND, TOKEN_KIND, AccessToken
from idp.sessions import Generations, Grant
from idp.signing import Unverified, Use, key_id, unverified_claims
from idp.web.house import House

_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 8 * 1024
NOBODY = None  # who carries a token and proves nothing
ANYBODY = "*"
_SCHEMES = {b"bearer": Scheme.BEARER, b"dpop": Scheme.DPOP}


class Alive(NamedTuple):
    """An access token that is good at this moment, with the gate's word for it; `grant`, and the `acr` in it, are those
    of the token that it came of, if it came of one. `act` is who acts for the person, if it is not the person. `facts`
    are those that it was looked at with."""

    row: AccessToken
    admission: Admission
    acr: str | None
    grant: Grant | None
    facts: Facts
    act: str | None = None


class Refreshable(NamedTuple):
    grant: Grant
    client_id: str


def presented(token: str) -> Presented | None:
    """What to look for; None for what cannot be one of our access tokens."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    if token.startswith(TOKEN_KIND + "_"):
        return ids.presented(TOKEN_KIND, token)
    try:
        token_id = unverified_claims(token).get("jti")
    except Unverified:
        return None
    if not isinstance(token_id, str) or not _ID.fullmatch(token_id):
        return None
    return Presented(token_id, sha256(token.encode()).digest())


def find(unit: Unit, token: str) -> AccessToken | None:
    """The row of exactly this token, good or not."""
    shown = presented(token)
    row = store.find_access_token(unit, shown.id) if shown else None
    return row if row and shown and hmac.compare_digest(row.digest, shown.digest) else None


def inspect(house: House, unit: Unit, token: str, moment: Moment, *, holder: str | None = NOBODY) -> Alive | None:
    """None unless everything it hangs on still stands. Raises `Refused` where only the gate is against it.

    `holder` is the thumbprint of the key that whoever shows it has proved; a token that is bound to a key is good for
    nobody else, and one that is not is no proof of possession (RFC 9449 7.1, 7.2). `ANYBODY`: the token is told about.
    """
    row = find(unit, token)
    if row is None or holder not in (ANYBODY, row.jkt):
        return None
    return _standing(house, unit, row, key_id(token) if row.jwt else None, moment)


def _standing(house: House, unit: Unit, row: AccessToken, key: object, moment: Moment) -> Alive | None:
    """`key` names the one by which it was signed; None where it is no JWT."""
    if row.revoked_at is not None or unit.now_us >= row.expires_at:
        return None
    facts = house.memory.current(unit, row.client_id)
    service = facts.services.get(row.client_id)
    if service is None or service.id != row.service_id:
        return None
    if key is not None and not facts.keys.still_vouches(key, Use.ACCESS_TOKEN):
        return None
    if row.is_delegated:
        return _delegated(house, unit, facts, service, row, moment)
    grant = sessions.find_grant(unit, row.grant_id) if row.grant_id else None
    proof = _proof_of(house, unit, facts, service, row, grant)
    if proof is None:
        return None
    admission = house.gate.admit(facts, proof, moment, now_us=unit.now_us)
    present = Generations(facts.tenant.generation, admission.user_generation, service.generation)
    alive = Alive(row, admission, grant.acr if grant else None, grant, facts)
    return alive if row.generations == present and not _is_over(unit, row, grant) else None


def _proof_of(
    house: House, unit: Unit, facts: Facts, service: Service, row: AccessToken, grant: Grant | None
) -> PersonProof | ServiceProof | None:
    if row.grant_id is None:
        return ServiceProof(service)
    if grant is None:
        return None
    return _at_targets(house, unit, facts, proof_of_grant(unit, facts, service, grant), grant, row.audiences)


def _delegated(
    house: House, unit: Unit, facts: Facts, service: Service, row: AccessToken, moment: Moment
) -> Alive | None:
    """As good as the token that it came of, for a service that the person may use and `service` may call for them."""
    found = delegations.find(unit, row.id)
    origin = store.find_access_token(unit, found.origin_id) if found else None
    target = federation.find(unit, found.target_id) if found else None
    if found is None or origin is None or target is None:
        return None
    if not delegations.may_call(facts, service, target, row.audiences):
        return None
    before = _standing(house, unit, origin, found.origin_key, moment)
    if before is None or before.grant is None:
        return None
    proof = access.prove_along(unit, facts, proof_of_grant(unit, facts, target, before.grant), [service])
    admission = house.gate.admit(facts, proof, moment, now_us=unit.now_us)
    present = Generations(facts.tenant.generation, admission.user_generation, service.generation)
    alive = Alive(row, admission, before.acr, before.grant, facts, found.act)
    return alive if row.generations == present else None


def inspect_refresh(house: House, unit: Unit, token: str) -> Refreshable | None:
    """The grant behind a refresh token that could be used now. Raises `Refused` as `inspect`."""
    shown = ids.presented(REFRESH_KIND, token)
    grant = sessions.usable_grant(unit, shown) if shown else None
    service = federation.find(unit, grant.service_id) if grant else None
    if grant is None or service is None:
        return None
    facts = house.memory.current(unit, service.client_id)
    granted = frozenset((grant.resources or "").split())
    proof = _at_targets(house, unit, facts, proof_of_grant(unit, facts, service, grant), grant, granted)
    if proof is None:
        return None
    admission = house.gate.admit(facts, proof, Moment.INTROSPECTION, now_us=unit.now_us)
    present = Generations(facts.tenant.generation, admission.user_generation, service.generation)
    session = sessions.find_session(unit, grant.session_id)
    alive = sessions.grant_is_alive(grant, session, unit.now_us, present=present)
    return Refreshable(grant, service.client_id) if alive else None


def from_header(headers: Mapping[bytes, bytes]) -> tuple[Scheme, str | None]:
    """RFC 6750 2.1, RFC 9449 7.1; the scheme in any case. Without a token it is that of whoever has none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    known = _SCHEMES.get(scheme.lower())
    return (known, token.strip().decode("latin-1")) if known else (Scheme.BEARER, None)


def proof_of_grant(unit: Unit, facts: Facts, service: Service, grant: Grant) -> PersonProof:
    """The person behind it, as they stood at their last sign-in step."""
    context = sessions.context_of(unit, grant)
    person = access.person_of(unit, facts, service, grant.user_id, users.standing(unit, grant.user_id))
    return access.prove(service, person, session_id=grant.session_id, methods=grant.methods, context=context)


def _at_targets(
    house: House, unit: Unit, facts: Facts, proof: PersonProof, grant: Grant, audiences: Set[str]
) -> PersonProof | None:
    """The person, at the APIs too that a token of the grant is for; None where nobody stands for one any more."""
    if grant.resources is None:
        return proof
    called = targets.called_by(house.memory, unit, facts, audiences, own=house.needing_nobody(facts.tenant.slug))
    return None if called is None else access.prove_along(unit, facts, proof, called)


def _is_over(unit: Unit, row: AccessToken, grant: Grant | None) -> bool:
    """Its grant was ended, or the session it was given in was signed out of."""
    if grant is not None and grant.ended_at is not None:
        return True
    session = sessions.find_session(unit, row.session_id) if row.session_id else None
    return session is not None and session.ended_at is not None and row.issued_at <= session.ended_at
