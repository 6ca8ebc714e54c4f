"""What is shown beforehand is what is sent: attributes of one service, previewed by API and told at a sign-on."""

from typing import Any

import pytest
from tests.support.desk import Desk
from tests.support.provider import Provider
from tests.support.saml_party import SamlAnswer, SamlParty, codes, register

from idp import users
from idp.saml.model import Status
from idp.xml import SAML, SAMLP

ATTRIBUTES: list[dict[str, Any]] = [
    {"name": "https://keihi.example/role", "values": ["member"], "friendly_name": "role"},
    {"name": "account", "format": "unspecified", "expression": "{email|before:@|lower}"},
    {"name": "full", "expression": "{family_name} {given_name}"},
    {"name": "group", "source": "groups", "filter": {"starts_with": "app-"}},
    {"name": "unit", "source": "groups", "map": {"営業": "sales"}},
    {"name": "nothing", "source": "nickname", "map": {"x": "y"}},
]


@pytest.fixture
def grouped(provider: Provider) -> Provider:
    with provider.open() as unit:
        for name in ("app-keihi", "app-payroll", "営業"):
            group = users.groups.create(unit, name)
            users.groups.add_member(unit, group.id, provider.user())
    return provider


def sent(answer: SamlAnswer) -> list[dict[str, Any]]:
    """As the assertion says it, in the shape of a preview."""
    unspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
    return [
        {
            "name": each.get("Name"),
            "format": each.get("NameFormat", unspecified),
            "friendly_name": each.get("FriendlyName"),
            "values": [value.text for value in each],
        }
        for each in answer.assertion.iter(SAML("Attribute"))
    ]


def preview(desk: Desk, party: SamlParty, user: str, **saml: Any) -> Any:
    answer = desk.ask("POST", f"services/{party.service_id}/users/{user}/preview", {"saml": saml} if saml else {})
    assert answer.status == 200, answer
    return answer.json()


def test_a_preview_is_what_is_sent_and_leaves_nothing_behind(grouped: Provider) -> None:
    party, desk = register(grouped, attributes=ATTRIBUTES, subject_id="pairwise-id"), Desk.of(grouped)
    user, before = grouped.user(), len(grouped.events())
    shown = preview(desk, party, user)
    assert (shown["user"], shown["name_id"]["value"]) == (user, None)  # it is made at the first sign-on
    assert (grouped.count("person_names"), len(grouped.events())) == (0, before)
    answer = party.sign_on(grouped.browser())
    again = preview(desk, party, user)
    assert again["attributes"] == sent(answer)
    assert again["name_id"] == {"format": answer.name_id.get("Format"), "value": answer.name_id.text}
    named = {each["name"]: each["values"] for each in again["attributes"]}
    assert named["account"] == ["taro"]
    assert named["full"] == ["山田 太郎"]
    assert (named["group"], named["unit"]) == (["app-keihi", "app-payroll"], ["sales"])
    assert "nothing" not in named


def test_a_change_is_tried_before_it_is_made(grouped: Provider) -> None:
    party, desk = register(grouped), Desk.of(grouped)
    tried = {
        "attributes": [{"name": "mail", "expression": "{email|upper}"}],
        "nameid_format": "unspecified",
        "nameid_source": "user_name",
    }
    shown = preview(desk, party, grouped.user(), **tried)
    assert [each["values"] for each in shown["attributes"]] == [["TARO@AOBA.EXAMPLE"]]
    assert shown["name_id"]["value"] == "taro@aoba.example"
    assert party.sign_on(grouped.browser()).attributes["mail"] == ["taro@aoba.example"]
    wrong = desk.ask(
        "POST",
        f"services/{party.service_id}/users/{grouped.user()}/preview",
        {"saml": {"attributes": [{"name": "x", "expression": "{password}"}]}},
    )
    assert (wrong.status, wrong.json()["errors"][0]["pointer"]) == (422, "/saml/attributes/0/expression")


@pytest.mark.attack("X16")
def test_nobody_sees_a_person_whom_they_may_not_read(grouped: Provider) -> None:
    party, user = register(grouped), grouped.user()
    path = f"services/{party.service_id}/users/{user}/preview"
    for permissions in (["services:read"], ["services:write"]):
        assert Desk.of(grouped, permissions=permissions).ask("POST", path, {}).status == 403
    assert Desk.of(grouped, permissions=["users:read"]).ask("POST", path, {}).status == 200
    assert Desk.of(grouped, "midori").ask("POST", path, {}).status == 404
    desk = Desk.of(grouped)
    assert desk.ask("POST", f"services/{party.service_id}/users/usr_none/preview", {}).status == 404
    assert desk.ask("POST", f"services/svc_none/users/{user}/preview", {}).status == 404
    of_oidc = desk.ask("POST", f"services/{grouped.service_id('web')}/users/{user}/preview", {})
    assert (of_oidc.status, of_oidc.json()["errors"][0]["pointer"]) == (422, "/saml")


@pytest.mark.attack("X16")
def test_an_address_that_is_told_in_part_is_no_name_to_ask_for(grouped: Provider) -> None:
    """A service that is told less than all of it does not get it as a name."""
    party = register(grouped, attributes=[{"name": "domain", "expression": "{email|after:@}"}])
    wanted = SAMLP.make("NameIDPolicy", Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
    answer = party.sign_on(grouped.browser(), wanted)
    assert answer.status == codes(Status.REQUESTER, Status.INVALID_NAMEID_POLICY)
