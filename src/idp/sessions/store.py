from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, exists, func, insert, or_, select, update

from idp import users
from idp.kit.db import addition, command, maker, own, query
from idp.kit.ids import Minted, Presented
from idp.kit.units import Unit
from idp.sessions.model import Allowed, Grant, Interaction, Session
from idp.sessions.tables import consents, grants, interactions, refresh_tokens, sessions
from idp.users import Standing


class _Consent(NamedTuple):
    scopes: str
    resources: str | None


class _User(NamedTuple):
    user_id: str


class _Service(NamedTuple):
    service_id: str


class _Id(NamedTuple):
    id: str


class RefreshToken(NamedTuple):
    digest: bytes
    grant_id: str
    idle_until: int
    replaced_at: int | None
    successor_id: str | None


_ADD_SESSION: Final = command(insert(sessions))
_columns: Final = [sessions.c[name] for name in Session._fields]
_FIND_SESSION: Final = query(select(*_columns).where(own(sessions), sessions.c.id == bindparam("id")), Session)
rows = select(*_columns).where(own(sessions)).subquery("live_or_not")
"""For the statements of others to join by `id`; `session_in` reads its columns."""


_session: Final = maker(Session)


def session_in(columns: Sequence[Any]) -> Session | None:
    """As the join gave it."""
    return None if columns[0] is None else _session(columns)


def _with_standing(*row: Any) -> tuple[Session, Standing | None]:
    return _session(row[: len(_columns)]), users.standing_in(row[len(_columns) :])


_FIND_WITH_STANDING: Final = query(
    select(*_columns, users.standings)
    .select_from(sessions.outerjoin(users.standings, users.standings.c.id == sessions.c.user_id))
    .where(own(sessions), sessions.c.id == bindparam("id")),
    _with_standing,
)
_HELD: Final = query(
    select(sessions.c.seen_at, users.standings)
    .select_from(sessions.outerjoin(users.standings, users.standings.c.id == sessions.c.user_id))
    .where(
        own(sessions),
        sessions.c.id == bindparam("id"),
        sessions.c.digest == bindparam("digest"),
        sessions.c.ended_at.is_(None),
    ),
    lambda seen_at, *user: (seen_at, users.standing_in(user)),
)
_TOUCH_SESSION: Final = command(
    update(sessions)
    .where(own(sessions), sessions.c.id == bindparam("session"))
    .values(seen_at=bindparam("now"), idle_until=bindparam("until"))
)
_RAISE_SESSION: Final = command(
    update(sessions)
    .where(
        own(sessions),
        sessions.c.id == bindparam("session"),
        sessions.c.digest == bindparam("shown"),
        sessions.c.ended_at.is_(None),
    )
    .values(
        digest=bindparam("successor"),
        methods=bindparam("proved"),
        whereabouts=bindparam("sealed"),
        seen_at=bindparam("now"),
        idle_until=bindparam("until"),
    )
)
_END_SESSION: Final = query(
    update(sessions)
    .where(own(sessions), sessions.c.id == bindparam("session"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
    .returning(sessions.c.user_id),
    _User,
)
_USED: Final = query(
    select(grants.c.service_id)
    .where(own(grants), grants.c.user_id == bindparam("user"), grants.c.session_id == bindparam("session"))
    .distinct()
    .order_by(grants.c.service_id),
    _Service,
)
_OVERTAKEN: Final = query(
    select(sessions.c.id)
    .where(
        own(sessions),
        sessions.c.id > bindparam("after"),
        sessions.c.ended_at.is_(None),
        or_(
            sessions.c.tenant_generation != bindparam("generation"),
            sessions.c.user_generation != func.coalesce(users.generation_of(sessions.c.user_id), -1),
        ),
    )
    .order_by(sessions.c.id)
    .limit(bindparam("limit")),
    _Id,
)
_ADD_INTERACTION: Final = command(insert(interactions))
_FIND_INTERACTION: Final = query(
    select(*[interactions.c[name] for name in Interaction._fields]).where(
        own(interactions), interactions.c.id == bindparam("id")
    ),
    lambda *values: dict(zip(Interaction._fields, values, strict=True)),
)
# A request may name the person (login_hint), and holds what is between the service and the browser (state, nonce).
_SEALED: Final = ("request", "login_hint")
_open = (own(interactions), interactions.c.id == bindparam("interaction"), interactions.c.finished_at.is_(None))
# A step that was taken meanwhile, in another window or by the same form sent twice, has changed what is proved.
_as_seen = (*_open, interactions.c.proved == bindparam("seen"))
_PROVE: Final = command(update(interactions).where(*_as_seen).values(proved=bindparam("now_proved")))
_AUTHENTICATE: Final = command(update(interactions).where(*_as_seen).values(session_id=bindparam("session"), proved=""))
_WANT: Final = command(update(interactions).where(*_open).values(wanted=bindparam("now_wanted"), proved=""))
_CANCEL: Final = command(
    update(interactions)
    .where(*_open, interactions.c.cancelled_at.is_(None))
    .values(cancelled_at=bindparam("now"), proved="")
)
_FINISH: Final = command(update(interactions).where(*_open).values(finished_at=bindparam("now")))
_FIND_CONSENT: Final = query(
    select(consents.c.scopes, consents.c.resources).where(
        own(consents), consents.c.user_id == bindparam("user"), consents.c.service_id == bindparam("service")
    ),
    _Consent,
)


def _put_consent(dialect: Any) -> Any:
    statement = dialect.insert(consents)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "user_id", "service_id"],
        set_={"scopes": new.scopes, "resources": new.resources, "given_at": new.given_at},
    )


_PUT_CONSENT: Final = command(_put_consent)
_ADD_GRANT: Final = addition(grants, Grant)
_FIND_GRANT: Final = query(
    select(*[grants.c[name] for name in Grant._fields]).where(own(grants), grants.c.id == bindparam("id")), Grant
)
_GRANTS_CALLED: Final = query(
    select(*[grants.c[name] for name in Grant._fields])
    .where(own(grants), grants.c.service_id == bindparam("service"), grants.c.alias == bindparam("called"))
    .order_by(grants.c.id),
    Grant,
)
_GRANTS_OF: Final = query(
    select(*[grants.c[name] for name in Grant._fields])
    .where(own(grants), grants.c.user_id == bindparam("user"), grants.c.session_id == bindparam("session"))
    .order_by(grants.c.created_at, grants.c.id),
    Grant,
)
_END_GRANT: Final = command(
    update(grants)
    .where(own(grants), grants.c.id == bindparam("grant"), grants.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)
_ADD_REFRESH: Final = command(insert(refresh_tokens))
_FIND_REFRESH: Final = query(
    select(*[refresh_tokens.c[name] for name in RefreshToken._fields]).where(
        own(refresh_tokens), refresh_tokens.c.id == bindparam("id")
    ),
    RefreshToken,
)
# Whoever ended the grant a moment ago has the last word: it is asked in the same write.
_family_lives = exists(
    select(grants.c.id).where(own(grants), grants.c.id == refresh_tokens.c.grant_id, grants.c.ended_at.is_(None))
)
_presented = (
    own(refresh_tokens),
    _family_lives,
    refresh_tokens.c.id == bindparam("token"),
    refresh_tokens.c.digest == bindparam("digest"),
    refresh_tokens.c.idle_until > bindparam("now"),
)
_REPLACE: Final = command(
    update(refresh_tokens)
    .where(*_presented, refresh_tokens.c.replaced_at.is_(None))
    .values(replaced_at=bindparam("now"), successor_id=bindparam("successor"))
)
# Of nobody's showing it: what it would have been used for is given to another one.
_SUPERSEDE: Final = command(
    update(refresh_tokens)
    .where(
        own(refresh_tokens),
        _family_lives,
        refresh_tokens.c.id == bindparam("token"),
        refresh_tokens.c.replaced_at.is_(None),
    )
    .values(replaced_at=bindparam("now"), successor_id=bindparam("successor"))
)
_PROLONG: Final = command(
    update(refresh_tokens)
    .where(*_presented, refresh_tokens.c.replaced_at.is_(None))
    .values(idle_until=bindparam("until"))
)


def add_session(unit: Unit, session: Session) -> None:
    unit.run(_ADD_SESSION, **session._asdict())


def find_session(unit: Unit, session_id: str) -> Session | None:
    return unit.one(_FIND_SESSION, id=session_id)


def find_with_standing(unit: Unit, session_id: str) -> tuple[Session, Standing | None] | None:
    return unit.recall(_FIND_WITH_STANDING, session_id)


def held(unit: Unit, session: Session) -> tuple[int, Standing | None] | None:
    """When it was last seen, and how its ID stands; None where it has ended or got another secret."""
    return unit.once(_HELD, id=session.id, digest=session.digest)


def touch_session(unit: Unit, session_id: str, *, idle_until: int) -> None:
    unit.run(_TOUCH_SESSION, session=session_id, now=unit.now_us, until=idle_until)


def raise_session(unit: Unit, shown: Presented, successor: Session) -> bool:
    return (
        unit.run(
            _RAISE_SESSION,
            session=shown.id,
            shown=shown.digest,
            successor=successor.digest,
            proved=successor.methods,
            sealed=successor.whereabouts,
            now=unit.now_us,
            until=successor.idle_until,
        )
        == 1
    )


def end(unit: Unit, session_id: str) -> str | None:
    """Whose it was; None when it had ended already."""
    row = unit.one(_END_SESSION, session=session_id, now=unit.now_us)
    return None if row is None else row.user_id


def services_used(unit: Unit, *, session_id: str, user_id: str) -> list[str]:
    """Those that got tokens of it."""
    return [row.service_id for row in unit.all(_USED, session=session_id, user=user_id)]


def overtaken(unit: Unit, *, tenant_generation: int, after: str, limit: int) -> list[str]:
    """Sessions that have not ended, and were born under another generation than that of now, in the order of ids."""
    return [row.id for row in unit.all(_OVERTAKEN, generation=tenant_generation, after=after, limit=limit)]


def add_interaction(unit: Unit, interaction: Interaction) -> None:
    values = interaction._asdict()
    sealed = {name: unit.seal("interactions", name, interaction.id, values[name].encode()) for name in _SEALED}
    unit.run(_ADD_INTERACTION, **{**values, **sealed})


def find_interaction(unit: Unit, interaction_id: str) -> Interaction | None:
    row = unit.one(_FIND_INTERACTION, id=interaction_id)
    if row is None:
        return None
    opened = {name: unit.open_sealed("interactions", name, interaction_id, row[name]).decode() for name in _SEALED}
    return Interaction(**{**row, **opened})


def prove(unit: Unit, interaction_id: str, *, seen: str, proved: str) -> bool:
    return unit.run(_PROVE, interaction=interaction_id, seen=seen, now_proved=proved) == 1


def authenticate_interaction(unit: Unit, interaction_id: str, session_id: str, *, seen: str) -> bool:
    return unit.run(_AUTHENTICATE, interaction=interaction_id, session=session_id, seen=seen) == 1


def want(unit: Unit, interaction_id: str, wanted: str) -> bool:
    return unit.run(_WANT, interaction=interaction_id, now_wanted=wanted) == 1


def cancel(unit: Unit, interaction_id: str) -> bool:
    return unit.run(_CANCEL, interaction=interaction_id, now=unit.now_us) == 1


def finish_interaction(unit: Unit, interaction_id: str) -> bool:
    return unit.run(_FINISH, interaction=interaction_id, now=unit.now_us) == 1


def find_consent(unit: Unit, *, user_id: str, service_id: str) -> Allowed | None:
    row = unit.one(_FIND_CONSENT, user=user_id, service=service_id)
    return None if row is None else Allowed(frozenset(row.scopes.split()), frozenset((row.resources or "").split()))


def put_consent(unit: Unit, *, user_id: str, service_id: str, allowed: Allowed) -> None:
    unit.run(
        _PUT_CONSENT,
        user_id=user_id,
        service_id=service_id,
        scopes=" ".join(sorted(allowed.scopes)),
        resources=" ".join(sorted(allowed.resources)) or None,
        given_at=unit.now_us,
    )


def add_grant(unit: Unit, grant: Grant) -> None:
    unit.append(_ADD_GRANT, grant)


def find_grant(unit: Unit, grant_id: str) -> Grant | None:
    return unit.one(_FIND_GRANT, id=grant_id)


def grants_called(unit: Unit, *, service_id: str, alias: bytes) -> list[Grant]:
    return unit.all(_GRANTS_CALLED, service=service_id, called=alias)


def grants_of(unit: Unit, *, session_id: str, user_id: str) -> list[Grant]:
    return unit.all(_GRANTS_OF, user=user_id, session=session_id)


def end_grant(unit: Unit, grant_id: str) -> bool:
    return unit.run(_END_GRANT, grant=grant_id, now=unit.now_us) == 1


def add_refresh_token(unit: Unit, secret: Minted, grant_id: str, *, idle_until: int) -> None:
    unit.run(
        _ADD_REFRESH,
        id=secret.id,
        digest=secret.digest,
        grant_id=grant_id,
        created_at=unit.now_us,
        idle_until=idle_until,
        replaced_at=None,
        successor_id=None,
    )


def find_refresh_token(unit: Unit, token_id: str) -> RefreshToken | None:
    return unit.one(_FIND_REFRESH, id=token_id)


def replace(unit: Unit, shown: Presented, *, successor: str) -> bool:
    values = {"token": shown.id, "digest": shown.digest, "now": unit.now_us}
    return unit.run(_REPLACE, **values, successor=successor) == 1


def supersede(unit: Unit, unused: str, *, successor: str) -> bool:
    return unit.run(_SUPERSEDE, token=unused, now=unit.now_us, successor=successor) == 1


def prolong(unit: Unit, shown: Presented, *, idle_until: int) -> bool:
    values = {"token": shown.id, "digest": shown.digest, "now": unit.now_us}
    return unit.run(_PROLONG, **values, until=idle_until) == 1
