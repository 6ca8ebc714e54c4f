"""The grants of the token endpoint. Each proves, has the gate admit, and commits what it gives in one unit.

A grant fills in what is its own; client authentication, facts and the answer belong to the endpoint.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from idp import access, audit, federation, sessions, tenants
from idp.access import Admission, Facts, Moment, NotAdmitted, PersonProof, ServiceProof
from idp.federation import Grant as GrantType
from idp.federation import OidcClient, SecretUse, Service
from idp.kit import ids
from idp.kit.actors import Actor
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, Refused
from idp.kit.ids import Minted, Presented
from idp.kit.recalling import Forgotten
from idp.kit.units import Unit
from idp.oidc import encrypted, mint, redemption, replays, requested_claims, store, targets, telling
from idp.oidc.bearer import proof_of_grant
from idp.oidc.errors import OAuthError
from idp.oidc.mint import Issued
from idp.oidc.model import IDENTITY_SCOPES, REFRESH_KIND, Code, Scope
from idp.oidc.replays import Once
from idp.sessions import Generations, Grant, Session
from idp.web.deciding import Settled
from idp.web.forms import Form
from idp.web.house import House

T = TypeVar("T")

Answer = dict[str, Any]

_NOTHING: Final[Mapping[str, Any]] = {}


class Asked(NamedTuple):
    """One token request by an authenticated client, on facts whose revision its commit will hold."""

    house: House
    facts: Facts
    service: Service
    form: Form
    now_us: int
    uses: tuple[Once, ...] = ()  # up, by whatever is written first
    jkt: str | None = None  # of the key that the request has proved
    by_secret: SecretUse | None = None  # to be noted, for most requests nothing

    @property
    def issuer(self) -> str:
        return self.house.issuer(self.facts.tenant.slug)

    @property
    def audience(self) -> str:
        return self.house.audience(self.facts.tenant.slug)

    @property
    def needing_nobody(self) -> frozenset[str]:
        return self.house.needing_nobody(self.facts.tenant.slug)

    @property
    def actor(self) -> Actor:
        return Actor("service", self.service.id)

    @property
    def client(self) -> OidcClient:
        assert self.service.oidc is not None
        return self.service.oidc

    def subject_of(self, user_id: str) -> str:
        return federation.subject_of(self.house.units.keys, self.facts.tenant.id, self.client, user_id)

    def audience_of(self, granted: str | None) -> str:
        """Of a token that comes of a grant. Raises `OAuthError`."""
        if granted is None and "resource" not in self.form:
            return self.audience
        return targets.narrowed(self.form.all("resource"), granted, own=self.audience)

    def at_targets(self, unit: Unit, proof: PersonProof, granted: str | None) -> PersonProof:
        """The person, at the APIs too that a token of the grant is for. Raises `OAuthError`."""
        if granted is None:
            return proof
        named = targets.meant(self.form.all("resource") if "resource" in self.form else (), granted)
        return access.prove_along(unit, self.facts, proof, self._judge(named, unit))

    async def judge_targets(self, form: Form) -> str:
        """The audience of a token that comes of this request alone. Raises `OAuthError`."""
        if "resource" not in form:
            return self.audience
        named = form.all("resource")
        targets.check(named)
        await self.read(partial(self._judge, named))
        return targets.joined(named) or self.audience

    def _judge(self, named: Iterable[str], unit: Unit) -> tuple[Service, ...]:
        return targets.judge(self.house.memory, unit, self.facts, named, own=self.needing_nobody)

    def admit(self, proof: PersonProof | ServiceProof, moment: Moment) -> Admission:
        return self.house.gate.admit(self.facts, proof, moment, now_us=self.now_us)

    def read(self, work: Callable[[Unit], T]) -> Awaitable[T]:
        return self.house.units.read(self.facts.tenant.id, work)

    def commit(self, work: Callable[[Unit], T]) -> Awaitable[T]:
        """Raises `tenants.Moved` when the facts are no longer those of now: then the grant runs again."""
        held = partial(self._held, work)
        return self.house.units.commit(self.facts.tenant.id, held, actor=self.actor, now_us=self.now_us)

    def _held(self, work: Callable[[Unit], T], unit: Unit) -> T:
        tenants.hold(unit, self.facts.tenant.revision)
        if self.uses:
            replays.use_all(unit, self.uses)
        if self.by_secret is not None:
            federation.note_secret_use(unit, self.by_secret)
        return work(unit)

    def try_to_admit(self, proof: PersonProof | ServiceProof, moment: Moment) -> Admission | Refused:
        try:
            return self.admit(proof, moment)
        except Refused as refusal:
            return refusal

    async def refuse(self, failure: Failure, traces: Callable[[Unit], object]) -> NoReturn:
        """For good: what it uses up and writes down is committed on the facts that it was decided on."""
        await self.commit(traces)
        raise Settled(failure) from failure


async def client_credentials(asked: Asked) -> Answer:
    """RFC 6749 4.4: the service in its own name; no person, no refresh token."""
    scopes, audience = _own_scopes(asked), await asked.judge_targets(asked.form)
    admission = asked.try_to_admit(ServiceProof(asked.service), Moment.CLIENT_CREDENTIALS)
    if isinstance(admission, Refused):
        said = OAuthError("unauthorized_client", admission.code)
        await asked.refuse(said, partial(note, refusal=admission, subject=asked.service.id))
    issued = mint.access_token(asked.facts, admission, mint.Request(asked.issuer, audience, scopes, jkt=asked.jkt))
    await asked.commit(lambda unit: record(unit, issued, admission, GrantType.CLIENT_CREDENTIALS))
    return answer(issued)


async def authorization_code(asked: Asked) -> Answer:
    """RFC 6749 4.1.3 with RFC 7636. A refusal spends the code and nothing else."""
    shown = redemption.presented_code(asked.form)
    judged = _judged_at_once(asked, shown) or await _judged(asked, shown)
    loaded, admission, audience = judged
    code = loaded.code
    # RFC 9449 5: a public client is known by its key alone; the others prove themselves at every refresh
    client = asked.client
    grant = redemption.grant_of(code, asked.now_us, jkt=asked.jkt if client.is_public else None)
    subject = asked.subject_of(grant.user_id)
    request = mint.Request(
        asked.issuer, audience, grant.scope_set, grant.id, code.nonce, jkt=asked.jkt, acr=code.acr, subject=subject
    )
    issued, told = await tokens(asked, admission, request, grant)
    refreshable = GrantType.REFRESH_TOKEN in client.grants

    def write(unit: Unit) -> Minted | None:
        redemption.hold(unit, loaded)
        redemption.consume(unit, shown, code)
        record(unit, issued, admission, GrantType.AUTHORIZATION_CODE)
        return sessions.begin_grant(unit, grant, whereabouts=loaded.whereabouts, refreshable=refreshable)

    return with_refresh_token(told, await asked.commit(write))


async def refresh_token(asked: Asked) -> Answer:
    """RFC 6749 6: never more than was granted. Public clients rotate, the others keep their token."""
    shown = _presented(asked.form)
    grant, session, proof = await asked.read(lambda unit: _load_grant(unit, asked, shown))
    admission = asked.try_to_admit(proof, Moment.REFRESH)
    if isinstance(admission, Refused):
        await asked.refuse(admission, partial(note, refusal=admission, subject=grant.user_id))
    present = Generations(admission.tenant.generation, admission.user_generation, asked.service.generation)
    if not sessions.grant_is_alive(grant, session, asked.now_us, present=present):
        raise _no_refresh()
    subject, audience = asked.subject_of(grant.user_id), asked.audience_of(grant.resources)
    scopes = _narrowed(asked.form, grant)
    request = mint.Request(asked.issuer, audience, scopes, grant.id, jkt=asked.jkt, acr=grant.acr, subject=subject)
    issued, told = await tokens(asked, admission, request, grant)

    def write(unit: Unit) -> Minted | None:
        public = asked.client.is_public
        grace = asked.facts.switches.public_refresh_grace_seconds * SECOND if public else 0
        successor = sessions.use_refresh_token(unit, shown, grant=grant, rotate=public, grace=grace)
        record(unit, issued, admission, GrantType.REFRESH_TOKEN)
        return successor

    return with_refresh_token(told, await asked.commit(write))


GRANTS: Mapping[str, Callable[[Asked], Awaitable[Answer]]] = {
    GrantType.AUTHORIZATION_CODE: authorization_code,
    GrantType.CLIENT_CREDENTIALS: client_credentials,
    GrantType.REFRESH_TOKEN: refresh_token,
}


def _own_scopes(asked: Asked) -> frozenset[str]:
    """Those of the service itself: what identity scopes mean needs a person."""
    scopes = scopes_of(asked.form)
    if not (scopes <= asked.client.scopes and scopes.isdisjoint(IDENTITY_SCOPES)):
        raise OAuthError("invalid_scope", "A scope was asked for that is not registered for this client.")
    return scopes


def _narrowed(form: Form, grant: Grant) -> frozenset[str]:
    if form.get("scope") is None:
        return grant.scope_set
    scopes = scopes_of(form)
    if not scopes or not scopes <= grant.scope_set:
        raise OAuthError("invalid_scope", "The scope is wider than what was granted.")
    return scopes


def scopes_of(form: Form) -> frozenset[str]:
    return frozenset((form.get("scope") or "").split(" ")) - {""}


def _presented(form: Form) -> Presented:
    text = form.get("refresh_token")
    if not text:
        raise OAuthError("invalid_request", "refresh_token is missing.")
    shown = ids.presented(REFRESH_KIND, text)
    if shown is None:
        raise _no_refresh()
    return shown


class _Judged(NamedTuple):
    """A code that is good, for tokens of that audience."""

    loaded: redemption.Loaded
    admission: Admission
    audience: str


def _judged_at_once(asked: Asked, shown: Presented) -> _Judged | None:
    """A yes on what is remembered since the code was given, or nothing: the commit reads it again."""
    try:
        loaded = asked.house.units.recall(asked.facts.tenant.id, lambda unit: _load_code(unit, asked, shown))
        return _judge(asked, loaded)
    except (Forgotten, Failure):
        return None


async def _judged(asked: Asked, shown: Presented) -> _Judged:
    """Raises `Failure`; a refusal has spent the code."""
    loaded = await asked.read(lambda unit: _load_code(unit, asked, shown))
    try:
        return _judge(asked, loaded)
    except Refused as raised:
        refusal = raised
    return await asked.refuse(refusal, partial(_spend, shown=shown, code=loaded.code, refusal=refusal))


def _judge(asked: Asked, loaded: redemption.Loaded) -> _Judged:
    """Raises `Refused`."""
    admission = asked.admit(loaded.proof, Moment.CODE)
    redemption.check(loaded, asked.form, asked.now_us, jkt=asked.jkt)
    return _Judged(loaded, admission, asked.audience_of(loaded.code.resources))


def _load_code(unit: Unit, asked: Asked, shown: Presented) -> redemption.Loaded:
    loaded = redemption.load(unit, shown, asked.service, asked.facts)
    if loaded.code.resources is None:
        return loaded
    return loaded._replace(proof=asked.at_targets(unit, loaded.proof, loaded.code.resources))


def _load_grant(unit: Unit, asked: Asked, shown: Presented) -> tuple[Grant, Session | None, PersonProof]:
    grant = sessions.grant_of_refresh_token(unit, shown)
    if grant is None or grant.service_id != asked.service.id or grant.jkt not in {None, asked.jkt}:
        raise _no_refresh()
    proof = asked.at_targets(unit, proof_of_grant(unit, asked.facts, asked.service, grant), grant.resources)
    return grant, sessions.find_session(unit, grant.session_id), proof


def _no_refresh() -> Refused:
    return Refused("invalid_grant", "The refresh token is not valid.")


def _spend(unit: Unit, *, shown: Presented, code: Code, refusal: Refused) -> None:
    redemption.consume(unit, shown, code)
    note(unit, refusal=refusal, subject=code.user_id)


def note(unit: Unit, *, refusal: Refused, subject: str) -> None:
    reference = refusal.members.get("reference", "")
    if isinstance(refusal, NotAdmitted):
        access.remember(unit, refusal.decision)
    audit.record(unit, audit.Event.ACCESS_REFUSED, subject=subject, reason=refusal.code, reference=reference)


def record(unit: Unit, issued: Issued, admission: Admission, grant: GrantType, **more: str) -> None:
    row = issued.row
    store.add_access_token(unit, row)
    access.remember_admission(unit, admission)
    audit.record(
        unit,
        audit.Event.TOKEN_ISSUED,
        subject=row.user_id or row.service_id,
        service=row.service_id,
        grant=grant,
        token=row.id,
        scopes=row.scopes,
        reference=admission.reference,
        **more,
    )


def answer(issued: Issued) -> Answer:
    row = issued.row
    lifetime = (row.expires_at - row.issued_at) // SECOND
    said: Answer = {"access_token": issued.token, "token_type": row.token_type, "expires_in": lifetime}
    return {**said, "scope": row.scopes} if row.scopes else said


async def tokens(asked: Asked, admission: Admission, request: mint.Request, grant: Grant) -> tuple[Issued, Answer]:
    """What every grant of a person gives: an access token, and the ID token as the client wants to read it."""
    issued = mint.access_token(asked.facts, admission, request)
    told = answer(issued)
    if Scope.OPENID in request.scopes:
        said = await _said(asked, grant)
        token = mint.id_token(asked.facts, admission, request, access=issued, said=said)
        how, tenant = asked.client.encrypted.id_token, asked.facts.tenant.id
        told["id_token"] = await encrypted.for_client(asked.house, tenant, asked.service, token, how)
    return issued, told


async def _said(asked: Asked, grant: Grant) -> Mapping[str, Any]:
    """What belongs into its ID tokens beside the protocol's own claims; mostly nothing, and then nothing is read."""
    client = asked.client
    if grant.claims is None and not client.claims.in_id_tokens:
        return _NOTHING
    wanted = requested_claims.from_text(grant.claims)
    return await asked.read(lambda unit: telling.in_id_token(unit, client, grant.user_id, wanted))


def with_refresh_token(answer: Answer, secret: Minted | None) -> Answer:
    return answer if secret is None else {**answer, "refresh_token": secret.token}
