"""`idp demo` as a process of its own, on both databases."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.support import postgres
from tests.support.installation import Installation, demo, free_port, is_ready, run, serve
from tests.support.sign_in import Person
from tests.support.tree import ROOT

PASSWORD = "demo-Passw0rd!"
ENDS_WITHIN = 5.0
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
DATABASES = ["sqlite", "postgresql"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings that name an empty database."""
    if request.param == "sqlite":
        yield {}
        return
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    yield {"IDP_DATABASE_URL": cluster.url(name)}
    cluster.drop(name)


@pytest.fixture(scope="module")
def installation(database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with demo(tmp_path_factory.mktemp("demo") / "data", settings=database, workers=2) as running:
        yield running


def sample_of(installation: Installation, name: str = "aoba") -> dict[str, str]:
    described: dict[str, str] = json.loads((installation.data_dir / "demo" / f"{name}.json").read_text())
    return described


def saml_sample_of(installation: Installation) -> str:
    return sample_of(installation, "aoba-saml")["origin"]


def test_the_key_file_is_complete_and_its_owners_alone(installation: Installation) -> None:
    """`demo` reads it the moment that readiness is green."""
    assert installation.call("GET", "/contracts").status == 200
    assert installation.call("GET", "/system").status == 200
    file = installation.data_dir.parent / f"{installation.data_dir.name}.api-key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_aoba_has_an_active_contract_and_its_neighbour_a_suspended_one(installation: Installation) -> None:
    assert installation.contract("aoba")["status"] == "active"
    assert installation.contract("midori")["status"] == "suspended"


def test_commands_find_it_by_its_directory_alone(installation: Installation) -> None:
    """What serves does not: its default is production."""
    where = {"IDP_DATA_DIR": str(installation.data_dir)}
    listed = run(where, "tenants", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert f"{installation.base_url}/t/aoba" in listed.stdout
    for command in (["contracts", "run", "--json"], ["export", "--tenant", "aoba"], ["audit", "verify"], ["doctor"]):
        done = run(where, *command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    served = run(where, "serve")
    assert (served.returncode, "IDP_BASE_URL" in served.stderr) == (1, True)
    kept = installation.data_dir / "demo" / "settings.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_it_listens_on_loopback_alone(installation: Installation) -> None:
    origins = [sample_of(installation)["origin"], saml_sample_of(installation)]
    for port in (installation.port, *(int(origin.rpartition(":")[2]) for origin in origins)):
        assert {address for address, found in listening() if found == port} <= {"127.0.0.1", "::1"}
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=5).close()


def test_taro_signs_in_to_the_sample_and_has_every_standard_claim(installation: Installation) -> None:
    sample = sample_of(installation)["origin"]
    with httpx2.Client(trust_env=False, timeout=30) as browser, Person(installation.base_url) as taro:
        to_provider = browser.get(f"{sample}/sign-in").headers["location"]
        back = taro.callback(to_provider)
        assert browser.get(back).headers["location"] == "/"
        page = browser.get(sample).text
    for claim in (
        "birthdate",
        "zoneinfo",
        "phone_number",
        "address",
        "website",
        "picture",
        "middle_name",
        "updated_at",
    ):
        assert f">{claim}</dt>" in page
    assert "山田 太郎" in page


def test_the_whole_round_in_a_browser(installation: Installation, page: Page) -> None:
    """Sign in, refresh, be refused after a suspension, be let in again, sign out."""
    sample = sample_of(installation)["origin"]
    page.goto(sample)
    page.locator("#sign-in").click()
    page.locator("#login-username").fill("taro@aoba.example")
    page.locator("#login-password").fill(PASSWORD)
    page.locator("#login-submit").click()
    expect(page.locator("#sample-name")).to_have_text("山田 太郎")
    page.locator("#refresh").click()
    expect(page.locator("#sample-refreshed")).to_have_text("1")

    contract = installation.contract("aoba")["id"]
    assert installation.call("POST", f"/contracts/{contract}/suspend", {"reason": "trial"}).status == 200
    page.locator("#refresh").click()
    expect(page.locator("#sample-error")).to_have_text("invalid_grant")
    page.goto(f"{sample}/sign-in")
    expect(page.locator("#error-code")).to_have_text("contract_suspended")
    assert installation.call("POST", f"/contracts/{contract}/resume", {}).status == 200

    page.goto(f"{sample}/sign-in")
    page.locator("#login-username").fill("hanako@aoba.example")
    page.locator("#login-password").fill(PASSWORD)
    page.locator("#login-submit").click()
    expect(page.locator("#sample-name")).to_have_text("佐藤 花子")
    page.locator("#sign-out").click()
    expect(page).to_have_url(re.compile(re.escape(f"{sample}/signed-out")))
    expect(page.locator("#sign-in")).to_be_visible()


def test_one_sign_in_reaches_both_samples_and_a_suspension_neither(installation: Installation, page: Page) -> None:
    saml, oidc = saml_sample_of(installation), sample_of(installation)["origin"]
    page.goto(saml)
    assert_accessible(page)
    page.locator("#sign-in-passive").click()
    expect(page.locator("#sample-error")).to_have_text("NoPassive")
    assert_accessible(page)
    page.goto(f"{saml}/sign-in")
    page.locator("#login-username").fill("taro@aoba.example")
    page.locator("#login-password").fill(PASSWORD)
    page.locator("#login-submit").click()
    expect(page.locator("#sample-name")).to_have_text("山田 太郎")
    expect(page.locator("#sample-assertion")).to_contain_text("PasswordProtectedTransport")
    assert_accessible(page)
    page.goto(f"{oidc}/sign-in")  # nobody is asked again
    expect(page).to_have_url(f"{oidc}/")
    expect(page.locator("#sample-name")).to_have_text("山田 太郎")

    contract = installation.contract("aoba")["id"]
    assert installation.call("POST", f"/contracts/{contract}/suspend", {"reason": "trial"}).status == 200
    for sample in (saml, oidc):
        page.goto(f"{sample}/sign-in")
        expect(page.locator("#error-code")).to_have_text("contract_suspended")
    page.goto(f"{saml}/sign-in?passive")
    expect(page.locator("#sample-error")).to_have_text("RequestDenied")
    assert installation.call("POST", f"/contracts/{contract}/resume", {}).status == 200


def test_signing_out_of_the_sample_of_saml_signs_out_of_the_provider(installation: Installation, page: Page) -> None:
    saml = saml_sample_of(installation)
    page.goto(f"{saml}/sign-in")
    page.locator("#login-username").fill("hanako@aoba.example")
    page.locator("#login-password").fill(PASSWORD)
    page.locator("#login-submit").click()
    expect(page.locator("#sample-email")).to_have_text("hanako@aoba.example")
    page.locator("#sign-out").click()
    expect(page).to_have_url(f"{saml}/signed-out")
    page.locator("#sign-in").click()
    expect(page.locator("#login-form")).to_be_visible()


def test_signing_out_of_one_sample_takes_the_browser_to_the_other(installation: Installation, page: Page) -> None:
    saml, oidc = saml_sample_of(installation), sample_of(installation)["origin"]
    page.goto(f"{saml}/sign-in")
    page.locator("#login-username").fill("hanako@aoba.example")
    page.locator("#login-password").fill(PASSWORD)
    page.locator("#login-submit").click()
    expect(page.locator("#sample-email")).to_have_text("hanako@aoba.example")
    page.goto(f"{oidc}/sign-in")
    expect(page.locator("#sample-name")).to_have_text("佐藤 花子")
    page.locator("#sign-out").click()
    expect(page).to_have_url(re.compile(re.escape(f"{oidc}/signed-out")))
    page.goto(saml)
    expect(page.locator("#sample-email")).to_have_count(0)
    expect(page.locator("#sign-in")).to_be_visible()


def test_a_directory_is_continued_by_demo_and_by_serve(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as first:
        people = first.call("GET", "/tenants/aoba/users").body["items"]
    with demo(tmp_path / "data") as second:
        assert second.call("GET", "/tenants/aoba/users").body["items"] == people
        assert second.api_key == first.api_key
        assert sample_of(second)["issuer"] == second.issuer
        assert sample_of(second, "aoba-saml")["issuer"] == second.issuer
    with serve(second) as third:
        assert third.call("GET", "/tenants/aoba/users").body["items"] == people


def test_what_nobody_asked_to_keep_is_gone_afterwards(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "TMPDIR": str(tmp_path), "IDP_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "idp", "demo", "--port", str(port)]
    with (tmp_path / "log").open("w+b") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        while not is_ready(port):
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        [made] = tmp_path.glob("warifu-demo-*")
        assert made.stat().st_mode & 0o777 == 0o700
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < ENDS_WITHIN
    assert not made.exists()
    told = (tmp_path / "log").read_text()
    assert PASSWORD in told
    assert f"http://localhost:{port}" in told


def test_other_peoples_data_is_left_alone(tmp_path: Path) -> None:
    settings = {"IDP_DATA_DIR": str(tmp_path), "IDP_ENVIRONMENT": "test"}
    assert run(settings, "migrate").returncode == 0
    refused = run(settings, "demo", "--port", str(free_port()))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "was not made by idp demo" in refused.stderr


def test_a_port_that_is_taken_is_told_in_one_line(installation: Installation, tmp_path: Path) -> None:
    refused = run({}, "demo", "--data-dir", str(tmp_path / "data"), "--port", str(installation.port))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"in use: port {installation.port} of 127.0.0.1" in refused.stderr


def assert_accessible(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def listening() -> list[tuple[str, int]]:
    """Every TCP address that somebody on this machine listens on."""
    found = []
    for table, family in (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6)):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A":
                host, port = local.split(":")
                raw = b"".join(
                    bytes.fromhex(host[start : start + 8])[::-1] for start in range(0, len(host), 8)
                )  # proc(5): words of four bytes in the machine's order
                found.append((socket.inet_ntop(family, raw), int(port, 16)))
    return found
