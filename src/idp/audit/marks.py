"""What is said of the beginning of a chain by whoever has the key: up to where its rows were removed because their time
was over, or up to where they were linked before there was a key to it."""

from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from idp.audit.chaining import box_of
from idp.audit.model import Head
from idp.audit.tables import audit_marks as marks
from idp.kit import compact
from idp.kit.db import command, own, query
from idp.kit.units import Unit

_PURPOSE = "audit mark"


class Kind(StrEnum):
    CUT = "cut"
    UNKEYED = "unkeyed"


class Mark(NamedTuple):
    """Of the rows of `chain` up to and with `seq`, whose hash is `hash`."""

    chain: str
    kind: str
    seq: int
    hash: bytes
    at: int
    mac: bytes


_ALL = query(select(*[c for c in marks.c if c.key != "tenant_id"]).where(own(marks)), Mark)
_CLEAR = command(
    delete(marks).where(own(marks), marks.c.chain == bindparam("chain"), marks.c.kind == bindparam("kind"))
)
_ADD = command(insert(marks))


def known(unit: Unit, kind: Kind) -> dict[str, Mark]:
    """By chain. One that was not written with the key says nothing."""
    return {mark.chain: mark for mark in unit.all(_ALL) if mark.kind == kind and _is_ours(unit, mark)}


def put(unit: Unit, kind: Kind, head: Head) -> None:
    """In the place of an earlier one; needs the rights of the tables' owner where there is one to replace."""
    mac = _mac(unit, kind, head, unit.now_us)
    unit.run(_ADD, chain=head.chain, kind=kind.value, seq=head.seq, hash=head.hash, at=unit.now_us, mac=mac)


def clear(unit: Unit, kind: Kind, chain: str) -> None:
    unit.run(_CLEAR, chain=chain, kind=kind.value)


def _is_ours(unit: Unit, mark: Mark) -> bool:
    head = Head(mark.chain, mark.seq, mark.hash)
    return compare_digest(mark.mac, _mac(unit, mark.kind, head, mark.at))


def _mac(unit: Unit, kind: str, head: Head, at: int) -> bytes:
    told = (unit.tenant, str(kind), head.chain, head.seq, head.hash.hex(), at)
    return box_of(unit.keys).mac(_PURPOSE, compact.encode(told))
