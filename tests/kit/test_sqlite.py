"""The embedded database: group commit, a file that is locked or full, fair turns."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.kit.notes import ADD, ALL, AOBA
from tests.support.built import PLACES, WITH_TESTS

from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.errors import Unavailable
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Unit, Units


@pytest.fixture
def database(sqlite_file: Path) -> Iterator[Sqlite]:
    database = Sqlite(sqlite_file)
    yield database
    database.close()


@pytest.fixture
def units(database: Sqlite, clock: FixedClock, keys: KeyStore) -> Units:
    return Units(database, clock=clock, keys=keys)


def note(number: int, text: str = "") -> Callable[[Unit], int]:
    return lambda unit: unit.run(ADD, id=f"{number:03d}", text=text, number=None)


def written(units: Units) -> int:
    with units.open(AOBA, actor=SYSTEM, write=False) as unit:
        return len(unit.all(ALL))


def together(units: Units, *works: Callable[[Unit], Any]) -> list[Any]:
    async def scene() -> list[Any]:
        return await asyncio.gather(*[units.commit(AOBA, work) for work in works], return_exceptions=True)

    return asyncio.run(scene())


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(units: Units) -> None:
    with units.open(AOBA, actor=SYSTEM) as unit:
        raw = unit.lane.raw  # type: ignore[attr-defined]
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert raw.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert raw.execute("PRAGMA trusted_schema").fetchone() == (0,)


def test_units_that_wait_at_the_same_moment_share_one_transaction(units: Units) -> None:
    """Each is asked, inside, how many rows its transaction has seen, and how many an outsider sees: none as yet."""

    def count(number: int) -> Callable[[Unit], tuple[int, int]]:
        def work(unit: Unit) -> tuple[int, int]:
            note(number)(unit)
            return len(unit.all(ALL)), written(units)

        return work

    async def scene() -> list[tuple[int, int]]:
        return list(await asyncio.gather(*(units.commit(AOBA, count(number)) for number in range(50))))

    assert asyncio.run(scene()) == [(number, 0) for number in range(1, 51)]
    assert written(units) == 50


def end_the_transaction(unit: Unit) -> None:
    """What SQLite does by itself when the disk fails (SQLITE_FULL, SQLITE_IOERR)."""
    unit.lane.execute("ROLLBACK", {})
    raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize("error", [None, ValueError("caught, and told differently")])
def test_an_error_that_ends_the_transaction_fails_everyone_in_it(units: Units, error: Exception | None) -> None:
    held, go = threading.Event(), threading.Event()

    def slow(unit: Unit) -> None:
        held.set()
        go.wait(5)

    def ending(unit: Unit) -> None:
        try:
            end_the_transaction(unit)
        except sqlite3.OperationalError as lost:
            if error is not None:
                raise error from lost
            raise

    async def scene() -> list[Any]:
        first = asyncio.ensure_future(units.commit(AOBA, slow))
        await asyncio.to_thread(held.wait, 5)
        works = [note(1), note(2), ending, note(3)]
        rest = [asyncio.ensure_future(units.commit(AOBA, work)) for work in works]
        await asyncio.sleep(0.05)
        go.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)

    answers = asyncio.run(scene())
    assert [type(answer) for answer in answers] == [Unavailable] * 4
    assert len({id(answer) for answer in answers}) == 4
    assert written(units) == 0
    assert together(units, note(1)) == [1]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """As somebody's sqlite3 shell would."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        raw.execute("ROLLBACK")
        raw.close()


def test_while_the_file_is_locked_writers_hear_it_in_time_and_readers_nothing(units: Units, sqlite_file: Path) -> None:
    async def late(work: Callable[[Unit], Any]) -> Any:
        await asyncio.sleep(1)
        return await units.commit(AOBA, work)

    async def scene() -> tuple[list[Any], float]:
        began = time.monotonic()
        works = [units.commit(AOBA, note(1)), late(note(2)), asyncio.to_thread(cold)]
        waiting = asyncio.gather(*works, return_exceptions=True)
        await asyncio.sleep(0.5)
        assert await units.read(AOBA, lambda unit: unit.all(ALL)) == []
        assert time.monotonic() - began < 2
        return await waiting, time.monotonic() - began

    def cold() -> None:
        with units.open(AOBA, actor=SYSTEM) as unit:
            note(3)(unit)

    with locked(sqlite_file):
        answers, took = asyncio.run(scene())
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert took < 9  # two connections of one process wait for one another, four seconds each
    assert together(units, note(1)) == [1]


def test_a_lock_that_is_given_back_in_time_is_only_a_wait(units: Units, sqlite_file: Path) -> None:
    async def scene() -> int:
        with locked(sqlite_file):
            waiting = asyncio.ensure_future(units.commit(AOBA, note(1)))
            await asyncio.sleep(0.5)
        return await waiting

    assert asyncio.run(scene()) == 1


def test_a_full_database_refuses_whole_units_reads_on_and_recovers(units: Units, sqlite_file: Path) -> None:
    together(units, note(0))
    with units.open(AOBA, actor=SYSTEM) as unit:
        pages = unit.lane.execute("PRAGMA page_count", {}).fetchone()[0]

    async def scene() -> None:
        def limit(pages: int) -> Callable[[Unit], object]:
            return lambda unit: unit.lane.execute(f"PRAGMA max_page_count={pages}", {}).fetchone()

        await units.commit(AOBA, limit(pages + 2))  # holds for the connection of the hot writer
        large = [units.commit(AOBA, note(number, "x" * 100_000)) for number in range(1, 9)]
        answers = await asyncio.gather(*large, return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unavailable}
        assert len(await units.read(AOBA, lambda unit: unit.all(ALL))) == 1
        await units.commit(AOBA, limit(1 << 30))
        assert await units.commit(AOBA, note(1, "x" * 100_000)) == 1

    asyncio.run(scene())
    assert written(units) == 2
    with sqlite3.connect(sqlite_file) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


FULL_DISK = """
import asyncio, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from idp.kit.clock import FixedClock
from idp.kit.errors import Unavailable
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.actors import SYSTEM
from idp.kit.units import Units
from tests.kit.notes import ADD, ALL, AOBA

file, master = Path(sys.argv[1]), Path(sys.argv[2])
units = Units(Sqlite(file), clock=FixedClock(datetime(2026, 4, 1, tzinfo=UTC)), keys=KeyStore(master))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

def add(number):
    return lambda unit: unit.run(ADD, id=f"{number:03d}", text="x" * 50_000, number=None)

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

async def scene():
    kept, refused = 0, 0
    await units.commit(AOBA, add(0))
    room(400_000)
    for number in range(1, 30):
        try:
            kept += await units.commit(AOBA, add(number))
        except Unavailable:
            refused += 1
        try:
            with units.open(AOBA, actor=SYSTEM) as unit:
                add(number + 100)(unit)
            kept += 1
        except Unavailable:
            refused += 1
    seen = len(await units.read(AOBA, lambda unit: unit.all(ALL)))
    room(hard)
    again = await units.commit(AOBA, add(999))
    print(kept + 1 == seen, kept > 0, refused > 0, again)

asyncio.run(scene())
units.database.close()
"""


def test_on_a_full_disk_writers_are_refused_readers_go_on_and_all_recover(
    sqlite_file: Path, keys: KeyStore, tmp_path: Path
) -> None:
    arguments = [str(sqlite_file), str(tmp_path / "keys" / "master.key")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL_DISK, *arguments],
        env=WITH_TESTS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["True", "True", "True", "1"], done.stderr
    with sqlite3.connect(sqlite_file) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def test_a_file_that_is_away_is_told_and_its_return_is_noticed(sqlite_file: Path, units: Units, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(sqlite_file, elsewhere)
    sqlite_file.mkdir()  # nothing can be opened there
    assert [type(answer) for answer in together(units, note(1))] == [Unavailable]
    with pytest.raises(Unavailable), units.open(AOBA, actor=SYSTEM):
        pass
    sqlite_file.rmdir()
    shutil.move(elsewhere, sqlite_file)
    assert together(units, note(1)) == [1]


HAMMER = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from idp.kit.clock import FixedClock
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units
from tests.kit.notes import ADD, AOBA

file, master, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
units = Units(Sqlite(file), clock=FixedClock(datetime(2026, 4, 1, tzinfo=UTC)), keys=KeyStore(master))

async def one(worker, until):
    done = 0
    while time.monotonic() < until:
        note = f"{name}-{worker}-{done}"
        await units.commit(AOBA, lambda unit: unit.run(ADD, id=note, text="", number=None))
        done += 1
    return done

async def scene():
    print("hammering", flush=True)
    until = time.monotonic() + 30
    tasks = [asyncio.ensure_future(one(worker, until)) for worker in range(8)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(scene())
units.database.close()
"""


@contextmanager
def hammered(sqlite_file: Path, master: Path, *, processes: int) -> Iterator[None]:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, str(sqlite_file), str(master), f"p{number}"],
            env=WITH_TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == b"hammering\n"
    try:
        yield
    finally:
        for process in started:
            process.communicate(timeout=20)
    assert [process.returncode for process in started] == [0] * processes


def test_a_cold_unit_gets_its_turn_while_two_processes_hammer(
    units: Units, sqlite_file: Path, keys: KeyStore, tmp_path: Path
) -> None:
    waits = []
    with hammered(sqlite_file, tmp_path / "keys" / "master.key", processes=2):
        time.sleep(0.3)
        before = written(units)
        for number in range(20):
            began = time.monotonic()
            with units.open(AOBA, actor=SYSTEM) as unit:
                note(number)(unit)
            waits.append(time.monotonic() - began)
        meanwhile = written(units) - before
    assert max(waits) < 3, waits
    assert meanwhile > 40  # the others really wrote


def test_threads_of_one_process_exclude_one_another(units: Units) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with units.open(AOBA, actor=SYSTEM) as unit:
            inside.append(number)
            most.append(len(inside))
            note(number)(unit)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert max(most) == 1
    assert written(units) == 16


def test_a_killed_writer_leaves_its_turn_to_the_next(units: Units, sqlite_file: Path, keys: KeyStore) -> None:
    program = (
        "import sys, time; from pathlib import Path; from idp.kit.sqlite import Sqlite\n"
        "with Sqlite(Path(sys.argv[1])).transaction('x', write=True):\n"
        "    print('inside', flush=True); time.sleep(60)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(sqlite_file)],
        env=PLACES,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"inside\n"
    writer.kill()
    writer.communicate(timeout=10)
    assert together(units, note(1)) == [1]
