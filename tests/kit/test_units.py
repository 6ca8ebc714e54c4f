"""Units of work, on both databases."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from tests.kit.notes import (
    ADD,
    ADD_NEW,
    ALL,
    ANY,
    AOBA,
    APPEND,
    EVERYBODYS,
    FIND,
    MIDORI,
    RENAME,
    RENUMBER,
    REWRITE,
    NewNote,
)

from idp.kit.actors import SYSTEM, Actor
from idp.kit.clock import FixedClock, micros
from idp.kit.db import POSTGRESQL, SQLITE, Statement
from idp.kit.errors import Refused, Unavailable
from idp.kit.ids import TenantId
from idp.kit.lanes import Database
from idp.kit.scoping import Unscoped
from idp.kit.sealing import PLATFORM, KeyStore
from idp.kit.units import Unit, Units

OPERATOR = Actor("operator", "usr_1")


class Broken(Exception):
    """Not one of our meanings: a defect, or a library's error."""


def add(unit: Unit, note: str, text: str = "", number: int | None = None) -> int:
    return unit.run(ADD, id=note, text=text, number=number)


def written(units: Units, tenant: TenantId = AOBA) -> list[str]:
    with units.open(tenant, actor=SYSTEM, write=False) as unit:
        return [note.id for note in unit.all(ALL)]


def failing(error: Exception, *, survivor: str = "") -> Callable[[Unit], None]:
    """Writes a note, then fails; with `survivor`, another is to be written all the same."""

    def work(unit: Unit) -> None:
        add(unit, "undone")
        if survivor:
            unit.after_rollback(lambda after: add(after, survivor))
        raise error

    return work


def cold(units: Units, work: Callable[[Unit], Any]) -> Any:
    with units.open(AOBA, actor=OPERATOR) as unit:
        return work(unit)


def hot(units: Units, work: Callable[[Unit], Any]) -> Any:
    return asyncio.run(units.commit(AOBA, work, actor=OPERATOR))


paths = pytest.mark.parametrize("do", [cold, hot])
Do = Callable[[Units, Callable[[Unit], Any]], Any]


@paths
def test_a_unit_commits_when_it_is_left(units: Units, do: Do) -> None:
    assert do(units, lambda unit: add(unit, "kept", "text")) == 1
    with units.open(AOBA, actor=SYSTEM, write=False) as unit:
        assert unit.one(FIND, id="kept") == ("kept", "text")
        assert unit.one(FIND, id="other") is None


@paths
@pytest.mark.parametrize("error", [Refused("no"), Broken()])
def test_a_unit_that_fails_leaves_nothing(units: Units, do: Do, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        do(units, failing(error))
    assert raised.value is error
    assert written(units) == []


@paths
def test_what_must_survive_a_refusal_is_written_after_it(units: Units, do: Do) -> None:
    with pytest.raises(Refused):
        do(units, failing(Refused("no"), survivor="evidence"))
    assert written(units) == ["evidence"]


@paths
def test_what_must_survive_is_not_written_when_nothing_failed(units: Units, do: Do) -> None:
    do(units, lambda unit: unit.after_rollback(lambda after: add(after, "evidence")))
    assert written(units) == []


@paths
def test_evidence_that_cannot_be_written_is_not_passed_over(units: Units, do: Do) -> None:
    def work(unit: Unit) -> None:
        unit.after_rollback(failing(Unavailable("the database has gone")))
        raise Refused("no")

    with pytest.raises(Unavailable):
        do(units, work)


@paths
def test_a_unit_knows_who_acts_for_whom_and_when(units: Units, do: Do, clock: FixedClock) -> None:
    seen: list[Any] = []

    def work(unit: Unit) -> None:
        before = unit.now_us
        clock.advance(minutes=5)
        seen.extend([unit.tenant, unit.actor, unit.now_us == before, micros(unit.now) == before])

    do(units, work)
    assert seen == [AOBA, OPERATOR, True, True]


@paths
def test_a_unit_sees_its_tenant_alone(units: Units, do: Do) -> None:
    with units.open(MIDORI, actor=SYSTEM) as unit:
        add(unit, "theirs", "secret")

    def work(unit: Unit) -> None:
        assert unit.all(ALL) == []
        assert unit.one(FIND, id="theirs") is None
        assert unit.run(REWRITE, note="theirs", new="mine") == 0
        assert add(unit, "theirs", "an id of our own that is the same") == 1

    do(units, work)
    with units.open(MIDORI, actor=SYSTEM) as unit:
        assert unit.all(ALL) == [("theirs", "secret")]


@paths
def test_a_value_cannot_name_another_tenant(units: Units, do: Do) -> None:
    with pytest.raises(Unscoped):
        do(units, lambda unit: unit.run(ADD, tenant_id=MIDORI, id="smuggled", text="", number=None))
    with pytest.raises(Unscoped):
        do(units, lambda unit: unit.all(ALL, tenant_id=MIDORI))
    with pytest.raises(Unscoped):
        do(units, lambda unit: unit.run_many(ADD, [{"tenant_id": MIDORI, "id": "x", "text": "", "number": None}]))
    assert written(units, MIDORI) == []
    do(units, lambda unit: unit.run(ADD, tenant_id=AOBA, id="ours", text="", number=None))
    assert written(units) == ["ours"]


@paths
def test_many_rows_are_one_command(units: Units, do: Do) -> None:
    rows = [{"id": f"{number:03d}", "text": "", "number": number} for number in range(300)]
    do(units, lambda unit: unit.run_many(ADD, rows))
    do(units, lambda unit: unit.run_many(ADD, []))
    assert written(units) == [row["id"] for row in rows]


@paths
def test_a_statement_over_all_tenants_needs_a_unit_of_the_platform(units: Units, do: Do) -> None:
    with pytest.raises(Unscoped):
        do(units, lambda unit: unit.all(EVERYBODYS))
    for tenant in (AOBA, MIDORI):
        with units.open(tenant, actor=SYSTEM) as unit:
            add(unit, "note")
    with units.platform(actor=SYSTEM) as unit:
        assert unit.platform
        assert unit.all(EVERYBODYS) == [(AOBA, "note"), (MIDORI, "note")]
        assert unit.all(ALL) == []
    read = asyncio.run(units.read(PLATFORM, lambda unit: len(unit.all(EVERYBODYS))))
    assert read == 2


@paths
def test_a_taken_key_changes_nothing_and_the_unit_lives_on(units: Units, do: Do) -> None:
    def work(unit: Unit) -> tuple[int, int, int]:
        return tuple(unit.run(ADD_NEW, id=note, text=text, number=None) for note, text in texts)  # type: ignore[return-value]

    texts = [("a", "first"), ("a", "second"), ("b", "third")]
    assert do(units, work) == (1, 0, 1)
    with units.open(AOBA, actor=SYSTEM) as unit:
        assert unit.all(ALL) == [("a", "first"), ("b", "third")]


@paths
def test_an_error_that_somebody_caught_inside_does_not_pass_for_a_commit(units: Units, do: Do) -> None:
    """PostgreSQL answers COMMIT with a rollback then, and reports no error."""

    def work(unit: Unit) -> None:
        add(unit, "before")
        with suppress(psycopg.IntegrityError, sqlite3.IntegrityError):
            add(unit, "before")

    if units.database.dialect == "sqlite":  # there the statement alone is undone
        do(units, work)
        assert written(units) == ["before"]
        return
    with pytest.raises(Unavailable):
        do(units, work)
    assert written(units) == []


def test_a_key_that_is_taken_is_an_error_where_it_was_not_expected(units: Units) -> None:
    cold(units, lambda unit: add(unit, "taken"))
    for do in (cold, hot):
        with pytest.raises((psycopg.IntegrityError, sqlite3.IntegrityError)):
            do(units, lambda unit: add(unit, "taken"))


def test_a_unit_for_reading_writes_nothing(units: Units) -> None:
    with pytest.raises(Unavailable), units.open(AOBA, actor=SYSTEM, write=False) as unit:
        add(unit, "written")
    with pytest.raises(Unavailable):
        asyncio.run(units.read(AOBA, lambda unit: add(unit, "written")))
    assert written(units) == []


@pytest.mark.parametrize("reading", ["cold", "hot"])
def test_a_read_is_one_snapshot(units: Units, reading: str) -> None:
    cold(units, lambda unit: add(unit, "before"))

    def look_twice(unit: Unit) -> tuple[int, int]:
        first = len(unit.all(ALL))
        cold(units, lambda other: add(other, "meanwhile"))
        return first, len(unit.all(ALL))

    if reading == "cold":
        with units.open(AOBA, actor=SYSTEM, write=False) as unit:
            assert look_twice(unit) == (1, 1)
    else:
        assert asyncio.run(units.read(AOBA, look_twice)) == (1, 1)
    assert len(written(units)) == 2


def test_a_read_that_fails_leaves_the_next_one_alone(units: Units) -> None:
    async def scene() -> None:
        def look(unit: Unit) -> None:
            unit.all(ALL)
            raise Broken

        for _ in range(20):
            with pytest.raises(Broken):
                await units.read(AOBA, look)
        assert await units.read(AOBA, lambda unit: unit.all(ALL)) == []

    asyncio.run(scene())


def together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    async def scene() -> list[Any]:
        return await asyncio.gather(*works, return_exceptions=True)

    return asyncio.run(scene())


def test_a_unit_that_fails_undoes_itself_and_none_of_those_around_it(units: Units) -> None:
    def work(number: int) -> Callable[[Unit], Any]:
        def one(unit: Unit) -> int:
            add(unit, f"{number:03d}")
            if number % 3 == 0:
                raise Refused("third")
            if number % 3 == 1:
                unit.run(ADD, id=f"{number:03d}", text="", number=None)  # a key that is taken
            return number

        return one

    answers = together(*[units.commit(AOBA, work(number)) for number in range(90)])
    assert [answer for answer in answers if isinstance(answer, int)] == list(range(2, 90, 3))
    assert sum(isinstance(answer, Refused) for answer in answers) == 30
    assert sum(isinstance(answer, (sqlite3.IntegrityError, psycopg.IntegrityError)) for answer in answers) == 30
    assert written(units) == [f"{number:03d}" for number in range(2, 90, 3)]


def append(unit: Unit, note: str) -> None:
    unit.append(APPEND, NewNote(note, "", None))


@paths
@pytest.mark.parametrize("error", [None, Refused("no"), Broken()])
def test_appended_rows_are_written_by_a_unit_that_does_not_fail(units: Units, do: Do, error: Exception | None) -> None:
    def work(unit: Unit) -> None:
        append(unit, "a")
        append(unit, "b")
        if error is not None:
            raise error

    with suppress(Refused, Broken):
        do(units, work)
    assert written(units) == ([] if error else ["a", "b"])
    do(units, lambda unit: append(unit, "later"))
    assert written(units) == (["later"] if error else ["a", "b", "later"])


def test_appended_rows_go_with_their_unit_and_no_other(units: Units) -> None:
    def work(number: int) -> Callable[[Unit], Any]:
        def one(unit: Unit) -> int:
            append(unit, f"{number:03d}")
            if number % 3 == 0:
                raise Refused("third")
            if number % 3 == 1:
                append(unit, f"{number:03d}")  # a key that is taken, which shows only when the rows are written
            return number

        return one

    answers = together(*[units.commit(AOBA, work(number)) for number in range(30)])
    assert [answer for answer in answers if isinstance(answer, int)] == list(range(2, 30, 3))
    assert sum(isinstance(answer, (sqlite3.IntegrityError, psycopg.IntegrityError)) for answer in answers) == 10
    assert written(units) == [f"{number:03d}" for number in range(2, 30, 3)]


def seen(unit: Unit) -> str:
    found = unit.once(ANY)
    return found.text if found else ""


@paths
def test_what_all_units_ask_is_asked_again_after_a_change(units: Units, do: Do) -> None:
    def work(unit: Unit) -> list[str]:
        looks = [seen(unit)]
        for text in ("first", "second"):
            if not unit.run(REWRITE, note="one", new=text):
                unit.run(ADD, id="one", text=text, number=None)
            looks += [seen(unit), seen(unit)]
        unit.run_many(ADD, [{"id": "0", "text": "third", "number": None}])
        return [*looks, seen(unit)]

    assert do(units, work) == ["", "first", "first", "second", "second", "third"]
    assert do(units, seen) == "third"


@paths
def test_what_all_units_ask_is_not_asked_again_after_a_change_of_something_else(units: Units, do: Do) -> None:
    def work(unit: Unit) -> None:
        seen(unit)
        unit.run(RENAME, new="other")
        assert len(unit.lane.seen[ANY]) == 1
        unit.run(ADD, id="one", text="first", number=None)
        assert len(unit.lane.seen[ANY]) == 0

    do(units, work)


def rewrite(unit: Unit) -> None:
    assert unit.run(REWRITE, note="one", new="second") == 1


CHANGES: dict[str, Callable[[Units], Awaitable[object]]] = {
    "through another connection": lambda units: asyncio.to_thread(cold, units, rewrite),
    "by a unit before": lambda units: units.commit(AOBA, rewrite),
    "at the end of a unit before": lambda units: units.commit(AOBA, lambda unit: unit.append(APPEND, _FIRST)),
}
_FIRST = NewNote("0", "second", None)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_units_have_seen_does_not_outlive_a_change(
    units: Units, change: Callable[[Units], Awaitable[object]]
) -> None:
    async def scene() -> list[str]:
        looks = [await units.commit(AOBA, seen), await units.commit(AOBA, seen)]
        await change(units)
        return [*looks, await units.commit(AOBA, seen), await units.commit(AOBA, seen)]

    cold(units, lambda unit: add(unit, "one", "first"))
    assert asyncio.run(scene()) == ["first", "first", "second", "second"]


def test_what_units_have_seen_by_a_value_is_that_of_this_value(units: Units) -> None:
    def found(unit: Unit) -> list[str | None]:
        rows = [unit.once(FIND, id=name) for name in ("one", "two", "three")]
        return [row.text if row else None for row in rows]

    cold(units, lambda unit: (add(unit, "one", "first"), add(unit, "two", "second")))
    assert together(units.commit(AOBA, found), units.commit(AOBA, found)) == [["first", "second", None]] * 2
    assert together(units.commit(MIDORI, found)) == [[None, None, None]]


@pytest.mark.parametrize("change", [ADD, REWRITE, RENUMBER], ids=["insert", "update", "returning"])
@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_whatever_writes_is_known_as_a_change(change: Statement, dialect: str) -> None:
    assert change.sql(dialect).changes == "notes"
    assert not ANY.sql(dialect).changes
    assert ANY.sql(dialect).tables == {"notes"}


def test_what_a_unit_saw_of_its_own_changes_is_forgotten_with_them(units: Units) -> None:
    cold(units, lambda unit: add(unit, "one", "kept"))

    def change(unit: Unit) -> None:
        unit.run(REWRITE, note="one", new="undone")
        assert seen(unit) == "undone"
        raise Refused("no")

    works = [seen, change, seen, change, seen]
    answers = together(*[units.commit(AOBA, work) for work in works])
    assert [answer for answer in answers if isinstance(answer, str)] == ["kept"] * 3
    assert sum(isinstance(answer, Refused) for answer in answers) == 2


def test_of_many_conditional_writes_at_once_exactly_one_finds_its_condition(units: Units) -> None:
    answers = together(
        *[units.commit(AOBA, lambda unit: unit.run(ADD_NEW, id="one", text="", number=None)) for _ in range(40)]
    )
    assert sorted(answers) == [0] * 39 + [1]


def test_what_was_committed_is_there_when_the_answer_comes(units: Units) -> None:
    async def scene() -> None:
        for number in range(20):
            await units.commit(AOBA, lambda unit, number=number: add(unit, f"{number:03d}"))  # type: ignore[misc]
            assert await units.read(AOBA, lambda unit: len(unit.all(ALL))) == number + 1

    asyncio.run(scene())


def test_at_the_end_of_a_unit_its_journal_is_kept_in_the_same_commit(
    database: Database, clock: FixedClock, keys: KeyStore
) -> None:
    def keep(unit: Unit) -> None:
        for text in unit.journal:
            add(unit, f"journal {text}")

    units = Units(database, clock=clock, keys=keys, at_end=[keep])

    def work(unit: Unit) -> None:
        unit.journal.append("1")

    def failing(unit: Unit) -> None:
        unit.journal.append("2")
        raise Refused("no")

    cold(units, work)
    assert written(units) == ["journal 1"]
    for do in (cold, hot):
        with pytest.raises(Refused):
            do(units, failing)
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):  # the journal cannot be kept
            do(units, work)
    assert written(units) == ["journal 1"]


def test_after_it_was_closed_a_database_says_so_at_once(units: Units) -> None:
    async def scene() -> None:
        await units.commit(AOBA, lambda unit: add(unit, "a"))
        units.database.close()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(units.commit(AOBA, lambda unit: add(unit, "b")), 3)

    asyncio.run(scene())
