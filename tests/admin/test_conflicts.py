"""What is refused because of what there is already, and is about a field of what was sent."""

from collections.abc import Iterator
from typing import Any

from tests.admin.conftest import APPLICATION, PLAN, World
from tests.admin.things import TERMS

PERSON = {"user_name": "jiro", "display_name": "青葉 次郎", "affiliation": "employee"}
SAML = {
    "name": "S",
    "protocol": "saml",
    "saml": {
        "entity_id": "https://sp.example/",
        "acs": [{"url": "https://sp.example/acs", "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"}],
    },
}


def _taken_names(world: World) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """What can be sent once, and what is said of the second time, and where."""
    yield "/tenants/aoba/users", PERSON, "user_name_taken", "/user_name"
    yield "/tenants/aoba/groups", {"name": "g"}, "group_name_taken", "/name"
    yield "/tenants/aoba/roles", {"name": "r", "permissions": ["users:read"]}, "role_name_taken", "/name"
    yield "/tenants/aoba/attributes", {"name": "a", "type": "string"}, "attribute_exists", "/name"
    yield "/tenants/aoba/networks", {"name": "n", "cidrs": ["192.0.2.0/24"]}, "network_name_taken", "/name"
    yield "/tenants/aoba/services", SAML, "entity_id_taken", "/saml/entity_id"
    yield "/plans", {**PLAN, "name": "p"}, "plan_name_taken", "/name"
    yield "/terms", {**TERMS, "version": "2"}, "terms_version_taken", "/version"
    yield "/applications", APPLICATION, "contract_exists", "/tenant"
    contract = world.contract_of("aoba")
    continuing = {**APPLICATION, "tenant": "aoba", "continues": contract, "start_date": "2027-04-01"}
    yield "/applications", continuing, "cannot_continue", "/continues"


def test_a_conflict_about_a_field_names_it(world: World) -> None:
    operator = world.client("operator")
    for path, document, code, pointer in _taken_names(world):
        operator.post(path, document)
        again = operator.post(path, document)
        assert (again.status, again.code, again.wrong()) == (409, code, {pointer: code})
