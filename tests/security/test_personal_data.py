"""Who reads the database without the tenant's key learns nobody's name or address (SECURITY 1.7)."""

from tests.support.party import Browser
from tests.support.provider import Provider

from idp.kit.db import metadata

MAIL = "taro@aoba.example"


def stored(provider: Provider) -> dict[str, str]:
    """Every table that has rows, as text."""
    with provider.platform() as unit:
        found = {name: unit.lane.execute(f"SELECT * FROM {name}", {}).fetchall() for name in metadata.tables}
    return {name: repr([tuple(row) for row in rows]) for name, rows in found.items() if rows}


def test_an_address_that_was_typed_or_hinted_at_is_in_no_row(provider: Provider) -> None:
    web = provider.party("web")
    assert provider.browser().login_page(web, login_hint=MAIL).fields["username"] == MAIL
    browser = Browser(provider.first)
    browser.sign_in(browser.login_page(web), password="not the one")
    told = web.tokens(provider.browser(), login_hint=MAIL)
    assert web.userinfo(told["access_token"]).json()["email"] == MAIL
    rows = stored(provider)
    assert {"interactions", "sessions", "users", "audit_entries"} <= rows.keys()
    assert [name for name, text in rows.items() if MAIL in text or MAIL.encode().hex() in text] == []


def test_what_is_between_a_service_and_a_browser_is_in_no_row(provider: Provider) -> None:
    state = "af0ifjsldkj-a-state-that-nobody-else-knows"
    assert "/signin?" in provider.browser().get(provider.party("web").address(state=state)).location
    assert [name for name, text in stored(provider).items() if state in text] == []
