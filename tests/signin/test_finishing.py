import pytest
from tests.support.party import Browser
from tests.support.provider import Provider

from idp import sessions, users
from idp.kit import ids
from idp.kit.errors import NotFound
from idp.sessions import Method, Whereabouts
from idp.signin.dispatching import begun
from idp.signin.finishing import finish


def test_a_sign_in_for_a_request_that_is_over_changes_nothing(provider: Provider) -> None:
    """Two tabs, one of which was quicker: the password was right, but nothing waits for it any more."""
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    here = Browser(provider.first, jar=dict(browser.jar))
    waiting = here.login_page(web, prompt="login").fields["interaction"]
    session, device = (ids.presented(kind, here.jar[name]) for kind, name in _COOKIES)
    assert device is not None
    with provider.open() as unit:
        interaction = sessions.find_interaction(unit, waiting, browser=device.digest)
        assert interaction is not None
        assert sessions.finish(unit, interaction)
    before = provider.count("sessions")
    with provider.open() as unit:
        evidence = begun(unit, users.get(unit, provider.user()), Method.PASSWORD)
    with pytest.raises(NotFound), provider.open() as unit:
        finish(unit, evidence, interaction, whereabouts=Whereabouts(), former=session)
    assert provider.count("sessions") == before
    assert "code" in browser.get(web.address(prompt="none")).query


_COOKIES = (("ss", "__Host-warifu-aoba-session"), ("br", "__Host-warifu-aoba-browser"))
