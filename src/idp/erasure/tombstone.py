"""What a tombstone says: enough to erase again, with the same certificate and nothing else of the tenant.

The key that signed the certificate comes with it, sealed as it is in the database: a database from before the first
certificate does not have it, and the certificate would no longer be verifiable by what is published.
"""

import base64
import json
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

from idp.contracts import Ending, EndReason
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.signing import StoredKey


class Grave(NamedTuple):
    """One contract in it."""

    certificate: dict[str, Any]
    end: Ending

    @property
    def contract(self) -> str:
        return str(self.certificate["contract"])


class Tombstone(NamedTuple):
    """`whole`: the tenant's key and rows went, too. `at_us` is the instant of the erasure."""

    tenant: TenantId
    slug: str
    at_us: int
    by: str
    whole: bool
    graves: tuple[Grave, ...]
    key: StoredKey

    @property
    def name(self) -> str:
        return self.tenant if self.whole else self.graves[0].contract


def bury(unit: Unit, stone: Tombstone) -> None:
    """The last that is done before the commit: from here on there is no way back. Done again, it does nothing."""
    if stone.whole:
        unit.keys.destroy(stone.tenant, pack(stone))
    else:
        with suppress(FileExistsError):
            unit.keys.tombstones.raise_for(stone.name, pack(stone))


def pack(stone: Tombstone) -> bytes:
    key = stone.key._asdict() | {"private_sealed": base64.b64encode(stone.key.private_sealed).decode()}
    graves = [{"certificate": grave.certificate, "end": _end(grave.end)} for grave in stone.graves]
    return json.dumps(stone._asdict() | {"graves": graves, "key": key}, ensure_ascii=False).encode()


def unpack(note: bytes) -> Tombstone:
    said = json.loads(note)
    key = said["key"]
    return Tombstone(
        tenant=TenantId(said["tenant"]),
        slug=said["slug"],
        at_us=said["at_us"],
        by=said["by"],
        whole=said["whole"],
        graves=tuple(Grave(each["certificate"], _ending(*each["end"])) for each in said["graves"]),
        key=StoredKey(**key | {"private_sealed": base64.b64decode(key["private_sealed"])}),
    )


def _end(end: Ending) -> list[Any]:
    return [end.reason.value, end.on.isoformat(), end.at_us]


def _ending(reason: str, on: str, at_us: int) -> Ending:
    return Ending(EndReason(reason), date.fromisoformat(on), at_us)
