"""One question of consent, answered many times at once in two workers: one answer counts, wholly (SECURITY A21)."""

import asyncio
from collections import Counter

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import SAME_ORIGIN, Browser, Party
from tests.support.provider import Provider
from tests.support.sign_in import Form

TIMES = 8


@pytest.fixture
def browser(provider: Provider) -> Browser:
    browser = provider.browser()
    browser.code(provider.party("web"))
    return browser


@pytest.fixture
def asking(provider: Provider) -> Party:
    return provider.party("asking")


def question(browser: Browser, party: Party) -> Form:
    return browser.form(browser.get(browser.get(party.address(prompt="consent")).location), "consent-form")


def answered(provider: Provider, browser: Browser, form: Form, buttons: list[str]) -> list[Answer]:
    """Half of them by each worker."""
    headers = {"content-type": FORM, "cookie": "; ".join(f"{n}={v}" for n, v in browser.jar.items()), **SAME_ORIGIN}
    workers = (provider.first, provider.second)
    sent = [{**form.fields, form.buttons[button][0]: form.buttons[button][1]} for button in buttons]

    async def all_at_once() -> list[Answer]:
        posts = (
            workers[number % 2].send("POST", "/t/aoba/consent", headers, encoded(fields))
            for number, fields in enumerate(sent)
        )
        return await asyncio.gather(*posts)

    return provider.first.run(all_at_once())


@pytest.mark.honest("A21")
@pytest.mark.attack("A21")
def test_a_yes_that_is_sent_many_times_is_given_once(provider: Provider, browser: Browser, asking: Party) -> None:
    answers = answered(provider, browser, question(browser, asking), ["consent-allow"] * TIMES)
    assert sorted(answer.status for answer in answers) == [303] + [400] * (TIMES - 1)
    assert provider.events().count("consent.given") == 1
    assert "code" in browser.get(asking.address(prompt="none")).query


@pytest.mark.attack("A21")
def test_of_a_yes_and_a_no_at_once_one_counts_and_the_other_leaves_nothing(
    provider: Provider, browser: Browser, asking: Party
) -> None:
    for order in (["consent-deny", "consent-allow"], ["consent-allow", "consent-deny"]):
        before = Counter(provider.events())
        answers = answered(provider, browser, question(browser, asking), order * (TIMES // 2))
        after = Counter(provider.events())
        code = [answer for answer in answers if answer.location and "code" in answer.query]
        given, denied = (
            after["consent.given"] - before["consent.given"],
            after["consent.denied"] - before["consent.denied"],
        )
        assert (given, denied) == ((1, 0) if code else (0, 1))
        assert sorted(answer.status for answer in answers) == [303] + [400] * (TIMES - 1)
