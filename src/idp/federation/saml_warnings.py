"""What of a service of SAML is about to end: its certificates, and its own word on how long its metadata hold.

A certificate that has ended still verifies (`signing.certificates`), so its end is for people to know of. Metadata that
have ended do not: from that moment nobody is signed on to the service until there are new ones.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from idp import audit, delivery, signing
from idp.audit import Event
from idp.federation.model import Service
from idp.federation.saml_service import SamlService
from idp.federation.upkeep import Upkeep
from idp.kit.clock import rfc3339
from idp.kit.units import Unit


class Code(StrEnum):
    CERTIFICATE_EXPIRES = "certificate_expires"
    CERTIFICATE_EXPIRED = "certificate_expired"
    METADATA_EXPIRES = "metadata_expires"
    METADATA_EXPIRED = "metadata_expired"
    REFRESH_FAILED = "refresh_failed"
    CHANGE_WAITS = "change_waits"


class End(NamedTuple):
    """`subject` is the same for as long as it is the same end."""

    subject: str
    ends_at: int
    coming: Code
    come: Code
    fingerprint: str | None = None


class Standing(NamedTuple):
    """A warning as it stands. `days` are those of its threshold."""

    code: Code
    ends_at: int | None = None
    days: int | None = None
    fingerprint: str | None = None
    subject: str = ""

    def to_json(self) -> dict[str, Any]:
        shown = {
            "code": self.code.value,
            "ends_at": None if self.ends_at is None else rfc3339(self.ends_at),
            "fingerprint_sha256": self.fingerprint,
        }
        return {name: value for name, value in shown.items() if value is not None}


def ends(saml: SamlService, *, renewed: bool) -> Iterator[End]:
    """`renewed`: its metadata are fetched anew, and that works: then their end comes and goes."""
    seen = {each.der: each for each in (*saml.keys.signing, *saml.keys.encrypting)}
    for each in seen.values():
        expires, expired = Code.CERTIFICATE_EXPIRES, Code.CERTIFICATE_EXPIRED
        yield End(each.fingerprint, each.not_after, expires, expired, each.fingerprint)
    if saml.valid_until is not None and not renewed:
        yield End(f"metadata {saml.valid_until}", saml.valid_until, Code.METADATA_EXPIRES, Code.METADATA_EXPIRED)


def coming(saml: SamlService, *, renewed: bool, now_us: int) -> tuple[Standing, ...]:
    """Those that people are to know of now."""
    found = []
    for end in ends(saml, renewed=renewed):
        days = signing.threshold(end.ends_at, now_us)
        if days is not None:
            code = end.come if days == 0 else end.coming
            found.append(Standing(code, end.ends_at, days, end.fingerprint, end.subject))
    return tuple(found)


def next_look(saml: SamlService, *, renewed: bool, now_us: int) -> int | None:
    """When the next of them is due."""
    instants = (signing.next_warning(end.ends_at, now_us) for end in ends(saml, renewed=renewed))
    return min((at for at in instants if at is not None), default=None)


def standing(saml: SamlService, state: Upkeep, now_us: int) -> tuple[Standing, ...]:
    """Everything that an administrator should look at."""
    found = list(coming(saml, renewed=_is_renewed(saml, state), now_us=now_us))
    if state.failures:
        found.append(Standing(Code.REFRESH_FAILED))
    if state.waiting_id is not None:
        found.append(Standing(Code.CHANGE_WAITS))
    return tuple(found)


def warn(unit: Unit, service: Service, state: Upkeep) -> int | None:
    """Tells the administrators what they were not told yet; when to look again."""
    saml = service.saml
    assert saml is not None
    renewed = _is_renewed(saml, state)
    for each in coming(saml, renewed=renewed, now_us=unit.now_us):
        assert each.days is not None
        assert each.ends_at is not None
        if signing.warns_first(unit, f"{service.id} {each.subject}", each.days):
            said = {"service": service.id, "service_name": service.name, "ends_at": rfc3339(each.ends_at)}
            event = f"service.{each.code.value}"
            delivery.enqueue(unit, event, receiver="tenant", payload={**said, "fingerprint": each.fingerprint})
            audit.record(unit, Event.EXPIRY_WARNED, subject=service.id, code=each.code.value, days=each.days)
    return next_look(saml, renewed=renewed, now_us=unit.now_us)


def _is_renewed(saml: SamlService, state: Upkeep) -> bool:
    return saml.source.address(saml.entity_id) is not None and not state.failures
