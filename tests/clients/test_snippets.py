"""The code that the API gives to developers is run as it is, and signs people in."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import BrowserContext
from tests.clients.relying_party import HERE
from tests.support.installation import PASSWORD, Installation, free_port

STARTS_WITHIN = 30.0


def snippet(installation: Installation, service: str, library: str) -> str:
    """As `curl -H 'Accept: text/plain'` would keep it."""
    url = f"http://127.0.0.1:{installation.port}/api/v1/tenants/aoba/services/{service}/snippets?library={library}"
    host = installation.base_url.partition("://")[2]
    headers = {"authorization": f"Bearer {installation.api_key}", "host": host, "accept": "text/plain"}
    found = httpx2.get(url, headers=headers, trust_env=False)
    assert (found.status_code, found.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    return found.text


@contextmanager
def running(command: list[str], home: Path, port: int, **environment: str) -> Iterator[str]:
    """Where it listens."""
    log = (home / "log").open("w+b")
    there = {**os.environ, "NO_PROXY": "*", **environment}
    process = subprocess.Popen(command, cwd=home, env=there, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    url = f"http://localhost:{port}"
    try:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and process.poll() is None:
            try:
                httpx2.get(url, trust_env=False)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        else:
            log.seek(0)
            raise AssertionError(f"it did not start:\n{log.read().decode()[-3000:]}")
        yield url
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def command(code: str, language: str, home: Path) -> list[str]:
    if language == "python":
        (home / "app.py").write_text(code)
        return [sys.executable, "app.py"]
    (home / "app.mjs").write_text(code)
    (home / "node_modules").symlink_to(HERE / "node_modules")  # as `npm install` puts it there
    return ["node", "app.mjs"]


def sign_in(person: BrowserContext, url: str, user: str = "taro@aoba.example") -> Any:
    """What the program knows of somebody who opens it."""
    page = person.new_page()
    page.goto(url)
    page.fill("#login-username", user)
    page.fill("#login-password", PASSWORD)
    page.click("#login-submit")
    page.wait_for_url(f"{url}/")
    return json.loads(page.locator("body").inner_text())


@pytest.mark.parametrize(
    ("library", "language", "method"),
    [("authlib", "python", "client_secret_basic"), ("openid-client", "javascript", "none")],
)
def test_the_code_for_openid_connect_signs_a_person_in(
    installation: Installation, person: BrowserContext, tmp_path: Path, library: str, language: str, method: str
) -> None:
    port = free_port()
    oidc = {"redirect_uris": [f"http://localhost:{port}/callback"], "token_endpoint_auth_method": method}
    document = {"name": "Snippet", "protocol": "oidc", "assignment_required": False, "oidc": oidc}
    made = installation.call("POST", "/tenants/aoba/services", document).body
    code = snippet(installation, made["id"], library)
    secret = made["oidc"].get("client_secret")
    assert "cs_" not in code
    environment = {"CLIENT_SECRET": secret} if secret else {}
    with running(command(code, language, tmp_path), tmp_path, port, **environment) as url:
        assert sign_in(person, url)["email"] == "taro@aoba.example"


@pytest.mark.parametrize(
    ("library", "language", "signs"),
    [("python3-saml", "python", "both"), ("node-saml", "javascript", "assertion")],
)
def test_the_code_for_saml_signs_a_person_on(
    installation: Installation, person: BrowserContext, tmp_path: Path, library: str, language: str, signs: str
) -> None:
    port = free_port()
    acs = f"http://localhost:{port}/saml/acs"
    saml = {"entity_id": f"https://snippet.example/{port}", "acs": [{"url": acs}], "sign": signs}
    document = {"name": "Snippet", "protocol": "saml", "assignment_required": False, "saml": saml}
    made = installation.call("POST", "/tenants/aoba/services", document).body
    code = snippet(installation, made["id"], library)
    with running(command(code, language, tmp_path), tmp_path, port) as url:
        told = sign_in(person, url)
    mail = told["attributes"]["urn:oid:0.9.2342.19200300.100.1.3"]
    assert mail in ("taro@aoba.example", ["taro@aoba.example"])
    assert told["name_id"]
