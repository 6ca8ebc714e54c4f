"""Where a client wants to be told that a session is over."""

import pytest

from idp.federation import LogoutChannels, oidc_registration, origin_of
from idp.kit.errors import Invalid

CODE = {"redirect_uris": ["https://rp.example/cb", "https://other.example:8443/cb"]}
BOTH = {
    "frontchannel_logout_uri": "https://rp.example/front?a=b",
    "frontchannel_logout_session_required": True,
    "backchannel_logout_uri": "https://back.example/logout",
    "backchannel_logout_session_required": False,
}


def faults(production: bool = True, **document: object) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as raised:
        oidc_registration.read({**CODE, **document}, production=production)
    return {(error.pointer, error.code) for error in raised.value.errors}


@pytest.mark.meets("L6", "L7")
def test_both_channels_are_read_back_as_they_were_registered() -> None:
    client = oidc_registration.read({**CODE, **BOTH}, production=True).client
    assert BOTH.items() <= client.to_json().items()
    assert oidc_registration.read(client.to_json(), production=True).client == client
    assert LogoutChannels.from_json(client.to_json()) == client.logout


def test_a_client_without_a_channel_shows_nothing_of_it() -> None:
    shown = oidc_registration.read(CODE, production=True).client.to_json()
    assert not [name for name in shown if "channel" in name]


def test_the_page_in_the_browser_is_one_of_the_clients_own() -> None:
    """Front-Channel Logout 1.0, 2: scheme, host and port of a redirect URI."""
    for uri in ("https://other.example:8443/front", "https://RP.example:443/front"):
        assert oidc_registration.read({**CODE, "frontchannel_logout_uri": uri}, production=True)
    for uri in ("https://evil.example/front", "https://other.example/front", "https://rp.example:8443/front"):
        assert faults(frontchannel_logout_uri=uri) == {("/oidc/frontchannel_logout_uri", "inconsistent")}


@pytest.mark.parametrize("name", ["frontchannel_logout_uri", "backchannel_logout_uri"])
@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://rp.example/out#x", "fragment_not_allowed"),
        ("http://rp.example/out", "https_required"),
        ("https://rp@rp.example/out", "userinfo_not_allowed"),
        ("javascript:alert(1)", "scheme_not_allowed"),
        ("com.example.app:/out", "scheme_not_allowed"),
        ("https://rp.example/*", "wildcard_not_allowed"),
        (f"https://rp.example/{'a' * 2100}", "invalid_length"),
        (7, "invalid_type"),
    ],
)
def test_an_address_that_nobody_can_be_told_at_is_refused(name: str, uri: object, code: str) -> None:
    assert faults(**{name: uri}) == {(f"/oidc/{name}", code)}


@pytest.mark.parametrize("channel", ["frontchannel", "backchannel"])
def test_a_demand_on_a_channel_that_is_not_there_is_refused(channel: str) -> None:
    name = f"{channel}_logout_session_required"
    assert faults(**{name: True}) == {(f"/oidc/{name}", "inconsistent")}
    assert oidc_registration.read({**CODE, name: False}, production=True)


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://RP.example:443/a?b", "https://rp.example"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://[::1]:8080/cb", "http://[::1]:8080"),
        ("com.example.app:/cb", None),
    ],
)
def test_an_origin_is_said_as_browsers_say_it(uri: str, origin: str | None) -> None:
    assert origin_of(uri) == origin
