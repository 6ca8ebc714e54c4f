"""An erased tenant stays erased in whatever database is put back, by a restore or by hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backup.conftest import Vault, ask, operators_key, rows_of
from tests.erasure.test_erasing import KEPT
from tests.support.filling import PASSWORD
from tests.support.provider import OPERATOR, Provider

from idp import contracts, erasure, signing, users
from idp.cli.installing import refuse_put_back
from idp.contracts import Status
from idp.kit.sealing import KeyDestroyed

PERSONAL = ["taro@aoba.example", "hanako@aoba.example", "山田", "代表 太郎", "billing@aoba.example", PASSWORD]


def erase(provider: Provider) -> dict[str, object]:
    with provider.platform() as unit:
        contracts.terminate(unit, provider.contract(), reason="breach")
    with provider.platform() as unit:
        erasure.erase(unit, provider.contract())
        certificate = erasure.certificate_of(unit.inside(provider.tenant()), provider.contract())
    assert certificate is not None
    return certificate


def show_it_erased(vault: Vault, restored: Provider, certificate: dict[str, object]) -> None:
    tenant, key = restored.tenant(), operators_key(restored)
    with pytest.raises(KeyDestroyed):
        restored.units.keys.box(tenant)
    with restored.platform() as unit:
        found = contracts.get(unit, restored.contract())
        assert (found.status, found.application.parties) == (Status.ERASED, None)
        assert erasure.certificate_of(unit.inside(tenant), restored.contract()) == certificate
        assert users.find(unit.inside(tenant), restored.user()) is None
    rows = rows_of(vault.take(restored))
    assert {table for table, found in rows.items() if any(tenant in row for row in found)} == KEPT
    published = restored.get("/.well-known/jwks.json").json()
    erasure.verify(certificate, signing.read_jwks(published))
    assert restored.get("/t/aoba/.well-known/openid-configuration").status == 404
    assert restored.get("/t/midori/.well-known/openid-configuration").status == 200
    assert ask(restored.first, "/tenants/aoba/users", key).status == 404
    assert ask(restored.first, f"/contracts/{restored.contract()}", key).json()["status"] == "erased"
    assert ask(restored.first, f"/contracts/{restored.contract()}/erasure-certificate", key).json() == certificate


def files(provider: Provider) -> Iterator[Path]:
    file = provider.settings.sqlite_file
    if file is not None:
        yield from file.parent.glob(f"{file.name}*")


def show_no_trace(paths: Iterator[Path]) -> None:
    for path in paths:
        content = path.read_bytes()
        assert [text for text in PERSONAL if text.encode() in content] == [], path


def test_a_backup_from_before_an_erasure_is_restored_without_the_tenant(
    provider: Provider, vault: Vault, other: str
) -> None:
    provider.party("web").tokens(provider.browser())
    file = vault.take()
    assert provider.user() in str(rows_of(file)["users"])
    certificate = erase(provider)
    restored = vault.restore(file, other)
    show_it_erased(vault, restored, certificate)
    show_no_trace(iter([file, *files(restored)]))
    assert erasure.complete(restored.units) == 0
    assert restored.events().count("contract.erased") == 1
    assert restored.events().count("database.restored") == 1


def test_a_backup_from_after_an_erasure_keeps_what_it_says(provider: Provider, vault: Vault, other: str) -> None:
    certificate = erase(provider)
    file = vault.take()
    before = rows_of(file)
    restored = vault.restore(file, other)
    show_it_erased(vault, restored, certificate)
    for table in ("contracts", "contract_changes", "erasure_certificates"):
        assert rows_of(file)[table] == before[table]


def test_a_copied_file_put_back_by_hand_shows_nobody_and_is_erased_at_the_next_start(shelf: Vault) -> None:
    before = shelf.provider
    file = before.settings.sqlite_file
    assert file is not None
    before.party("web").tokens(before.browser())
    shelf.end_workers()
    before.units.database.close()
    kept = shelf.home / "kept.db"
    shutil.copyfile(file, kept)
    certificate = erase(shelf.at(f"sqlite:///{file}"))
    by_hand = shelf.home / "by-hand.db"
    shutil.copyfile(kept, by_hand)
    put_back = shelf.at(f"sqlite:///{by_hand}")
    with put_back.platform() as unit, pytest.raises(KeyDestroyed):
        users.find_by_name(unit.inside(put_back.tenant()), "taro@aoba.example")
    refuse_put_back(put_back.units)
    show_it_erased(shelf, put_back, certificate)
    show_no_trace(iter([kept, *files(put_back)]))


def test_an_id_of_an_erased_tenant_is_not_given_again(provider: Provider, vault: Vault, other: str) -> None:
    """It would take the same eighty random bits in the same millisecond, below a tenant that takes nobody in."""
    file = vault.take()
    erase(provider)
    restored = vault.restore(file, other)
    with restored.units.open(restored.tenant(), actor=OPERATOR, write=False) as unit:
        assert users.find(unit, restored.user()) is None
    with pytest.raises(KeyDestroyed):
        restored.units.keys.create(restored.tenant())
