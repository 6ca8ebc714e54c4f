"""A database that still reads and no longer writes: nothing can be issued, and readiness says so (SECURITY V1)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.support.provider import Provider

READY = "/health/ready"


@contextmanager
def held(provider: Provider) -> Iterator[None]:
    """By another program, which keeps every writer away."""
    assert provider.settings.sqlite_file
    with closing(sqlite3.connect(provider.settings.sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_worker_that_cannot_write_is_not_ready_until_a_write_succeeds(alone: Provider) -> None:
    asking = alone.party("web").address()
    assert alone.browser().get(asking).status == 303
    assert alone.get(READY).status == 200
    with held(alone):
        assert alone.browser().get(asking).status == 503
        assert alone.get(READY).status == 503
        assert alone.get("/health/live").status == 200
        assert alone.get("/t/aoba/jwks").status == 200
    assert alone.get(READY).status == 200
    assert alone.browser().get(asking).status == 303


def test_a_worker_is_ready_again_after_any_write_that_succeeds(alone: Provider) -> None:
    asking = alone.party("web").address()
    with held(alone):
        assert alone.browser().get(asking).status == 503
    assert alone.browser().get(asking).status == 303
    assert alone.get(READY).status == 200


def test_looking_at_readiness_writes_nothing_while_writes_succeed(alone: Provider) -> None:
    """Anybody may ask, as often as they like: it must not cost an fsync each time."""
    assert alone.browser().get(alone.party("web").address()).status == 303
    with held(alone):
        assert alone.get(READY).status == 200
