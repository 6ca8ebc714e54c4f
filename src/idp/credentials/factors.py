"""Second factors of people: proposed, confirmed by one code, asked at each sign-in, removed.

A proposal is stored nowhere until it is confirmed: it lies, sealed with the tenant's key, in the form that confirms it,
and counts for that person and that form's purpose alone. One try of a code is counted and committed before it is
looked at, and a code is used up by one conditional write (attack U8).
"""

import base64
import binascii
import json
import re
from typing import NamedTuple

from idp import audit, delivery, tenants, users
from idp.audit import Event
from idp.credentials import factor_store as store
from idp.credentials import throttle, totp
from idp.credentials.model import Factor, FactorKind
from idp.credentials.throttle import Throttle, Tried
from idp.kit import ids
from idp.kit.asking import Filter, Words
from idp.kit.clock import SECOND
from idp.kit.errors import Conflict, Invalid, NotFound
from idp.kit.listing import Listing
from idp.kit.sealing import KeyRefused
from idp.kit.units import Unit
from idp.users import Identity

_SEALED = re.compile(r"(fct_[0-9a-f]{32})\.([A-Za-z0-9_-]{1,1024}={0,2})")
_VALID = 15 * 60 * SECOND


class Proposal(NamedTuple):
    """Shown once: `secret` for people to type, `address` for a picture; `sealed` comes back with the first code."""

    secret: str
    address: str
    sealed: str


def propose(unit: Unit, identity: Identity, *, purpose: str) -> Proposal:
    secret = totp.new_secret()
    return _proposal(unit, identity, secret, _seal(unit, identity.id, secret, purpose))


def proposed_again(unit: Unit, identity: Identity, sealed: str, *, purpose: str) -> Proposal:
    """The same, after a code that was mistyped. Raises `NotFound`: it was for somebody or something else, or over."""
    _, secret = _opened(unit, identity.id, sealed, purpose)
    return _proposal(unit, identity, secret, sealed)


def enrol(unit: Unit, identity: Identity, sealed: str, code: str, *, purpose: str) -> Factor:
    """The code is used up by this. What the person is signed in with elsewhere stays, of one factor.

    Raises `Invalid("wrong_code")`, `Conflict("factor_exists")`, and `NotFound` as `proposed_again`.
    """
    factor_id, secret = _opened(unit, identity.id, sealed, purpose)
    step = totp.step_of(secret, code, now_us=unit.now_us, after=-1)
    if step is None:
        raise Invalid("wrong_code", "The code is not right.")
    factor = Factor(factor_id, FactorKind.TOTP.value, unit.now_us, unit.now_us)
    if not store.add(unit, factor, identity.id, secret, used_step=step):
        raise Conflict("factor_exists", "There is one of this kind already.")
    audit.record(unit, Event.FACTOR_ENROLLED, subject=identity.id, factor=factor.id, kind=factor.kind)
    _tell(unit, "user.factor_enrolled", identity.id)
    return factor


def factors_of(unit: Unit, user_id: str) -> list[Factor]:
    return store.factors_of(unit, user_id)


FACTORS: Listing[Factor] = Listing(
    row=Factor,
    make=lambda _, factor: factor,
    orders={"last_used_at": "used_at"},
    filters={
        "kind": Filter(takes=Words(FactorKind), meaning="Those of it.", sieve=lambda _, row, wanted: row.kind == wanted)
    },
)
"""Those of one ID, by when they were enrolled."""


def has_factor(unit: Unit, user_id: str) -> bool:
    return store.has_factor(unit, user_id)


def count_code(unit: Unit, user_id: str, *, limits: Throttle) -> Tried:
    """Must be committed before the code is looked at. Raises `TooMany`."""
    return throttle.count_code(unit, limits, user_id)


def use_code(unit: Unit, user_id: str, code: str, tried: Tried) -> bool:
    """Whether it is the person's code of now, and this the one use of it."""
    held = store.secret_of(unit, user_id)
    step = None if held is None else totp.step_of(held.secret, code, now_us=unit.now_us, after=held.used_step)
    if held is None or step is None or not store.use(unit, held.id, step):
        audit.record(unit, Event.SIGN_IN_FAILED, subject=user_id, reason="wrong_code")
        return False
    throttle.give_back(unit, [tried])
    return True


def remove_factor(unit: Unit, user_id: str, factor_id: str) -> None:
    """Everything that the person is signed in with ends. Raises `NotFound`."""
    identity = users.get(unit, user_id)
    tenants.touch(unit)
    if not store.remove(unit, user_id, factor_id):
        raise NotFound("factor")
    users.credentials_changed(unit, user_id, can_sign_in=identity.can_sign_in)
    audit.record(unit, Event.FACTOR_REMOVED, subject=user_id, factor=factor_id)
    _tell(unit, "user.factor_removed", user_id)


def _tell(unit: Unit, event: str, user_id: str) -> None:
    """By letter, to the person, whoever did it (attack U12)."""
    delivery.enqueue(unit, event, receiver=user_id, payload={"user": user_id})


def _proposal(unit: Unit, identity: Identity, secret: bytes, sealed: str) -> Proposal:
    issuer = tenants.get(unit).display_name
    address = totp.address(secret, account=identity.user_name, issuer=issuer)
    return Proposal(totp.written(secret), address, sealed)


def _seal(unit: Unit, user_id: str, secret: bytes, purpose: str) -> str:
    factor_id = ids.new("fct")
    said = json.dumps([user_id, purpose, unit.now_us + _VALID, secret.hex()]).encode()
    sealed = unit.seal("factors", "proposal", factor_id, said)
    return f"{factor_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def _opened(unit: Unit, user_id: str, sealed: str, purpose: str) -> tuple[str, bytes]:
    form = _SEALED.fullmatch(sealed)
    if form is None:
        raise NotFound("proposal")
    factor_id = form[1]
    try:
        said = json.loads(unit.open_sealed("factors", "proposal", factor_id, base64.urlsafe_b64decode(form[2])))
    except (KeyRefused, binascii.Error):
        raise NotFound("proposal") from None
    whose, meant_for, until, secret = said
    if (whose, meant_for) != (user_id, purpose) or unit.now_us >= until:
        raise NotFound("proposal")
    return factor_id, bytes.fromhex(secret)
