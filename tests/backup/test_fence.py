"""A database from before a restore is not served: neither by a worker that held it all the while, nor by a new one."""

import asyncio
import json

import pytest
from tests.backup.conftest import Vault
from tests.support.provider import OPERATOR, Provider

from idp import backup, tenants
from idp.cli.failing import Failed
from idp.cli.installing import refuse_put_back
from idp.kit.fence import Fence, FenceDamaged
from idp.schema import metadata
from idp.web.fenced import until_put_back

READY = "/health/ready"


def test_a_worker_with_the_old_database_is_not_ready_and_leaves(provider: Provider, vault: Vault, other: str) -> None:
    async def watched() -> bool:
        watching = asyncio.create_task(until_put_back(provider.units))
        await asyncio.sleep(0.1)
        assert not watching.done()
        provider.units.keys.fence.raise_to(1)
        await asyncio.wait_for(watching, 10)
        return True

    assert provider.get(READY).status == 200
    vault.end_workers()
    assert asyncio.run(watched())
    answer = asyncio.run(_ready_alone(provider))
    assert answer == (503, {"status": "unavailable", "reason": "the database is from before the last restore"})


async def _ready_alone(provider: Provider) -> tuple[int, object]:
    """Asked of the route itself: the worker around it would have left."""
    from types import SimpleNamespace

    from idp.web import common

    sent = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    house = SimpleNamespace(units=provider.units)
    await common._ready(house)({"type": "http"}, None, send)  # type: ignore[arg-type]
    return int(str(sent[0]["status"])), json.loads(sent[-1]["body"])  # type: ignore[arg-type]


def test_an_old_database_is_not_served(provider: Provider, vault: Vault, other: str) -> None:
    refuse_put_back(provider.units)
    restored = vault.restore(vault.take(), other)
    refuse_put_back(restored.units)
    with pytest.raises(Failed, match="before the last restore"):
        refuse_put_back(provider.units)


def test_an_old_database_is_served_once_it_is_taken_for_restored(provider: Provider, vault: Vault, other: str) -> None:
    vault.restore(vault.take(), other)
    assert backup.adopt(provider.units, metadata=metadata, actor=OPERATOR) == 2
    refuse_put_back(provider.units)


def test_whoever_dies_between_the_commit_and_the_fence_is_made_good_at_the_start(
    provider: Provider, vault: Vault, other: str
) -> None:
    restored = vault.restore(vault.take(), other)
    fence = restored.settings.master_key.parent / "fence.json"
    fence.unlink()
    refuse_put_back(restored.units)
    assert Fence(fence).epoch() == 1
    with restored.platform() as unit:
        assert (tenants.epoch(unit), tenants.is_put_back(unit)) == (1, False)
    with pytest.raises(Failed):
        refuse_put_back(provider.units)


def test_a_fence_is_never_lowered_and_never_guessed(vault: Vault) -> None:
    path = vault.home / "fence.json"
    fence = Fence(path)
    assert fence.epoch() == 0
    fence.raise_to(3)
    fence.raise_to(2)
    assert (fence.epoch(), path.stat().st_mode & 0o777) == (3, 0o600)
    for damage in (b"", b"{", b"[]", b'{"epoch": "3"}', b'{"epoch": -1}'):
        path.write_bytes(damage)
        with pytest.raises(FenceDamaged):
            fence.epoch()
