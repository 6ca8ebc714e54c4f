"""What clients publish at their `jwks_uri`, kept between the times that it is fetched."""

from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from idp.federation.tables import fetched_keys as fetched
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit


class FetchedKeys(NamedTuple):
    """`document` as text; None until it was fetched once."""

    uri: str
    document: str | None
    fetched_at: int
    tried_at: int


_MINE = (own(fetched), fetched.c.service_id == bindparam("service"))
_FIND = query(select(*[fetched.c[name] for name in FetchedKeys._fields]).where(*_MINE), FetchedKeys)
_MOVE = command(
    update(fetched)
    .where(*_MINE, fetched.c.uri != bindparam("now_uri"))
    .values(uri=bindparam("now_uri"), document=None, fetched_at=0, tried_at=bindparam("now"))
)
_CLAIM = command(
    update(fetched)
    .where(*_MINE, fetched.c.uri == bindparam("now_uri"), fetched.c.tried_at <= bindparam("before"))
    .values(tried_at=bindparam("now"))
)
_BEGIN = add_new(fetched)
_KEEP = command(
    update(fetched)
    .where(*_MINE, fetched.c.uri == bindparam("now_uri"))
    .values(document=bindparam("text"), fetched_at=bindparam("now"))
)


def find_fetched(unit: Unit, service_id: str, uri: str) -> FetchedKeys | None:
    """None where nothing was fetched from this very address."""
    row = unit.one(_FIND, service=service_id)
    return row if row is not None and row.uri == uri and row.document is not None else None


def may_fetch(unit: Unit, service_id: str, uri: str, *, cooldown: int) -> bool:
    """True for one of all who ask, in all workers, once in `cooldown` microseconds."""
    now = unit.now_us
    if unit.run(_MOVE, service=service_id, now_uri=uri, now=now):
        return True
    if unit.run(_CLAIM, service=service_id, now_uri=uri, now=now, before=now - cooldown):
        return True
    return unit.run(_BEGIN, service_id=service_id, uri=uri, document=None, fetched_at=0, tried_at=now) == 1


def keep_fetched(unit: Unit, service_id: str, uri: str, document: str) -> None:
    unit.run(_KEEP, service=service_id, now_uri=uri, text=document, now=unit.now_us)
