"""Power that fails at any point of an erasure: before the tombstone nothing has happened, after it the next run does
the rest. Never is somebody a customer without a key, never is somebody erased whose key is still there."""

from typing import Any

import pytest
from tests.erasure.conftest import Desk
from tests.erasure.test_erasing import KEPT
from tests.support import doomed
from tests.support.provider import Provider

from idp import contracts, erasure, signing
from idp.contracts import Event, Status
from idp.kit.sealing import KeyDestroyed

# Where the process is killed: each names a function, and whether before or after it.
BEFORE_THE_TOMBSTONE = [
    ("idp.contracts.engine.advance", "after"),
    ("idp.kit.emptying.Emptying.empty", "before"),
    ("idp.kit.emptying.Emptying.empty", "after"),
    ("idp.tenants.store.erase", "after"),
    ("idp.erasure.store.keep", "after"),
    ("idp.kit.tombstones.Tombstones.raise_for", "before"),
]
AFTER_THE_TOMBSTONE = [
    ("idp.kit.tombstones.Tombstones.raise_for", "after"),
    ("idp.kit.tombstones.sync_directory", "before"),
    ("idp.kit.sealing.KeyStore.destroy", "after"),
    ("idp.audit.trail.write_journal", "before"),
]


def die_while_erasing(provider: Provider, name: str, when: str) -> None:
    chosen = provider.settings
    environment = {
        "IDP_DATABASE_URL": chosen.database_url,
        "IDP_DATA_DIR": str(chosen.data_dir),
        "IDP_MASTER_KEY_FILE": str(chosen.master_key),
        "IDP_ENVIRONMENT": "test",
        "IDP_CLOCK": chosen.clock,
    }
    doomed.killed(name, when, doomed.erase, provider.contract(), environment=environment)


def state(provider: Provider) -> contracts.Contract:
    with provider.platform() as unit:
        return contracts.get(unit, provider.contract())


@pytest.mark.parametrize(("name", "when"), BEFORE_THE_TOMBSTONE)
def test_before_the_tombstone_nothing_has_happened(provider: Provider, desk: Desk, name: str, when: str) -> None:
    desk.terminate()
    before = desk.rows()
    die_while_erasing(provider, name, when)
    assert desk.rows() == before
    assert provider.units.keys.box(provider.tenant())
    assert state(provider).application.parties is not None
    assert erasure.complete(provider.units) == 0
    assert desk.erase().status is Status.ERASED


@pytest.mark.parametrize(("name", "when"), AFTER_THE_TOMBSTONE)
@pytest.mark.parametrize("by", ["complete", "erase"])
def test_after_the_tombstone_the_next_run_does_the_rest(
    provider: Provider, desk: Desk, name: str, when: str, by: str
) -> None:
    desk.terminate()
    die_while_erasing(provider, name, when)
    left = state(provider)
    assert left.status is Status.ENDED
    if not provider.units.keys.holds(provider.tenant()):
        assert left.application.parties is None
        assert desk.ask("GET", "/tenants/aoba").status == 404
    provider.clock.advance(hours=1)
    finished_by: dict[str, Any] = {"complete": lambda: erasure.complete(provider.units), "erase": desk.erase}
    finished_by[by]()
    assert state(provider).status is Status.ERASED
    assert desk.rows().keys() == KEPT
    with pytest.raises(KeyDestroyed):
        provider.units.keys.box(provider.tenant())
    assert not provider.units.keys.holds(provider.tenant())
    with provider.platform() as unit:
        history = contracts.history(unit, provider.contract(), limit=100)
        assert [row.seq for row in history] == list(range(1, len(history) + 1))
        assert [row.event for row in history].count(Event.ERASED) == 1
        certificate = erasure.certificate_of(unit.inside(provider.tenant()), provider.contract())
    assert certificate is not None
    assert (certificate["erased_by"], certificate["erased_at"]) == ("opr_desk", "2026-04-01T01:00:00Z")
    keys = provider.get("/.well-known/jwks.json").json()
    erasure.verify(certificate, signing.read_jwks(keys))
    assert erasure.complete(provider.units) == 0
