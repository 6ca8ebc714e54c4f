"""What a relying party needs to know beforehand (OpenID Connect Discovery 1.0, RFC 8414), and the public keys.

Both answer while the database is down: the document follows from the issuer, and keys are kept in memory.
"""

import asyncio
import json
from typing import Any

from idp import tenants
from idp.access import Facts
from idp.federation import (
    AssertionAlg,
    AuthMethod,
    Grant,
    RequestAlg,
    RequestKeyAlg,
    ResponseType,
    SigningAlg,
    SubjectType,
)
from idp.kit.ids import TenantId
from idp.oidc import dpop
from idp.oidc.model import Scope
from idp.oidc.modes import BY_TYPE, ResponseMode
from idp.oidc.offers import offers
from idp.oidc.request import is_offered
from idp.sessions import Acr
from idp.signing import Alg, ContentEnc, KeyAlg
from idp.tenants import Switches
from idp.users import CLAIMS_OF_SCOPE
from idp.web import state_cookie
from idp.web.asgi import JSON, App, Header, Receive, Send, respond
from idp.web.asgi import Scope as Request
from idp.web.house import House
from idp.web.keys_ahead import provide
from idp.web.languages import Language
from idp.web.lasting import lasting

_PUBLIC: tuple[Header, ...] = (
    JSON,
    (b"cache-control", b"public, max-age=300"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_PATIENCE = 5.0  # seconds: an RSA key takes up to two to find
_AGAIN = 30.0
_OWN_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")


_ENCRYPTED_REQUESTS = {
    "request_object_encryption_alg_values_supported": [alg.value for alg in RequestKeyAlg],
    "request_object_encryption_enc_values_supported": [enc.value for enc in ContentEnc],
}


def metadata(issuer: str, switches: Switches, *, reads_encrypted: bool = False) -> dict[str, Any]:
    """`reads_encrypted`: there are keys that requests can be encrypted to."""
    methods = [method.value for method in AuthMethod]
    proving = [method.value for method in AuthMethod if method is not AuthMethod.NONE]
    signing = [alg.value for alg in AssertionAlg]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        **({"registration_endpoint": f"{issuer}/register"} if switches.dynamic_registration else {}),
        **_logout(issuer, switches),
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": [kind.value for kind in ResponseType if is_offered(kind, switches)],
        "response_modes_supported": [*(mode.value for mode in ResponseMode), BY_TYPE],
        "grant_types_supported": [grant.value for grant in Grant if offers(grant, switches)],
        "subject_types_supported": [kind.value for kind in SubjectType],
        **_algorithms(),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": signing,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": signing,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": [*dpop.ALGS],
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": [*_OWN_CLAIMS, *(name for names in CLAIMS_OF_SCOPE.values() for name in names)],
        "claims_parameter_supported": True,
        **_requests(issuer, switches),
        **(_ENCRYPTED_REQUESTS if reads_encrypted else {}),
        "authorization_response_iss_parameter_supported": True,
        "acr_values_supported": [acr.value for acr in Acr],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": [language.value for language in Language],
        **({"device_authorization_endpoint": f"{issuer}/device_authorization"} if switches.device_grant else {}),
    }


def _logout(issuer: str, switches: Switches) -> dict[str, Any]:
    """RP-Initiated Logout 1.0, 2.1, Session Management 1.0, 3.3, and what each channel adds."""
    frame = {"check_session_iframe": f"{issuer}/{state_cookie.PAGE}"} if switches.session_management else {}
    return {
        "end_session_endpoint": f"{issuer}/end_session",
        **frame,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def _requests(issuer: str, switches: Switches) -> dict[str, Any]:
    """How else than in a query they are handed in (RFC 9126 5, RFC 9101 10.5, OpenID Connect Discovery 3)."""
    return {
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": False,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": switches.request_uri_by_reference,
        "require_request_uri_registration": True,
        "require_signed_request_object": False,
        "request_object_signing_alg_values_supported": [alg.value for alg in RequestAlg],
    }


def _algorithms() -> dict[str, Any]:
    return {
        "id_token_signing_alg_values_supported": [Alg.RS256.value, Alg.ES256.value, Alg.PS256.value, Alg.EDDSA.value],
        "userinfo_signing_alg_values_supported": [alg.value for alg in SigningAlg],
        "id_token_encryption_alg_values_supported": [alg.value for alg in KeyAlg],
        "id_token_encryption_enc_values_supported": [enc.value for enc in ContentEnc],
        "userinfo_encryption_alg_values_supported": [alg.value for alg in KeyAlg],
        "userinfo_encryption_enc_values_supported": [enc.value for enc in ContentEnc],
        "authorization_signing_alg_values_supported": [alg.value for alg in SigningAlg],
        "authorization_encryption_alg_values_supported": [alg.value for alg in KeyAlg],
        "authorization_encryption_enc_values_supported": [enc.value for enc in ContentEnc],
        "introspection_signing_alg_values_supported": [alg.value for alg in SigningAlg],
        "introspection_encryption_alg_values_supported": [alg.value for alg in KeyAlg],
        "introspection_encryption_enc_values_supported": [enc.value for enc in ContentEnc],
    }


def discovery(house: House) -> App:
    async def answer(scope: Request, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        facts = await lasting(house, scope["state"]["tenant_slug"])
        issuer, reads = house.issuer(facts.tenant.slug), bool(facts.keys.reading)
        body = json.dumps(metadata(issuer, facts.switches, reads_encrypted=reads), separators=(",", ":"))
        await respond(send, 200, _PUBLIC, body.encode())

    return answer


def jwks(house: House) -> App:
    """Of a tenant that nobody has asked for a token yet, those that will sign the first: a verifier that looks now may
    not look again before."""
    making = _Making(house)

    async def answer(scope: Request, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        slug = scope["state"]["tenant_slug"]
        facts = await lasting(house, slug)
        if _lacks(facts) and await making.done(facts.tenant.id):
            facts = await lasting(house, slug)
        await respond(send, 200, _PUBLIC, json.dumps(facts.keys.jwks(), separators=(",", ":")).encode())

    return answer


class _Making:
    """Of first keys, once for all who ask for those of a tenant. Nobody waits for long where it does not succeed, and
    it is not tried again at once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tries: dict[TenantId, asyncio.Task[bool]] = {}

    async def done(self, tenant: TenantId) -> bool:
        found = self._tries.get(tenant)
        if found is None:
            work = asyncio.to_thread(provide, self._house.units, tenant, tenants.FIRST_KEYS)
            found = self._tries[tenant] = asyncio.create_task(work)
            asyncio.get_running_loop().call_later(_AGAIN, self._tries.pop, tenant, None)
        finished, _ = await asyncio.wait({found}, timeout=_PATIENCE)
        return bool(finished) and found.result()


def _lacks(facts: Facts) -> bool:
    return not facts.keys.active.keys() >= {*tenants.FIRST_KEYS}
