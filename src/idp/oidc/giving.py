"""What an authorization request gives: a code, tokens in the browser's hands, or both (OpenID Connect Core 3.1 to 3.3).

All of it comes of one admission and is written in one commit. Tokens that pass through a browser have a grant of their
own, which cannot be refreshed: a code that is redeemed begins another.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from idp import access, audit, sessions, tenants
from idp.access import Admission
from idp.federation import Grant as GrantType
from idp.federation import ResponseType
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.ids import Minted
from idp.kit.units import Unit
from idp.oidc import encrypted, mint, redemption, requested_claims, store, targets, telling
from idp.oidc.errors import OAuthError
from idp.oidc.known import Known, finish, wanted_of
from idp.oidc.mint import Issued
from idp.oidc.model import CODE_KIND, CODE_LIFETIME, ID_TOKEN_LIFETIME, Code, Scope
from idp.oidc.request import AuthorizationRequest, RedirectError
from idp.sessions import Grant, Interaction
from idp.web.house import House


class _Front(NamedTuple):
    """For the browser; `issued` is the access token, if there is one."""

    grant: Grant | None
    issued: Issued | None
    id_token: str | None

    @property
    def parameters(self) -> dict[str, str]:
        """RFC 6749 4.2.2, OpenID Connect Core 3.2.2.5."""
        said: dict[str, str] = {}
        if self.issued is not None:
            row = self.issued.row
            lifetime = (row.expires_at - row.issued_at) // SECOND
            said = {"access_token": self.issued.token, "token_type": "Bearer", "expires_in": str(lifetime)}
            said |= {"scope": row.scopes} if row.scopes else {}
        return said if self.id_token is None else {**said, "id_token": self.id_token}


_NOTHING: Final = _Front(None, None, None)


async def give(
    house: House,
    known: Known,
    request: AuthorizationRequest,
    admission: Admission,
    interaction: Interaction | None,
    *,
    allowed: bool,
) -> dict[str, str]:
    """The parameters of the answer, with the consent of this moment, if any: of an answer that comes twice, or of a yes
    and a no, one counts. Raises `tenants.Moved`, `KeyMissing` and `PageError`."""
    kind = request.response_type
    secret = ids.mint(CODE_KIND)
    code = _code(secret, request, admission)
    front = _NOTHING
    if kind is not ResponseType.CODE:
        front = await _front(house, known, request, admission, code=code, shown=secret.token)

    def write(unit: Unit) -> None:
        tenants.hold(unit, admission.revision)
        finish(unit, interaction, request)
        if allowed:
            wanted = wanted_of(request, house.audience(admission.tenant.slug))
            sessions.give_consent(unit, user_id=code.user_id, service_id=code.service_id, wanted=wanted)
        if known.session is not None:
            before = sessions.hold(unit, known.session, known.user)
            sessions.seen(unit, known.session, before=before)
        access.remember_admission(unit, admission)
        if kind.gives_code:
            store.add_code(unit, store.Found(code, known.session, known.user))
            issued = {"service": code.service_id, "code": code.id, "reference": admission.reference}
            audit.record(unit, audit.Event.CODE_ISSUED, subject=code.user_id, **issued)
        if kind is not ResponseType.CODE:
            _write(unit, front, known, admission, scopes=code.scopes)

    await house.units.commit(admission.tenant.id, write, actor=known.actor, now_us=admission.at_us)
    return {"code": secret.token, **front.parameters} if kind.gives_code else front.parameters


async def _front(
    house: House, known: Known, request: AuthorizationRequest, admission: Admission, *, code: Code, shown: str
) -> _Front:
    kind, slug = request.response_type, admission.tenant.slug
    # OpenID Connect Core 11: there is no refresh token that it could stand for
    scopes = request.scopes - {Scope.OFFLINE_ACCESS}
    grant_id = ids.digits()
    issuer, audience = house.issuer(slug), targets.joined(request.resources) or house.audience(slug)
    asked = mint.Request(issuer, audience, scopes, grant_id, request.nonce, acr=code.acr, subject=known.subject(house))
    issued = mint.access_token(known.facts, admission, asked) if kind.gives_token else None
    # without an access token, so that the service is known to have seen the session
    until = issued.row.expires_at if issued else admission.at_us + ID_TOKEN_LIFETIME * SECOND
    begun = redemption.grant_of(code, admission.at_us)
    grant = begun._replace(id=grant_id, scopes=" ".join(sorted(scopes)), offline=False, ends_at=until)
    if not kind.gives_id_token:
        return _Front(grant, issued, None)
    said = await _said(house, known, request, scopes if kind is ResponseType.ID_TOKEN else frozenset())
    id_token = mint.id_token(
        known.facts,
        admission,
        asked,
        access=issued,
        code=shown if kind.gives_code else None,
        said=said,
    )
    return _Front(grant, issued, await _for_client(house, known, request, id_token))


async def _for_client(house: House, known: Known, request: AuthorizationRequest, id_token: str) -> str:
    """Raises `RedirectError`."""
    assert known.service.oidc is not None
    how = known.service.oidc.encrypted.id_token
    try:
        return await encrypted.for_client(house, known.facts.tenant.id, known.service, id_token, how)
    except OAuthError as fault:
        raise RedirectError(request.back, fault.code, fault.public) from fault


async def _said(house: House, known: Known, request: AuthorizationRequest, scopes: frozenset[str]) -> Mapping[str, Any]:
    client, user = known.service.oidc, known.user
    assert client is not None
    assert user is not None
    if not telling.needs_person(client, request.claims, scopes):
        return {}
    return await house.units.read(
        known.facts.tenant.id, lambda unit: telling.in_id_token(unit, client, user.id, request.claims, scopes)
    )


def _write(unit: Unit, front: _Front, known: Known, admission: Admission, *, scopes: str) -> None:
    assert admission.user is not None
    assert known.session is not None
    token = ""
    if front.grant is not None:
        whereabouts = sessions.context_of(unit, known.session).whereabouts
        sessions.begin_grant(unit, front.grant, whereabouts=whereabouts, refreshable=False)
    if front.issued is not None:
        store.add_access_token(unit, front.issued.row)
        token, scopes = front.issued.row.id, front.issued.row.scopes
    audit.record(
        unit,
        audit.Event.TOKEN_ISSUED,
        subject=admission.user.id,
        service=admission.service.id,
        grant=GrantType.IMPLICIT,
        token=token,
        scopes=scopes,
        reference=admission.reference,
    )


def _code(secret: Minted, request: AuthorizationRequest, admission: Admission) -> Code:
    assert admission.user is not None
    assert admission.session_id is not None
    # in order, as `mint` writes its rows
    return Code(
        secret.id,
        secret.digest,
        admission.service.id,
        admission.user.id,
        admission.session_id,
        request.redirect_uri,
        " ".join(sorted(request.scopes)),
        request.nonce,
        request.challenge,
        admission.methods,
        admission.authenticated_at,
        admission.tenant.generation,
        admission.user_generation,
        admission.service.generation,
        admission.at_us + CODE_LIFETIME,
        None,  # redeemed at
        request.jkt,
        str(sessions.acr_of(sessions.methods_in(admission.methods), request.acr.values)),
        requested_claims.to_text(request.claims),
        targets.joined(request.resources),
    )
