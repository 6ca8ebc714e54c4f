"""A suspended contract as a person at a browser meets it: a page that says why, and a way back to the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.support.callback import Callback, callback
from tests.support.installation import Installation, demo
from tests.support.relying import Relying, parameters
from tests.support.services import Services
from tests.support.walk import walk


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with demo(tmp_path / "data") as running:
        yield running


@pytest.fixture
def service() -> Iterator[Callback]:
    with callback() as listening:
        yield listening


@pytest.fixture
def relying(installation: Installation, service: Callback) -> Relying:
    return Services.register(installation, redirect_uri=f"{service.url}/callback").web


def test_a_person_is_told_of_the_suspension_and_led_back_until_it_is_resumed(
    installation: Installation, relying: Relying, page: Page
) -> None:
    contract = installation.contract()["id"]
    address = installation.base_url + relying.authorize(state="remember-me")
    arrived, _ = walk(page, address, until=relying.redirect_uri)
    assert "code" in parameters(arrived)

    assert installation.call("POST", f"/contracts/{contract}/suspend", {"reason": "unpaid"}).status == 200
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 403
    assert page.locator("#denied-page").is_visible()
    assert page.locator("#error-code").inner_text() == "contract_suspended"
    assert page.locator("#denied-reference").inner_text()
    with page.expect_navigation():
        page.click('a[href*="error=access_denied"]')
    told = parameters(page.url)
    assert page.url.startswith(relying.redirect_uri)
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "remember-me", installation.issuer)

    assert installation.call("POST", f"/contracts/{contract}/resume", {}).status == 200
    arrived, done = walk(page, address, until=relying.redirect_uri)
    assert "code" in parameters(arrived)
    assert "login-submit" in done, "the session should have ended with the suspension"
