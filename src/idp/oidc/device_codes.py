"""Device codes (RFC 8628): what a device polls with, and the few letters that a person types in for it.

A request of a device comes to one end: allowed, denied, or out of time. Each step is one conditional write.
"""

import unicodedata
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from idp.access import Admission
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.db import add_new, command, own, query
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.oidc.tables import device_codes as table
from idp.sessions import Generations

KIND = "dc"
LIFETIME = 600 * SECOND
INTERVAL = 5  # seconds, and as many more for each poll that comes too soon (RFC 8628 3.5)
_SLOWEST = 300
# RFC 8628 6.1: no vowels, so no words; 43 bits, each guess counted.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 10
_TRIES = 4


class Status(StrEnum):
    WAITING = "waiting"
    ALLOWED = "allowed"
    DENIED = "denied"
    REDEEMED = "redeemed"


class DeviceCode(NamedTuple):
    """Who allowed it stands in it from `allowed` on."""

    id: str
    digest: bytes
    service_id: str
    scopes: str
    status: str
    interval: int
    expires_at: int
    user_id: str | None
    session_id: str | None
    methods: str | None
    authenticated_at: int | None
    tenant_generation: int | None
    user_generation: int | None
    service_generation: int | None

    @property
    def generations(self) -> Generations:
        return Generations(self.tenant_generation or 0, self.user_generation or 0, self.service_generation or 0)

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    def waits(self, now_us: int) -> bool:
        return self.status == Status.WAITING and now_us < self.expires_at


class Asked(NamedTuple):
    """What the device is told; neither is kept as it is."""

    device_code: str
    user_code: str


_COLUMNS = [table.c[name] for name in DeviceCode._fields]
_ADD = add_new(table)
_FIND = query(select(*_COLUMNS).where(own(table), table.c.id == bindparam("id")), DeviceCode)
_BY_USER_CODE = query(select(*_COLUMNS).where(own(table), table.c.user_code == bindparam("code")), DeviceCode)
_POLL = command(
    update(table)
    .where(
        own(table),
        table.c.id == bindparam("the_id"),
        (table.c.polled_at.is_(None)) | (table.c.polled_at + table.c.interval * SECOND <= bindparam("now")),
    )
    .values(polled_at=bindparam("now"))
)
_SLOW_DOWN = command(
    update(table)
    .where(own(table), table.c.id == bindparam("the_id"), table.c.interval < _SLOWEST)
    .values(polled_at=bindparam("now"), interval=table.c.interval + INTERVAL)
)
_waiting = (
    own(table),
    table.c.id == bindparam("the_id"),
    table.c.status == Status.WAITING.value,
    table.c.expires_at > bindparam("now"),
)
_ALLOW = command(
    update(table)
    .where(*_waiting)
    .values(
        status=Status.ALLOWED.value,
        user_id=bindparam("user"),
        session_id=bindparam("session"),
        methods=bindparam("amr"),
        authenticated_at=bindparam("authenticated"),
        tenant_generation=bindparam("of_tenant"),
        user_generation=bindparam("of_user"),
        service_generation=bindparam("of_service"),
    )
)
_DENY = command(update(table).where(*_waiting).values(status=Status.DENIED.value))
_REDEEM = command(
    update(table)
    .where(
        own(table),
        table.c.id == bindparam("the_id"),
        table.c.digest == bindparam("shown"),
        table.c.status == Status.ALLOWED.value,
        table.c.expires_at > bindparam("now"),
    )
    .values(status=Status.REDEEMED.value)
)


def begin(unit: Unit, *, service_id: str, scopes: frozenset[str]) -> Asked:
    for _ in range(_TRIES):
        secret, spoken = ids.mint(KIND), ids.spoken(LETTERS, LENGTH)
        row = DeviceCode(
            id=secret.id,
            digest=secret.digest,
            service_id=service_id,
            scopes=" ".join(sorted(scopes)),
            status=Status.WAITING.value,
            interval=INTERVAL,
            expires_at=unit.now_us + LIFETIME,
            **dict.fromkeys(_OF_THE_PERSON),
        )
        if unit.run(_ADD, **row._asdict(), user_code=_keyed(unit, spoken), polled_at=None):
            return Asked(secret.token, f"{spoken[: LENGTH // 2]}-{spoken[LENGTH // 2 :]}")
    raise AssertionError("a free code is found at the first try")


_OF_THE_PERSON = DeviceCode._fields[DeviceCode._fields.index("user_id") :]


def typed(text: str) -> str | None:
    """As somebody typed it, with or without the hyphen, in letters of any width and case; None for what is no code."""
    plain = unicodedata.normalize("NFKC", text[:100]).upper()
    letters = "".join(letter for letter in plain if not letter.isspace() and letter not in "-\u2010\u2011\u2212\u30fc")
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def find(unit: Unit, code_id: str) -> DeviceCode | None:
    return unit.one(_FIND, id=code_id)


def find_typed(unit: Unit, letters: str) -> DeviceCode | None:
    """One that waits for somebody."""
    found = unit.one(_BY_USER_CODE, code=_keyed(unit, letters))
    return found if found is not None and found.waits(unit.now_us) else None


def poll(unit: Unit, code_id: str, *, at_us: int) -> bool:
    """Whether it was time to ask again; if not, the device has to wait longer from now on."""
    if unit.run(_POLL, the_id=code_id, now=at_us):
        return True
    unit.run(_SLOW_DOWN, the_id=code_id, now=at_us)
    return False


def allow(unit: Unit, code_id: str, admission: Admission) -> bool:
    """True for exactly one answer to it, this or `deny`."""
    assert admission.user is not None
    return (
        unit.run(
            _ALLOW,
            the_id=code_id,
            now=unit.now_us,
            user=admission.user.id,
            session=admission.session_id,
            amr=admission.methods,
            authenticated=admission.authenticated_at,
            of_tenant=admission.tenant.generation,
            of_user=admission.user_generation,
            of_service=admission.service.generation,
        )
        == 1
    )


def deny(unit: Unit, code_id: str) -> bool:
    return unit.run(_DENY, the_id=code_id, now=unit.now_us) == 1


def redeem(unit: Unit, shown: Presented) -> bool:
    """True for exactly one caller."""
    return unit.run(_REDEEM, the_id=shown.id, shown=shown.digest, now=unit.now_us) == 1


def _keyed(unit: Unit, letters: str) -> bytes:
    return unit.mac("oidc.user_code", letters.encode())
