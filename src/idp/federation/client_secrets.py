"""The secrets of a client: one, and for a while the one before it, so that it can be changed at the client's own pace.

None is given back after the moment of its birth. That a secret is in use is noted at most once an hour by each process:
whoever changes it wants to know whether the old one still is.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp import audit
from idp.audit import Event
from idp.federation import actions, store
from idp.federation.model import FormerSecret, KeptSecret, Registered, Service, ServiceId
from idp.federation.tables import secret_uses
from idp.kit import ids
from idp.kit.clock import SECOND, rfc3339
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import Conflict
from idp.kit.units import Unit

LONGEST_OVERLAP = 30 * 86_400  # seconds
_HOUR: Final = 3_600 * SECOND
_REMEMBERED: Final = 20_000


class SecretUse(NamedTuple):
    """Worth a write, in the transaction of what the secret was shown for."""

    service_id: ServiceId
    digest: bytes


class SecretUses:
    """What this process has noted. Forgetting any of it costs a write."""

    def __init__(self) -> None:
        self._noted: OrderedDict[bytes, int] = OrderedDict()

    def worth_noting(self, service: Service, digest: bytes, now_us: int) -> SecretUse | None:
        """Of a secret that has just proved the service; None for most."""
        hour = now_us // _HOUR
        if self._noted.get(digest) == hour:
            return None
        self._noted[digest] = hour
        if len(self._noted) > _REMEMBERED:
            self._noted.popitem(last=False)
        return SecretUse(service.id, digest)


class _Seen(NamedTuple):
    secret: bytes
    seen_at: int


_mine = own(secret_uses), secret_uses.c.service_id == bindparam("service")
_USED: Final = query(select(secret_uses.c.secret, secret_uses.c.seen_at).where(*_mine), _Seen)
_NOTE: Final = add_new(secret_uses)
_AGAIN: Final = command(
    update(secret_uses)
    .where(*_mine, secret_uses.c.secret == bindparam("of"), secret_uses.c.seen_at < bindparam("at"))
    .values(seen_at=bindparam("at"))
)
_FORGET_ONE: Final = command(delete(secret_uses).where(*_mine, secret_uses.c.secret == bindparam("of")))


def rotate(
    unit: Unit, service_id: str, *, overlap_seconds: int = 0, secret: str | None = None, version: int | None = None
) -> Registered:
    """The new secret, shown this once; the old one proves as much for `overlap_seconds` more.

    Without an overlap every older secret is dead from this commit on. Raises `NotFound`, `Stale`,
    `Conflict("client_has_no_secret")`, `Conflict("two_secrets")` where the one before the old one still proves.
    """
    before = actions.held(unit, service_id, version)
    service = before.service
    if service.oidc is None or not service.oidc.auth_method.has_secret:
        raise Conflict("client_has_no_secret", "This client proves itself without a secret.")
    former = service.former_at(unit.now_us)
    if overlap_seconds and former is not None:
        detail = "The secret before this one is still good: end it first, or change over without an overlap."
        raise Conflict("two_secrets", detail, ends_at=rfc3339(former.until))
    stays = _leaving(unit, service, overlap_seconds) if overlap_seconds else None
    for gone in {*service.secret_digests, *([service.former.digest] if service.former else [])}:
        if stays is None or gone != stays.digest:
            unit.run(_FORGET_ONE, service=service.id, of=gone)
    shown = secret or ids.mint(actions.SECRET).token
    kept = actions.kept(unit, service.id, service.oidc, shown)
    store.set_secret(unit, service.id, kept._replace(former=stays))
    audit.record(unit, Event.SERVICE_SECRET_ROTATED, subject=service.id, overlap_seconds=overlap_seconds)
    return store.registered(unit, service_id)._replace(secret=shown)


def end_former(unit: Unit, service_id: str, *, version: int | None = None) -> Registered:
    """From this commit on the present secret alone proves the client. Raises `NotFound`, `Stale`."""
    before = actions.held(unit, service_id, version)
    service, former = before.service, before.service.former_at(unit.now_us)
    if former is None:
        return before
    digest = service.secret_digests[0] if service.secret_digests else None
    store.set_secret(unit, service.id, KeptSecret(digest, service.sealed_secret, service.secret_since))
    unit.run(_FORGET_ONE, service=service.id, of=former.digest)
    audit.record(unit, Event.SERVICE_SECRET_ENDED, subject=service.id)
    return store.registered(unit, service_id)


def listed(unit: Unit, service: Service) -> list[dict[str, Any]]:
    """The present one, and the former one while it proves: never what they are."""
    used = {bytes(row.secret): row.seen_at for row in unit.all(_USED, service=service.id)}
    shown = [_shown("current", service.secret_since, None, used.get(digest)) for digest in service.secret_digests]
    former = service.former_at(unit.now_us)
    if former is not None:
        shown.append(_shown("former", former.since, former.until, used.get(former.digest)))
    return shown


def note_use(unit: Unit, use: SecretUse) -> None:
    at = unit.now_us // _HOUR * _HOUR
    if not unit.run(_AGAIN, service=use.service_id, of=use.digest, at=at):
        unit.run(_NOTE, service_id=use.service_id, secret=use.digest, seen_at=at)


def _leaving(unit: Unit, service: Service, overlap_seconds: int) -> FormerSecret | None:
    if not service.secret_digests:
        return None
    until = unit.now_us + overlap_seconds * SECOND
    return FormerSecret(service.secret_digests[0], until, service.secret_since, service.sealed_secret)


def _shown(which: str, since: int | None, until: int | None, used_at: int | None) -> dict[str, Any]:
    instants = {"created_at": since, "expires_at": until, "last_used_at": used_at}
    return {"secret": which, **{name: None if at is None else rfc3339(at) for name, at in instants.items()}}
