"""Services that a federation vouches for: from a collection or from a server that is asked by name, believed by the
pinned key alone; and names, of which each belongs to one."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.admin.conftest import BASE, World
from tests.admin.test_refreshing import There, members
from tests.admin.test_saml_services import DAY, SERVICES, metadata, with_egress
from tests.support.outside import answer, outside
from tests.support.xml_keys import rsa_pair

from idp import xml
from idp.federation import OwnIdentity, find_by_client_id, with_releases
from idp.federation.saml_described import CODE_OF_CONDUCT_2, HIDE_FROM_DISCOVERY, RESEARCH_AND_SCHOLARSHIP
from idp.kit.clock import rfc3339
from idp.signing import SignatureAlg

ONE, TWO = "https://one.example/saml?a=1&b=2", "https://two.example/saml"
SETTINGS = "/tenants/aoba/settings"
SIGNER = "federation"


def entity(entity_id: str = ONE, *, categories: tuple[str, ...] = (), acs: str = "https://one.example/acs") -> str:
    values = "".join(f"<saml:AttributeValue>{each}</saml:AttributeValue>" for each in categories)
    said = (
        '<md:Extensions><mdrpi:RegistrationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi"'
        ' registrationAuthority="https://federation.example" registrationInstant="2020-01-01T00:00:00Z"/>'
        '<mdattr:EntityAttributes xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute">'
        '<saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" Name="http://macedir.org/entity-category">'
        f"{values}</saml:Attribute></mdattr:EntityAttributes></md:Extensions>"
    )
    made = metadata(entity_id.replace("&", "&amp;"), acs)
    return made.replace("<md:SPSSODescriptor", f"{said if values else ''}<md:SPSSODescriptor", 1)


def collection(*entities: str, until: str | None = None, whose: str | None = SIGNER, inner: bool = False) -> bytes:
    validity = "" if until is None else f' validUntil="{until}"'
    nested = f"<md:EntitiesDescriptor>{''.join(entities)}</md:EntitiesDescriptor>" if inner else "".join(entities)
    document = (
        f'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_all"{validity}>{nested}'
        "</md:EntitiesDescriptor>"
    )
    root = xml.read(document.encode(), limits=xml.AGGREGATE)
    if whose is not None:
        xml.sign(root, rsa_pair(whose).key, place=0, alg=SignatureAlg.RSA_SHA256)
    return xml.written(root)


@pytest.fixture
def there(world: World, tmp_path: Path) -> Iterator[There]:
    with outside(tmp_path) as published:
        yield There(with_egress(world, published), published)


def pinned(there: There, entity_id: str = ONE, **more: Any) -> dict[str, Any]:
    signer = rsa_pair(SIGNER).certificate.text
    return {"metadata_url": there.outside.url("/metadata"), "metadata_signer": signer, "entity_id": entity_id, **more}


def soon(there: There, days: int = 20) -> str:
    return rfc3339(there.world.clock.now_us() + days * DAY)


def registering(there: There, saml: dict[str, Any]) -> Any:
    return there.client.post(SERVICES, {"name": "S", "protocol": "saml", "saml": saml})


@pytest.mark.parametrize("inner", [False, True])
def test_a_service_is_registered_from_a_collection_by_its_name_and_stays_what_that_says(
    there: There, inner: bool
) -> None:
    there.publish(collection(entity(TWO), entity(ONE), until=soon(there), inner=inner))
    made = registering(there, pinned(there))
    assert made.status == 201, made.body
    assert (made.body["saml"]["entity_id"], made.body["saml"]["valid_until"]) == (ONE, soon(there))
    there.one = f"{SERVICES}/{made.body['id']}"
    there.publish(collection(entity(ONE, acs="https://one.example/new"), until=soon(there, 21), inner=inner))
    assert members(there.refresh())["acs"]
    assert there.acs() == ["https://one.example/new"]
    there.publish(collection(entity(TWO), until=soon(there, 22), inner=inner))
    assert there.refresh()["error"] == "entity_id"  # its federation knows it no more
    assert there.acs() == ["https://one.example/new"]


@pytest.mark.parametrize("by", ["entity_id", "sha1"])
def test_a_server_is_asked_for_one_service_by_its_name(there: There, by: str) -> None:
    name = quote(ONE if by == "entity_id" else "{sha1}" + hashlib.sha1(ONE.encode()).hexdigest(), safe="")
    root = xml.read(entity().encode())
    root.set("ID", "_m")
    root.set("validUntil", soon(there))
    xml.sign(root, rsa_pair(SIGNER).key, place=0, alg=SignatureAlg.RSA_SHA256)
    there.outside.pages[f"/mdq/entities/{name}"] = answer(xml.written(root))
    signer = rsa_pair(SIGNER).certificate.text
    source = {"mdq_url": there.outside.url("/mdq/"), "mdq_by": by, "metadata_signer": signer}
    made = registering(there, {**source, "entity_id": ONE})
    assert made.status == 201, made.body
    assert there.outside.asked[-1].headers["accept"] == "application/samlmetadata+xml"
    there.one = f"{SERVICES}/{made.body['id']}"
    assert there.refresh()["error"] is None
    there.turn(days=8)
    assert there.saml["last_refresh_at"] == rfc3339(there.world.clock.now_us())
    assert registering(there, {**source, "entity_id": TWO}).wrong() == {"/saml/mdq_url": "unreachable"}
    stranger = rsa_pair("stranger").certificate.text
    refused = registering(there, {**source, "metadata_signer": stranger, "entity_id": ONE})
    assert refused.wrong()["/saml/metadata_xml"] == "signature"


def test_what_a_federation_says_of_a_service_is_kept_and_shown(there: There) -> None:
    categories = (RESEARCH_AND_SCHOLARSHIP, CODE_OF_CONDUCT_2, HIDE_FROM_DISCOVERY)
    there.publish(collection(entity(categories=categories), until=soon(there)))
    made = registering(there, pinned(there)).body
    described = made["saml"]["described"]
    assert described["entity_categories"] == list(categories)
    assert described["registration_authority"] == "https://federation.example"
    assert described["registration_instant"] == "2020-01-01T00:00:00Z"
    one = f"{SERVICES}/{made['id']}"
    assert there.client.put(one, made).body["saml"]["described"] == described
    other = {**made, "saml": {**made["saml"], "described": {"entity_categories": ["https://evil"]}}}
    assert there.client.put(one, other).body["saml"]["described"] == described


@pytest.mark.attack("X10")
def test_a_category_is_told_more_only_where_the_pinned_key_has_put_the_service_into_it(there: There) -> None:
    affiliation = {"name": "urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "source": "affiliation"}
    rule = {"category": RESEARCH_AND_SCHOLARSHIP, "attributes": [affiliation]}
    changed = there.client.patch(SETTINGS, {"saml": {"category_attributes": [rule]}})
    assert changed.status == 200, changed.body
    there.publish(collection(entity(categories=(RESEARCH_AND_SCHOLARSHIP,)), until=soon(there)))
    assert registering(there, pinned(there)).status == 201
    itself = entity(TWO, categories=(RESEARCH_AND_SCHOLARSHIP,), acs="https://two.example/acs")
    assert registering(there, {"metadata_xml": itself}).status == 201
    own = OwnIdentity.from_text(_saml_of(there))
    with there.world.house.units.open(there.world.aoba, actor=there.world.actor) as unit:
        for name, is_told in ((ONE, True), (TWO, False)):
            service = find_by_client_id(unit, name)
            assert service is not None
            told = with_releases(service, own).saml
            assert told is not None
            assert ("affiliation" in {each.source for each in told.attributes}) is is_told


def _saml_of(there: There) -> str:
    from idp import tenants

    with there.world.house.units.open(there.world.aoba, actor=there.world.actor) as unit:
        return tenants.get(unit).saml


@pytest.mark.attack("X5", "X10")
@pytest.mark.parametrize("case", ["unsigned", "stranger", "twice", "wrapped", "no_end", "for_ever", "past", "altered"])
def test_a_poisoned_collection_registers_nobody_and_changes_nobody(there: There, case: str) -> None:
    honest = collection(entity(ONE), until=soon(there))
    evil = entity(ONE, acs="https://evil.example/acs")
    if case == "wrapped":
        whole = xml.read(honest)
        outer = xml.MD.make("EntitiesDescriptor", xml.read(evil.encode()), whole)
        poisoned = xml.written(outer)
    else:
        poisoned = {
            "unsigned": collection(evil, until=soon(there), whose=None),
            "stranger": collection(evil, until=soon(there), whose="stranger"),
            "twice": collection(entity(ONE), evil, until=soon(there)),
            "no_end": collection(evil),
            "for_ever": collection(evil, until="9999-12-31T00:00:00Z"),
            "past": collection(evil, until="2020-01-01T00:00:00Z"),
            "altered": honest.replace(b"one.example/acs", b"xxx.example/acs"),
        }[case]
    there.publish(poisoned)
    assert registering(there, pinned(there)).status == 422
    there.publish(honest)
    made = registering(there, pinned(there))  # the honest twin
    assert made.status == 201, made.body
    there.one = f"{SERVICES}/{made.body['id']}"
    there.publish(poisoned)
    assert there.refresh()["error"] is not None
    assert there.acs() == ["https://one.example/acs"]


@pytest.mark.attack("X10")
def test_a_collection_that_is_fetched_is_not_believed_without_a_pinned_key(there: There) -> None:
    there.publish(collection(entity(ONE), until=soon(there)))
    saml = {"metadata_url": there.outside.url("/metadata"), "entity_id": ONE}
    assert registering(there, saml).wrong() == {"/saml/metadata_signer": "required"}
    there.publish(entity(ONE).encode())
    assert registering(there, saml).status == 201
    wrong = registering(there, {"mdq_url": there.outside.url("/mdq"), "entity_id": ONE, "metadata_xml": entity(ONE)})
    assert wrong.wrong()["/saml/metadata_signer"] == "required"
    both = {"mdq_url": there.outside.url("/mdq"), **pinned(there)}
    assert registering(there, both).wrong()["/saml/mdq_url"] == "inconsistent"


@pytest.mark.attack("X10")
def test_nobody_registers_under_our_own_name_or_another_tenants(there: There) -> None:
    acs = [{"url": "https://one.example/acs"}]
    assert there.client.patch(SETTINGS, {"saml": {"entity_id": "https://old.example/idp"}}).status == 200
    ours = f"{BASE}/t/aoba/saml/metadata"
    for name in ("https://old.example/idp", ours, f"{BASE}/t/midori/saml/metadata", f"{ours}?service=x", ours.upper()):
        for saml in ({"entity_id": name, "acs": acs}, {"metadata_xml": metadata(name)}):
            assert registering(there, saml).wrong() == {"/saml/entity_id": "not_allowed"}, name
    assert registering(there, {"entity_id": "https://old.example/idp2", "acs": acs}).status == 201
    assert registering(there, {"entity_id": "https://old.example/idp2", "acs": acs}).code == "entity_id_taken"


def test_a_tenant_brings_its_name_along_by_an_explicit_setting(there: There) -> None:
    client = there.client
    before = client.get(SETTINGS)
    assert before.body["saml"] == {"entity_id": None, "scopes": [], "category_attributes": []}
    changed = client.patch(
        SETTINGS, {"saml": {"entity_id": "urn:old:idp", "scopes": ["aoba.example"]}}, if_match=before.etag
    )
    assert changed.status == 200, changed.body
    assert (changed.body["saml"]["entity_id"], changed.body["saml"]["scopes"]) == ("urn:old:idp", ["aoba.example"])
    assert client.patch(SETTINGS, {"saml": {"scopes": []}}, if_match=before.etag).status == 412
    assert client.patch(SETTINGS, {"saml": {"scopes": None}}).body["saml"]["entity_id"] == "urn:old:idp"
    assert client.patch(SETTINGS, {"appearance": {"help_text": "x"}}).body["saml"]["entity_id"] == "urn:old:idp"
    assert client.patch(SETTINGS, {"saml": {"entity_id": None}}).body["saml"]["entity_id"] is None
    assert registering(there, {"entity_id": ONE, "acs": [{"url": "https://one.example/acs"}]}).status == 201
    for saml, wrong in (
        ({"entity_id": ONE}, {"/saml/entity_id": "not_allowed"}),
        ({"entity_id": f"{BASE}/t/midori/saml/metadata"}, {"/saml/entity_id": "not_allowed"}),
        ({"entity_id": "no uri"}, {"/saml/entity_id": "invalid_uri"}),
        ({"entity_id": "https://x.example/" + "x" * 1_024}, {"/saml/entity_id": "invalid_length"}),
        ({"scopes": ["Aoba.example", "localhost"]}, {f"/saml/scopes/{n}": "invalid_format" for n in (0, 1)}),
        ({"category_attributes": [{"category": "a"}]}, {"/saml/category_attributes/0/attributes": "required"}),
        ({"evil": 1}, {"/saml/evil": "unknown_field"}),
    ):
        assert client.patch(SETTINGS, {"saml": saml}).wrong() == wrong, saml
