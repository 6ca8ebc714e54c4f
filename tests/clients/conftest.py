"""One demo installation and one place to come back to for all tests of outside clients."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from tests.support.callback import Callback, callback
from tests.support.installation import Installation, demo


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with demo(tmp_path_factory.mktemp("clients") / "data", settings={"IDP_EGRESS_ALLOW": "localhost"}) as running:
        yield running


@pytest.fixture
def person(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody whom the provider has not seen before."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def service() -> Iterator[Callback]:
    with callback() as listening:
        yield listening
