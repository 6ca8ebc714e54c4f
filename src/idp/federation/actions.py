"""What happens to a service. Each change raises the tenant's revision first: from its commit on every worker decides
by the new facts, and changes of one tenant wait for each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as with_changes
from typing import Any

from idp import audit, signing, tenants
from idp.audit import Event
from idp.federation import document as documents
from idp.federation import person_names, saml_registration, store, subjects, upkeep
from idp.federation.model import NOBODY_YET, KeptSecret, KnownAs, Registered, Service, ServiceDraft, ServiceId
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_vocabulary import AuthMethod
from idp.federation.saml_described import Described
from idp.federation.saml_service import SamlService
from idp.federation.subjects import Sector, SubjectRules
from idp.federation.vocabulary import Protocol, ServiceStatus, VerificationStatus
from idp.kit import ids
from idp.kit.errors import Conflict, FieldError, Invalid, Stale
from idp.kit.units import Unit
from idp.signing import Alg, Use

SECRET = "cs"  # noqa: S105 - the kind of a secret


def create(
    unit: Unit, draft: ServiceDraft, *, sector: Sector | None = None, known_as: KnownAs = NOBODY_YET
) -> Registered:
    """With its secret, unless the client has none; it is shown this once, and stored as a hash. One that was `known_as`
    somebody before is that again. Raises `Invalid` where the registration relies on a sector document, and `sector` is
    not what it says; `Conflict` where another service has its entity ID or its client_id."""
    _judge(unit, None, draft, sector)
    if known_as.client_id is not None and store.find_by_client_id(unit, known_as.client_id) is not None:
        raise Conflict.at("/oidc/client_id", "client_id_taken", "Another service has this client_id.")
    return _create(unit, [(draft, known_as)])[0]


def create_many(unit: Unit, drafts: Sequence[ServiceDraft]) -> list[Registered]:
    return _create(unit, [(draft, NOBODY_YET) for draft in drafts])


def _create(unit: Unit, drafts: Sequence[tuple[ServiceDraft, KnownAs]]) -> list[Registered]:
    tenants.touch(unit)
    for draft, _ in drafts:
        _provide_key(unit, draft)
    made = [_made(unit, draft, known_as) for draft, known_as in drafts]
    store.add(unit, [(registered.service, registered.contacts) for registered in made])
    for registered in made:
        if registered.service.saml is not None:
            upkeep.note(unit, registered.service.id, None, registered.service.saml)
        audit.record(unit, Event.SERVICE_CREATED, subject=registered.service.id)
    return made


def _provide_key(unit: Unit, draft: ServiceDraft) -> None:
    """For requests to be encrypted to, unless the tenant has one."""
    if draft.oidc is None or draft.oidc.requests.encryption is None:
        return
    wanted = Use.REQUEST_OBJECT, Alg.ES256
    if wanted not in {(pair.use, pair.alg) for pair in signing.pairs(signing.every(unit))}:
        tenants.adopt_key(unit, *wanted, signing.generate(Alg.ES256))


def replace(
    unit: Unit,
    service_id: str,
    document: Mapping[str, Any],
    *,
    production: bool,
    version: int | None = None,
    sector: Sector | None = None,
) -> Registered:
    """The whole document anew; members of ours may stand in it as they were shown. The secret stays, unless another
    is brought along or the client becomes one without. Raises `NotFound`, `Stale`, `Invalid`."""
    before = held(unit, service_id, version)
    document = documents.without_echo(document, documents.to_json(before))
    draft = carrying(before, documents.read(document, production=production))
    return _change(unit, before, draft, sector)


def change(
    unit: Unit,
    service_id: str,
    patch: Mapping[str, Any],
    *,
    production: bool,
    version: int | None = None,
    sector: Sector | None = None,
) -> Registered:
    """RFC 7396 over the document as it is shown. Raises `NotFound`, `Stale`, `Invalid`."""
    before = held(unit, service_id, version)
    return _change(unit, before, drafted(before, patch, production=production), sector)


def drafted(before: Registered, patch: Mapping[str, Any], *, production: bool) -> ServiceDraft:
    """What a change would make of it. Raises `Invalid`."""
    patch = documents.without_echo(patch, documents.to_json(before))
    return carrying(before, documents.read_changed(documents.changed(before, patch), production=production))


def carrying(before: Registered, draft: ServiceDraft) -> ServiceDraft:
    """With what the metadata of a service have said, unless there are new ones, and where it came from."""
    if draft.catalogue is None:
        draft = draft._replace(catalogue=before.service.catalogue)
    known = before.service.saml
    return draft if known is None or known.described is None else with_described(draft, known.described)


def with_described(draft: ServiceDraft, said: Described) -> ServiceDraft:
    """The same, unless the draft comes of metadata itself."""
    if draft.saml is None or draft.saml.described is not None:
        return draft
    return draft._replace(saml=with_changes(draft.saml, described=said))


def enable(unit: Unit, service_id: str) -> Registered:
    """Raises `NotFound`. What ended when it was disabled stays ended."""
    return _move(unit, service_id, ServiceStatus.ENABLED)


def disable(unit: Unit, service_id: str) -> Registered:
    """Ends every token that was issued to it. Raises `NotFound`."""
    return _move(unit, service_id, ServiceStatus.DISABLED)


def delete(unit: Unit, service_id: str, *, version: int | None = None) -> None:
    """For good, with its assignments. Raises `NotFound`, `Stale`."""
    before = held(unit, service_id, version)
    store.delete_service(unit, before.service.id)
    person_names.forget_names_at(unit, before.service.id)
    upkeep.forget(unit, before.service.id)
    audit.record(unit, Event.SERVICE_DELETED, subject=before.service.id)


def put(unit: Unit, before: Registered, draft: ServiceDraft, *, sector: Sector | None = None) -> Registered:
    """What the draft says, in the place of what was registered."""
    tenants.touch(unit)
    return _change(unit, before, draft, sector)


def with_saml(unit: Unit, before: Registered, saml: SamlService) -> Registered:
    """The same service, of which something else is known, or decided. The tenant has been touched."""
    return _change(unit, before, before.draft._replace(saml=saml))


def held(unit: Unit, service_id: str, version: int | None = None) -> Registered:
    """To be changed by this unit. Raises `NotFound`, `Stale`."""
    tenants.touch(unit)
    before = store.registered(unit, service_id)
    if version is not None and version != before.service.version:
        raise Stale("service")
    return before


def _made(unit: Unit, draft: ServiceDraft, known_as: KnownAs) -> Registered:
    secret, service_id = _new_secret(draft), known_as.id or ServiceId(ids.new("svc"))
    of_secret = kept(unit, service_id, draft.oidc, secret)
    service = Service(
        id=service_id,
        name=draft.name,
        protocol=Protocol.OIDC if draft.saml is None else Protocol.SAML,
        client_id=known_as.client_id or ids.new("cli") if draft.saml is None else draft.saml.entity_id,
        status=draft.status,
        generation=1,
        verification_status=VerificationStatus.UNVERIFIED,
        assignment_required=draft.assignment_required,
        consent=draft.consent,
        oidc=draft.oidc,
        secret_digests=() if of_secret.digest is None else (of_secret.digest,),
        version=1,
        created_at=unit.now_us,
        sealed_secret=of_secret.sealed,
        saml=draft.saml,
        secret_since=of_secret.since,
        assignment_said=draft.assignment_said,
        catalogue=draft.catalogue,
    )
    return Registered(service, draft.contacts, secret)


def _new_secret(draft: ServiceDraft) -> str | None:
    if draft.oidc is None or not draft.oidc.auth_method.has_secret:
        return None
    return draft.secret or ids.mint(SECRET).token


def kept(unit: Unit, service_id: ServiceId, client: OidcClient | None, secret: str | None) -> KeptSecret:
    if secret is None or client is None:
        return KeptSecret()
    signs = client.auth_method is AuthMethod.SECRET_JWT
    return KeptSecret(ids.digest(secret), store.seal_secret(unit, service_id, secret) if signs else None, unit.now_us)


def _move(unit: Unit, service_id: str, status: ServiceStatus) -> Registered:
    before = held(unit, service_id)
    return _change(unit, before, before.draft._replace(status=status))


def _change(unit: Unit, before: Registered, draft: ServiceDraft, sector: Sector | None = None) -> Registered:
    service, unchanged = before.service, before.draft
    if draft == unchanged:
        return before
    _judge(unit, unchanged, draft, sector)
    _provide_key(unit, draft)
    secret, of_secret = _secret_after(unit, service, draft)
    if _is_another(service, draft) and service.verification_status is VerificationStatus.VERIFIED:
        # what an operator confirmed was another registration
        service = with_changes(service, verification_status=VerificationStatus.MEETS_SPEC)
    disabled = draft.status is ServiceStatus.DISABLED and service.enabled
    known_otherwise = draft.oidc is not None and subjects.differ(_rules(service), draft.oidc.subjects)
    ends = disabled or known_otherwise or _gives_up_proof(service.oidc, draft.oidc)
    store.change(unit, service, draft, secret=of_secret, ends=ends)
    if draft.saml is not None:
        upkeep.note(unit, service.id, service.saml, draft.saml)
    changed = [name for name in ServiceDraft._fields if getattr(draft, name) != getattr(unchanged, name)]
    audit.record(unit, Event.SERVICE_CHANGED, subject=service.id, fields=changed, status=draft.status.value)
    return store.registered(unit, service.id)._replace(secret=secret)


def _is_another(service: Service, draft: ServiceDraft) -> bool:
    """What was confirmed to work is no longer what is registered."""
    if service.saml is None or draft.saml is None:
        return draft.oidc != service.oidc
    same = with_changes(
        draft.saml,
        valid_until=service.saml.valid_until,
        described=service.saml.described,
        switch=service.saml.switch,
    )
    return same != service.saml


def _gives_up_proof(before: OidcClient | None, after: OidcClient | None) -> bool:
    """What was issued to somebody who had to prove themselves is not for whoever names the client."""
    return before is not None and after is not None and after.is_public and not before.is_public


def _judge(unit: Unit, before: ServiceDraft | None, draft: ServiceDraft, sector: Sector | None) -> None:
    """What the document alone does not say. Raises `Invalid`, `Conflict`."""
    if before is not None and (before.saml is None) != (draft.saml is None):
        detail = "A service keeps its protocol: register another one."
        raise Invalid("invalid", detail, errors=[FieldError("/protocol", "immutable", detail)])
    if draft.saml is not None and (before is None or before.saml != draft.saml):
        saml_registration.judge(unit, before.saml if before else None, draft.saml)
    relied_on = None if before is None or before.oidc is None else _relied_on(before.oidc)
    if draft.oidc is not None and _relied_on(draft.oidc) != relied_on:
        subjects.judge(draft.oidc.subjects, draft.oidc.redirects, sector)


def _rules(service: Service) -> SubjectRules:
    assert service.oidc is not None
    return service.oidc.subjects


def _relied_on(client: OidcClient) -> tuple[object, ...]:
    return client.subjects, client.redirects.registered


def _secret_after(unit: Unit, service: Service, draft: ServiceDraft) -> tuple[str | None, KeptSecret]:
    """The secret to show, and what to keep of it. One of which only the hash is known cannot begin to sign."""
    if draft.oidc is None:
        return None, KeptSecret()
    signs = draft.oidc.auth_method is AuthMethod.SECRET_JWT
    known = bool(service.secret_digests) and (service.sealed_secret is not None or not signs)
    if draft.secret is None and known and draft.oidc.auth_method.has_secret:
        sealed, former = (service.sealed_secret if signs else None), service.former
        if former is not None and (former.sealed is None) is signs:  # it cannot begin to sign, nor go on
            former = None
        return None, KeptSecret(service.secret_digests[0], sealed, service.secret_since, former)
    secret = _new_secret(draft)
    return secret, kept(unit, service.id, draft.oidc, secret)
