"""The samples without a provider; with one they are tried in tests/cli/test_demo.py."""

import ast
import asyncio
import re
import tomllib

import httpx2
import pytest
from starlette.applications import Starlette
from tests.support.tree import PACKAGE, sources
from tests.support.xml_keys import rsa_pair

from idp.samples import oidc_app, saml_app
from idp.samples.model import SamlSample, Sample
from idp.samples.pages import readable
from idp.web.wording import flatten

SAMPLE = Sample(
    name="Keihi Note",
    issuer="http://localhost:9/t/aoba",  # nobody listens there
    origin="http://localhost:8081",
    client_id="cli_1",
    client_secret="secret",
)
SAML = SamlSample(
    name="Yoyaku Board",
    issuer="http://localhost:9/t/aoba",
    origin="http://localhost:8082",
    entity_id="urn:example:yoyaku",
    key=rsa_pair("theirs").private_pem.decode(),
)
BOTH = pytest.mark.parametrize("sample", [SAMPLE, SAML], ids=["oidc", "saml"])
HOME = PACKAGE / "samples"


def build(sample: Sample | SamlSample) -> Starlette:
    return oidc_app.build(sample) if isinstance(sample, Sample) else saml_app.build(sample)


def ask(sample: Sample | SamlSample, method: str, path: str, body: bytes = b"", **headers: str) -> httpx2.Response:
    async def once() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=build(sample))
        async with httpx2.AsyncClient(transport=transport, base_url=sample.origin) as client:
            return await client.request(method, path, headers=headers, content=body)

    return asyncio.run(once())


def test_it_takes_the_look_of_the_pages_and_nothing_of_the_house() -> None:
    trees = {name: tree for name, tree in sources().items() if name.startswith("samples/")}
    taken = {
        node.module
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("idp.")
    }
    assert {module for module in taken if not module.startswith(("idp.samples", "idp.web."))} == set()
    assert taken


def test_its_pages_use_only_what_the_stylesheet_has() -> None:
    css = (PACKAGE / "web" / "static" / "app.css").read_text()
    used = {
        name
        for template in (HOME / "templates").glob("*.html")
        for names in re.findall(r'class="([^"{]*)"', template.read_text())
        for name in names.split()
    }
    assert used
    assert {name for name in used if "." + re.sub(r"([^\w-])", r"\\\1", name) not in css} == set()


def test_both_languages_say_the_same_things() -> None:
    ja, en = (
        {key for key, _ in flatten(tomllib.loads((HOME / "messages" / f"{language}.toml").read_text()))}
        for language in ("ja", "en")
    )
    assert ja == en


@BOTH
@pytest.mark.parametrize(
    ("language", "expected"),
    [("ja", "Warifu でサインイン"), ("en-GB", "Sign in with Warifu"), ("fr", "Warifu でサインイン")],
)
def test_it_speaks_the_language_of_the_browser(sample: Sample | SamlSample, language: str, expected: str) -> None:
    assert expected in ask(sample, "GET", "/", **{"accept-language": language}).text


def test_the_switch_of_languages_is_obeyed_and_remembered() -> None:
    async def twice() -> str:
        transport = httpx2.ASGITransport(app=build(SAMPLE))
        async with httpx2.AsyncClient(transport=transport, base_url=SAMPLE.origin) as client:
            await client.get("/?lang=en")
            return (await client.get("/")).text

    assert 'lang="en"' in asyncio.run(twice())


@BOTH
def test_pages_carry_a_strict_policy_and_no_script(sample: Sample | SamlSample) -> None:
    page = ask(sample, "GET", "/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page.text
    for address in re.findall(r'(?:href|src)="(/(?:static|brand)[^"]*)"', page.text):
        assert ask(sample, "GET", address).status_code == 200


@pytest.mark.parametrize(("sample", "path"), [(SAMPLE, "/sign-out"), (SAMPLE, "/refresh"), (SAML, "/sign-out")])
def test_a_button_pressed_on_somebody_elses_page_does_nothing(sample: Sample | SamlSample, path: str) -> None:
    assert ask(sample, "POST", path, origin="https://elsewhere.example").status_code == 403
    assert ask(sample, "POST", path).status_code == 403
    assert ask(sample, "POST", path, origin=sample.origin).status_code == 303
    assert ask(sample, "GET", path).status_code == 405


def test_a_refusal_is_shown_as_the_provider_said_it_and_harmless() -> None:
    page = ask(SAMPLE, "GET", "/callback?error=access_denied&error_description=%3Cscript%3Econtract_suspended")
    assert page.status_code == 403
    assert "access_denied" in page.text
    assert "&lt;script&gt;contract_suspended" in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y"])
def test_a_callback_that_nobody_asked_for_lets_nobody_in(query: str) -> None:
    page = ask(SAMPLE, "GET", f"/callback{query}")
    assert page.status_code == 400
    assert "mismatching_state" in page.text


@BOTH
def test_a_provider_that_does_not_answer_is_said(sample: Sample | SamlSample) -> None:
    page = ask(sample, "GET", "/sign-in")
    assert page.status_code == 502
    assert "provider_unreachable" in page.text


def test_claims_are_shown_on_one_line() -> None:
    assert readable({"formatted": "東京都", "country": "JP"}) == "東京都"
    assert readable({"country": "JP"}) == '{"country": "JP"}'
    assert (readable(True), readable(7)) == ("true", "7")
