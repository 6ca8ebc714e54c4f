"""Services that are told directly that a session is over (Back-Channel Logout 1.0), from the outbox.

The delivery is the logout token: its id is the `jti`, the same however often it is sent, so that a receiver that knows
it does nothing twice. The token itself is made at each attempt, for it is good for two minutes only.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from idp import delivery, federation, sessions, signing, tenants
from idp.access import FactMemory, Facts
from idp.delivery import OVERTAKEN, Claimed, Impossible
from idp.federation import Protocol, Service
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND, monotonic
from idp.kit.egress import Egress
from idp.kit.errors import NotFound
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Unit, Units
from idp.oidc import mint
from idp.signing import Use
from idp.web.deciding import KeyMissing

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
_GOOD_FOR = 120  # seconds (Back-Channel Logout 1.0, 2.4)
_LARGEST = 16 * 1024  # nobody reads it


class _Call(NamedTuple):
    uri: str
    token: str


class BackChannel:
    """A sender of the dispatcher."""

    def __init__(self, units: Units, memory: FactMemory, egress: Egress, *, base_url: str) -> None:
        self._units = units
        self._memory = memory
        self._egress = egress
        self._base_url = base_url

    def takes(self, claimed: Claimed) -> bool:
        return claimed.event == sessions.TOLD and sessions.protocol_of(claimed.payload) is Protocol.OIDC

    def send(self, claimed: Claimed, *, until: float) -> None:
        try:
            try:
                call = self._prepared(claimed)
            except KeyMissing as missing:  # no token of the algorithm that the service has chosen since
                self._make_key(claimed, missing)
                call = self._prepared(claimed)
        except (NotFound, KeyDestroyed):  # the service, or the whole tenant, is gone
            raise Impossible(OVERTAKEN) from None
        form = urlencode({"logout_token": call.token}).encode()
        patience = until - monotonic()
        delivery.refuse_unaccepted(
            delivery.call(self._egress, claimed, call.uri, form, largest=_LARGEST, patience=patience)
        )

    def _prepared(self, claimed: Claimed) -> _Call:
        with self._units.open(claimed.tenant_id, actor=SYSTEM, write=False) as unit:
            return self._call(unit, claimed)

    def _make_key(self, claimed: Claimed, missing: KeyMissing) -> None:
        private = signing.generate(missing.alg)
        with self._units.open(claimed.tenant_id, actor=SYSTEM) as unit:
            tenants.adopt_key(unit, missing.use, missing.alg, private)

    def _call(self, unit: Unit, claimed: Claimed) -> _Call:
        service = federation.get(unit, claimed.receiver)
        uri = service.oidc.logout.backchannel_uri if service.oidc else None
        if uri is None:
            raise Impossible("no_channel")
        facts = self._memory.current(unit, service.client_id)
        user: str = json.loads(claimed.payload)["user"]
        assert service.oidc is not None
        subject = federation.subject_of(self._units.keys, facts.tenant.id, service.oidc, user)
        token = logout_token(facts, service, claimed, subject=subject, base_url=self._base_url, now_us=unit.now_us)
        return _Call(uri, token)


def logout_token(facts: Facts, service: Service, claimed: Claimed, *, subject: str, base_url: str, now_us: int) -> str:
    """Back-Channel Logout 1.0, 2.4: never with a nonce, and of a type that is no ID token's."""
    assert service.oidc is not None
    about: dict[str, Any] = json.loads(claimed.payload)
    issued = now_us // SECOND
    claims = {
        "iss": f"{base_url}/t/{facts.tenant.slug}",
        "sub": subject,
        "aud": service.client_id,
        "iat": issued,
        "exp": issued + _GOOD_FOR,
        "jti": claimed.id,
        "events": {EVENT: {}},
        "sid": about["session"],
    }
    return mint.key_for(facts, Use.ID_TOKEN, service.oidc.id_token_alg).sign(claims, typ=TYPE)
