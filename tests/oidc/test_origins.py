"""Applications that are nothing but a page: which origins read our answers, and which do not."""

from collections.abc import Iterator

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import VERIFIER, Party
from tests.support.provider import Provider

from idp import federation

HOME = "https://rp.example"
ELSEWHERE = "https://spa.example:8443"
EVIL = ["https://evil.example", "null", ELSEWHERE, "http://rp.example", f"{HOME}.evil.example", f"{HOME}/", ""]
OPEN = ["token", "userinfo", "revoke", "par", "device_authorization"]
ASKING = {"access-control-request-method": "POST", "access-control-request-headers": "dpop"}


@pytest.fixture
def spa(shared: Provider) -> Party:
    return shared.party("app")


@pytest.fixture(scope="module", autouse=True)
def _elsewhere(shared: Provider) -> Iterator[None]:
    """A second page: of the same tenant, and another client's."""
    redirect = {"redirect_uris": [f"{ELSEWHERE.replace('spa', 'SPA')}/cb"], "token_endpoint_auth_method": "none"}
    document = {"name": "elsewhere", "protocol": "oidc", "oidc": redirect}
    with shared.open() as unit:
        made = federation.create(unit, federation.read(document, production=True))
    yield
    with shared.open() as unit:
        federation.delete(unit, made.service.id)


def ask(shared: Provider, endpoint: str, origin: str | None, fields: dict[str, str], **headers: str) -> Answer:
    said = headers | {"content-type": FORM} | ({} if origin is None else {"origin": origin})
    return shared.first.call("POST", f"/t/aoba/{endpoint}", said, encoded(fields))


def preflight(shared: Provider, endpoint: str, origin: str, slug: str = "aoba") -> Answer:
    return shared.first.call("OPTIONS", f"/t/{slug}/{endpoint}", {"origin": origin, **ASKING})


def is_readable(answer: Answer, origin: str = HOME) -> None:
    assert answer.headers["access-control-allow-origin"] == origin
    assert {"WWW-Authenticate", "DPoP-Nonce"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    assert answer.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in answer.headers


def is_hidden(answer: Answer) -> None:
    assert not [name for name, _ in answer.fields if name.startswith("access-control-")], answer


@pytest.mark.honest("T28")
def test_a_page_redeems_reads_and_revokes(shared: Provider, spa: Party) -> None:
    code, named = shared.browser().code(spa), {"client_id": spa.client_id}
    redeeming = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    answer = ask(shared, "token", HOME, named | redeeming | {"redirect_uri": spa.asking()["redirect_uri"]})
    assert answer.status == 200
    is_readable(answer)
    told = answer.json()
    carried = {"origin": HOME, "authorization": f"Bearer {told['access_token']}"}
    is_readable(shared.first.call("GET", "/t/aoba/userinfo", carried))
    is_readable(ask(shared, "userinfo", HOME, {"access_token": told["access_token"]}))
    revoked = ask(shared, "revoke", HOME, named | {"token": told["refresh_token"]})
    assert revoked.status == 200
    is_readable(revoked)
    ended = shared.first.call("GET", "/t/aoba/userinfo", carried)
    assert (ended.status, "invalid_token" in ended.headers["www-authenticate"]) == (401, True)
    is_readable(ended)
    again = ask(shared, "token", HOME, named | {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]})
    assert again.json()["error"] == "invalid_grant"
    is_readable(again)
    is_readable(ask(shared, "par", HOME, spa.asking()))
    is_readable(ask(shared, "token", HOME, named | {"client_secret": "x"}))


@pytest.mark.attack("T28")
@pytest.mark.parametrize("origin", EVIL)
def test_the_page_of_nobody_or_of_another_client_reads_nothing(shared: Provider, spa: Party, origin: str) -> None:
    named = {"client_id": spa.client_id}
    told = spa.tokens(shared.browser())
    for answer in (
        ask(shared, "token", origin, named | {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}),
        ask(shared, "token", origin, named | {"grant_type": "refresh_token", "refresh_token": "x"}),
        ask(shared, "userinfo", origin, {"access_token": told["access_token"]}),
        ask(shared, "revoke", origin, named | {"token": "x"}),
        ask(shared, "par", origin, spa.asking()),
        ask(shared, "userinfo", origin, {"access_token": "at_unknown"}),
        ask(shared, "token", origin, {"client_id": "cli_nobody", "grant_type": "refresh_token"}),
    ):
        is_hidden(answer)
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.attack("T28")
def test_an_application_on_a_device_and_a_service_that_says_no_origin_have_no_page(shared: Provider) -> None:
    phone = shared.party("phone")
    is_hidden(ask(shared, "token", "http://127.0.0.1", {"client_id": phone.client_id}))
    is_hidden(preflight(shared, "token", "http://127.0.0.1"))
    is_hidden(ask(shared, "token", None, {"client_id": shared.party("app").client_id}))
    is_hidden(ask(shared, "introspect", HOME, {"client_id": phone.client_id, "token": "x"}))


@pytest.mark.honest("T28")
@pytest.mark.parametrize("endpoint", OPEN)
@pytest.mark.parametrize("origin", [HOME, ELSEWHERE])
def test_a_page_is_told_beforehand_what_it_may_send(shared: Provider, endpoint: str, origin: str) -> None:
    answer = preflight(shared, endpoint, origin)
    assert (answer.status, answer.body, answer.headers["vary"]) == (204, b"", "origin")
    assert answer.headers["access-control-allow-origin"] == origin
    assert "POST" in answer.headers["access-control-allow-methods"]
    named = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert set(named) == {"authorization", "content-type", "dpop"}
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.attack("T28")
@pytest.mark.parametrize("endpoint", OPEN)
def test_and_no_other_one(shared: Provider, endpoint: str) -> None:
    others = [*(each for each in EVIL if each != ELSEWHERE), "https://%", "https://rp_example", "https://rp", "x" * 999]
    for origin in others:
        answer = preflight(shared, endpoint, origin)
        assert (answer.status, answer.headers["allow"].split(", ")[-1]) == (204, "POST")
        is_hidden(answer)
    is_hidden(preflight(shared, endpoint, ELSEWHERE, slug="midori"))
    is_hidden(shared.first.call("OPTIONS", f"/t/aoba/{endpoint}", {"origin": HOME}))
    assert preflight(shared, endpoint, HOME, slug="nobody").status == 404


@pytest.mark.attack("T28")
def test_an_address_that_was_taken_back_reads_nothing_more(alone: Provider) -> None:
    for name in ("web", "app"):
        alone.party(name)
    named = {"client_id": alone.party("app").client_id}
    is_readable(ask(alone, "token", HOME, named))
    with alone.open() as unit:
        gone = {"oidc": {"redirect_uris": ["https://new.example/cb"]}}
        federation.change(unit, alone.service_id("app"), gone, production=True)
    is_hidden(ask(alone, "token", HOME, named))
    is_readable(ask(alone, "token", "https://new.example", named), "https://new.example")
    assert preflight(alone, "token", "https://new.example").headers["access-control-allow-origin"]
