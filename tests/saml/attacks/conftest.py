from collections.abc import Iterator

import pytest
from tests.support.provider import Provider, Source
from tests.support.saml_trial import Trial


@pytest.fixture(scope="module")
def one(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """For the attacks of a module: what is refused changes nothing, and what is not is the end of the test."""
    with embedded.provider(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.fixture(scope="module")
def trial(one: Provider) -> Trial:
    return Trial.at(one)
