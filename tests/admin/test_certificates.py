"""Each service of SAML changes over to our next certificate by API: on its day, at once, and one step back."""

from typing import Any
from unittest.mock import patch

import pytest
from tests.admin.conftest import Client, World
from tests.admin.test_saml_services import BY_HAND, SERVICES

from idp import federation, tenants
from idp.admin import service_json
from idp.kit.actors import SYSTEM
from idp.kit.clock import rfc3339
from idp.signing import Alg, Use
from idp.signing.expiry import DAY


@pytest.fixture
def two(world: World) -> World:
    """The tenant has a certificate that signs, and a next one that everybody could fetch."""
    made = tenants.rotating.generate([(Use.SAML, Alg.RS256)])
    with world.house.units.open(world.aoba, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, Use.SAML, Alg.RS256, tenants.rotating.generate([(Use.SAML, Alg.RS256)]).popitem()[1])
        tenants.rotating.publish(unit, made)
    world.clock.advance(hours=25)
    return world


def registered(world: World) -> tuple[Client, str, Any]:
    client = world.client("aoba")
    made = client.post(SERVICES, BY_HAND)
    assert made.status == 201, made.body
    return client, f"{SERVICES}/{made.body['id']}", made.body


def test_a_service_says_by_which_certificate_it_is_answered_and_changes_over(two: World) -> None:
    client, one, made = registered(two)
    signing = made["saml"]["signing_certificate"]
    assert signing["former"] is None
    at = rfc3339(two.clock.now_us() + 86_400_000_000)
    planned = client.post(f"{one}/certificate", {"at": at})
    assert planned.status == 200, planned.body
    switch = {"from": signing["kid"], "to": signing["next"], "at": at}
    assert planned.body["saml"]["certificate_switch"] == switch
    assert planned.body["saml"]["signing_certificate"] == signing
    assert {**client.get(SERVICES).body["items"][0], "setup": planned.body["setup"]} == planned.body
    two.clock.advance(days=1)
    after = client.get(one).body["saml"]["signing_certificate"]
    assert (after["kid"], after["former"], after["next"]) == (signing["next"], signing["kid"], None)
    back = client.post(f"{one}/certificate/back")
    assert back.body["saml"]["signing_certificate"]["kid"] == signing["kid"]
    assert back.body["saml"]["certificate_switch"]["at"] is None
    assert client.post(f"{one}/certificate/back").code == "no_former_certificate"
    assert client.post(f"{one}/certificate", {}).body["saml"]["signing_certificate"]["kid"] == signing["next"]
    assert client.post(f"{one}/certificate", {}).code == "no_next_certificate"
    follows = client.delete(f"{one}/certificate")
    assert "certificate_switch" not in follows.body["saml"]
    assert follows.body["saml"]["signing_certificate"]["kid"] == signing["kid"]
    events = [each["event"] for each in client.get("/tenants/aoba/audit?limit=200").body["items"]]
    assert events.count("service.certificate_switched") == 4


def test_the_day_can_be_set_with_the_registration_and_what_was_read_is_sent_back(two: World) -> None:
    client, one, made = registered(two)
    kid, following = made["saml"]["signing_certificate"]["kid"], made["saml"]["signing_certificate"]["next"]
    at = rfc3339(two.clock.now_us() + 3_600_000_000)
    switch = {"from": kid, "to": following, "at": at}
    changed = client.patch(one, {"saml": {"certificate_switch": switch}})
    assert changed.status == 200, changed.body
    two.clock.advance(hours=2)
    read = client.get(one).body
    assert read["saml"]["signing_certificate"]["kid"] == following
    assert client.put(one, read).body == read
    assert client.patch(one, {"saml": {"certificate_switch": None}}).body["saml"]["signing_certificate"]["kid"] == kid
    wrong = client.patch(one, {"saml": {"certificate_switch": {"from": kid, "to": "k"}}})
    assert wrong.wrong() == {"/saml/certificate_switch": "unknown_key"}


def test_a_change_over_is_refused_on_a_stale_version_in_the_past_and_without_a_next_certificate(world: World) -> None:
    client, one, made = registered(world)
    signing = made["saml"]["signing_certificate"]  # the first one came with the registration
    assert (signing["next"], signing["former"]) == (None, None)
    assert client.post(f"{one}/certificate", {}).code == "no_next_certificate"
    past = rfc3339(world.clock.now_us() - 1_000_000)
    assert client.post(f"{one}/certificate", {"at": past}).wrong() == {"/at": "past"}
    assert client.post(f"{one}/certificate", {"at": "soon", "x": 1}).wrong() == {
        "/at": "invalid_format",
        "/x": "unknown_field",
    }
    assert client.post(f"{one}/certificate", {}, if_match='"999-0"').status == 412
    oidc = client.post(SERVICES, {"name": "w", "protocol": "oidc", "oidc": {"redirect_uris": ["https://w.example/"]}})
    assert client.post(f"{SERVICES}/{oidc.body['id']}/certificate", {}).code == "not_saml"
    assert world.client("midori").post(f"{one}/certificate", {}).status == 404
    assert world.key("aoba", "services:read").post(f"{one}/certificate", {}).status == 403


def test_a_service_warns_of_the_end_of_our_certificate_that_answers_it(two: World) -> None:
    registered(two)
    with two.house.units.open(two.aoba, actor=SYSTEM) as unit:
        service = federation.page(unit)[0]
        chain = federation.current_chain(unit)
        link = chain.links[0]
        for days, codes in ((31, []), (29, ["signing_certificate_expires"]), (-1, ["signing_certificate_expired"])):
            later = chain._replace(now_us=link.certificate.not_after - days * DAY)
            with patch.object(federation, "current_chain", return_value=later):
                shown = service_json.showing(unit, [service])(service)
            assert [each["code"] for each in shown["warnings"]] == codes
