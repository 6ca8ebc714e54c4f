"""The outermost layer of the application: every request comes in here before anything of ours reads it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from idp.web.asgi import App, Header, Receive, Scope, Send, kept
from idp.web.exchange import Exchange, Habits
from idp.web.failures import Refusal, RenderFailure, too_large
from idp.web.forwarding import ForwardedField
from idp.web.limits import BODY_LIMITS, BodyLimits
from idp.web.paths import is_normal
from idp.web.peers import UNKNOWN, Peers
from idp.web.request_log import RequestLog, StructuredLog

ANY_HOST: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Asked for by address, from orchestrators that know no name."""

# Doors take these, or name in their stead what they take (405); the others nothing here knows (501).
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})

# Fields of which two copies would be read differently by two readers (RFC 9110 5.3: they are not lists).
_SINGLE: Final = (
    *(b"host", b"content-length", b"content-type", b"authorization", b"origin", b"referer", b"dpop"),
    b"idempotency-key",
)

# What a proxy may say about the connection in front of it. None of it reaches a door: the public address of this server
# is a setting, and the client's address is worked out here.
_FORWARDING: Final = frozenset(
    {
        b"x-forwarded-for",
        b"forwarded",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-forwarded-prefix",
        b"x-forwarded-server",
        b"x-forwarded-ssl",
        b"x-real-ip",
        b"x-original-url",
        b"x-rewrite-url",
    }
)

_SECURITY: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HSTS: Final[Header] = (b"strict-transport-security", b"max-age=63072000")


class _Admitted(NamedTuple):
    """What of a request's head reaches the doors; see `Hallway`. `limit` is that of its body."""

    headers: list[Header]
    fields: dict[bytes, bytes]
    client: tuple[str, int]
    limit: int


class Hallway:
    """Wraps `app`; what a door finds afterwards in `scope`:

    `scheme` is that of the base URL; `client` is the canonical client, and `state["client_address"]` its address as
    text (`::` when a proxy did not say); `state["reference"]`; `state["headers"]`: the fields as a dict, names in lower
    case, without forwarding fields and names with underscores, the last one where a field was repeated.
    """

    def __init__(
        self,
        app: App,
        *,
        base_url: str,
        trusted_proxies: Iterable[str] = (),
        forwarded_field: ForwardedField = ForwardedField.X_FORWARDED_FOR,
        body_limits: Mapping[str, int] = BODY_LIMITS,
        render_failure: RenderFailure | None = None,
        request_log: RequestLog | None = None,
        log_addresses: bool = False,
    ) -> None:
        """Raises ValueError for a proxy network that is none or holds everybody, and for a base URL without a host."""
        base = urlsplit(base_url)
        if not base.netloc:
            raise ValueError(base_url)
        self._app = app
        self._scheme = base.scheme
        self._host = base.netloc.lower().encode("ascii")
        self._peers = Peers(trusted_proxies, field=forwarded_field)
        self._limits = BodyLimits(body_limits)
        self._body_limit = lru_cache(256)(self._judge_path)
        headers = (*_SECURITY, _HSTS) if base.scheme == "https" else _SECURITY
        self._habits = Habits(
            headers=headers, page=render_failure, requests=request_log or StructuredLog(), names_addresses=log_addresses
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # a web socket: there are none here, and silence refuses it
        exchange = Exchange(self._habits, scope, receive, send)
        failure: Exception | None = None
        try:
            try:
                self._admit(scope, exchange)
                await self._app(scope, exchange.receive, exchange.send)
                if exchange.silent:
                    await exchange.conclude()
            except Exception as raised:
                failure = raised
            if isinstance(failure, Refusal):
                await exchange.refuse(failure)
            elif failure is not None:
                await exchange.fail(failure)
        finally:
            exchange.record()

    def _admit(self, scope: Scope, exchange: Exchange) -> None:
        """Makes the scope canonical. Raises `Refusal` for a request that could be read in more than one way."""
        state = scope.setdefault("state", {})
        state["reference"] = exchange.reference
        admitted = kept(scope, "admitted", lambda: self._judge(scope))
        scope["headers"], state["headers"], scope["client"], exchange.limit = admitted
        state["client_address"] = admitted.client[0]
        scope["scheme"] = self._scheme

    def _judge(self, scope: Scope) -> _Admitted:
        if scope["method"] not in _METHODS:
            raise Refusal(501, "unknown_method", "This method is not known here.")
        limit = self._body_limit(scope["raw_path"], scope["path"])
        headers = scope["headers"]
        fields: dict[bytes, bytes] = dict(headers)
        if len(fields) != len(headers):
            _refuse_repetition(headers)
        if fields.get(b"host") != self._host and scope["path"] not in ANY_HOST:
            self._refuse_host(fields)
        self._place_client(scope, fields)
        if b"_" in b"".join(fields) or not _FORWARDING.isdisjoint(fields):
            headers = _without_ambiguous(headers, fields)
        if b"content-length" not in fields and b"transfer-encoding" not in fields:
            limit = 0
        elif int(fields.get(b"content-length", b"0")) > limit:
            raise too_large(limit)
        return _Admitted(headers, fields, scope["client"], limit)

    def _judge_path(self, raw_path: bytes, path: str) -> int:
        """How large a body may be that is sent there."""
        if not is_normal(raw_path):
            raise Refusal(400, "malformed_path", "The path is not in its normal form.")
        return self._limits.of(path)

    def _refuse_host(self, fields: dict[bytes, bytes]) -> None:
        host = fields.get(b"host")
        if host is None:
            raise Refusal(400, "host_required", "A Host field is required.")  # RFC 9112 3.2
        if host.lower() != self._host:
            raise Refusal(421, "misdirected_request", "This server does not answer for that host.")

    def _place_client(self, scope: Scope, fields: dict[bytes, bytes]) -> None:
        peer = scope.get("client")
        address, trusted = self._peers.peer(peer[0]) if peer else (UNKNOWN, False)
        port = peer[1] if peer else 0
        if trusted:
            port = 0  # the proxy's own
            address = self._forwarded_client(scope) if self._peers.field in fields else UNKNOWN
        scope["client"] = (address, port)
        scope["state"]["client_address"] = address

    def _forwarded_client(self, scope: Scope) -> str:
        try:
            said = [value for name, value in scope["headers"] if name == self._peers.field]
            return self._peers.client(b",".join(said))
        except ValueError:
            raise Refusal(400, "malformed_forwarded_address", "The proxy names no address.") from None


def _refuse_repetition(headers: list[Header]) -> None:
    names = [name for name, _ in headers]
    for name in _SINGLE:
        if names.count(name) > 1:
            raise Refusal(400, "repeated_field", f"{name.decode()} is given more than once.")


def _without_ambiguous(headers: list[Header], fields: dict[bytes, bytes]) -> list[Header]:
    """Drops forwarding fields, and names like `X_Forwarded_For`, which some gateways read as the one with hyphens."""
    for name in [name for name in fields if not _is_kept(name)]:
        del fields[name]
    return [header for header in headers if _is_kept(header[0])]


def _is_kept(name: bytes) -> bool:
    return b"_" not in name and name not in _FORWARDING
