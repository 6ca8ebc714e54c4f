"""The device grant at the token endpoint (RFC 8628 3.4, 3.5)."""

import hmac
from functools import partial
from typing import NamedTuple

from idp import access, audit, sessions, users
from idp.access import Moment, PersonProof
from idp.federation import Grant as GrantType
from idp.kit import ids
from idp.kit.errors import Refused
from idp.kit.ids import Minted, Presented
from idp.kit.units import Unit
from idp.oidc import device_codes, mint
from idp.oidc.device_codes import DeviceCode, Status
from idp.oidc.errors import OAuthError
from idp.oidc.grants import Answer, Asked, note, record, tokens, with_refresh_token
from idp.oidc.model import Scope
from idp.sessions import Context, Generations, Grant, Lifetimes, Session, Whereabouts
from idp.web.deciding import Settled


class _Allowed(NamedTuple):
    code: DeviceCode
    proof: PersonProof
    present: Generations
    session: Session | None
    whereabouts: Whereabouts


async def device_code(asked: Asked) -> Answer:
    """Whoever polls is told to wait, to wait longer, that it is over, or gets its tokens once."""
    shown = _presented(asked)
    code = await asked.read(lambda unit: _find(unit, asked, shown))
    against = asked.house.gate.reason_against(asked.facts, asked.service, now_us=asked.now_us)
    if against is not None:
        turned_away = asked.house.gate.turn_away(
            asked.facts, asked.service, None, against, Moment.CODE, now_us=asked.now_us
        )
        await asked.refuse(turned_away, partial(note, refusal=turned_away, subject=asked.service.id))
    if code.status == Status.REDEEMED:
        await asked.refuse(_invalid(), lambda unit: _end_replayed(unit, code))
    if code.status == Status.DENIED:
        raise OAuthError("access_denied", "The person did not allow it.")
    if asked.now_us >= code.expires_at:
        raise OAuthError("expired_token", "The device code has expired; ask for another one.")
    if code.status == Status.WAITING:
        in_time = await asked.commit(lambda unit: device_codes.poll(unit, code.id, at_us=asked.house.throttle.now_us()))
        raise Settled(_not_yet(in_time=in_time))
    return await _give(asked, shown, await asked.read(lambda unit: _load(unit, asked, code)))


async def _give(asked: Asked, shown: Presented, allowed: _Allowed) -> Answer:
    code = allowed.code
    try:
        admission = asked.admit(allowed.proof, Moment.CODE)
        _check(allowed, asked.now_us)
    except Refused as refusal:
        await asked.refuse(refusal, partial(_spend, shown=shown, code=code, refusal=refusal))
    grant = _grant_of(code, asked.now_us)._replace(jkt=asked.jkt if asked.client.is_public else None)  # RFC 9449 5
    subject, audience = asked.subject_of(grant.user_id), asked.audience_of(None)
    request = mint.Request(asked.issuer, audience, grant.scope_set, grant.id, jkt=asked.jkt, subject=subject)
    issued, answer = await tokens(asked, admission, request, grant)

    def write(unit: Unit) -> Minted | None:
        _consume(unit, shown, code)
        record(unit, issued, admission, GrantType.DEVICE_CODE)
        refreshable = GrantType.REFRESH_TOKEN in asked.client.grants
        return sessions.begin_grant(unit, grant, whereabouts=allowed.whereabouts, refreshable=refreshable)

    return with_refresh_token(answer, await asked.commit(write))


def _presented(asked: Asked) -> Presented:
    text = asked.form.get("device_code")
    if not text:
        raise OAuthError("invalid_request", "device_code is missing.")
    shown = ids.presented(device_codes.KIND, text)
    if shown is None:
        raise _invalid()
    return shown


def _find(unit: Unit, asked: Asked, shown: Presented) -> DeviceCode:
    code = device_codes.find(unit, shown.id)
    if code is None or not hmac.compare_digest(code.digest, shown.digest) or code.service_id != asked.service.id:
        raise _invalid()
    return code


def _load(unit: Unit, asked: Asked, code: DeviceCode) -> _Allowed:
    """The person who allowed it, as they stand now."""
    assert code.user_id is not None
    assert code.session_id is not None
    session = sessions.find_session(unit, code.session_id)
    context = sessions.context_of(unit, session) if session else Context(Whereabouts(), (), code.authenticated_at or 0)
    facts, service = asked.facts, asked.service
    person = access.person_of(unit, facts, service, code.user_id, users.standing(unit, code.user_id))
    methods = code.methods or "[]"
    proof = access.prove(service, person, session_id=code.session_id, methods=methods, context=context)
    present = Generations(facts.tenant.generation, proof.user.generation if proof.user else 0, service.generation)
    return _Allowed(code, proof, present, session, context.whereabouts)


def _check(allowed: _Allowed, now_us: int) -> None:
    """What was allowed under one standing is not given under another; signed out since is taken back."""
    session = allowed.session
    if allowed.code.generations != allowed.present or session is None:
        raise _invalid()
    if not sessions.is_current(session, now_us, tenant_generation=allowed.present.tenant):
        raise _invalid()


def _consume(unit: Unit, shown: Presented, code: DeviceCode) -> None:
    if not device_codes.redeem(unit, shown):
        unit.after_rollback(lambda survivor: _end_replayed(survivor, code))
        raise _invalid()


def _spend(unit: Unit, *, shown: Presented, code: DeviceCode, refusal: Refused) -> None:
    _consume(unit, shown, code)
    note(unit, refusal=refusal, subject=code.user_id or code.service_id)


def _end_replayed(unit: Unit, code: DeviceCode) -> None:
    """As for a code (RFC 6749 4.1.2): of two who hold it one should not."""
    if sessions.end_grant(unit, code.id):
        facts = {"service": code.service_id, "code": code.id}
        audit.record(unit, audit.Event.CODE_REPLAYED, subject=code.user_id or code.service_id, **facts)


def _grant_of(code: DeviceCode, now_us: int) -> Grant:
    assert code.user_id is not None
    assert code.session_id is not None
    assert code.methods is not None
    assert code.authenticated_at is not None
    born = code.generations
    return Grant(
        id=code.id,
        user_id=code.user_id,
        service_id=code.service_id,
        session_id=code.session_id,
        tenant_generation=born.tenant,
        user_generation=born.user,
        service_generation=born.service,
        scopes=code.scopes,
        nonce=None,
        methods=code.methods,
        authenticated_at=code.authenticated_at,
        offline=Scope.OFFLINE_ACCESS in code.scope_set,
        created_at=now_us,
        ends_at=now_us + Lifetimes.REFRESH_ABSOLUTE,
        ended_at=None,
    )


def _not_yet(*, in_time: bool) -> OAuthError:
    if in_time:
        return OAuthError("authorization_pending", "Nobody has answered yet.")
    return OAuthError("slow_down", "That was too soon; wait five seconds longer from now on.")


def _invalid() -> Refused:
    return Refused("invalid_grant", "The device code is not valid.")
