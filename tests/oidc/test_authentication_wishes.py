"""How a service wants people to sign in where its request does not say (Registration 2)."""

import json
from typing import Any

import pytest
from tests.support.authenticator import ONE_FACTOR, TWO_FACTORS, enrolled
from tests.support.filling import CALLBACK
from tests.support.party import Party, claims
from tests.support.provider import Provider

from idp import federation
from idp.kit.errors import Invalid


def registered(provider: Provider, **wishes: Any) -> Party:
    oidc = {"redirect_uris": [CALLBACK], **wishes}
    document = {"name": "Wishing", "protocol": "oidc", "assignment_required": False, "oidc": oidc}
    with provider.open() as unit:
        made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
    assert {name: made["oidc"][name] for name in wishes} == wishes  # requirement R3: taken and echoed
    return Party(provider.first, "aoba", made)


@pytest.mark.meets("A9")
def test_a_registered_age_holds_unless_the_request_names_its_own(alone: Provider) -> None:
    wishing, browser = registered(alone, default_max_age=60, require_auth_time=True), alone.browser()
    browser.code(wishing, scope="openid")
    alone.clock.advance(seconds=60)
    assert "code" in browser.get(wishing.address(scope="openid")).query
    alone.clock.advance(seconds=1)
    assert "/signin?" in browser.get(wishing.address(scope="openid")).location
    assert "code" in browser.get(wishing.address(scope="openid", max_age="61")).query


@pytest.mark.meets("A11")
def test_a_registered_class_is_wished_for_unless_the_request_names_its_own(alone: Provider) -> None:
    wishing, browser = registered(alone, default_acr_values=[TWO_FACTORS]), alone.browser()
    assert claims(wishing.tokens(browser, scope="openid")["id_token"])["acr"] == ONE_FACTOR  # a wish
    enrolled(alone)
    assert "/signin?" in browser.get(wishing.address(scope="openid")).location
    assert "code" in browser.get(wishing.address(scope="openid", acr_values=ONE_FACTOR)).query
    essential = json.dumps({"id_token": {"acr": {"essential": True, "values": [ONE_FACTOR]}}})
    assert "code" in browser.get(wishing.address(scope="openid", claims=essential)).query


@pytest.mark.attack("D4")
@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"default_acr_values": "urn:x"}, "/oidc/default_acr_values"),
        ({"default_acr_values": ["a b"]}, "/oidc/default_acr_values/0"),
        ({"default_acr_values": ["x"] * 21}, "/oidc/default_acr_values"),
        ({"default_max_age": -1}, "/oidc/default_max_age"),
        ({"default_max_age": "60"}, "/oidc/default_max_age"),
        ({"default_max_age": True}, "/oidc/default_max_age"),
        ({"require_auth_time": "yes"}, "/oidc/require_auth_time"),
    ],
)
def test_wishes_that_are_none_are_refused(wish: dict[str, Any], pointer: str) -> None:
    oidc = {"redirect_uris": [CALLBACK], **wish}
    with pytest.raises(Invalid) as refused:
        federation.read({"name": "S", "protocol": "oidc", "oidc": oidc}, production=False)
    assert [error.pointer for error in refused.value.errors] == [pointer]
