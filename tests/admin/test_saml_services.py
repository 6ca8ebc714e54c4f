"""Services of SAML, registered through the administration: by hand, by metadata, and changed by new metadata."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.admin.conftest import BASE, World
from tests.support.outside import Outside, answer, outside
from tests.support.xml_keys import Pair, rsa_pair

from idp import xml
from idp.admin.app import build
from idp.kit.clock import SECOND, instant, rfc3339
from idp.kit.egress import Allowed, Egress
from idp.signing import SignatureAlg
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

SERVICES = "/tenants/aoba/services"
ENTITY = "https://keihi.example/saml"
BY_HAND: dict[str, Any] = {
    "name": "経費精算",
    "protocol": "saml",
    "saml": {"entity_id": ENTITY, "acs": [{"url": "https://keihi.example/acs", "binding": "HTTP-POST"}]},
}


def metadata(entity_id: str = ENTITY, acs: str = "https://keihi.example/new", until: str = "") -> str:
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"{until}>'
        '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor>'
        '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{rsa_pair().certificate.text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        f' Location="{acs}" index="0"/></md:SPSSODescriptor></md:EntityDescriptor>'
    )


def test_a_service_is_registered_by_hand_and_read_back(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, BY_HAND)
    assert made.status == 201, made.body
    assert (made.body["protocol"], made.body["verification_status"]) == ("saml", "unverified")
    assert "oidc" not in made.body
    saml = made.body["saml"]
    assert (saml["entity_id"], saml["sign"], saml["encrypt"]) == (ENTITY, "both", False)
    assert [each["friendly_name"] for each in saml["attributes"]] == ["mail", "displayName", "givenName", "sn", "uid"]
    one = f"{SERVICES}/{made.body['id']}"
    assert tenant.get(one).body == made.body
    assert tenant.put(one, made.body).body == made.body
    assert tenant.patch(one, {"saml": {"sign": "assertion"}}).body["saml"] == {**saml, "sign": "assertion"}
    assert tenant.delete(one).status == 204
    assert tenant.post(SERVICES, BY_HAND).status == 201


def test_new_metadata_takes_the_place_of_what_the_old_one_said(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, {**BY_HAND, "saml": {**BY_HAND["saml"], "nameid_format": "transient"}}).body
    changed = tenant.patch(f"{SERVICES}/{made['id']}", {"saml": {"metadata_xml": metadata()}})
    assert changed.status == 200, changed.body
    assert [each["url"] for each in changed.body["saml"]["acs"]] == ["https://keihi.example/new"]
    assert changed.body["saml"]["certificates"] == [{"certificate": rsa_pair().certificate.text, "use": "both"}]
    assert changed.body["saml"]["nameid_format"].endswith("transient")


@pytest.mark.attack("X10", "S16")
def test_a_name_belongs_to_whoever_had_it_first_and_is_never_changed(world: World) -> None:
    tenant = world.client("aoba")
    first = tenant.post(SERVICES, BY_HAND).body
    second = tenant.post(SERVICES, {**BY_HAND, "name": "Another"})
    assert (second.status, second.code) == (409, "entity_id_taken")
    assert tenant.post(SERVICES, {**BY_HAND, "saml": {"metadata_xml": metadata()}}).code == "entity_id_taken"
    one = f"{SERVICES}/{first['id']}"
    other = {**BY_HAND["saml"], "entity_id": "https://other.example/"}
    moved = tenant.patch(one, {"saml": other})
    assert [(each["pointer"], each["code"]) for each in moved.body["errors"]] == [("/saml/entity_id", "immutable")]
    foreign = tenant.patch(one, {"saml": {"metadata_xml": metadata("https://other.example/")}})
    assert foreign.body["errors"][0]["code"] == "entity_id"
    assert tenant.get(one).body == first


@pytest.mark.attack("X10", "S16")
def test_metadata_that_is_over_is_not_taken(world: World) -> None:
    tenant = world.client("aoba")
    wrong = {**BY_HAND, "saml": {"metadata_xml": metadata(until=' validUntil="2001-01-01T00:00:00Z"')}}
    refused = tenant.post(SERVICES, wrong)
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [("/saml/valid_until", "expired")]
    right = {**BY_HAND, "saml": {"metadata_xml": metadata(until=' validUntil="2091-01-01T00:00:00Z"')}}
    assert tenant.post(SERVICES, right).body["saml"]["valid_until"] == "2091-01-01T00:00:00Z"


DAY = 86_400 * SECOND


def signed(until: str | None, pair: Pair | None = None) -> str:
    root = xml.read(metadata(until="" if until is None else f' validUntil="{until}"').encode())
    root.set("ID", "_m")
    xml.sign(root, (pair or rsa_pair()).key, place=0, alg=SignatureAlg.RSA_SHA256)
    return xml.written(root).decode()


@pytest.mark.attack("X10", "S16")
def test_what_is_signed_is_worth_something_for_a_while_only(world: World) -> None:
    tenant, now = world.client("aoba"), world.house.units.clock.now_us()
    pinned = {"metadata_signer": rsa_pair().certificate.text}

    def codes(until: int | None, pair: Pair | None = None) -> list[str]:
        text = signed(None if until is None else rfc3339(until), pair)
        reply = tenant.post(SERVICES, {**BY_HAND, "saml": {"metadata_xml": text, **pinned}})
        return [each["code"] for each in reply.body.get("errors", [])]

    assert codes(None) == codes(now + 401 * DAY) == codes(253_370_764_800 * SECOND) == ["out_of_range"]
    assert codes(now) == codes(now - DAY) == ["expired"]
    assert "signature" in codes(now + DAY, rsa_pair("stranger"))
    assert codes(now + 400 * DAY) == []


def with_egress(world: World, there: Outside) -> World:
    egress = Egress(allowed=Allowed.read(["127.0.0.0/8"]), extra_ca=there.ca, resolve=lambda *_: ["127.0.0.1"])
    house = replace(world.house, egress=egress)
    return replace(world, house=house, app=Hallway(Dispatcher([], fallback=build(house)), base_url=BASE))


@pytest.mark.attack("D2")
def test_metadata_is_fetched_where_it_is_published_and_nowhere_inside(world: World, tmp_path: Path) -> None:
    with outside(tmp_path) as there:
        url, tenant = there.url("/metadata"), with_egress(world, there).client("aoba")
        there.pages["/metadata"] = answer(metadata().encode())
        made = tenant.post(SERVICES, {**BY_HAND, "saml": {"metadata_url": url}})
        assert made.status == 201, made.body
        assert (made.body["saml"]["metadata_url"], made.body["saml"]["entity_id"]) == (url, ENTITY)
        one = f"{SERVICES}/{made.body['id']}"
        there.pages["/metadata"] = answer(metadata(acs="https://keihi.example/third").encode())
        assert tenant.put(one, made.body).body == made.body  # says everything itself
        renewed = tenant.patch(one, {"saml": {"metadata_url": url}}).body
        assert [each["url"] for each in renewed["saml"]["acs"]] == ["https://keihi.example/third"]
        for page in (answer(b"x", status=404), answer(b"\xff"), answer(b"")):
            there.pages["/metadata"] = page
            assert tenant.patch(one, {"saml": {"metadata_url": url}}).body["errors"][0]["code"] == "unreachable"
        assert tenant.get(one).body == renewed
        plain = world.client("aoba")  # nothing inside is allowed there
        refused = plain.post(SERVICES, {**BY_HAND, "saml": {"metadata_url": url}})
        assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [
            ("/saml/metadata_url", "unreachable")
        ]


@pytest.mark.attack("X8")
def test_an_exception_is_for_a_while(world: World) -> None:
    tenant, now = world.client("aoba"), instant(world.house.units.clock.now_us())
    one = f"{SERVICES}/{tenant.post(SERVICES, BY_HAND).body['id']}"
    for days, expected in ((0, 200), (366, 200), (-1, 422), (367, 422)):
        day = (now + timedelta(days=days)).date().isoformat()
        changed = tenant.patch(one, {"saml": {"sha1_until": day}})
        assert changed.status == expected, day
    assert tenant.patch(one, {"saml": {"sha1_until": None}}).body["saml"].get("sha1_until") is None


def test_a_service_keeps_its_protocol_and_has_one(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, BY_HAND).body
    oidc = {"name": "x", "protocol": "oidc", "oidc": {"redirect_uris": ["https://keihi.example/cb"]}}
    one = f"{SERVICES}/{made['id']}"
    assert tenant.put(one, oidc).body["errors"][0]["code"] == "immutable"
    assert tenant.post(SERVICES, {**oidc, "saml": BY_HAND["saml"]}).body["errors"][0]["pointer"] == "/saml"
    assert tenant.post(SERVICES, {**BY_HAND, "saml": None}).body["errors"][0]["pointer"] == "/saml"
    assert tenant.post(f"{one}/secret").code == "client_has_no_secret"


def test_people_are_asked_where_the_registration_says_so(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, {**BY_HAND, "consent": "required"})
    assert (made.status, made.body["consent"]) == (201, "required")
    assert tenant.post(SERVICES, {**BY_HAND, "consent": "asked"}).status == 422
