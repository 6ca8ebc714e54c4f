"""What services are told of us at the address that is our name, before and while we change our key."""

import base64
from datetime import datetime

import pytest
from tests.support.filling import BASE_URL
from tests.support.provider import Provider

from idp import signing, tenants, xml
from idp.signing import Alg, Use, read_certificate
from idp.xml import DS, MD, Element

METADATA = "/t/aoba/saml/metadata"


def _fetched(provider: Provider) -> Element:
    answer = provider.get(METADATA)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/samlmetadata+xml")
    return xml.read(answer.body, limits=xml.METADATA)


def _certificates(root: Element) -> list[str]:
    return [each.text or "" for each in root.iterfind(f"{MD('IDPSSODescriptor')}/*/*/*/{DS('X509Certificate')}")]


def test_it_is_signed_by_the_key_that_it_names(shared: Provider) -> None:
    root = _fetched(shared)
    assert root.get("entityID") == f"{BASE_URL}{METADATA}"
    (first, *_) = _certificates(root)
    signed = xml.verify(root, [read_certificate(first)], place=0)
    places = [each.get("Location") for each in signed.iter(MD("SingleSignOnService"))]
    assert places == [f"{BASE_URL}/t/aoba/saml/sso"] * 2
    ends = [(each.get("Binding") or "").rpartition(":")[2] for each in signed.iter(MD("SingleLogoutService"))]
    assert ends == ["HTTP-Redirect", "HTTP-POST", "SOAP"]
    until = datetime.fromisoformat(signed.get("validUntil") or "")
    assert shared.clock.now() < until
    assert signed.get("cacheDuration")


def test_one_key_is_made_whoever_asks_first_and_it_is_in_no_set_of_keys(provider: Provider) -> None:
    (first,) = _certificates(_fetched(provider))
    assert _certificates(_fetched(provider)) == [first]
    answer = provider.second.call("GET", METADATA)
    assert first.encode() in answer.body
    kids = {key["kid"] for key in provider.get("/t/aoba/jwks").json()["keys"]}
    with provider.open() as unit:
        (ours,) = [key for key in signing.every(unit) if key.use == Use.SAML]
    assert ours.kid not in kids
    assert ours.private_sealed
    assert base64.b64decode(first) not in ours.private_sealed


def test_during_a_rollover_both_certificates_are_there_and_the_first_of_them_signs(provider: Provider) -> None:
    (old,) = _certificates(_fetched(provider))
    made = tenants.rotating.generate([(Use.SAML, Alg.RS256)])
    with provider.open() as unit:
        tenants.rotating.publish(unit, made)
    before = _certificates(_fetched(provider))
    assert (len(before), before[0]) == (2, old)
    provider.clock.advance(hours=25)
    with provider.open() as unit:
        tenants.rotating.rotate(unit, {})
    root = _fetched(provider)
    assert _certificates(root) == [before[1], old]
    xml.verify(root, [read_certificate(before[1])], place=0)
    with pytest.raises(xml.BadSignature):
        xml.verify(root, [read_certificate(old)], place=0)


def test_a_key_in_certificates_is_not_replaced_by_time_alone(alone: Provider) -> None:
    (old,) = _certificates(_fetched(alone))
    made = tenants.rotating.generate([(Use.SAML, Alg.RS256)])
    with alone.open() as unit:
        tenants.rotating.publish(unit, made)
        (active,) = [key for key in signing.every(unit) if key.use == Use.SAML and key.activated_at]
    alone.clock.advance(days=1_000)
    with alone.open() as unit:
        tenants.rotating.tend(unit, active.kid, {}, period_us=1)
    assert _certificates(_fetched(alone))[0] == old


def test_of_a_tenant_that_is_not_there_there_is_none(shared: Provider) -> None:
    assert shared.get("/t/nobody/saml/metadata").status == 404
