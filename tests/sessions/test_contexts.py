"""What is known of a sign-in is kept with the session, and with what is born of it, for nobody else to read."""

import json

import pytest
from tests.sessions.conftest import HERE, granted, signed_in

from idp import sessions
from idp.kit.actors import SYSTEM
from idp.kit.sealing import KeyRefused
from idp.kit.units import Unit, Units
from idp.sessions import Context, Opened, Whereabouts
from idp.tenants import Tenant


def _stored(unit: Unit, table: str, row: str) -> bytes:
    found = unit.lane.execute(f"SELECT whereabouts FROM {table} WHERE id = '{row}'", {}).fetchone()
    return bytes(found[0])


def test_a_session_says_where_how_and_when_somebody_signed_in(units: Units, tenant: Tenant, opened: Opened) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        found = sessions.find_session(unit, opened.session.id)
        assert found is not None
        assert sessions.context_of(unit, found) == Context(HERE, ("pwd",), opened.session.authenticated_at)


def test_a_grant_says_it_too_when_its_session_is_gone(units: Units, tenant: Tenant, opened: Opened) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        grant = granted(unit, session_id=opened.session.id)
        sessions.begin_grant(unit, grant, whereabouts=HERE, refreshable=False)
        unit.lane.execute("DELETE FROM sessions", {})
    with units.open(tenant.id, actor=SYSTEM) as unit:
        found = sessions.find_grant(unit, grant.id)
        assert found is not None
        assert sessions.context_of(unit, found) == Context(HERE, ("pwd",), grant.authenticated_at)


def test_it_lies_sealed_for_its_row_alone(units: Units, tenant: Tenant, neighbour: Tenant, opened: Opened) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        grant = granted(unit, session_id=opened.session.id)
        sessions.begin_grant(unit, grant, whereabouts=HERE, refreshable=False)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        of_session, of_grant = _stored(unit, "sessions", opened.session.id), _stored(unit, "grants", grant.id)
        for plain in (b"198.51.100.7", b"JP", b"firefox", b"133"):
            assert plain not in of_session + of_grant
        other = signed_in(unit).session
        for moved in (other._replace(whereabouts=of_session), other._replace(whereabouts=of_grant)):
            with pytest.raises(KeyRefused):
                sessions.context_of(unit, moved)
    with units.open(neighbour.id, actor=SYSTEM) as unit, pytest.raises(KeyRefused):
        sessions.context_of(unit, opened.session)


def test_what_nobody_recorded_is_not_known(units: Units, tenant: Tenant, opened: Opened) -> None:
    nowhere = Context(Whereabouts(None, None, None, None), ("pwd",), opened.session.authenticated_at)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        bare = opened.session._replace(whereabouts=None)
        assert sessions.context_of(unit, bare) == nowhere
        grant = granted(unit, session_id=bare.id)
        sessions.begin_grant(unit, grant, whereabouts=Whereabouts(), refreshable=False)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert unit.lane.execute("SELECT count(*) FROM grants WHERE whereabouts IS NULL", {}).fetchone() == (1,)
        found = sessions.find_grant(unit, grant.id)
        assert found is not None
        assert sessions.context_of(unit, found).whereabouts == Whereabouts()


def test_each_sign_in_is_recorded_anew(units: Units, tenant: Tenant, opened: Opened) -> None:
    there = Whereabouts("2001:db8::1", None, "other", None)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        again = signed_in(unit, whereabouts=there, replaces=opened.session.id)
        assert sessions.context_of(unit, again.session).whereabouts == there
        assert json.loads(json.dumps(there)) == list(there)
