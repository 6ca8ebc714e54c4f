"""Rubbish is collected seldom: with ten thousand tests in memory, to look for it took a third of their time.

What is there before the first test stays to the end; nobody need look at it again.
"""

import gc

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 10, 10)
