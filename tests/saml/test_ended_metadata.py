"""What a service said of itself holds until the day that it named; then nobody is signed on there any more."""

from tests.support.provider import Provider
from tests.support.saml_party import register
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import federation
from idp.kit.clock import rfc3339

DAY = 86_400_000_000


def test_nobody_is_signed_on_by_metadata_that_have_ended_and_the_page_does_not_say_why(alone: Provider) -> None:
    until = alone.clock.now_us() + DAY
    party = register(alone, pair=rsa_pair("theirs"), valid_until=rfc3339(until), idp_initiated=True)
    browser = alone.browser()
    assert party.sign_on(browser).status == ("Success",)
    alone.clock.advance(hours=23, minutes=59)
    assert party.sign_on(browser).status == ("Success",)
    waiting = browser.get(party.address(ForceAuthn="true"))
    alone.clock.advance(minutes=1)
    refused = browser.get(party.address())
    unknown = browser.get(party.address().replace("keihi", "nobody"))
    assert (refused.status, unknown.status) == (400, 400)
    assert Page(refused.text).forms.keys() == Page(unknown.text).forms.keys()
    assert "SAMLResponse" not in refused.text
    assert "ended" not in refused.text
    assert browser.get(f"/t/aoba/saml/init?sp={party.entity_id}").status == 400
    assert browser.follow(waiting).status == 400
    with alone.open() as unit:
        federation.change(unit, party.service_id, {"saml": {"valid_until": None}}, production=True)
    assert party.sign_on(browser).status == ("Success",)
