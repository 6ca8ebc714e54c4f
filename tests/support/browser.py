"""Debian's Chromium, driven by Playwright.

Module scope, not session: while Playwright's synchronous interface is open its event loop counts as running in this
thread, and `asyncio.run` in some other test of the same worker would be refused.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Chromium by itself looks for updates, accounts and components: a test run talks to loopback alone.
_QUIET = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program is not None, "chromium is not installed: deploy/setup.sh test installs it"
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has no user namespaces to sandbox with
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *as_root])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookie of another test."""
    context = browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
