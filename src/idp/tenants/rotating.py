"""The life of a tenant's signing keys. Each verb waits for whoever does the same, and finds what they have left.

Key material comes from the caller: an RSA key takes too long to make while a transaction is open.
"""

from collections.abc import Collection, Iterable, Mapping

from idp import audit, delivery, signing
from idp.audit import Event
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import Conflict, NotFound
from idp.kit.units import Unit
from idp.signing import Alg, Pair, Private, Status, StoredKey, Switch, Use
from idp.tenants.actions import touch

_DAY = 86_400 * SECOND
_TOO_SHORT = 90 * _DAY

Made = Mapping[tuple[Use, Alg], Private]


def generate(wanted: Collection[tuple[Use, Alg]]) -> Made:
    """Outside any transaction."""
    return {(use, alg): signing.generate(alg) for use, alg in wanted}


def lacking(unit: Unit) -> list[tuple[Use, Alg]]:
    """Those that have no next key."""
    return [(pair.use, pair.alg) for pair in signing.pairs(signing.every(unit)) if pair.next is None]


def replaceable(unit: Unit) -> list[tuple[Use, Alg]]:
    return [(pair.use, pair.alg) for pair in signing.pairs(signing.every(unit)) if pair.active and pair.next]


def kind_of(unit: Unit, kid: str) -> list[tuple[Use, Alg]]:
    """Of an active key; nothing of one that needs no successor now."""
    keys = signing.every(unit)
    ours = [key for key in keys if key.kid == kid and key.status == Status.ACTIVE and not _is_being_left(keys, key)]
    return [(Use(key.use), Alg(key.alg)) for key in ours]


def _is_being_left(keys: Iterable[StoredKey], active: StoredKey) -> bool:
    """Whether services are still on their way to this certificate: they get to know of the one after it later, so that
    our metadata has two and not three."""
    same = (key for key in keys if (key.use, key.alg) == (active.use, active.alg))
    return Use(active.use).in_certificates and any(key.status == Status.RETIRING for key in same)


def publish(unit: Unit, made: Made) -> None:
    """A next key for each that still has none."""
    touch(unit)
    for pair in signing.pairs(signing.every(unit)):
        if pair.next is None:
            _publish(unit, pair, made)


def rotate(unit: Unit, made: Made, *, at_once: bool = False) -> list[StoredKey]:
    """The next keys sign from now on, and `made` are their successors; all keys afterwards. What is published too
    lately stays as it is; `Conflict("next_key_too_young")`, with `ready_at`, if nothing else is there. A tenant that
    nobody has asked for a token yet has no keys, and nothing to replace."""
    touch(unit)
    found = [pair for pair in signing.pairs(signing.every(unit)) if pair.active and pair.next]
    ready = [pair for pair in found if at_once or _is_ready(unit, pair)]
    if found and not ready:
        raise _too_young(found)
    for pair in ready:
        _advance(unit, pair, made)
    return signing.every(unit)


def refuse_too_young(unit: Unit) -> None:
    """As `rotate` would now; before keys are made for nothing."""
    found = [pair for pair in signing.pairs(signing.every(unit)) if pair.active and pair.next]
    if found and not any(_is_ready(unit, pair) for pair in found):
        raise _too_young(found)


def revoke(unit: Unit, kid: str, *, reason: str = "") -> StoredKey:
    """Nobody is to trust it any more, nor what it has signed. If it was the active one, the next one signs at once,
    however young: a key that is trusted late is better than one that is trusted wrongly."""
    touch(unit)
    key = get(unit, kid)
    if key.status == Status.REVOKED:
        return key
    signing.revoke(unit, kid)
    audit.record(unit, Event.KEY_REVOKED, subject=kid, was=key.status, reason=reason)
    pair = next(
        (pair for pair in signing.pairs(signing.every(unit)) if (pair.use, pair.alg) == (key.use, key.alg)), None
    )
    if pair is not None and pair.active is None and pair.next is not None:
        _activate(unit, pair.next, replaces=kid)
    elif pair is not None and pair.active is not None and pair.next is None:
        signing.look_again(unit, pair.active.kid, unit.now_us)
    return get(unit, kid)


def get(unit: Unit, kid: str) -> StoredKey:
    found = next((key for key in signing.every(unit) if key.kid == kid), None)
    if found is None:
        raise NotFound("signing key")
    return found


def tend(unit: Unit, kid: str, made: Made, *, period_us: int, switches: Collection[Switch] = ()) -> None:
    """What the schedule found due, if it still is: a key whose time is over is removed, one without a successor gets
    it, and one that has signed for `period_us` is replaced; never a certificate (`signing.due`). `switches` are the
    days of services that have their own."""
    touch(unit)
    keys = signing.every(unit)
    key = next((key for key in keys if key.kid == kid), None)
    if key is None:
        return
    if (waits := _waits(unit, key, switches)) is not None:
        signing.put_off(unit, kid, waits)
        return
    if signing.remove(unit, kid):
        audit.record(unit, Event.KEY_REMOVED, subject=kid)
        return
    pair = next((pair for pair in signing.pairs(keys) if pair.active == key), None)
    if pair is None:
        return
    if pair.use.in_certificates:
        _tend_certificate(unit, pair, made, is_being_left=_is_being_left(keys, key))
    elif pair.next is None:
        _publish(unit, pair, made)
    elif _is_ready(unit, pair) and (key.activated_at or 0) + period_us <= unit.now_us:
        _advance(unit, pair, made)
    else:
        signing.look_again(unit, kid, None)


def _tend_certificate(unit: Unit, pair: Pair, made: Made, *, is_being_left: bool) -> None:
    """One that is pre-published for years ends when the other does: it makes room for a younger one in time."""
    assert pair.active is not None
    looks = [_warn(unit, pair.active)]
    if pair.next is not None:
        too_short = signing.certificate_of(pair.next).not_after - _TOO_SHORT
        if too_short <= unit.now_us:
            signing.revoke(unit, pair.next.kid)
            audit.record(unit, Event.KEY_REVOKED, subject=pair.next.kid, was=pair.next.status, reason="its end is near")
            too_short = unit.now_us
        looks.append(too_short)
    elif is_being_left:
        looks.append(unit.now_us + _DAY)
    else:
        _publish(unit, pair, made)
        looks.append(unit.now_us + _DAY)
    signing.look_again(unit, pair.active.kid, min((at for at in looks if at is not None), default=None))


def _warn(unit: Unit, key: StoredKey) -> int | None:
    """Tells the administrators that our certificate is about to end, each time once; when the next time comes."""
    if not Use(key.use).in_certificates:
        return None
    certificate = signing.certificate_of(key)
    days = signing.threshold(certificate.not_after, unit.now_us)
    if days is not None and signing.warns_first(unit, key.kid, days):
        event = "signing_certificate.expires" if days else "signing_certificate.expired"
        said = {"ends_at": rfc3339(certificate.not_after), "fingerprint": certificate.fingerprint}
        delivery.enqueue(unit, event, receiver="tenant", payload=said)
        audit.record(unit, Event.EXPIRY_WARNED, subject=key.kid, code=event, days=days)
    return signing.next_warning(certificate.not_after, unit.now_us)


def _waits(unit: Unit, key: StoredKey, switches: Collection[Switch]) -> int | None:
    """Until when, if some service is still to be answered by a certificate that was replaced, or may be again."""
    if not Use(key.use).in_certificates or key.status != Status.RETIRING or key.retired_at is None:
        return None
    ends_at = signing.certificate_of(key).not_after
    until = signing.kept_until(key.kid, switches, retired_at=key.retired_at, ends_at=ends_at)
    return min(until, unit.now_us + _DAY) if until > unit.now_us else None


def _is_ready(unit: Unit, pair: Pair) -> bool:
    return pair.next is not None and signing.signs_from(pair.next) <= unit.now_us


def _too_young(found: list[Pair]) -> Conflict:
    ready = min(signing.signs_from(pair.next) for pair in found if pair.next)
    said = "The next keys are not published for long enough yet."
    return Conflict("next_key_too_young", said, ready_at=rfc3339(ready))


def _advance(unit: Unit, pair: Pair, made: Made) -> None:
    assert pair.active is not None
    assert pair.next is not None
    signing.retire(unit, pair.active.kid, until=signing.published_until(pair.use, unit.now_us))
    _activate(unit, pair.next, replaces=pair.active.kid)
    if not pair.use.in_certificates:
        _publish(unit, pair._replace(active=pair.next, next=None), made)


def _activate(unit: Unit, key: StoredKey, *, replaces: str) -> None:
    signing.activate(unit, key.kid)
    audit.record(unit, Event.KEY_ACTIVATED, subject=key.kid, use=key.use, alg=key.alg, replaces=replaces)


def _publish(unit: Unit, pair: Pair, made: Made) -> None:
    private = made.get((pair.use, pair.alg))
    if private is None:
        return  # it came into being since; the schedule looks after it
    kid = signing.add_key(unit, pair.use, pair.alg, private, status=Status.NEXT)
    if kid is not None:
        audit.record(unit, Event.KEY_PUBLISHED, subject=kid, use=pair.use.value, alg=pair.alg.value)
    if pair.active is not None:
        signing.look_again(unit, pair.active.kid, None)
