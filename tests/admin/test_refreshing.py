"""Metadata of services are fetched anew: by the schedule and by API, shown before, taken, or laid before somebody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.admin.conftest import Client, World
from tests.admin.test_saml_services import DAY, ENTITY, SERVICES, metadata, with_egress
from tests.support.outside import Asked, Outside, answer, outside
from tests.support.xml_keys import ending, rsa_pair

from idp import xml
from idp.federation import upkeep
from idp.kit.clock import SECOND, rfc3339
from idp.schedule import ServiceUpkeep
from idp.signing import SignatureAlg

NEW = "https://keihi.example/other"
OTHER_KEY = "theirs"


def text(acs: str = "https://keihi.example/acs", *, key: str = "ours", name: str = "", **attributes: str) -> str:
    said = "".join(f' {each}="{value}"' for each, value in attributes.items())
    plain = metadata(acs=acs, until=said).replace(rsa_pair().certificate.text, rsa_pair(key).certificate.text)
    shown = (
        '<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">'
        f"{name}</mdui:DisplayName></mdui:UIInfo></md:Extensions><md:KeyDescriptor>"
    )
    return plain.replace("<md:KeyDescriptor>", shown, 1) if name else plain


def signed(document: str, whose: str = "federation") -> bytes:
    root = xml.read(document.encode())
    root.set("ID", "_m")
    xml.sign(root, rsa_pair(whose).key, place=0, alg=SignatureAlg.RSA_SHA256)
    return xml.written(root)


@dataclass
class There:
    """A service that publishes its metadata, and a worker that looks after it."""

    world: World
    outside: Outside
    one: str = ""

    @property
    def client(self) -> Client:
        return self.world.client("aoba")

    def publish(self, page: str | bytes, **headers: str) -> None:
        data = page if isinstance(page, bytes) else page.encode()
        self.outside.pages["/metadata"] = answer(data, content_type="application/samlmetadata+xml", **headers)

    def register(self, **saml: Any) -> Any:
        document = {"metadata_url": self.outside.url("/metadata"), **saml}
        made = self.client.post(SERVICES, {"name": "経費精算", "protocol": "saml", "saml": document})
        assert made.status == 201, made.body
        self.one = f"{SERVICES}/{made.body['id']}"
        self.turn()
        return made.body

    def turn(self, **span: float) -> None:
        self.world.clock.advance(**span)
        ServiceUpkeep(self.world.house.units, self.world.house.egress, production=True)()

    def refresh(self, *, dry: bool = False) -> Any:
        reply = self.client.post(f"{self.one}/metadata/refresh{'?dry_run=true' if dry else ''}")
        assert reply.status == 200, reply.body
        return reply.body

    @property
    def saml(self) -> Any:
        return self.client.get(self.one).body["saml"]

    @property
    def warnings(self) -> list[str]:
        return [each["code"] for each in self.client.get(self.one).body["warnings"]]

    def acs(self) -> list[str]:
        return [each["url"] for each in self.saml["acs"]]

    def events(self) -> list[str]:
        items = self.client.get("/tenants/aoba/audit?limit=200").body["items"]
        return [each["event"] for each in items if each["event"].startswith(("service.metadata", "expiry"))]

    def told(self) -> list[str]:
        items = self.client.get("/tenants/aoba/deliveries?limit=200").body["items"]
        return [each["event"] for each in items if each["event"].startswith(("metadata.", "service."))]


@pytest.fixture
def there(world: World, tmp_path: Path) -> Iterator[There]:
    with outside(tmp_path) as published:
        found = There(with_egress(world, published), published)
        found.publish(text())
        yield found


def members(body: Any) -> dict[str, bool]:
    return {each["member"]: each["grave"] for each in body["differences"]}


def test_what_would_change_is_shown_before_and_nothing_has_changed(there: There) -> None:
    there.register()
    there.publish(text(NEW, key=OTHER_KEY, name="Keihi"))
    before = there.client.get(there.one).body
    found = there.refresh(dry=True)
    assert (found["dry_run"], found["error"]) == (True, None)
    assert members(found) == {"certificates": True, "acs": True, "described/display_names": False}
    certificates, addresses, names = found["differences"]
    theirs = rsa_pair(OTHER_KEY).certificate
    assert [each["fingerprint_sha256"] for each in certificates["added"]] == [theirs.fingerprint]
    assert [each["url"] for each in addresses["added"]] == [NEW]
    assert (names.get("was"), names["becomes"]) == (None, {"en": "Keihi"})
    assert there.client.get(there.one).body == before
    assert there.events() == []


def test_without_a_pinned_key_what_is_grave_waits_for_an_administrator_and_the_rest_is_taken(there: There) -> None:
    there.register()
    there.publish(text(NEW, key=OTHER_KEY, name="Keihi"))
    change = there.refresh()["waiting"]
    assert there.acs() == ["https://keihi.example/acs"]
    assert there.saml["described"]["display_names"] == {"en": "Keihi"}
    assert (there.saml["waiting"], there.warnings) == (change, ["change_waits"])
    state = there.client.get(f"{there.one}/metadata").body
    assert members(state["waiting"]) == {"certificates": True, "acs": True}
    assert there.refresh()["waiting"] == change
    assert there.told() == ["metadata.change_waits"]  # and not again
    assert there.client.post(f"{there.one}/metadata/accept", {"change": "another"}).code == "change_overtaken"
    etag = there.client.get(there.one).etag
    there.client.patch(there.one, {"name": "changed meanwhile"})
    stale = there.client.post(f"{there.one}/metadata/accept", {"change": change}, if_match=etag)
    assert (stale.status, there.acs()) == (412, ["https://keihi.example/acs"])
    accepted = there.client.post(f"{there.one}/metadata/accept", {"change": change})
    assert accepted.status == 200, accepted.body
    assert there.acs() == [NEW]
    assert there.saml["certificates"][0]["certificate"] == rsa_pair(OTHER_KEY).certificate.text
    assert (there.saml["waiting"], there.warnings) == (None, [])
    assert members(there.refresh()) == {}
    assert there.events() == ["service.metadata_waits", "service.metadata_refreshed", "service.metadata_accepted"]


def test_a_change_that_was_refused_is_not_asked_about_again_and_another_one_is(there: There) -> None:
    there.register()
    there.publish(text(NEW))
    change = there.refresh()["waiting"]
    assert there.client.post(f"{there.one}/metadata/reject", {"change": change}).status == 200
    assert there.refresh()["waiting"] is None
    assert there.client.post(f"{there.one}/metadata/accept", {"change": change}).code == "change_overtaken"
    assert there.acs() == ["https://keihi.example/acs"]
    there.publish(text("https://keihi.example/third"))
    assert there.refresh()["waiting"] not in {None, change}
    there.publish(text())
    assert there.refresh()["waiting"] is None  # what waited is gone from there
    assert there.told() == ["metadata.change_waits"] * 2


def test_what_the_pinned_key_has_signed_is_taken_by_the_schedule(there: There) -> None:
    until = rfc3339(there.world.clock.now_us() + 20 * DAY)
    pinned = {"metadata_signer": rsa_pair("federation").certificate.text}
    there.publish(signed(text(validUntil=until, cacheDuration="PT6H")), etag='"v1"')
    there.register(**pinned)
    asked = len(there.outside.asked)
    there.turn(hours=5)
    assert len(there.outside.asked) == asked
    there.publish(signed(text(NEW, key=OTHER_KEY, validUntil=until)), etag='"v2"')
    there.turn(hours=1)
    assert there.acs() == [NEW]
    assert there.saml["certificates"][0]["certificate"] == rsa_pair(OTHER_KEY).certificate.text
    assert there.events() == ["service.metadata_refreshed"]

    def unchanged(asked: Asked) -> bytes:
        return answer(b"", status=304 if asked.headers.get("if-none-match") == '"v2"' else 500)

    there.outside.pages["/metadata"] = unchanged
    there.turn(days=1)
    assert there.saml["last_refresh_at"] == rfc3339(there.world.clock.now_us())
    assert there.saml["last_error"] is None
    assert there.acs() == [NEW]


@pytest.mark.attack("X10")
@pytest.mark.parametrize(
    ("page", "error"),
    [
        (text(NEW).encode(), "signature"),
        (signed(text(NEW), "stranger"), "signature"),
        (signed(text(NEW)), "out_of_range"),
        (signed(text(NEW, validUntil="9999-01-01T00:00:00Z")), "out_of_range"),
        (signed(text(NEW, validUntil="2026-01-01T00:00:00Z")), "expired"),
        (signed(text("javascript:alert(1)", validUntil="2026-05-01T00:00:00Z")), "scheme_not_allowed"),
        (signed(text(NEW, validUntil="2026-05-01T00:00:00Z")).replace(b"/other", b"/evil!"), "signature"),
        (signed(text(NEW, validUntil="2026-05-01T00:00:00Z").replace(ENTITY, "https://evil/")), "entity_id"),
        (b"<a", "not_xml"),
        (b"<!DOCTYPE a><a/>", "dtd"),
        (b"\xff\xfe", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_what_is_not_believed_changes_nothing_and_is_told(there: There, page: bytes, error: str) -> None:
    until = rfc3339(there.world.clock.now_us() + 60 * DAY)
    there.publish(signed(text(validUntil=until)))
    there.register(metadata_signer=rsa_pair("federation").certificate.text)
    there.publish(page)
    there.turn(days=1)
    assert (there.acs(), there.saml["last_error"]) == (["https://keihi.example/acs"], error)
    assert "refresh_failed" in there.warnings
    there.turn(hours=1)
    there.turn(hours=2)
    assert there.events() == ["service.metadata_failed"] * 3
    assert there.told().count("metadata.refresh_failed") == 1
    there.publish(signed(text(NEW, validUntil=until)))
    there.turn(days=1)
    assert (there.acs(), there.saml["last_error"], there.warnings) == ([NEW], None, [])


@pytest.mark.attack("X10", "D2")
def test_a_redirect_is_followed_on_the_same_host_and_to_no_other(there: There) -> None:
    there.register()
    there.publish(text(NEW, name="moved"))
    there.outside.pages["/moved"] = there.outside.pages["/metadata"]
    for onward, error in (
        ("/moved", None),
        (there.outside.url("/moved"), None),
        (there.outside.url("/moved", host="rp.example"), "unreachable"),
        (there.outside.url("/moved", scheme="http"), "unreachable"),
        ("https://169.254.169.254/moved", "unreachable"),
        ("/metadata", "unreachable"),
    ):
        there.outside.pages["/metadata"] = answer(b"", status=302, location=onward)
        assert there.refresh()["error"] == error, onward


@pytest.mark.attack("X10", "X3")
def test_more_than_ten_megabytes_are_not_read(there: There) -> None:
    there.register()
    there.publish(text(name="x") + " " * (10 * 1024 * 1024))
    assert there.refresh()["error"] == "unreachable"
    there.publish(text(name="x") + " " * (9 * 1024 * 1024))
    assert there.refresh()["error"] is None


def test_a_demand_that_requests_are_signed_is_taken_when_it_comes_and_waits_when_it_goes(there: There) -> None:
    there.register()
    wants = text().replace("<md:SPSSODescriptor", '<md:SPSSODescriptor AuthnRequestsSigned=" true "')
    there.publish(wants)
    assert members(there.refresh())["require_signed_requests"] is False
    assert there.saml["require_signed_requests"] is True
    there.publish(text())
    change = there.refresh()["waiting"]
    assert there.saml["require_signed_requests"] is True
    assert there.client.post(f"{there.one}/metadata/accept", {"change": change}).status == 200
    assert there.saml["require_signed_requests"] is False


def test_by_which_name_people_are_told_is_for_an_administrator(there: There) -> None:
    there.publish(naming("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"))
    there.register()
    there.publish(naming("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"))
    told = there.refresh()
    assert members(told)["nameid_format"] is True
    assert there.saml["nameid_format"].endswith(":persistent")
    assert there.client.post(f"{there.one}/metadata/accept", {"change": told["waiting"]}).status == 200
    assert there.saml["nameid_format"].endswith(":emailAddress")


def naming(wish: str) -> str:
    acs = "<md:AssertionConsumerService"
    return text().replace(acs, f"<md:NameIDFormat>{wish}</md:NameIDFormat>{acs}", 1)


def test_a_service_without_an_address_has_nothing_to_refresh(there: There) -> None:
    by_hand = {"entity_id": ENTITY, "acs": [{"url": "https://keihi.example/acs"}]}
    made = there.client.post(SERVICES, {"name": "x", "protocol": "saml", "saml": by_hand}).body
    refresh = f"{SERVICES}/{made['id']}/metadata/refresh"
    assert there.client.post(refresh).code == "no_metadata_address"
    assert there.client.post(f"{refresh}?dry_run=perhaps").wrong() == {"/dry_run": "unknown_value"}
    assert there.client.get(f"{SERVICES}/{made['id']}/metadata").body["next_refresh_at"] is None


def test_ends_are_told_before_they_come_each_once(there: There) -> None:
    now = there.world.clock.now_us()
    soon, later = ending(now + 20 * DAY), ending(now + 400 * DAY, "later")
    both = {"entity_id": ENTITY, "acs": [{"url": "https://keihi.example/acs"}]}
    both["certificates"] = [soon.text, later.text]
    made = there.client.post(SERVICES, {"name": "x", "protocol": "saml", "saml": both}).body
    there.one = f"{SERVICES}/{made['id']}"
    assert [(each["code"], each["fingerprint_sha256"]) for each in made["warnings"]] == [
        ("certificate_expires", soon.fingerprint)
    ]
    for hours in [0, 1, *[24] * 25]:
        there.turn(hours=hours)
        there.turn()
    expected = ["service.certificate_expires"] * 4 + ["service.certificate_expired"]  # below 30, 14, 7 and 1 days
    assert there.told() == expected
    assert there.events() == ["expiry.warned"] * 5
    assert there.warnings == ["certificate_expired"]
    there.client.patch(there.one, {"saml": {"certificates": [later.text]}})
    there.turn()
    assert (there.warnings, there.told()) == ([], expected)


def test_metadata_that_are_brought_by_hand_are_told_of_before_they_end(there: There) -> None:
    until = rfc3339(there.world.clock.now_us() + 3 * DAY // SECOND * SECOND)
    saml = {"metadata_xml": text(validUntil=until)}
    made = there.client.post(SERVICES, {"name": "x", "protocol": "saml", "saml": saml}).body
    assert [(each["code"], each["ends_at"]) for each in made["warnings"]] == [("metadata_expires", until)]
    there.one = f"{SERVICES}/{made['id']}"
    for _ in range(4):
        there.turn(days=1)
    assert there.told() == ["service.metadata_expires"] * 2 + ["service.metadata_expired"]
    assert there.warnings == ["metadata_expired"]


def test_of_many_workers_one_fetches_and_one_that_cannot_be_looked_after_keeps_nobody_waiting(there: There) -> None:
    there.register()
    broken = there.client.post(SERVICES, {"name": "y", "protocol": "saml", "saml": {"metadata_xml": other()}}).body
    there.turn()
    asked = len(there.outside.asked)
    there.world.clock.advance(days=1)
    with there.world.house.units.open(there.world.aoba, actor=there.world.actor) as unit:
        late = upkeep.kept(unit, broken["id"])
        upkeep.keep(unit, late._replace(due_at=1))
        unit.lane.execute(f"UPDATE services SET saml = 'broken' WHERE id = '{broken['id']}'", {})
    job = ServiceUpkeep(there.world.house.units, there.world.house.egress, production=True)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: job(), range(4)))
    assert len(there.outside.asked) == asked + 1
    assert there.saml["last_refresh_at"] == rfc3339(there.world.clock.now_us())


def test_nothing_is_fetched_for_a_tenant_whose_contract_has_ended(there: There) -> None:
    there.register()
    asked = len(there.outside.asked)
    operator = there.world.client("operator")
    assert operator.post(f"/contracts/{there.world.contract_of('aoba')}/terminate", {"reason": "x"}).status == 200
    there.turn(days=2)
    there.turn(days=2)
    assert operator.patch(there.one, {"saml": {"metadata_url": "https://keihi.example/again"}}).status == 409
    assert len(there.outside.asked) == asked


def other() -> str:
    return text().replace(ENTITY, "https://other.example/saml")
