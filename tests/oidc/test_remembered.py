"""What a worker remembers of a session saves it a look, and lets nothing through that the database would refuse."""

from collections.abc import Callable

import pytest
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider

from idp import sessions, users
from idp.kit.units import Unit


class Remembered:
    """A person whose session the first worker has met, and a code that it has given in it."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.web: Party = provider.party("web")
        self.browser: Browser = provider.browser()
        self.session: str = claims(self.web.tokens(self.browser)["id_token"])["sid"]
        self.code: str = self.browser.code(self.web)

    def signs_out(self, unit: Unit) -> None:
        assert sessions.end_session(unit, self.session) is not None

    def is_disabled(self, unit: Unit) -> None:
        users.disable(unit, self.provider.user())

    def is_untouched(self, unit: Unit) -> None:
        """Another process has only looked."""
        assert sessions.find_session(unit, self.session) is not None


ENDS = [Remembered.signs_out, Remembered.is_disabled]


@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_ended_elsewhere_gives_no_code(
    provider: Provider, end: Callable[[Remembered, Unit], None]
) -> None:
    person = Remembered(provider)
    with provider.open() as unit:
        end(person, unit)
    for _ in range(2):
        assert "/signin?" in person.browser.get(person.web.address()).location
    assert provider.events().count("code.issued") == 2


@pytest.mark.parametrize("end", ENDS)
def test_a_code_of_a_session_that_ended_elsewhere_gives_no_token(
    provider: Provider, end: Callable[[Remembered, Unit], None]
) -> None:
    person = Remembered(provider)
    with provider.open() as unit:
        end(person, unit)
    for _ in range(2):
        answer = person.web.redeem(person.code)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert provider.events().count("token.issued") == 1


def test_a_session_that_nobody_touched_gives_both(provider: Provider) -> None:
    person = Remembered(provider)
    with provider.open() as unit:
        person.is_untouched(unit)
    assert person.web.redeem(person.code).status == 200
    assert person.browser.code(person.web) != person.code
    assert provider.events().count("code.issued") == 3


def test_a_code_is_good_at_a_worker_that_has_not_given_it(provider: Provider) -> None:
    person = Remembered(provider)
    assert person.web.at(provider.second).redeem(person.code).status == 200
    answer = person.web.redeem(person.code)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert provider.events().count("code.replayed") == 1
