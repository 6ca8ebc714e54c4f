"""Nobody learns from the sign-in page whether an account exists, and nobody may guess forever."""

import asyncio
import re
from collections import Counter
from unittest.mock import patch

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import SAME_ORIGIN, Party
from tests.support.provider import Provider
from tests.support.sign_in import Form

from idp import main
from idp.credentials import STRICT

NAMES = {
    "a wrong password": "taro@aoba.example",
    "a name that nobody has": "zonk@aoba.example",
    "a disabled ID": "saburo@aoba.example",
    "an ID without a password": "jiro@aoba.example",
    "a name of another tenant": "midori-taro@aoba.example",
}
_OF_EACH = re.compile(r"int_[0-9a-f]{32}|[0-9a-f]{64}|[a-z-]+@aoba\.example")


def masked(answer: Answer) -> tuple[object, ...]:
    """The answer without what differs between any two, or repeats what was typed."""
    fields = sorted((name, value) for name, value in answer.fields if name not in ("x-request-id", "content-length"))
    return answer.status, tuple(fields), _OF_EACH.sub("…", answer.text)


def test_every_failure_looks_alike(provider: Provider) -> None:
    web = provider.party("web")
    seen = {}
    for reason, name in NAMES.items():
        browser = provider.browser()
        answer = browser.sign_in(browser.login_page(web), username=name, password="wrong-Passw0rd!")
        assert answer.status == 401
        seen[reason] = masked(answer)
    assert len(set(seen.values())) == 1, seen
    browser = provider.browser()
    assert browser.sign_in(browser.login_page(web)).status == 303  # the honest twin


def test_the_right_password_of_a_disabled_id_looks_like_a_wrong_one(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    form = browser.login_page(web)
    right = browser.sign_in(form, username="saburo@aoba.example")
    wrong = browser.sign_in(form, username="saburo@aoba.example", password="wrong")
    assert masked(right) == masked(wrong)


@pytest.fixture
def strict(provider: Provider) -> Provider:
    """With the limits of production."""
    with patch.object(main, "WIDE", STRICT):
        provider.first, provider.second  # noqa: B018 - built under the patch
    return provider


def guesses(provider: Provider, form: Form, cookie: str, count: int, password: str) -> list[Answer]:
    workers = (provider.first, provider.second)
    body = encoded({**form.fields, "username": "taro@aoba.example", "password": password})
    headers = {"content-type": FORM, "cookie": cookie, **SAME_ORIGIN}

    async def all_at_once() -> list[Answer]:
        tries = (workers[n % 2].send("POST", "/t/aoba/signin", headers, body) for n in range(count))
        return await asyncio.gather(*tries)

    return provider.loop.run_until_complete(all_at_once())


def test_of_two_hundred_guesses_at_once_on_two_workers_ten_are_tried(strict: Provider) -> None:
    web, browser = strict.party("web"), strict.browser()
    form = browser.login_page(web)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    answers = guesses(strict, form, cookie, 200, "wrong")
    assert Counter(answer.status for answer in answers) == {401: 10, 429: 190}
    assert strict.events().count("sign_in.failed") == 10
    refused = [answer for answer in answers if answer.status == 429]
    assert all(1 <= int(answer.headers["retry-after"]) <= 30 for answer in refused)
    # the right password does not get through either, while its account is being guessed at
    assert {answer.status for answer in guesses(strict, form, cookie, 4, browser.password)} == {429}


def test_an_honest_person_is_not_slowed_down(strict: Provider) -> None:
    web = strict.party("web")
    for _ in range(15):
        browser = strict.browser()
        assert browser.sign_in(browser.login_page(web)).status == 303


def test_a_limit_says_nothing_about_whether_the_account_exists(strict: Provider) -> None:
    web = strict.party("web")

    def at_the_limit(party: Party, name: str) -> tuple[object, ...]:
        browser = strict.browser()
        form = browser.login_page(party)
        statuses = [browser.sign_in(form, username=name, password="wrong").status for _ in range(10)]
        assert statuses == [401] * 10
        found = masked(browser.sign_in(form, username=name, password="wrong"))
        return (found[0], re.sub(r"\d+", "…", str(found[1])), re.sub(r"\d+", "…", str(found[2])))

    assert at_the_limit(web, "hanako@aoba.example") == at_the_limit(web, "nobody@aoba.example")
