"""Registrations are checked against what is really there: by names, by answers, by what is written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.admin.conftest import BASE, Client, World
from tests.admin.test_saml_services import BY_HAND, ENTITY, SERVICES, metadata, with_egress
from tests.support.outside import Outside, answer, outside
from tests.support.signed_requests import Key

from idp.admin import build
from idp.federation.verifying import asking
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway


@dataclass
class There:
    world: World
    outside: Outside

    @property
    def client(self) -> Client:
        return self.world.client("aoba")

    def register(self, protocol: str, **members: Any) -> str:
        made = self.client.post(SERVICES, {"name": "S", "protocol": protocol, protocol: members})
        assert made.status == 201, made.raw
        return f"{SERVICES}/{made.body['id']}"

    def found(self, one: str) -> tuple[str, dict[str, list[str]]]:
        """The status, and the results of each check."""
        reply = self.client.post(f"{one}/verify")
        assert reply.status == 200, reply.raw
        assert self.client.get(f"{one}/verify").body == reply.body
        assert self.client.get(one).body["verification_status"] == reply.body["verification_status"]
        assert all(each["detail"]["ja"] and each["detail"]["en"] for each in reply.body["findings"])
        results: dict[str, list[str]] = {}
        for each in reply.body["findings"]:
            results.setdefault(each["check"], []).append(each["result"])
        return reply.body["verification_status"], results


@pytest.fixture
def there(world: World, tmp_path: Path) -> Iterator[There]:
    with outside(tmp_path) as listening:
        yield There(with_egress(world, listening), listening)


def test_a_client_whose_addresses_are_there_meets_the_spec(there: There) -> None:
    url, pages = there.outside.url, there.outside.pages
    callback = "https://rp.example/cb"
    pages["/keys"] = answer(json.dumps({"keys": [Key.make("ES256").jwk()]}).encode())
    pages["/sector"] = answer(json.dumps([callback]).encode())
    pages["/bye"] = answer(b"", status=405)
    for page in ("/logo.png", "/policy", "/terms", "/start", "/home"):
        pages[page] = answer(b"x", content_type="text/html")
    one = there.register(
        "oidc",
        redirect_uris=[callback],
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=url("/keys"),
        sector_identifier_uri=url("/sector"),
        backchannel_logout_uri=url("/bye"),
        logo_uri=url("/logo.png"),
        policy_uri=url("/policy"),
        tos_uri=url("/terms"),
        client_uri=url("/home"),
        initiate_login_uri=url("/start"),
    )
    first = there.client.get(f"{one}/verify").body
    assert (first["verification_status"], first["complete"]) == ("unverified", False)
    assert [each["check"] for each in first["findings"]] == ["redirect_uri"]
    there.outside.asked.clear()
    status, results = there.found(one)
    assert status == "meets_spec"
    assert set(results) == {
        *("redirect_uri", "redirect_host", "jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"),
        *("logo_uri", "policy_uri", "tos_uri", "client_uri", "initiate_login_uri"),
    }
    assert {each for found in results.values() for each in found} == {"passed"}
    assert {each.method for each in there.outside.asked} == {"GET"}
    assert there.client.get(f"{one}/verify").body["complete"] is True


def test_what_is_not_there_or_not_usable_is_found(there: There) -> None:
    url, pages = there.outside.url, there.outside.pages
    pages["/keys"] = answer(b'{"keys": [{"kty": "oct", "k": "AAAA"}]}')
    pages["/broken"] = answer(b"", status=503)
    one = there.register(
        "oidc",
        redirect_uris=["https://rp.example/cb", "http://127.0.0.1/cb"],
        application_type="native",
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=url("/keys"),
        backchannel_logout_uri=url("/broken"),
        logo_uri=url("/nothing"),
        initiate_login_uri=url("/nothing"),
    )
    status, results = there.found(one)
    assert status == "unverified"
    assert results == {
        "redirect_uri": ["passed", "passed"],
        "redirect_host": ["passed"],
        "jwks_uri": ["failed"],
        "backchannel_logout_uri": ["failed"],
        "logo_uri": ["warning"],
        "initiate_login_uri": ["passed"],  # it wants to be told who asks
    }
    keys = next(each for each in there.client.get(f"{one}/verify").body["findings"] if each["check"] == "jwks_uri")
    assert (keys["found"], keys["expected"]) == (url("/keys"), "RSA of 2048 bits or more, P-256, Ed25519")


def test_a_service_of_saml_is_checked_by_its_metadata_and_certificates(there: There) -> None:
    pages = there.outside.pages
    pages["/metadata"] = answer(metadata().encode(), content_type="application/samlmetadata+xml")
    one = there.register("saml", metadata_url=there.outside.url("/metadata"))
    status, results = there.found(one)
    assert (status, results) == (
        "meets_spec",
        {"acs": ["passed"], "certificate": ["passed"], "metadata": ["passed"], "acs_host": ["passed"]},
    )
    pages["/metadata"] = answer(metadata(f"{ENTITY}/other").encode(), content_type="application/samlmetadata+xml")
    status, results = there.found(one)
    assert (status, results["metadata"]) == ("unverified", ["failed"])
    del pages["/metadata"]
    assert there.found(one)[1]["metadata"] == ["failed"]
    there.world.clock.advance(days=20 * 365)
    assert there.found(one)[1]["certificate"] == ["warning"]


def test_a_host_that_is_not_known_or_inside_is_found_without_a_word_on_which(world: World) -> None:
    tenant, told = world.client("aoba"), []
    for host in ("10.0.0.1", "wiki.internal"):
        document = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": [f"https://{host}/cb"]}}
        one = f"{SERVICES}/{tenant.post(SERVICES, document).body['id']}"
        (found,) = [each for each in tenant.post(f"{one}/verify").body["findings"] if each["check"] == "redirect_host"]
        told.append({**found, "found": ""})
        assert found["result"] == "failed"
    assert told[0] == told[1]


def test_an_address_for_development_is_no_fault_and_is_told(world: World) -> None:
    loose = replace(
        world, app=Hallway(Dispatcher([], fallback=build(replace(world.house, production=False))), base_url=BASE)
    )
    document = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["http://localhost:3000/cb"]}}
    one = f"{SERVICES}/{loose.client('aoba').post(SERVICES, document).body['id']}"
    checked = loose.client("aoba").post(f"{one}/verify").body
    assert checked["verification_status"] == "meets_spec"
    assert [(each["check"], each["result"]) for each in checked["findings"]] == [("redirect_uri", "warning")]


def test_what_there_is_no_time_for_is_skipped(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.0)
    one = there.register("oidc", redirect_uris=["https://rp.example/cb"], logo_uri=there.outside.url("/logo"))
    there.outside.asked.clear()
    status, results = there.found(one)
    assert (status, results["redirect_host"], results["logo_uri"]) == ("meets_spec", ["skipped"], ["skipped"])
    assert there.outside.asked == []


def test_an_operator_confirms_and_a_change_or_a_failure_takes_it_back(there: There) -> None:
    operator, tenant = there.world.client("operator"), there.client
    one = there.register("oidc", redirect_uris=["https://rp.example/cb"])
    assert tenant.post(f"{one}/verify", {"confirm": True}).code == "forbidden"
    confirmed = operator.post(f"{one}/verify", {"confirm": True}).body
    assert (confirmed["verification_status"], confirmed["confirmed_at"]) == ("verified", confirmed["checked_at"])
    there.world.clock.advance(hours=1)
    again = tenant.post(f"{one}/verify").body
    assert (again["verification_status"], again["confirmed_at"]) == ("verified", confirmed["confirmed_at"])
    changed = tenant.patch(one, {"oidc": {"logo_uri": "https://rp.example/logo.png"}}).body
    assert changed["verification_status"] == "meets_spec"
    operator.post(f"{one}/verify", {"confirm": True})
    tenant.patch(one, {"oidc": {"backchannel_logout_uri": there.outside.url("/bye")}})
    there.outside.pages["/bye"] = answer(b"", status=500)
    refused = operator.post(f"{one}/verify", {"confirm": True}).body
    assert (refused["verification_status"], refused["confirmed_at"]) == ("unverified", None)


def test_what_was_changed_while_it_was_looked_at_is_not_judged(there: There) -> None:
    one = there.register("oidc", redirect_uris=["https://rp.example/cb"], logo_uri=there.outside.url("/logo"))

    def change(_: object) -> bytes:
        assert there.client.patch(one, {"name": "Other"}).status == 200
        return answer(b"x")

    there.outside.pages["/logo"] = change
    reply = there.client.post(f"{one}/verify")
    assert (reply.status, reply.code) == (409, "changed_meanwhile")
    assert there.client.get(one).body["verification_status"] == "unverified"


def test_what_is_deleted_takes_its_checks_along(there: There) -> None:
    made = there.client.post(SERVICES, BY_HAND).body
    one = f"{SERVICES}/{made['id']}"
    assert there.client.get(f"{one}/verify").body["findings"]
    there.client.delete(one)
    with there.world.house.units.open(there.world.aoba, actor=there.world.actor) as unit:
        assert unit.lane.execute("SELECT count(*) FROM verifications", {}).fetchone()[0] == 0
