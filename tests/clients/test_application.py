"""JupyterHub with its own OAuth authenticator, both from PyPI and unmodified: a whole application signs people in."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import BrowserContext, expect
from tests.support.installation import Installation, free_port
from tests.support.walk import walk

HERE = Path(__file__).parent
PROXY = HERE / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"


@dataclass(frozen=True)
class Application:
    url: str

    @property
    def sign_in(self) -> str:
        return f"{self.url}/hub/oauth_login"


@pytest.fixture(scope="module")
def application(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    url = f"http://localhost:{free_port()}"
    registered = installation.add_service(
        "JupyterHub", redirect_uris=[f"{url}/hub/oauth_callback"], token_endpoint_auth_method="client_secret_post"
    )
    home = tmp_path_factory.mktemp("application")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(HERE / "application_config.py")],
            cwd=home,
            env={**os.environ, **_given(url, installation.issuer, registered)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(f"{url}/hub/api/", process, home / "log")
        yield Application(url)
    finally:
        process.terminate()
        process.wait(20)


def _given(url: str, issuer: str, registered: dict[str, Any]) -> dict[str, str]:
    return {
        "APPLICATION_URL": url,
        "HUB_PORT": str(free_port()),
        "PROXY_API_PORT": str(free_port()),
        "PROXY": str(PROXY),
        "ISSUER": issuer,
        "CLIENT_ID": registered["client_id"],
        "CLIENT_SECRET": registered["client_secret"],
    }


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(address, trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"the application did not start:\n{log.read_text()[-3000:]}")


def test_a_person_signs_in_to_an_application_that_nobody_here_wrote(
    application: Application, person: BrowserContext
) -> None:
    page = person.new_page()
    walk(page, application.sign_in, until=f"{application.url}/hub/home")
    expect(page.locator("#navbar-user-dropdown, #login_widget").first).to_contain_text("taro@aoba.example")


def test_a_person_with_a_session_is_signed_in_without_a_page(application: Application, person: BrowserContext) -> None:
    walk(person.new_page(), application.sign_in, until=f"{application.url}/hub/home")
    person.clear_cookies(name="jupyterhub-session-id")
    person.clear_cookies(name="jupyterhub-hub-login")
    _, done = walk(person.new_page(), application.sign_in, until=f"{application.url}/hub/home")
    assert done == []


def test_nobody_gets_into_it_under_a_suspended_contract(
    application: Application, installation: Installation, person: BrowserContext
) -> None:
    contract = installation.contract()["id"]
    page = person.new_page()
    assert installation.call("POST", f"/contracts/{contract}/suspend", {"reason": "unpaid"}).status == 200
    try:
        page.goto(application.sign_in)
        expect(page.locator("#error-code")).to_have_text("contract_suspended")
        assert httpx2.get(f"{application.url}/hub/home", trust_env=False).status_code == 302
    finally:
        assert installation.call("POST", f"/contracts/{contract}/resume", {"reason": "paid"}).status == 200
    walk(page, application.sign_in, until=f"{application.url}/hub/home")
