"""Key objects of this process, each made once."""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.signing import store
from idp.signing.keys import Alg, Private, PublicKey, SigningKey, Status, Use, from_pkcs8
from idp.signing.switching import Switch, signer
from idp.signing.xml_keys import XmlKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """A tenant's keys at one revision: those that sign now, and all that are published (RFC 7517 5)."""

    active: Mapping[tuple[Use, str], SigningKey]
    published: tuple[PublicKey, ...]
    xml: XmlKey | None = None
    reading: Mapping[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    xml_keys: Mapping[str, XmlKey] = field(default_factory=dict)  # by `kid`: `xml` and those before and after it

    def xml_for(self, switch: Switch | None, *, now_us: int) -> XmlKey:
        """What signs for a service of SAML; the tenant has a key."""
        assert self.xml is not None
        return self.xml if switch is None else self.xml_keys[self.xml_kid(switch, now_us=now_us)]

    def xml_kid(self, switch: Switch | None, *, now_us: int) -> str:
        kids = {key.status: key.kid for key in self.published if key.use.in_certificates}
        usable = {kid for kid, key in self.xml_keys.items() if key.ends_at > now_us}
        active, upcoming = kids[Status.ACTIVE], kids.get(Status.NEXT)
        return signer(switch, active=active, upcoming=upcoming, usable=usable, now_us=now_us)

    @property
    def certificates(self) -> tuple[str, ...]:
        """In base64: the one that signs, the one that will, those that have."""
        order = (Status.ACTIVE, Status.NEXT, Status.RETIRING)
        ours = (key for key in self.published if key.use.in_certificates)
        return tuple(key.jwk["x5c"][0] for key in sorted(ours, key=lambda key: order.index(key.status)))

    def still_vouches(self, kid: object, use: Use) -> bool:
        """Whether the key is published: what a revoked one has signed is worth nothing any more."""
        return any(key.kid == kid and key.use is use for key in self.published)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Those that sign, and those to encrypt to that can still be read by."""
        ours = (key for key in self.published if key.use.signs and not key.use.in_certificates)
        signing = [{**key.jwk, "alg": key.alg.value, "use": "sig"} for key in ours]
        reading = [{**key.jwk, "use": "enc"} for key in self.published if key.kid in self.reading]
        return {"keys": [*signing, *reading]}


def read_jwks(document: object) -> list[PublicKey]:
    """The keys of a published set (RFC 7517 5) that could be ours."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return []
    known = {alg.value for alg in Alg}
    ours = [
        key for key in listed if isinstance(key, dict) and key.get("alg") in known and isinstance(key.get("kid"), str)
    ]
    return [PublicKey(key["kid"], Use.CERTIFICATE, Alg(key["alg"]), Status.ACTIVE, key) for key in ours]


class KeyRing:
    """Every tenant's keys that this process has used; a key object outlives the revisions it is seen in."""

    def __init__(self) -> None:
        self._keys: dict[TenantId, dict[str, SigningKey | XmlKey]] = {}
        self._lock = threading.Lock()

    def load(self, unit: Unit) -> KeySet:
        published = [
            (PublicKey(row.kid, Use(row.use), Alg(row.alg), Status(row.status), json.loads(row.public_jwk)), row)
            for row in store.published(unit)
        ]
        kept = [(public, row.private_sealed) for public, row in published]
        signing = [each for each in kept if each[0].use.signs and _may_sign(*each)]
        reading = [each for each in kept if not each[0].use.signs and each[0].alg is Alg.ES256 and each[1]]
        with self._lock:
            known = self._keys.get(unit.tenant, {})
            # those that sign no more are let go
            keys = {public.kid: known.get(public.kid) or _open(unit, public, sealed) for public, sealed in signing}
            self._keys[unit.tenant] = keys
        xml, active = {}, {}
        for public, _ in signing:
            key = keys[public.kid]
            if isinstance(key, XmlKey):
                xml[public.kid] = key
            else:
                active[public.use, public.alg.value] = key
        ours = next((xml[public.kid] for public, _ in signing if public.kid in xml and _is_active(public)), None)
        opened = {public.kid: _read_by(unit, public, sealed) for public, sealed in reading}
        return KeySet(active, tuple(public for public, _ in published), ours, opened, xml)


def _may_sign(public: PublicKey, sealed: bytes) -> bool:
    """Those in certificates may before their turn and after it: a service has its own day (`switching`)."""
    return bool(sealed) and (_is_active(public) or public.use.in_certificates)


def _is_active(public: PublicKey) -> bool:
    return public.status is Status.ACTIVE


def _open(unit: Unit, public: PublicKey, sealed: bytes) -> SigningKey | XmlKey:
    private = _private(unit, public, sealed)
    if public.use.in_certificates:
        return XmlKey(private, base64.b64decode(public.jwk["x5c"][0]))
    return SigningKey(public, private)


def _read_by(unit: Unit, public: PublicKey, sealed: bytes) -> ec.EllipticCurvePrivateKey:
    private = _private(unit, public, sealed)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private


def _private(unit: Unit, public: PublicKey, sealed: bytes) -> Private:
    return from_pkcs8(unit.open_sealed("signing_keys", "private_sealed", public.kid, sealed))
