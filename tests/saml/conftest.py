from collections.abc import Iterator

import pytest
from tests.support.party import Browser
from tests.support.provider import Provider, Source
from tests.support.saml_party import SamlParty, register


@pytest.fixture(scope="module")
def one(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """For the tests of a module that leave nothing behind which another could see."""
    with embedded.provider(tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest.fixture(scope="module")
def signed_on(one: Provider) -> tuple[SamlParty, Browser]:
    """A service, and somebody who is signed in there."""
    party, browser = register(one), one.browser()
    party.sign_on(browser)
    return party, browser
