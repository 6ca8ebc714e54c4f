"""Our certificate changes, and each service follows on a day of its own: a month of it, with a login of each every day.

The services verify with libraries of other people, and each trusts the one certificate that it is set up with on that
day, as services are whose administrators paste certificates by hand.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from shutil import which
from tempfile import NamedTemporaryFile

import pytest
import signxml
from hypothesis import given
from hypothesis import strategies as st
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from saml2.sigver import CryptoBackendXmlSec1, XmlsecError
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty, certificates_of, register

from idp import delivery, federation, tenants
from idp.kit.clock import instant
from idp.kit.errors import Conflict, Invalid
from idp.schedule import KeyRotations
from idp.signing import Switch, read_certificate
from idp.signing.expiry import DAY
from idp.signing.switching import STEP_BACK, begun, kept_until, signer, stepped_back

RESPONSE = "urn:oasis:names:tc:SAML:2.0:protocol:Response"


def by_signxml(data: bytes, pem: str) -> bool:
    try:
        signxml.XMLVerifier().verify(data, x509_cert=pem, id_attribute="ID")
    except (signxml.exceptions.InvalidInput, signxml.exceptions.InvalidSignature):
        return False
    return True


def by_python3_saml(data: bytes, pem: str) -> bool:
    found: bool = OneLogin_Saml2_Utils.validate_sign(data, cert=pem)
    return found


class AskedOnce(CryptoBackendXmlSec1):
    """For its version, and not before each signature."""

    version_nums = cached_property(CryptoBackendXmlSec1.version_nums.fget)


@cache
def pysaml2() -> CryptoBackendXmlSec1:
    return AskedOnce(which("xmlsec1"))


def by_pysaml2(data: bytes, pem: str) -> bool:
    with NamedTemporaryFile("w", suffix=".pem") as trusted:
        trusted.write(pem)
        trusted.flush()
        try:
            found: bool = pysaml2().validate_signature(data.decode(), trusted.name, "pem", RESPONSE, None)
        except XmlsecError:
            return False
    return found


@dataclass
class Trusting:
    """A service, and the one certificate that its administrator has put in."""

    party: SamlParty
    believes: Callable[[bytes, str], bool]
    certificate: str

    def signed_on(self, browser: Browser) -> bool:
        answer = self.party.sign_on(browser)
        assert answer.status == ("Success",)
        return self.believes(base64.b64decode(answer.fields["SAMLResponse"]), armoured(self.certificate))


def armoured(text: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


def turn(provider: Provider) -> None:
    """Of the worker, as often as it has something to do."""
    job = KeyRotations(provider.units, period_days=90)
    for _ in range(3):
        job()


def at_midnight(provider: Provider, days: int) -> int:
    return provider.clock.now_us() + days * 86_400_000_000


def test_in_a_month_in_which_three_services_change_over_on_different_days_no_login_fails(provider: Provider) -> None:
    one, two, three = (
        Trusting(register(provider, name), believes, certificates_of(provider)[0])
        for name, believes in (("one", by_signxml), ("two", by_python3_saml), ("three", by_pysaml2))
    )
    turn(provider)
    old, new = certificates_of(provider)
    logins = 0
    for day in range(34):
        if day == 2:  # their administrators have said when
            with provider.open() as unit:
                federation.change_over(unit, one.party.service_id, at=at_midnight(provider, 3))
                federation.change_over(unit, three.party.service_id, at=at_midnight(provider, 23))
        if day == 7:  # one of them has put its old configuration back
            with provider.open() as unit:
                federation.step_back(unit, one.party.service_id)
        if day == 9:
            with provider.open() as unit:
                federation.change_over(unit, one.party.service_id)
        if day == 12:  # the tenant itself, and with it whoever has no day
            with provider.open() as unit:
                tenants.rotating.rotate(unit, {})
        one.certificate = new if day in {5, 6} or day >= 9 else old
        two.certificate = new if day >= 12 else old
        three.certificate = new if day >= 25 else old
        turn(provider)
        worker = provider.first if day % 2 else provider.second
        browser = Browser(worker)
        for each in (one, two, three):
            assert each.signed_on(browser), (day, each.party.entity_id)
            logins += 1
            if day % 6 == 0:  # and who trusts another believes nothing
                wrong = replace(each, certificate=old if each.certificate == new else new)
                assert not wrong.signed_on(browser), (day, each.party.entity_id)
        assert set(certificates_of(provider)) >= ({old, new} if day < 32 else {new})
        provider.clock.advance(days=1)
    assert logins == 102
    turn(provider)
    provider.clock.advance(days=2)
    turn(provider)
    (active, upcoming) = certificates_of(provider)
    assert active == new
    assert upcoming != old
    assert provider.events().count("service.certificate_switched") == 4


def rolled(provider: Provider, *, rotated: bool = True) -> tuple[SamlParty, Browser, str, str]:
    party, browser = register(provider), provider.browser()
    certificates_of(provider)
    turn(provider)
    provider.clock.advance(hours=25)
    if rotated:
        with provider.open() as unit:
            tenants.rotating.rotate(unit, {})
    party.sign_on(browser)
    old, new = kids(provider)[:2]
    return party, browser, old, new


def kids(provider: Provider) -> list[str]:
    with provider.open() as unit:
        return [link.kid for link in federation.current_chain(unit).links]


def signs_for(provider: Provider, party: SamlParty) -> str | None:
    with provider.open() as unit:
        saml = federation.get(unit, party.service_id).saml
        assert saml is not None
        return federation.current_chain(unit).signs(saml.switch)


def test_a_step_back_after_the_tenants_own_change_is_held_until_somebody_says_otherwise(alone: Provider) -> None:
    party, _, old, new = rolled(alone)
    assert signs_for(alone, party) == new
    with alone.open() as unit:
        federation.step_back(unit, party.service_id)
    assert signs_for(alone, party) == old
    with alone.open() as unit, pytest.raises(Conflict, match="no_former_certificate"):
        federation.step_back(unit, party.service_id)
    for _ in range(60):
        alone.clock.advance(days=1)
        turn(alone)
    assert signs_for(alone, party) == old
    with alone.open() as unit:
        federation.follow(unit, party.service_id)
    assert signs_for(alone, party) == new
    turn(alone)
    alone.clock.advance(days=1)
    turn(alone)
    assert old not in kids(alone)


def test_a_revoked_certificate_signs_for_nobody_whatever_their_day(alone: Provider) -> None:
    party, browser, old, new = rolled(alone)
    with alone.open() as unit:
        federation.step_back(unit, party.service_id)
    with alone.open() as unit:
        tenants.rotating.revoke(unit, old)
    assert signs_for(alone, party) == new
    assert party.sign_on(browser).status == ("Success",)


def test_an_old_certificate_that_has_ended_signs_no_more_and_goes(alone: Provider) -> None:
    party, _, old, new = rolled(alone)
    with alone.open() as unit:
        federation.step_back(unit, party.service_id)
    alone.clock.advance(days=3_660)
    assert signs_for(alone, party) == new
    turn(alone)
    assert old not in kids(alone)


def test_nobody_changes_over_to_a_certificate_that_is_not_there_or_that_not_everybody_knows(alone: Provider) -> None:
    party = register(alone)
    certificates_of(alone)
    with alone.open() as unit, pytest.raises(Conflict, match="no_next_certificate"):
        federation.change_over(unit, party.service_id)
    with alone.open() as unit, pytest.raises(Conflict, match="no_former_certificate"):
        federation.step_back(unit, party.service_id)
    turn(alone)
    with alone.open() as unit, pytest.raises(Conflict) as young:
        federation.change_over(unit, party.service_id)
    assert young.value.code == "next_key_too_young"
    active, upcoming = kids(alone)
    now = alone.clock.now().isoformat()
    for switch in (
        {"from": active, "to": "nobodys"},
        {"from": upcoming, "to": active, "at": now},
        {"from": active, "to": upcoming, "at": now},
        {"from": active, "to": upcoming, "at": "soon"},
        {"from": active},
    ):
        with alone.open() as unit, pytest.raises(Invalid):
            federation.change(unit, party.service_id, {"saml": {"certificate_switch": switch}}, production=True)
    alone.clock.advance(hours=25)
    with alone.open() as unit:
        federation.change_over(unit, party.service_id)
    assert signs_for(alone, party) == upcoming


def test_two_certificates_are_published_until_the_last_service_has_left_the_first(alone: Provider) -> None:
    party, _, old, new = rolled(alone)
    with alone.open() as unit:
        federation.step_back(unit, party.service_id)
    for _ in range(20):
        alone.clock.advance(days=1)
        turn(alone)
        assert len(certificates_of(alone)) == 2
    assert {old, new} == set(kids(alone))


KIDS = st.sampled_from(["a", "b", "c"])
AT = st.none() | st.integers(0, 100)
SWITCHES = st.builds(lambda old, new, at: Switch(old=old, new=new, at=at), KIDS, KIDS, AT)


@given(st.none() | SWITCHES, KIDS, st.none() | KIDS, st.sets(KIDS), st.integers(0, 100))
def test_what_signs_is_usable_or_the_tenants_own(
    switch: Switch | None, active: str, upcoming: str | None, usable: set[str], now: int
) -> None:
    found = signer(switch, active=active, upcoming=upcoming, usable=usable, now_us=now)
    assert found in usable | {active}
    assert found in {active, *([switch.old, switch.new] if switch else [])}


@given(st.permutations(["a", "b", "c"]), st.integers(1, 2), st.integers(0, 100))
def test_a_change_at_once_and_a_step_back_end_where_they_began(chain: list[str], place: int, now: int) -> None:
    """With every certificate usable, whichever of them is the tenant's."""
    for active in chain:
        upcoming = chain[-1] if chain[-1] != active else None
        switch = begun(signs=chain[place - 1], chain=chain, at=now)
        assert switch is not None
        assert (switch.old, switch.new) == (chain[place - 1], chain[place])
        if switch.new not in {active, upcoming}:
            continue
        signs = signer(switch, active=active, upcoming=upcoming, usable=chain, now_us=now)
        assert signs == switch.new
        back = stepped_back(switch, signs=signs, active=active, retired=None, usable=chain)
        assert back is not None
        assert signer(back, active=active, upcoming=upcoming, usable=chain, now_us=now + 1) == switch.old
        again = stepped_back(back, signs=switch.old, active=active, retired=None, usable=chain)
        assert again is None or again.old != switch.old


@given(st.lists(SWITCHES), st.integers(0, 100), st.integers(0, 10**15))
def test_a_certificate_stays_while_anybody_needs_it_and_never_longer_than_it_is_valid(
    switches: list[Switch], retired_at: int, ends_at: int
) -> None:
    until = kept_until("a", switches, retired_at=retired_at, ends_at=ends_at)
    assert until <= ends_at
    for each in switches:
        if each.old == "a":
            assert until == ends_at or (each.at is not None and until >= each.at + STEP_BACK)
    if not any(each.old == "a" for each in switches):
        assert until == min(retired_at + STEP_BACK, ends_at)


def test_our_own_certificates_end_is_told_and_the_next_one_does_not_end_with_it(alone: Provider) -> None:
    (active,) = certificates_of(alone)
    turn(alone)
    ends_at = read_certificate(active).not_after
    alone.clock.set(instant(ends_at - 60 * DAY))
    turn(alone)
    before, upcoming = certificates_of(alone)
    assert before == active
    assert read_certificate(upcoming).not_after > ends_at + 3_000 * DAY
    for days in (31, 29, 10, 3, 0.5, -1):
        alone.clock.set(instant(int(ends_at - days * DAY)))
        turn(alone)
        turn(alone)
    assert alone.events().count("expiry.warned") == 5
    with alone.open() as unit:
        told = [each.event for each in delivery.pending(unit, limit=200) if each.event.startswith("signing_cert")]
    assert told == ["signing_certificate.expires"] * 4 + ["signing_certificate.expired"]
