"""A person at the browser, who finds the way by the element ids that are promised."""

from playwright.sync_api import Page
from tests.support.installation import PASSWORD

STEPS = 6


def walk(page: Page, url: str, *, until: str, user: str = "taro@aoba.example") -> tuple[str, list[str]]:
    """Opens the address and does what each page asks until one lies below `until`: its address, and what was done.

    What is done is named by the button's id: login-submit, consent-allow, logout-confirm.
    """
    page.goto(url)
    done: list[str] = []
    while not page.url.startswith(until):
        assert len(done) < STEPS, f"still at {page.url} after {done}"
        done.append(_one_step(page, user))
    return page.url, done


def _one_step(page: Page, user: str) -> str:
    if page.locator("#login-form").count():
        page.fill("#login-username", user)
        page.fill("#login-password", PASSWORD)
        return _press(page, "login-submit")
    for button in ("consent-allow", "logout-confirm"):
        if page.locator(f"#{button}").count():
            return _press(page, button)
    raise AssertionError(f"nothing to do at {page.url}:\n{page.locator('body').inner_text()[:2000]}")


def _press(page: Page, button: str) -> str:
    with page.expect_navigation():
        page.click(f"#{button}")
    return button
