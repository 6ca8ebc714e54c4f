"""Token exchange (RFC 8693): a service that was shown a person's token gets one for another API, in its own name.

It acts for the person and its token says so; nobody becomes somebody else. What it gets is never more than what it was
shown: no wider in scope, no longer alive, bound to a key where that was, and dead as soon as that is dead. For which
APIs a client may do this is registered, and the person must be let in there, and at the client, at this very moment.
"""

import json
from functools import partial
from typing import NamedTuple

from idp import access, federation
from idp.access import Moment, PersonProof
from idp.federation import Grant as GrantType
from idp.federation import Service
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.oidc import bearer, delegations, mint, targets
from idp.oidc.bearer import Alive, proof_of_grant
from idp.oidc.delegations import MOST_ACTORS, Delegated
from idp.oidc.errors import OAuthError
from idp.oidc.grants import Answer, Asked, answer, note, record, scopes_of
from idp.oidc.mint import Issued
from idp.oidc.model import Scope
from idp.signing import key_id

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type of token


class _Shown(NamedTuple):
    """A token that is good at this moment, the service that is to be called, and the person as they stand there."""

    alive: Alive
    key: str | None  # by which it was signed, if it is a JWT
    target: Service
    audience: str
    proof: PersonProof


async def token_exchange(asked: Asked) -> Answer:
    text = _subject_token(asked)
    try:
        shown = await asked.read(lambda unit: _load(unit, asked, text))
        # The person enters the service: what would be asked of them in a browser cannot be answered here.
        asked.admit(shown.proof, Moment.AUTHORIZATION)
        admission = asked.admit(shown.proof, Moment.EXCHANGE)
    except Refused as refusal:
        await asked.refuse(refusal, partial(note, refusal=refusal, subject=asked.service.id))
    issued = mint.access_token(asked.facts, admission, _request(asked, shown))

    def write(unit: Unit) -> None:
        record(unit, issued, admission, GrantType.TOKEN_EXCHANGE, target=shown.target.id)
        delegations.add(unit, _delegated(asked, shown, issued))

    await asked.commit(write)
    return {**answer(issued), "issued_token_type": ACCESS_TOKEN}  # RFC 8693 2.2.1


def _subject_token(asked: Asked) -> str:
    """RFC 8693 2.1. Raises `OAuthError`."""
    form = asked.form
    text = form.get("subject_token")
    if not text:
        raise OAuthError("invalid_request", "subject_token is missing.")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthError("invalid_request", "The type of subject_token is not supported; an access token is.")
    if form.get("requested_token_type") not in {None, ACCESS_TOKEN}:
        raise OAuthError("invalid_request", "The requested type of token is not supported; an access token is.")
    if form.get("actor_token") is not None or form.get("actor_token_type") is not None:
        raise OAuthError("invalid_request", "Whoever acts is the client itself: there is no actor_token.")
    return text


def _load(unit: Unit, asked: Asked, text: str) -> _Shown:
    """Raises `OAuthError`, and `Refused` where only the gate is against it."""
    alive = bearer.inspect(asked.house, unit, text, Moment.INTROSPECTION, holder=bearer.ANYBODY)
    if alive is None or alive.grant is None:
        raise OAuthError("invalid_request", "The subject_token is not valid.")  # RFC 8693 2.2.2
    if not _is_for(asked, alive):
        raise OAuthError("invalid_request", "The subject_token was issued neither to this client nor for it.")
    _judge_holder(asked, alive)
    _judge_chain(asked, alive)
    target, audience = _target(unit, asked)
    there = proof_of_grant(unit, asked.facts, target, alive.grant)
    proof = access.prove_along(unit, asked.facts, there, [asked.service])
    return _Shown(alive, str(key_id(text)) if alive.row.jwt else None, target, audience, proof)


def _is_for(asked: Asked, alive: Alive) -> bool:
    """It was issued to the client, or for it: whoever else holds it has found it."""
    row = alive.row
    return row.service_id == asked.service.id or not row.audiences.isdisjoint(asked.client.resources)


def _judge_holder(asked: Asked, alive: Alive) -> None:
    """What belongs to a key becomes nobody's who merely carries it; its own client proves the very key."""
    row = alive.row
    if row.jkt is None:
        return
    if asked.jkt is None or (row.service_id == asked.service.id and asked.jkt != row.jkt):
        raise OAuthError("invalid_dpop_proof", "The subject_token is bound to a key; a proof of possession is needed.")


def _judge_chain(asked: Asked, alive: Alive) -> None:
    before = delegations.actors(alive.act)
    if asked.service.client_id in before:
        raise OAuthError("invalid_request", "The subject_token has been in the hands of this client before.")
    if len(before) >= MOST_ACTORS:
        raise OAuthError("invalid_request", "The subject_token has been handed on too often.")


def _target(unit: Unit, asked: Asked) -> tuple[Service, str]:
    """One service, by its resources (RFC 8707) or by its client_id, and the audience of a token for it."""
    resources, name = frozenset(asked.form.all("resource")), asked.form.get("audience")
    targets.check(asked.form.all("resource"))
    found = {str(each.id): each for uri in resources for each in federation.standing_for(unit, uri)}
    if name:
        named = asked.house.memory.current(unit, name).services.get(name)
        found |= {str(named.id): named} if named else {"": asked.service}
    if len(found) != 1:  # nobody, or it is not clear who is meant
        raise _no_target()
    (target,) = found.values()
    stands_for = target.oidc.resources if target.oidc else frozenset()
    wanted = resources or stands_for & asked.client.exchange.targets
    audience = targets.joined(wanted)
    own = target.id == asked.service.id or not wanted.isdisjoint({asked.audience, asked.issuer})
    if audience is None or own or not delegations.may_call(asked.facts, asked.service, target, wanted):
        raise _no_target()
    return target, audience


def _request(asked: Asked, shown: _Shown) -> mint.Request:
    alive, target = shown.alive, shown.target
    assert target.oidc is not None
    assert alive.row.user_id is not None
    keys, tenant = asked.house.units.keys, asked.facts.tenant.id
    act = delegations.chained(asked.service.client_id, alive.act)
    return mint.Request(
        asked.issuer,
        shown.audience,
        _scopes(asked, alive),
        jkt=asked.jkt,
        acr=alive.acr,
        # as the service that is called knows the person
        subject=federation.subject_of(keys, tenant, target.oidc, alive.row.user_id),
        delegation=mint.Delegation(asked.service, act, alive.row.expires_at),
    )


def _scopes(asked: Asked, alive: Alive) -> frozenset[str]:
    """Of those of the token that was shown, what the client is registered for."""
    most = (alive.row.scope_set & asked.client.scopes) - {Scope.OFFLINE_ACCESS}
    if asked.form.get("scope") is None:
        return most
    scopes = scopes_of(asked.form)
    if not scopes <= most:
        raise OAuthError("invalid_scope", "The scope is wider than that of the subject_token.")
    return scopes


def _delegated(asked: Asked, shown: _Shown, issued: Issued) -> Delegated:
    act = delegations.chained(asked.service.client_id, shown.alive.act)
    row = issued.row
    return Delegated(
        id=row.id,
        origin_id=shown.alive.row.id,
        origin_key=shown.key,
        target_id=shown.target.id,
        act=json.dumps(act, separators=(",", ":")),
        expires_at=row.expires_at,
    )


def _no_target() -> OAuthError:
    return OAuthError("invalid_target", "The client may not exchange tokens for this target.")
