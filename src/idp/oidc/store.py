from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from idp import sessions, users
from idp.kit.db import addition, command, maker, own, query
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.oidc.model import AccessToken, Code, PushedRequest
from idp.oidc.tables import access_tokens, codes, pushed_requests
from idp.sessions import Session
from idp.users import Standing

_ADD_CODE: Final = addition(codes, Code)


class Found(NamedTuple):
    """A code with the session that it was given in and the ID whose it is, as far as there still are any."""

    code: Code
    session: Session | None
    user: Standing | None


_code: Final = maker(Code)
_TO_SESSION: Final = len(Code._fields)
_TO_USER: Final = _TO_SESSION + len(Session._fields)


def _found(*row: Any) -> Found:
    session, user = sessions.session_in(row[_TO_SESSION:_TO_USER]), users.standing_in(row[_TO_USER:])
    return Found(_code(row[:_TO_SESSION]), session, user)


_FIND_CODE: Final = query(
    select(*[codes.c[name] for name in Code._fields], sessions.rows, users.standings)
    .select_from(
        codes.outerjoin(sessions.rows, sessions.rows.c.id == codes.c.session_id).outerjoin(
            users.standings, users.standings.c.id == codes.c.user_id
        )
    )
    .where(own(codes), codes.c.id == bindparam("id")),
    _found,
)
_REDEEM: Final = command(
    update(codes)
    .where(
        own(codes),
        codes.c.id == bindparam("code"),
        codes.c.digest == bindparam("shown"),
        codes.c.redeemed_at.is_(None),
        codes.c.expires_at > bindparam("now"),
    )
    .values(redeemed_at=bindparam("now"))
)
_ADD_TOKEN: Final = addition(access_tokens, AccessToken)
_FIND_TOKEN: Final = query(
    select(*[access_tokens.c[name] for name in AccessToken._fields]).where(
        own(access_tokens), access_tokens.c.id == bindparam("id")
    ),
    AccessToken,
)
_REVOKE: Final = command(
    update(access_tokens)
    .where(own(access_tokens), access_tokens.c.id == bindparam("token"), access_tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)

_PUSH: Final = command(insert(pushed_requests))
_FIND_PUSHED: Final = query(
    select(*[pushed_requests.c[name] for name in PushedRequest._fields]).where(
        own(pushed_requests), pushed_requests.c.id == bindparam("id")
    ),
    lambda *values: dict(zip(PushedRequest._fields, values, strict=True)),
)
_FINISH_PUSHED: Final = command(
    update(pushed_requests)
    .where(own(pushed_requests), pushed_requests.c.id == bindparam("pushed"), pushed_requests.c.finished_at.is_(None))
    .values(finished_at=bindparam("now"))
)


def add_code(unit: Unit, found: Found) -> None:
    """With the session and the ID, as whoever redeems it at once will find them."""
    unit.append(_ADD_CODE, found.code)
    unit.expect(_FIND_CODE, found.code.id, found)


def find_code(unit: Unit, code_id: str) -> Found | None:
    return unit.claim(_FIND_CODE, code_id)


def redeem(unit: Unit, shown: Presented) -> bool:
    """True for exactly one caller, and for none after the code's expiry."""
    return unit.run(_REDEEM, code=shown.id, shown=shown.digest, now=unit.now_us) == 1


def add_access_token(unit: Unit, token: AccessToken) -> None:
    unit.append(_ADD_TOKEN, token)


def find_access_token(unit: Unit, token_id: str) -> AccessToken | None:
    return unit.one(_FIND_TOKEN, id=token_id)


def revoke_access_token(unit: Unit, token_id: str) -> bool:
    return unit.run(_REVOKE, token=token_id, now=unit.now_us) == 1


def push(unit: Unit, request: PushedRequest) -> None:
    sealed = unit.seal("pushed_requests", "request", request.id, request.request.encode())
    unit.run(_PUSH, **{**request._asdict(), "request": sealed})


def find_pushed(unit: Unit, pushed_id: str) -> PushedRequest | None:
    row = unit.one(_FIND_PUSHED, id=pushed_id)
    if row is None:
        return None
    opened = unit.open_sealed("pushed_requests", "request", pushed_id, row["request"]).decode()
    return PushedRequest(**{**row, "request": opened})


def finish_pushed(unit: Unit, pushed_id: str) -> bool:
    """True for exactly one caller."""
    return unit.run(_FINISH_PUSHED, pushed=pushed_id, now=unit.now_us) == 1
