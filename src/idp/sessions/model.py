import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from idp.kit.clock import SECOND
from idp.kit.ids import Minted
from idp.sessions.assurance import Evidence, Method, Needs, Proof, evidence_from, needs_from


class Lifetimes:
    """Microseconds, as stored."""

    INTERACTION: Final = 15 * 60 * SECOND
    SESSION_IDLE: Final = 8 * 3600 * SECOND
    SESSION_ABSOLUTE: Final = 24 * 3600 * SECOND
    REFRESH_IDLE: Final = 30 * 86_400 * SECOND
    REFRESH_ABSOLUTE: Final = 90 * 86_400 * SECOND
    SEEN_EVERY: Final = 60 * SECOND


class Generations(NamedTuple):
    """Those that something was born under; `service` is 0 where no service takes part."""

    tenant: int
    user: int
    service: int = 0


class Whereabouts(NamedTuple):
    """Where a request comes from; None is what nobody knows. `address` is canonical, `country` ISO 3166-1 alpha-2."""

    address: str | None = None
    country: str | None = None
    browser: str | None = None
    browser_version: int | None = None


class Context(NamedTuple):
    """How somebody stands before a decision: where they come from, what they proved and when. `authenticated_at` is in
    microseconds."""

    whereabouts: Whereabouts
    methods: tuple[str, ...]
    authenticated_at: int


class Session(NamedTuple):
    """`whereabouts` are sealed: together they tell where a person was."""

    id: str
    digest: bytes
    user_id: str
    tenant_generation: int
    user_generation: int
    methods: str
    authenticated_at: int
    created_at: int
    seen_at: int
    idle_until: int
    ends_at: int
    ended_at: int | None
    whereabouts: bytes | None

    @property
    def generations(self) -> Generations:
        return Generations(self.tenant_generation, self.user_generation)

    @property
    def amr(self) -> tuple[str, ...]:
        return methods_in(self.methods)

    @property
    def evidence(self) -> Evidence:
        """With the instant of the first proof for all: none of the others is older."""
        proofs = tuple(Proof(Method(method), self.authenticated_at) for method in self.amr)
        return Evidence(self.user_id, self.user_generation, proofs, self.id)


class Opened(NamedTuple):
    """A session at its birth: the secret goes into the browser's cookie and nowhere else."""

    session: Session
    secret: Minted


class Interaction(NamedTuple):
    """A door's request that waits for a person; usable only in the browser that began it.

    `resume` is the path below the issuer where that door goes on; `request` is what it wrote for itself. `wanted` and
    `proved` are those `needs` and that `evidence` as text; the latter is empty again when a session has come of it.
    """

    id: str
    browser: bytes
    resume: str
    service_id: str
    request: str
    login_hint: str
    ui_locales: str
    created_at: int
    expires_at: int
    session_id: str | None
    finished_at: int | None
    wanted: str = ""
    proved: str = ""
    cancelled_at: int | None = None

    @property
    def needs(self) -> Needs:
        return needs_from(self.wanted)

    @property
    def evidence(self) -> Evidence | None:
        return evidence_from(self.proved)


class Grant(NamedTuple):
    """What one person allowed one service once; every token of it dies with it.

    It may outlive the session that it was born in, so `whereabouts` are its own, sealed as those of the session.
    """

    id: str
    user_id: str
    service_id: str
    session_id: str
    tenant_generation: int
    user_generation: int
    service_generation: int
    scopes: str
    nonce: str | None
    methods: str
    authenticated_at: int
    offline: bool
    created_at: int
    ends_at: int
    ended_at: int | None
    whereabouts: bytes | None = None
    jkt: str | None = None  # the key that whoever refreshes must prove, where nothing else proves the client
    acr: str | None = None
    claims: str | None = None  # as the door that gave it has written them
    resources: str | None = None
    alias: bytes | None = None  # a keyed hash, by which it is found where its service names the person alone

    @property
    def generations(self) -> Generations:
        return Generations(self.tenant_generation, self.user_generation, self.service_generation)

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    @property
    def amr(self) -> tuple[str, ...]:
        return methods_in(self.methods)


@lru_cache(256)
def methods_in(text: str) -> tuple[str, ...]:
    """As `as_methods` has written them; there are few that differ."""
    return tuple(json.loads(text))


def as_methods(methods: Iterable[Method]) -> str:
    return json.dumps([method.value for method in methods])


class Allowed(NamedTuple):
    """What a person lets a service know, and which APIs of others they let it call (RFC 8707)."""

    scopes: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()

    def covers(self, wanted: "Allowed") -> bool:
        return wanted.scopes <= self.scopes and wanted.resources <= self.resources

    def joined(self, more: "Allowed") -> "Allowed":
        return Allowed(self.scopes | more.scopes, self.resources | more.resources)


NOTHING_ALLOWED = Allowed()
