"""The page behind the link of an invitation."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.support.filling import BASE_URL
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Provider
from tests.support.sign_in import Form, Page

from idp import credentials, users
from idp.kit.errors import NotFound

CHOSEN = "correct battery staple horse"
UME = {
    "user_name": "ume@aoba.example",
    "display_name": "梅 うめ",
    "email": "ume@aoba.example",
    "affiliation": "employee",
}


def invited(provider: Provider, slug: str = "aoba") -> str:
    """The address in the letter."""
    with provider.open(slug) as unit:
        found = users.find_by_name(unit, UME["user_name"])
        person = found or users.create(unit, users.read(UME, users.frame(unit)), limit=100)
        secret = credentials.secret_of(unit, credentials.invite(unit, person.id).id)
    assert secret is not None
    return f"/t/{slug}/invitation?{urlencode({'token': secret})}"


def form_of(browser: Browser, address: str) -> Form:
    return browser.form(browser.get(address), "invitation-form")


def chosen(form: Form, **changes: str) -> dict[str, str]:
    return {**form.fields, "password": CHOSEN, "repeat": CHOSEN, **changes}


@pytest.mark.honest("J14")
def test_who_was_invited_chooses_a_password_and_signs_in_with_it(provider: Provider) -> None:
    browser = provider.browser()
    form = form_of(browser, invited(provider))
    answer = browser.post(form.action, chosen(form))
    assert answer.status == 200
    assert Page(answer.text).texts["invited-username"] == "ume@aoba.example"
    browser.user, browser.password = "ume@aoba.example", CHOSEN
    assert browser.code(provider.party("web"))
    assert provider.events().count("password.set") >= 1


def test_opening_the_page_uses_nothing_up_and_sending_it_does(provider: Provider) -> None:
    """Attack U18."""
    address = invited(provider)
    browser, other = provider.browser(), provider.browser()
    for _ in range(3):
        assert provider.get(address).status == 200
    first, second = form_of(browser, address), form_of(other, address)
    assert browser.post(first.action, chosen(first)).status == 200
    late = other.post(second.action, chosen(second, password="another battery staple", repeat="another battery staple"))
    assert (late.status, "invitation_over" in late.text) == (400, True)
    assert provider.get(address).status == 400


@pytest.mark.attack("J14")
def test_of_many_who_send_it_at_once_one_is_believed(provider: Provider) -> None:
    secret = parse_qs(urlsplit(invited(provider)).query)["token"][0]

    def accept(number: int) -> bool:
        try:
            with provider.open() as unit:
                credentials.accept(unit, secret, f"$argon2id${number}")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(accept, range(8))).count(True) == 1
    with provider.open() as unit:
        ume = users.find_by_name(unit, UME["user_name"])
        assert ume is not None
        assert ume.can_sign_in


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repeat": "something else entirely"}, "一致していません"),
        ({"password": "", "repeat": ""}, "2回入力"),
        ({"password": "short", "repeat": "short"}, "短すぎます"),
        ({"password": "password123", "repeat": "password123"}, "推測されやすい"),
        ({"password": "ume@aoba.example", "repeat": "ume@aoba.example"}, "推測されやすい"),
    ],
)
def test_a_password_that_will_not_do_is_told_and_the_link_lives_on(
    provider: Provider, changes: dict[str, str], said: str
) -> None:
    browser = provider.browser()
    form = form_of(browser, invited(provider))
    answer = browser.post(form.action, chosen(form, **changes))
    assert (answer.status, said in answer.text) == (422, True)
    assert not changes["repeat"] or changes["repeat"] not in answer.text.replace("ume@aoba.example", "")
    assert browser.post(form.action, chosen(form)).status == 200


@pytest.mark.attack("J14", "B1")
def test_the_form_is_taken_from_its_own_page_and_browser_only(provider: Provider) -> None:
    browser, stranger = provider.browser(), provider.browser()
    form = form_of(browser, invited(provider))
    assert stranger.post(form.action, chosen(form)).status == 403
    assert browser.post(form.action, chosen(form), {**SAME_ORIGIN, "origin": "https://evil.example"}).status == 403
    assert browser.post(form.action, chosen(form, csrf="0" * 64)).status == 403
    assert browser.post(form.action, chosen(form)).status == 200


@pytest.mark.attack("J14")
@pytest.mark.parametrize("token", ["", "x", "iv_1", "iv_" + "0" * 32 + "_" + "A" * 43 + "_00000000"])
def test_any_other_link_opens_nothing(provider: Provider, token: str) -> None:
    answer = provider.get(f"/t/aoba/invitation?{urlencode({'token': token})}")
    assert (answer.status, "invitation_over" in answer.text) == (400, True)


@pytest.mark.attack("J14")
def test_a_link_of_one_tenant_opens_nothing_at_another(provider: Provider) -> None:
    """Attack J14."""
    assert provider.get(invited(provider).replace("/t/aoba/", "/t/midori/")).status == 400


def test_the_secret_is_neither_sent_on_nor_kept_by_the_browser(provider: Provider) -> None:
    answer = provider.get(invited(provider))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert Page(answer.text).forms["invitation-form"].action == f"{BASE_URL}/t/aoba/invitation"
