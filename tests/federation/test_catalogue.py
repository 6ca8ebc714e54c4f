"""The catalogue of applications: facts that are whole, and registrations that are taken."""

import re
from typing import Any

import pytest

from idp import federation
from idp.federation import Protocol, catalogue
from idp.federation.catalogue import Application, BadCatalogue
from idp.kit.errors import Invalid

EVERY = list(catalogue.applications().values())
IDS = [each.id for each in EVERY]
ENTRY = """
[x]
name = "X"
protocol = "saml"
documentation = "https://x.example/"
sources = ["https://x.example/"]
[x.parameters.team]
pattern = "[a-z]+"
example = "aoba"
label = { en = "The team", ja = "チーム" }
[x.saml]
entity_id = "https://x.example/<team>"
acs = [{ url = "https://x.example/<team>/acs" }]
[[x.setup]]
field = "URL"
value = "sso_url"
"""


def asked(application: Application, **more: Any) -> dict[str, Any]:
    return {"catalogue": application.id, "parameters": {p.name: p.example for p in application.parameters}, **more}


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as raised:
        federation.read(document, production=True)
    return {error.pointer: error.code for error in raised.value.errors}


def test_there_are_enough_of_them_of_both_protocols() -> None:
    assert len(EVERY) >= 25
    assert {each.protocol for each in EVERY} == set(Protocol)
    assert sorted(IDS) == IDS


@pytest.mark.parametrize("application", EVERY, ids=IDS)
def test_each_is_registered_with_its_parameters_alone(application: Application) -> None:
    draft = federation.read(asked(application), production=True)
    assert (draft.name, draft.catalogue, draft.assignment_required) == (application.name, application.id, True)
    assert (draft.saml is not None) is (application.protocol is Protocol.SAML)
    registered = draft.saml or draft.oidc
    assert registered is not None
    assert "<" not in str(registered.to_json())
    again = federation.read(federation.filled(federation.filled(asked(application))), production=True)
    assert again == draft


@pytest.mark.parametrize("application", EVERY, ids=IDS)
def test_a_parameter_that_is_missing_or_wrong_is_named_with_what_is_expected(application: Application) -> None:
    names = {f"/parameters/{each.name}" for each in application.parameters}
    assert not names or faults({"catalogue": application.id}) == dict.fromkeys(names, "required")
    for each in application.parameters:
        for wrong in ("", "a b", "x/../y", 'a"b', "<x>", "x" * 300):
            told = faults(asked(application, parameters={**asked(application)["parameters"], each.name: wrong}))
            assert set(told) == {f"/parameters/{each.name}"}, wrong
        with pytest.raises(Invalid) as raised:
            federation.read({"catalogue": application.id, "parameters": {each.name: "?"}}, production=True)
        (error,) = [one for one in raised.value.errors if one.pointer == f"/parameters/{each.name}"]
        assert error.expected == {"pattern": each.pattern, "example": each.example}
        assert (error.found, each.example in error.detail) == ("?", True)


@pytest.mark.parametrize("application", EVERY, ids=IDS)
def test_everything_is_said_in_both_languages(application: Application) -> None:
    texts = [application.where, application.note, *(each.label for each in application.parameters)]
    assert all(text.en and text.ja for text in texts if text is not None)
    assert not any(re.search(r"[^\x00-\x7f…]", text.en) for text in texts if text is not None)


def test_what_is_said_besides_overrides() -> None:
    slack = catalogue.applications()["slack"]
    own = {"entity_id": "https://aoba.slack.com", "attributes": None, "sign": "response"}
    draft = federation.read(asked(slack, name="Chat", assignment_required=False, saml=own), production=True)
    assert draft.saml is not None
    assert (draft.name, draft.assignment_required) == ("Chat", False)
    assert (draft.saml.entity_id, draft.saml.signs.value) == ("https://aoba.slack.com", "response")
    assert [each.url for each in draft.saml.consumers] == ["https://aoba.slack.com/sso/saml"]
    assert len(draft.saml.attributes) == 5  # the usual ones


def test_a_parameter_is_not_needed_where_somebody_says_what_is_made_of_it() -> None:
    said = {"entity_id": "https://sp.example/", "acs": [{"url": "https://sp.example/acs"}]}
    draft = federation.read({"catalogue": "aws_iam_identity_center", "saml": said}, production=True)
    assert draft.saml is not None
    assert (draft.saml.entity_id, draft.saml.name_id_source) == ("https://sp.example/", "email")


def test_what_no_application_is_or_has_is_refused() -> None:
    assert faults({"catalogue": "nobody"}) == {"/catalogue": "unknown_value"}
    assert faults({"catalogue": 7}) == {"/catalogue": "invalid_type"}
    wrong = {"catalogue": "slack", "parameters": {"workspace": "aoba", "colour": "red"}}
    assert faults(wrong) == {"/parameters/colour": "unknown_field"}
    assert faults({"catalogue": "slack", "parameters": "aoba"})["/parameters"] == "invalid_type"
    assert faults({"catalogue": "slack", "parameters": {"workspace": 1}}) == {"/parameters/workspace": "invalid_type"}
    assert "/parameters" in faults({"name": "x", "protocol": "oidc", "oidc": {}, "parameters": {}})


def test_a_whole_entry_is_taken() -> None:
    assert list(catalogue.read(ENTRY)) == ["x"]


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ('name = "X"\n', ""),
        ('protocol = "saml"', 'protocol = "wsfed"'),
        ('protocol = "saml"', 'protocol = "oidc"'),
        ('sources = ["https://x.example/"]', "sources = []"),
        ('sources = ["https://x.example/"]', 'sources = ["http://x.example/"]'),
        ('example = "aoba"', 'example = "AOBA"'),
        ('pattern = "[a-z]+"', 'pattern = "[a-z"'),
        (', ja = "チーム"', ""),
        ("<team>/acs", "<tean>/acs"),
        ("/<team>", "/"),
        ('value = "sso_url"', 'value = "sso"'),
        ('name = "X"', 'name = "X"\ncolour = "red"'),
        ("[x]", "[x"),
    ],
)
def test_an_entry_that_lacks_something_is_not(there: str, instead: str) -> None:
    assert there in ENTRY
    with pytest.raises(BadCatalogue):
        catalogue.read(ENTRY.replace(there, instead))
