"""Rubbish is collected seldom: with ten thousand tests in memory, to look for it took a third of their time.

What is there before the first test stays to the end; nobody need look at it again. All of the rest is looked through
between two tests alone: within one it would stop every clock for seconds.
"""

import gc

import pytest

_NEVER = 1_000_000_000
_MANY = 30  # collections of what is younger


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 10, _NEVER)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    if gc.get_count()[2] > _MANY:
        gc.collect()
