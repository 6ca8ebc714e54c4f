"""A service as the admin API says it: `{"name", "protocol", "oidc" or "saml": {…}, …}`, judged, all faults at once."""

from collections.abc import Mapping
from typing import Any

from idp.federation import catalogue, oidc_registration, saml_registration
from idp.federation.model import Registered, Service, ServiceDraft
from idp.federation.vocabulary import Consent, Protocol, ServiceStatus
from idp.kit.clock import SECOND, rfc3339
from idp.kit.fields import Fields, merged

_MEMBERS = frozenset({"name", "protocol", "status", "assignment_required", "consent", "oidc", "saml"})
# How a service of SAML stands, or what its metadata say: nothing that anybody sets.
_STANDING = frozenset(
    {"described", "last_error", "last_refresh_at", "next_refresh_at", "signing_certificate", "waiting"}
)
# What is told beside a registration, of the moment that it was read at.
_BESIDE = ("setup", "verification", "warnings")
_OTHER = {Protocol.OIDC: "saml", Protocol.SAML: "oidc"}


def filled(document: Mapping[str, Any]) -> dict[str, Any]:
    """With what an application of the catalogue says of itself, if the document names one. Raises `Invalid`."""
    return catalogue.filled(document, _MEMBERS)


def read(document: Mapping[str, Any], *, production: bool) -> ServiceDraft:
    """Of a registration. Raises `Invalid`."""
    return _read(filled(document), _MEMBERS | {"catalogue"}, production=production)


def read_changed(document: Mapping[str, Any], *, production: bool) -> ServiceDraft:
    """Of `changed`. Raises `Invalid`."""
    return _read(document, _MEMBERS, production=production)


def _read(document: Mapping[str, Any], known: frozenset[str], *, production: bool) -> ServiceDraft:
    fields = Fields(document)
    fields.only(known)
    protocol = fields.choice("protocol", Protocol, frozenset(), default=Protocol.OIDC)
    fields.required("name", expected="string")
    fields.required("protocol", expected=list(Protocol))
    fields.required(protocol, expected="object")
    if fields.given(_OTHER[protocol]) is not None:
        fields.refuse(_OTHER[protocol], "inconsistent", f"The protocol is {protocol}.")
    name = fields.text("name") or ""
    status = fields.choice("status", ServiceStatus, frozenset(), default=ServiceStatus.ENABLED)
    assignment_required = fields.flag("assignment_required", default=True)  # nobody gets in by default
    consent = fields.choice("consent", Consent, frozenset(), default=Consent.NONE)
    inner = fields.inner(protocol)
    if not fields.clean(protocol):  # left out, or no object: what it lacks is not worth naming
        fields.finish()
    draft = ServiceDraft(name, status, assignment_required, consent, None, catalogue=fields.text("catalogue"))
    if protocol is Protocol.SAML:
        draft = draft._replace(saml=saml_registration.read(inner, production=production))
    else:
        client, contacts, secret = oidc_registration.read_from(inner, production=production)
        if not client.signs_people_in:
            if fields.given("assignment_required") is None:
                draft = draft._replace(assignment_required=False)  # an API: whoever calls it for a person was let in
            elif not assignment_required:
                draft = draft._replace(assignment_said=True)
        draft = draft._replace(oidc=client, contacts=contacts, secret=secret)
    fields.finish()
    return draft


def without_echo(document: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """The document without those members that are ours and repeat what was shown, or say how it stood at that moment:
    what was read may be sent back."""
    kept = {name: value for name, value in document.items() if name in _MEMBERS or value != shown.get(name)}
    for name in _BESIDE:
        kept.pop(name, None)
    if isinstance(saml := kept.get("saml"), Mapping):
        kept["saml"] = {name: value for name, value in saml.items() if name not in _STANDING}
    inner, inner_shown = kept.get("oidc"), shown.get("oidc", {})
    if isinstance(inner, Mapping):
        names = oidc_registration.NAMES
        kept["oidc"] = {k: v for k, v in inner.items() if k in names or k not in inner_shown or v != inner_shown[k]}
    return kept


def writable(registered: Registered) -> dict[str, Any]:
    """The document that `read` gives the same draft for, but for the secret."""
    return said(registered.draft)


def said(draft: ServiceDraft) -> dict[str, Any]:
    """The document that it was read from, whole, but for the secret."""
    document: dict[str, Any] = {
        "name": draft.name,
        "protocol": (Protocol.OIDC if draft.saml is None else Protocol.SAML).value,
        "status": draft.status.value,
        "assignment_required": draft.assignment_required,
        "consent": draft.consent.value,
    }
    if draft.saml is not None:
        said = draft.saml.to_json()
        return {**document, "saml": {name: value for name, value in said.items() if name not in _STANDING}}
    assert draft.oidc is not None
    return {**document, "oidc": {**draft.oidc.to_json(), "contacts": list(draft.contacts)}}


def changed(registered: Registered, patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396 over what is registered; new metadata of a service takes the place of what the old one said."""
    document = writable(registered)
    if "saml" in document:
        document["saml"] = saml_registration.renewed(document["saml"], patch.get("saml"))
    if _is_open_unsaid(registered.service):
        del document["assignment_required"]  # once people sign in to it nobody gets in by default here either
    return merged(document, patch)


def _is_open_unsaid(service: Service) -> bool:
    """An API that needs no assignment merely because it is one."""
    is_api = service.oidc is not None and not service.oidc.signs_people_in
    return is_api and not service.assignment_required and not service.assignment_said


def to_json(registered: Registered) -> dict[str, Any]:
    """As the admin API shows it; with `client_secret` the one time that there is one to show."""
    service = registered.service
    shown = writable(registered)
    if service.oidc is not None:
        shown["oidc"] |= _rfc7591(service, registered.secret)
    if service.saml is not None and service.saml.described is not None:
        shown["saml"]["described"] = service.saml.described.to_json()
    return {
        "id": service.id,
        **shown,
        "catalogue": service.catalogue,
        "verification_status": service.verification_status.value,
        "created_at": rfc3339(service.created_at),
    }


def _rfc7591(service: Service, secret: str | None) -> dict[str, Any]:
    """What the server adds to the metadata (RFC 7591 3.2.1)."""
    added: dict[str, Any] = {"client_id": service.client_id, "client_id_issued_at": service.created_at // SECOND}
    if service.oidc and service.oidc.auth_method.has_secret:
        added["client_secret_expires_at"] = 0
    if secret is not None:
        added["client_secret"] = secret
    return added
