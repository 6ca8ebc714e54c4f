"""The sample of SAML: its key is made here, and its registration says what a service's metadata would."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp import federation, signing
from idp.federation import Binding
from idp.kit.units import Unit
from idp.signing import Alg

NAME = "Yoyaku Board 予約ボード"
ENTITY_ID = "urn:warifu:sample:yoyaku-board"  # a name that stays when the port is another one


class KeyPair(NamedTuple):
    """`private` in PEM; `certificate` as metadata has it."""

    private: str
    certificate: str


def new_key(*, now_us: int) -> KeyPair:
    """Outside any transaction: it may take a while."""
    key = signing.generate(Alg.RS256)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KeyPair(private, base64.b64encode(signing.certify(key, name="sample", now_us=now_us)).decode())


def register(unit: Unit, pair: KeyPair, *, issuer: str, origin: str, production: bool) -> Mapping[str, Any]:
    """What its process has to know."""
    saml = _members(origin, pair.certificate)
    known = next((each for each in federation.page(unit) if each.service.client_id == ENTITY_ID), None)
    if known is None:
        document = {"name": NAME, "protocol": "saml", "assignment_required": False, "saml": saml}
        federation.create(unit, federation.read(document, production=production))
    else:
        federation.change(unit, known.service.id, {"saml": saml}, production=production)
    return {"name": NAME, "issuer": issuer, "origin": origin, "entity_id": ENTITY_ID, "key": pair.private}


def _members(origin: str, certificate: str) -> Mapping[str, Any]:
    return {
        "entity_id": ENTITY_ID,
        "acs": [{"url": f"{origin}/acs", "binding": Binding.POST.value}],
        "slo": [{"url": f"{origin}/slo", "binding": Binding.REDIRECT.value}],
        "certificates": [certificate],
        "require_signed_requests": True,
    }
