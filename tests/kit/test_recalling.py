"""What units remember of what they have read, and for whom."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from tests.kit.notes import ADD, ALL, ANY, AOBA, FIND, MIDORI, REWRITE, Note

from idp.kit import recalling
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.kit.recalling import Forgotten, Recent
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Unit, Units

T = TypeVar("T")


def find(unit: Unit, note: str = "one") -> Note | None:
    return unit.recall(FIND, note)


def write(units: Units, work: Callable[[Unit], T]) -> T:
    with units.open(AOBA, actor=SYSTEM) as unit:
        return work(unit)


def test_a_row_that_was_read_is_known_without_the_database(units: Units) -> None:
    write(units, lambda unit: unit.run(ADD, id="one", text="first", number=None))
    assert asyncio.run(units.commit(AOBA, find)) == Note("one", "first")
    units.database.close()
    assert units.recall(AOBA, find) == Note("one", "first")


def test_that_there_is_no_row_is_known_too(units: Units) -> None:
    assert write(units, find) is None
    assert units.recall(AOBA, find) is None


def test_a_row_is_known_as_it_was_when_it_was_read(units: Units) -> None:
    write(units, lambda unit: unit.run(ADD, id="one", text="first", number=None))
    write(units, find)
    write(units, lambda unit: unit.run(REWRITE, note="one", new="second"))
    assert units.recall(AOBA, find) == Note("one", "first")
    assert write(units, find) == Note("one", "second")
    assert units.recall(AOBA, find) == Note("one", "second")


def test_of_another_tenant_nothing_is_known(units: Units) -> None:
    write(units, find)
    with pytest.raises(Forgotten):
        units.recall(MIDORI, find)


@pytest.mark.parametrize(
    "work",
    [
        lambda unit: find(unit, "another"),
        lambda unit: unit.one(FIND, id="one"),
        lambda unit: unit.once(ANY),
        lambda unit: unit.all(ALL),
        lambda unit: unit.run(REWRITE, note="one", new="second"),
        lambda unit: unit.run_many(ADD, [{"id": "two", "text": "", "number": None}]),
        lambda unit: unit.claim(FIND, "two"),
    ],
    ids=["not read", "one", "once", "all", "run", "run many", "not expected"],
)
def test_whatever_was_not_read_to_be_recalled_is_not_known(units: Units, work: Callable[[Unit], object]) -> None:
    write(units, lambda unit: unit.run(ADD, id="one", text="first", number=None))
    write(units, lambda unit: (find(unit), unit.once(ANY), unit.all(ALL)))
    with pytest.raises(Forgotten):
        units.recall(AOBA, work)


def test_what_is_expected_is_claimed_once_and_then_read(units: Units) -> None:
    def claim(unit: Unit) -> Note | None:
        return unit.claim(FIND, "one")

    write(units, lambda unit: unit.expect(FIND, "one", Note("one", "as told")))
    assert units.recall(AOBA, claim) == Note("one", "as told")
    with pytest.raises(Forgotten):
        units.recall(AOBA, claim)
    assert write(units, claim) is None


@pytest.mark.rewired
def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalling, "_MOST", 10)
    recent, tenant = Recent(), TenantId("tnt_aoba")
    for number in range(25):
        recent.keep((tenant, FIND, str(number)), number)
        assert recent.look((tenant, FIND, str(number))) == number
    with pytest.raises(Forgotten):
        recent.look((tenant, FIND, "1"))


def test_what_was_opened_again_and_again_is_known_without_its_key(units: Units) -> None:
    units.keys.create(AOBA)
    sealed = write(units, lambda unit: unit.seal("notes", "text", "one", b"first"))

    def opened(unit: Unit) -> bytes:
        return unit.open_again("notes", "text", "one", sealed)

    assert units.recall(AOBA, opened) == write(units, opened) == b"first"
    units.keys.destroy(AOBA, b"")
    assert units.recall(AOBA, opened) == b"first"
    with pytest.raises(KeyDestroyed):
        write(units, opened)


def test_what_was_sealed_anew_is_opened_anew(units: Units) -> None:
    units.keys.create(AOBA)
    before, now = write(units, lambda unit: [unit.seal("notes", "text", "one", each) for each in (b"before", b"now")])
    for sealed, plain in ((before, b"before"), (now, b"now"), (now, b"now")):
        open_again = units.recall(AOBA, lambda unit: unit.open_again)
        assert open_again("notes", "text", "one", sealed) == plain
