"""A test that tries an attack fails when anything was answered with a 5xx, unless it broke something itself."""

from collections.abc import Generator

import pytest
from tests.support.in_process import FAILED

BROKEN_ON_PURPOSE = "faults"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    FAILED.clear()
    yield
    if FAILED and item.get_closest_marker("attack") and BROKEN_ON_PURPOSE not in item.path.parts:
        pytest.fail(f"answered with a 5xx: {FAILED[0]}", pytrace=False)
