"""Who the client is: one method, the registered one, and nothing beside it (RFC 6749 2.3)."""

import base64
import hmac
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

from idp import signing
from idp.access import Facts
from idp.federation import AuthMethod, Service
from idp.oidc import origins
from idp.oidc.errors import OAuthError, invalid_client
from idp.oidc.replays import Once
from idp.signing import Unverified
from idp.web.asgi import Scope, kept
from idp.web.forms import Form

_LONGEST: Final = 1_024
_JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION: Final = frozenset({"client_assertion", "client_assertion_type"})


class Proven(NamedTuple):
    """Of which registration an assertion was verified, and what is used up by it."""

    service_id: str
    version: int
    once: Once


class Credentials(NamedTuple):
    """What a request says of its client, before it is believed; of its secret, the SHA-256. An assertion counts once
    `assertions.prove` has filled in `proven`."""

    client_id: str
    digest: bytes
    method: AuthMethod
    assertion: str | None = None
    proven: Proven | None = None

    @property
    def uses(self) -> tuple[Once, ...]:
        """What is used up, in the transaction of whatever comes of the request."""
        return () if self.proven is None else (self.proven.once,)


def read(scope: Scope, form: Form) -> Credentials:
    """Raises `OAuthError`: 401 for what cannot be a credential, 400 for a request without any client."""
    shown = _read(scope, form)
    if origins.is_asked(scope):
        origins.name_client(scope, shown.client_id)
    return shown


def _read(scope: Scope, form: Form) -> Credentials:
    named, secret = form.get("client_id"), form.get("client_secret")
    if not _ASSERTION.isdisjoint(form.names):
        return _asserted(scope, form)
    authorization: bytes | None = scope["state"]["headers"].get(b"authorization")
    if authorization is not None:
        basic = kept(scope, "basic", lambda: _basic(authorization))
        if secret is not None or named not in {None, basic.client_id}:
            invalid_client("two methods at once")
        return basic
    if not named:
        raise OAuthError("invalid_request", "client_id is missing.")
    if len(named) > _LONGEST or len(secret or "") > _LONGEST:
        invalid_client("too long")
    return Credentials(named, _digest(secret or ""), AuthMethod.NONE if secret is None else AuthMethod.POST)


def authenticate(facts: Facts, shown: Credentials, now_us: int) -> Service:
    """The service, proved by its one registered method. Raises `OAuthError("invalid_client")`."""
    service = facts.services.get(shown.client_id)
    if service is None or service.oidc is None or service.oidc.auth_method is not shown.method:
        invalid_client("unknown client or other method")
    if shown.proven is not None:
        if shown.proven[:2] != (service.id, service.version):
            invalid_client("registered anew since the assertion was verified")
        return service
    if shown.method is not AuthMethod.NONE and not _any_equal(service.secrets_at(now_us), shown.digest):
        invalid_client("wrong secret")
    return service


def _asserted(scope: Scope, form: Form) -> Credentials:
    """RFC 7521 4.2; the client is named by the assertion itself, and by `client_id` at most as well."""
    if "client_secret" in form or b"authorization" in scope["state"]["headers"]:
        invalid_client("two methods at once")
    assertion = form.get("client_assertion")
    if assertion is None or form.get("client_assertion_type") != _JWT_BEARER:
        invalid_client("an assertion of another type")
    try:
        seen = signing.look(assertion)
    except Unverified:
        invalid_client("no JWT")
    subject = seen.claims.get("sub")
    if not isinstance(subject, str) or not subject or form.get("client_id") not in {None, subject}:
        invalid_client("an assertion of another client")
    method = AuthMethod.SECRET_JWT if seen.header.get("alg") == signing.SHARED_ALG else AuthMethod.KEY_JWT
    return Credentials(subject, b"", method, assertion)


def _basic(authorization: bytes) -> Credentials:
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic" or len(encoded) > 4 * _LONGEST:
        invalid_client("not Basic")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        # RFC 6749 2.3.1: each half was form-encoded before it was joined
        client_id, secret = _unquoted(user), _unquoted(password)
    except ValueError:
        invalid_client("malformed Basic")
    if not colon or not client_id or not secret:
        invalid_client("incomplete Basic")
    return Credentials(client_id, _digest(secret), AuthMethod.BASIC)


def _digest(secret: str) -> bytes:
    """Taken whether or not there is such a client: the answer takes as long."""
    return sha256(secret.encode()).digest()


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _any_equal(stored: tuple[bytes, ...], digest: bytes) -> bool:
    return True in [hmac.compare_digest(one, digest) for one in stored]  # every one, always
