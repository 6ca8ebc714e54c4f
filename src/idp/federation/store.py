import json
import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from idp import users
from idp.federation.model import (
    Assignee,
    Assignment,
    AssignmentId,
    FormerSecret,
    KeptSecret,
    Registered,
    Service,
    ServiceDraft,
    ServiceId,
)
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_registration import ABSOLUTE_URI
from idp.federation.saml_service import SamlService
from idp.federation.tables import (
    assignments,
    client_registrations,
    fetched_keys,
    secret_uses,
    services,
    verifications,
)
from idp.federation.vocabulary import AssigneeKind, Consent, Protocol, ServiceStatus, VerificationStatus
from idp.kit.asking import Filter, Flag, Text, Words, asked, named_like
from idp.kit.batches import among, batches, binds
from idp.kit.db import add_new, addition, command, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.sealing import Box
from idp.kit.units import Unit


class ServiceRow(NamedTuple):
    id: str
    name: str
    protocol: str
    client_id: str
    status: str
    generation: int
    verification_status: str
    assignment_required: bool
    consent: str
    oidc: str
    contacts: bytes
    secret_digest: bytes | None
    version: int
    created_at: int
    secret_sealed: bytes | None
    saml: str | None
    secret_since: int | None
    former_digest: bytes | None
    former_sealed: bytes | None
    former_since: int | None
    former_until: int | None
    assignment_said: bool | None
    catalogue: str | None


class _Id(NamedTuple):
    id: str


class SelfRegistration(NamedTuple):
    id: str
    digest: bytes
    service_id: str
    created_at: int


class AssignmentRow(NamedTuple):
    id: str
    service_id: str
    kind: str
    subject_id: str
    created_at: int


_SERVICE = [services.c[name] for name in ServiceRow._fields]
_FIND = query(select(*_SERVICE).where(own(services), services.c.id == bindparam("id")), ServiceRow)
_BY_CLIENT_ID = query(select(*_SERVICE).where(own(services), services.c.client_id == bindparam("client")), ServiceRow)
_NAMING = query(
    select(*_SERVICE).where(own(services), services.c.oidc.like(bindparam("pattern"), escape="\\")), ServiceRow
)
_BEGINNING = query(
    select(*_SERVICE).where(own(services), func.lower(services.c.oidc).like(bindparam("pattern"), escape="\\")),
    ServiceRow,
)
_BEGUN_HERE = query(
    select(*_SERVICE).where(own(services), services.c.saml.like('%"idp_initiated":true%')),  # as `_dumped` writes it
    ServiceRow,
)
_SWITCHING = query(
    select(*_SERVICE).where(own(services), services.c.saml.like('%"certificate_switch":{%')),
    ServiceRow,
)
_ADD = command(insert(services))
_FORMER = ("former_digest", "former_sealed", "former_since", "former_until")
_SECRET: dict[str, Any] = {
    name: bindparam(f"new_{name}") for name in ("secret_digest", "secret_sealed", "secret_since", *_FORMER)
}
_CHANGE = command(
    update(services)
    .where(own(services), services.c.id == bindparam("service"))
    .values(
        name=bindparam("new_name"),
        status=bindparam("new_status"),
        generation=services.c.generation + bindparam("ends"),
        verification_status=bindparam("new_verification_status"),
        assignment_required=bindparam("new_assignment_required"),
        consent=bindparam("new_consent"),
        oidc=bindparam("new_oidc"),
        contacts=bindparam("new_contacts"),
        **_SECRET,
        saml=bindparam("new_saml"),
        assignment_said=bindparam("new_assignment_said"),
        catalogue=bindparam("new_catalogue"),
        version=services.c.version + 1,
    )
)
_SET_SECRET = command(
    update(services)
    .where(own(services), services.c.id == bindparam("service"))
    .values(**_SECRET, version=services.c.version + 1)
)
_SET_STATUS = command(
    update(services)
    .where(own(services), services.c.id == bindparam("service"))
    .values(verification_status=bindparam("new_verification_status"))
)
_DELETE = command(delete(services).where(own(services), services.c.id == bindparam("service")))
_FORGET_KEYS = command(delete(fetched_keys).where(own(fetched_keys), fetched_keys.c.service_id == bindparam("service")))
_FORGET_USES = command(delete(secret_uses).where(own(secret_uses), secret_uses.c.service_id == bindparam("service")))
_FORGET_CHECKS = command(
    delete(verifications).where(own(verifications), verifications.c.service_id == bindparam("service"))
)

_ADD_SELF = addition(client_registrations, SelfRegistration)
_FIND_SELF = query(
    select(*[client_registrations.c[name] for name in SelfRegistration._fields]).where(
        own(client_registrations), client_registrations.c.id == bindparam("id")
    ),
    SelfRegistration,
)
_THERE = query(select(services.c.id).where(own(services), among(services.c.id)), _Id)
_REGISTERED_ITSELF = query(
    select(client_registrations.c.id).where(
        own(client_registrations), client_registrations.c.service_id == bindparam("service")
    ),
    _Id,
)
_SELF_REGISTERED = query(select(client_registrations.c.service_id.label("id")).where(own(client_registrations)), _Id)
_FORGET_SELF = command(
    delete(client_registrations).where(
        own(client_registrations), client_registrations.c.service_id == bindparam("service")
    )
)

_ASSIGNMENT = [assignments.c[name] for name in AssignmentRow._fields]
_ASSIGNED = query(
    select(*_ASSIGNMENT).where(
        own(assignments),
        assignments.c.service_id == bindparam("service"),
        assignments.c.kind == bindparam("of_kind"),
        assignments.c.subject_id == bindparam("subject"),
    ),
    AssignmentRow,
)
_ASSIGNED_TO = query(select(*_ASSIGNMENT).where(own(assignments), among(assignments.c.service_id)), AssignmentRow)
_COVERED = query(
    select(*_ASSIGNMENT)
    .where(
        own(assignments),
        assignments.c.service_id == bindparam("service"),
        or_(
            and_(assignments.c.kind == AssigneeKind.USER.value, assignments.c.subject_id == bindparam("user")),
            and_(
                assignments.c.kind == AssigneeKind.GROUP.value,
                assignments.c.subject_id.in_(users.holding(bindparam("user"))),
            ),
        ),
    )
    .limit(1),
    AssignmentRow,
)
_ASSIGN = add_new(assignments)
_UNASSIGN = command(
    delete(assignments).where(
        own(assignments), assignments.c.service_id == bindparam("service"), assignments.c.id == bindparam("assignment")
    )
)
_UNASSIGN_ALL = command(delete(assignments).where(own(assignments), assignments.c.service_id == bindparam("service")))
_FORGET = command(
    delete(assignments).where(
        own(assignments),
        assignments.c.kind == bindparam("of_kind"),
        assignments.c.subject_id == bindparam("subject"),
    )
)


def find(unit: Unit, service_id: str) -> Service | None:
    row = unit.one(_FIND, id=service_id)
    return None if row is None else _service(row)


def existing(unit: Unit, service_ids: Collection[str]) -> set[str]:
    """Those that there are."""
    return {row.id for batch in batches(service_ids) for row in unit.all(_THERE, **binds(batch))}


def get(unit: Unit, service_id: str) -> Service:
    """Raises `NotFound`."""
    service = find(unit, service_id)
    if service is None:
        raise NotFound("service")
    return service


def find_by_client_id(unit: Unit, client_id: str) -> Service | None:
    row = unit.one(_BY_CLIENT_ID, client=client_id)
    return None if row is None else _service(row)


def registered(unit: Unit, service_id: str) -> Registered:
    """With its contacts, unsealed. Raises `NotFound`."""
    row = unit.one(_FIND, id=service_id)
    if row is None:
        raise NotFound("service")
    return _registered(unit, row)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Registered]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def standing_for(unit: Unit, resource: str) -> list[Service]:
    """The services that are enabled and have registered it (RFC 8707)."""
    if not ABSOLUTE_URI.fullmatch(resource):
        return []
    found = naming(unit, resource)
    return [each for each in found if each.enabled and each.oidc is not None and resource in each.oidc.resources]


def naming(unit: Unit, text: str) -> list[Service]:
    """The services in whose metadata this stands as a name or a value. Looks at every service."""
    return [_service(row) for row in unit.all(_NAMING, pattern=f'%"{_literal(text)}"%')]


def beginning(unit: Unit, text: str) -> list[Service]:
    """The services in whose metadata something begins with this, in lower case. Looks at every service."""
    return [_service(row) for row in unit.all(_BEGINNING, pattern=f'%"{_literal(text)}%')]


def begun_here(unit: Unit) -> list[Service]:
    """The services of SAML that take a sign-on which nobody has asked for. Looks at every service."""
    found = (_service(row) for row in unit.all(_BEGUN_HERE))
    return [each for each in found if each.saml is not None and each.saml.idp_initiated]


def switching(unit: Unit) -> list[SamlService]:
    """The services with a day of their own to change over to another certificate of ours. Looks at every service."""
    found = (_service(row).saml for row in unit.all(_SWITCHING))
    return [saml for saml in found if saml is not None and saml.switch is not None]


def add(unit: Unit, new: Sequence[tuple[Service, tuple[str, ...]]]) -> None:
    """Services and their contacts."""
    unit.run_many(_ADD, [_new_row(unit, service, contacts) for service, contacts in new])


def change(unit: Unit, service: Service, draft: ServiceDraft, *, secret: KeptSecret, ends: bool) -> None:
    """`service` carries its new verification status; `ends` its generation."""
    unit.run(
        _CHANGE,
        service=service.id,
        ends=int(ends),
        new_name=draft.name,
        new_status=draft.status.value,
        new_verification_status=service.verification_status.value,
        new_assignment_required=draft.assignment_required,
        new_consent=draft.consent.value,
        new_oidc=_dumped(draft.oidc) or "",
        new_contacts=_sealed(unit, service.id, draft.contacts),
        new_saml=_dumped(draft.saml),
        new_assignment_said=draft.assignment_said,
        new_catalogue=draft.catalogue,
        **_parameters(secret),
    )


def set_secret(unit: Unit, service_id: ServiceId, secret: KeptSecret) -> None:
    unit.run(_SET_SECRET, service=service_id, **_parameters(secret))


def set_verification_status(unit: Unit, service_id: ServiceId, status: VerificationStatus) -> None:
    unit.run(_SET_STATUS, service=service_id, new_verification_status=status.value)


def _parameters(secret: KeptSecret) -> dict[str, Any]:
    former = secret.former
    kept = {
        "secret_digest": secret.digest,
        "secret_sealed": secret.sealed,
        "secret_since": secret.since,
        "former_digest": former and former.digest,
        "former_sealed": former and former.sealed,
        "former_since": former and former.since,
        "former_until": former and former.until,
    }
    return {f"new_{name}": value for name, value in kept.items()}


def seal_secret(unit: Unit, service_id: ServiceId, secret: str) -> bytes:
    return unit.seal("services", "secret_sealed", service_id, secret.encode())


def open_secrets(box: Box, service: Service, now_us: int) -> list[bytes]:
    """Of a client that signs by them: those that prove it then."""
    former = service.former_at(now_us)
    sealed = (service.sealed_secret, former and former.sealed)
    return [box.open("services", "secret_sealed", service.id, each) for each in sealed if each is not None]


def delete_service(unit: Unit, service_id: ServiceId) -> None:
    unit.run(_UNASSIGN_ALL, service=service_id)
    unit.run(_FORGET_SELF, service=service_id)
    unit.run(_FORGET_KEYS, service=service_id)
    unit.run(_FORGET_USES, service=service_id)
    unit.run(_FORGET_CHECKS, service=service_id)
    unit.run(_DELETE, service=service_id)


def add_self_registration(unit: Unit, row: SelfRegistration) -> None:
    unit.append(_ADD_SELF, row)


def find_self_registration(unit: Unit, token_id: str) -> SelfRegistration | None:
    return unit.one(_FIND_SELF, id=token_id)


def registered_itself(unit: Unit, service_id: str) -> bool:
    """Whether nobody of the tenant has registered it."""
    return unit.one(_REGISTERED_ITSELF, service=service_id) is not None


def self_registered(unit: Unit) -> frozenset[str]:
    """The ids of all services that nobody of the tenant has registered."""
    return frozenset(row.id for row in unit.all(_SELF_REGISTERED))


def find_assignment(unit: Unit, service_id: str, assignee: Assignee) -> Assignment | None:
    row = unit.one(_ASSIGNED, service=service_id, of_kind=assignee.kind.value, subject=assignee.id)
    return None if row is None else _assignment(row)


def is_covered(unit: Unit, service_id: str, user_id: str) -> bool:
    """By an assignment of its own, or of a group that it is in."""
    return unit.one(_COVERED, service=service_id, user=user_id) is not None


def assignments_of(unit: Unit, service_id: str, *, after: str = "", limit: int = 50) -> list[Assignment]:
    return ASSIGNMENTS.page(unit, Question(after=after, limit=limit), service=service_id).items


def assignments_among(unit: Unit, service_ids: Collection[str]) -> dict[str, list[Assignment]]:
    """Of several services, all at once; those without any are left out."""
    found: dict[str, list[Assignment]] = {}
    for batch in batches(service_ids):
        for row in unit.all(_ASSIGNED_TO, **binds(batch)):
            found.setdefault(row.service_id, []).append(_assignment(row))
    return found


def assign_many(unit: Unit, new: Sequence[Assignment]) -> None:
    unit.run_many(_ASSIGN, [{**each._asdict(), "kind": each.kind.value} for each in new])


def assign(unit: Unit, assignment: Assignment) -> bool:
    """False when it was assigned already."""
    return unit.run(_ASSIGN, **{**assignment._asdict(), "kind": assignment.kind.value}) == 1


def unassign(unit: Unit, service_id: str, assignment_id: str) -> bool:
    return unit.run(_UNASSIGN, service=service_id, assignment=assignment_id) == 1


def forget(unit: Unit, assignee: Assignee) -> int:
    return unit.run(_FORGET, of_kind=assignee.kind.value, subject=assignee.id)


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _new_row(unit: Unit, service: Service, contacts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "tenant_id": unit.tenant,
        "id": service.id,
        "name": service.name,
        "protocol": service.protocol.value,
        "client_id": service.client_id,
        "status": service.status.value,
        "generation": service.generation,
        "verification_status": service.verification_status.value,
        "assignment_required": service.assignment_required,
        "consent": service.consent.value,
        "oidc": _dumped(service.oidc) or "",
        "contacts": _sealed(unit, service.id, contacts),
        "secret_digest": service.secret_digests[0] if service.secret_digests else None,
        "version": service.version,
        "created_at": service.created_at,
        "secret_sealed": service.sealed_secret,
        "saml": _dumped(service.saml),
        "secret_since": service.secret_since,
        **dict.fromkeys(_FORMER),
        "assignment_said": service.assignment_said,
        "catalogue": service.catalogue,
    }


def _dumped(registered: OidcClient | SamlService | None) -> str | None:
    if registered is None:
        return None
    return json.dumps(registered.to_json(), ensure_ascii=False, separators=(",", ":"))


def _sealed(unit: Unit, service_id: str, contacts: tuple[str, ...]) -> bytes:
    return unit.seal("services", "contacts", service_id, json.dumps(contacts).encode())


def _registered(unit: Unit, row: ServiceRow) -> Registered:
    contacts = json.loads(unit.open_sealed("services", "contacts", row.id, row.contacts))
    return Registered(_service(row), tuple(contacts))


def _service(row: ServiceRow) -> Service:
    return Service(
        id=ServiceId(row.id),
        name=row.name,
        protocol=Protocol(row.protocol),
        client_id=row.client_id,
        status=ServiceStatus(row.status),
        generation=row.generation,
        verification_status=VerificationStatus(row.verification_status),
        assignment_required=bool(row.assignment_required),
        consent=Consent(row.consent),
        oidc=OidcClient.from_json(json.loads(row.oidc)) if row.oidc else None,
        secret_digests=() if row.secret_digest is None else (bytes(row.secret_digest),),
        version=row.version,
        created_at=row.created_at,
        sealed_secret=None if row.secret_sealed is None else bytes(row.secret_sealed),
        saml=SamlService.from_json(json.loads(row.saml)) if row.saml else None,
        secret_since=row.secret_since,
        former=_former(row),
        assignment_said=bool(row.assignment_said),
        catalogue=row.catalogue,
    )


def _former(row: ServiceRow) -> FormerSecret | None:
    if row.former_digest is None or row.former_until is None:
        return None
    sealed = None if row.former_sealed is None else bytes(row.former_sealed)
    return FormerSecret(bytes(row.former_digest), row.former_until, row.former_since, sealed)


def _assignment(row: AssignmentRow) -> Assignment:
    return Assignment(
        AssignmentId(row.id), ServiceId(row.service_id), AssigneeKind(row.kind), row.subject_id, row.created_at
    )


_PERMISSION = re.compile(r"[a-z_]+:(read|write|\*)|\*:(read|write|\*)")


def _uses_api(registered: Registered, wanted: bool) -> bool:
    client = registered.service.oidc
    return (client is not None and any(map(_PERMISSION.fullmatch, client.scopes))) is wanted


LISTED: Listing[Registered] = Listing(
    rows=select(*_SERVICE).where(own(services)),
    row=ServiceRow,
    make=_registered,
    orders={"name": "name"},
    filters={
        "q": named_like("name", example="wiki", meaning="Those in whose name it stands, in any case and width."),
        "protocol": Filter(
            takes=Words(Protocol), meaning="Those of it.", where=services.c.protocol == asked("protocol")
        ),
        "status": Filter(
            takes=Words(ServiceStatus), meaning="Those of it.", where=services.c.status == asked("status")
        ),
        "verification_status": Filter(
            takes=Words(VerificationStatus),
            meaning="Those of it.",
            where=services.c.verification_status == asked("verification_status"),
        ),
        "assignment_required": Filter(
            takes=Flag(),
            meaning="Those that only let in who is assigned, or the others.",
            where={
                True: services.c.assignment_required.is_(True),
                False: services.c.assignment_required.is_(False),
            },
        ),
        "permissions": Filter(
            takes=Flag(),
            meaning="Those that may ask for permissions of this API, `noun:verb`, or the others.",
            keeps=_uses_api,
        ),
        "client_id": Filter(
            takes=Text("https://wiki.example/saml", longest=1024),
            meaning="The one with this `client_id`, or entity ID.",
            where=services.c.client_id == asked("client_id"),
        ),
    },
)

ASSIGNMENTS: Listing[Assignment] = Listing(
    rows=select(*_ASSIGNMENT).where(own(assignments), assignments.c.service_id == bindparam("service")),
    row=AssignmentRow,
    make=lambda _, row: _assignment(row),
    filters={
        "kind": Filter(takes=Words(AssigneeKind), meaning="Those of it.", where=assignments.c.kind == asked("kind")),
        "user": Filter(
            takes=Text("usr_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="That of one ID, itself.",
            where=and_(assignments.c.kind == AssigneeKind.USER.value, assignments.c.subject_id == asked("user")),
        ),
        "group": Filter(
            takes=Text("grp_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="That of one group.",
            where=and_(assignments.c.kind == AssigneeKind.GROUP.value, assignments.c.subject_id == asked("group")),
        ),
    },
)
