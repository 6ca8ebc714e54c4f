"""A pending request of one kind, brought to the pages of another (SECURITY A24)."""

import pytest
from tests.support.in_process import Answer
from tests.support.party import Browser, Party
from tests.support.provider import Provider
from tests.support.sign_in import Page


@pytest.fixture
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.fixture
def browser(shared: Provider, web: Party) -> Browser:
    """Somebody who has signed in."""
    browser = shared.browser()
    browser.code(web)
    return browser


@pytest.fixture
def sign_out(browser: Browser) -> str:
    """A sign-out that waits for the person's word."""
    return Page(browser.get("/t/aoba/end_session").text).forms["logout-form"].fields["interaction"]


def is_over(answer: Answer) -> bool:
    return answer.status == 400 and 'id="error-page"' in answer.text and "interaction_expired" in answer.text


@pytest.mark.attack("A24")
@pytest.mark.parametrize("page", ["authorize/continue", "consent", "signin"])
def test_a_sign_out_that_waits_is_no_request_of_a_service(browser: Browser, sign_out: str, page: str) -> None:
    assert is_over(browser.get(f"/t/aoba/{page}?interaction={sign_out}"))


@pytest.mark.attack("A24")
@pytest.mark.parametrize("form", ["consent", "signin"])
def test_a_form_for_a_sign_out_that_waits_is_none_of_a_service(browser: Browser, sign_out: str, form: str) -> None:
    fields = {"interaction": sign_out, "decision": "allow", "username": browser.user, "password": browser.password}
    answer = browser.post(f"/t/aoba/{form}", fields)
    assert is_over(answer)
    assert not answer.cookies


@pytest.mark.honest("A24")
def test_a_sign_out_that_waits_is_one_on_its_own_page(browser: Browser, web: Party) -> None:
    form = Page(browser.get("/t/aoba/end_session").text).forms["logout-form"]
    assert 'id="logged-out"' in browser.press(form, "logout-confirm").text
    assert "/signin?" in browser.get(web.address()).location
