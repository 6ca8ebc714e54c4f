"""The number of a statement is never given to another one, whatever database is put back."""

import json

from tests.backup.conftest import Vault
from tests.support.provider import OPERATOR, Provider

from idp import audit, billing
from idp.backup import adopt
from idp.billing import store
from idp.schema import metadata

SKIPPED = audit.Event.STATEMENT_NUMBERS_SKIPPED


def give(provider: Provider, count: int = 1) -> list[int]:
    with provider.platform() as unit:
        store.hold_numbers(unit)
        return [store.next_number(unit) for _ in range(count)]


def skipped(provider: Provider) -> list[tuple[int, int]]:
    with provider.platform() as unit:
        said = f"SELECT facts FROM audit_entries WHERE event = '{SKIPPED}'"
        found = [json.loads(row[0]) for row in unit.lane.execute(said, {}).fetchall()]
    return [(facts["first"], facts["last"]) for facts in found]


def test_numbers_go_on_above_those_that_were_given_since_the_backup(
    provider: Provider, vault: Vault, other: str
) -> None:
    assert give(provider, 3) == [1, 2, 3]
    file = vault.take()
    assert give(provider, 4) == [4, 5, 6, 7]
    restored = vault.restore(file, other)
    assert give(restored) == [8]
    assert skipped(restored) == [(4, 7)]


def test_nothing_is_skipped_where_nothing_was_given_since(provider: Provider, vault: Vault, other: str) -> None:
    give(provider, 3)
    restored = vault.restore(vault.take(), other)
    assert (give(restored), skipped(restored)) == ([4], [])


def test_a_number_that_was_undone_is_given_next_and_lost_only_to_a_restore(provider: Provider) -> None:
    give(provider)
    try:
        with provider.platform() as unit:
            store.hold_numbers(unit)
            store.next_number(unit)
            raise InterruptedError
    except InterruptedError:
        pass
    assert give(provider) == [2]
    with provider.platform() as unit:
        unit.lane.execute("UPDATE statement_numbers SET last = 1", {})  # as a copied file would have it
    provider.__dict__.pop("first", None)
    adopt(provider.units, metadata=metadata, actor=OPERATOR)
    assert give(provider) == [3]
    with provider.platform() as unit:
        assert billing.skip_given(unit) is None
