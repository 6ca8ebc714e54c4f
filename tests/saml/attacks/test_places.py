"""Answers go where the service is registered to get them, and nowhere else; requests are for here and for now."""

import pytest
from tests.support.filling import BASE_URL
from tests.support.saml_party import SSO
from tests.support.saml_trial import Trial, Way

from idp.federation import Binding

WAYS = pytest.mark.parametrize("way", Way, ids=lambda way: way.value)
UNLIKE = pytest.mark.parametrize("way", [Way.REDIRECT, Way.SIGNED_FORM], ids=lambda way: way.value)
HOSTS = [
    "https://evil.example/acs",
    "https://{host}.evil.example/acs",
    "https://{host}@evil.example/acs",
    "https://evil.example/https://{host}/acs",
    "https://{host}:443/acs",
    "https://{host}:8443/acs",
    "https://{host}./acs",
    "https://ev\u0131l.example/acs",
    "https://evil.example\\@{host}/acs",
    "https://evil.example#@{host}/acs",
    "//{host}/acs",
    "http://{host}/acs",
    "https://{HOST}/acs",
]
PATHS = [
    "https://{host}/acs.evil",
    "https://{host}/acs/",
    "https://{host}/acs/../acs",
    "https://{host}/./acs",
    "https://{host}/%61cs",
    "https://{host}/acs%00",
    "https://{host}/acs%0d%0aLocation:%20https://evil.example/",
    "https://{host}/acs?x=1",
    "https://{host}/acs?",
    "https://{host}/acs#x",
    "https://{host}/ACS",
    "https://{host}/ac",
    "https://{host}/*",
    " https://{host}/acs",
    "https://{host}/acs ",
]
SCHEMES = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "acs", "", "urn:x", "*"]


@pytest.mark.attack("S1")
@UNLIKE
@pytest.mark.parametrize("url", [*HOSTS, *PATHS, *SCHEMES])
def test_an_address_that_is_not_registered_letter_by_letter_gets_nothing(trial: Trial, way: Way, url: str) -> None:
    host = trial.party(way).acs.split("/")[2]
    spoofed = url.replace("{host}", host).replace("{HOST}", host.upper())
    trial.refuses(trial.send(way, AssertionConsumerServiceURL=spoofed))


@pytest.mark.honest("S1", "S2")
@WAYS
@pytest.mark.parametrize("choice", ["url", "index", "binding", "nothing"])
def test_the_registered_address_gets_the_answer_however_it_is_chosen(trial: Trial, way: Way, choice: str) -> None:
    changes = {
        "url": {"AssertionConsumerServiceURL": trial.party(way).acs},
        "index": {"AssertionConsumerServiceIndex": "0"},
        "binding": {"ProtocolBinding": Binding.POST.value},
    }
    trial.takes(trial.send(way, **changes.get(choice, {})), way)


@pytest.mark.attack("S2")
@UNLIKE
@pytest.mark.parametrize(
    "changes",
    [
        {"AssertionConsumerServiceIndex": "99"},
        {"AssertionConsumerServiceIndex": "1"},
        {"AssertionConsumerServiceIndex": "-1"},
        {"AssertionConsumerServiceIndex": "65536"},
        {"AssertionConsumerServiceIndex": "0x0"},
        {"AssertionConsumerServiceIndex": ""},
        {"AssertionConsumerServiceIndex": "\u0660"},
        {"AssertionConsumerServiceIndex": "0", "AssertionConsumerServiceURL": "acs"},
        {"AssertionConsumerServiceIndex": "0", "AssertionConsumerServiceURL": "https://evil.example/acs"},
        {"AssertionConsumerServiceIndex": "0", "ProtocolBinding": Binding.POST.value},
        {"ProtocolBinding": Binding.REDIRECT.value},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:URI"},
        {"ProtocolBinding": Binding.SOAP.value},
        {"ProtocolBinding": Binding.PAOS.value},
    ],
    ids=lambda changes: " ".join(f"{name[:26]}={value[-12:]}" for name, value in changes.items()),
)
def test_an_index_or_a_binding_that_is_not_registered_gets_nothing(
    trial: Trial, way: Way, changes: dict[str, str]
) -> None:
    named = {name: trial.party(way).acs if value == "acs" else value for name, value in changes.items()}
    trial.refuses(trial.send(way, **named))


@pytest.mark.attack("S23")
@WAYS
def test_an_artifact_is_not_sent_to_whom_none_is_registered_for(trial: Trial, way: Way) -> None:
    trial.refuses(trial.send(way, ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"))


@pytest.mark.attack("S9")
@UNLIKE
@pytest.mark.parametrize(
    "changes",
    [
        {"Destination": f"{BASE_URL}{SSO}.evil"},
        {"Destination": f"{BASE_URL}{SSO}/"},
        {"Destination": f"{BASE_URL}{SSO}?x"},
        {"Destination": f"{BASE_URL}{SSO}#x"},
        {"Destination": f"{BASE_URL}/t/midori/saml/sso"},
        {"Destination": f"{BASE_URL}/t/aoba/saml/slo"},
        {"Destination": f"https://evil.example{SSO}"},
        {"Destination": SSO},
        {"Destination": ""},
        {"IssueInstant": "2026-04-01T00:54:59Z"},
        {"IssueInstant": "2026-04-01T01:05:01Z"},
        {"IssueInstant": "2026-04-01T01:00:00+09:00"},
        {"IssueInstant": "2020-01-01T00:00:00Z"},
        {"IssueInstant": "9999-12-31T23:59:59Z"},
        {"IssueInstant": "0001-01-01T00:00:00+14:00"},
        {"IssueInstant": "now"},
        {"IssueInstant": ""},
        {"Version": "1.1"},
        {"Version": "2.1"},
        {"Version": ""},
    ],
    ids=lambda changes: " ".join(f"{name}={value[-20:]}" for name, value in changes.items()),
)
def test_a_request_for_elsewhere_or_for_another_time_gets_nothing(
    trial: Trial, way: Way, changes: dict[str, str]
) -> None:
    trial.refuses(trial.send(way, **changes))


@pytest.mark.attack("S9")
@pytest.mark.parametrize("way", [Way.SIGNED_REDIRECT, Way.SIGNED_FORM], ids=lambda way: way.value)
def test_what_is_signed_says_where_it_is_for(trial: Trial, way: Way) -> None:
    trial.refuses(trial.send(way, Destination=None))


@pytest.mark.honest("S9")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.FORM], ids=lambda way: way.value)
@pytest.mark.parametrize("instant", ["2026-04-01T00:56:00Z", "2026-04-01T01:04:00.123Z", "2026-04-01T10:00:00+09:00"])
def test_a_clock_may_be_minutes_away_and_a_request_that_is_not_signed_may_leave_out_the_place(
    trial: Trial, way: Way, instant: str
) -> None:
    trial.takes(trial.send(way, IssueInstant=instant, Destination=None), way)


@pytest.mark.honest("S23")
@WAYS
def test_a_form_is_sent_to_whom_it_is_registered_for(trial: Trial, way: Way) -> None:
    trial.takes(trial.send(way, ProtocolBinding=Binding.POST.value), way)
