"""What an operator does on the machine is what the API would do, in its words, and stands in the trail as theirs."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk

from idp import main, settings
from idp.cli.bootstrapping import HOST
from idp.contracts import Status

SLUG = ("--tenant", "kaede")


@pytest.fixture
def desk(idp: Idp) -> Desk:
    assert idp("migrate").status == 0
    made = Desk(main.open_units(settings.load()))
    made.bring(Status.ACTIVE, ids=3)
    return made


def asked(idp: Idp, *arguments: str) -> Any:
    done = idp(*arguments, "--json")
    assert (done.status, done.err) == (0, ""), done
    return json.loads(done.out)


def test_tenants_and_contracts_are_listed_and_shown(idp: Idp, desk: Desk) -> None:
    (tenant,) = asked(idp, "tenants", "list")["items"]
    assert (tenant["slug"], tenant["contract_status"]) == ("kaede", "active")
    assert asked(idp, "tenants", "show", "kaede") == tenant
    (contract,) = asked(idp, "contracts", "list", *SLUG)["items"]
    assert asked(idp, "contracts", "show", contract["id"]) == contract
    plain = idp("contracts", "list").out.splitlines()
    assert [line.split()[0] for line in plain] == ["ID", contract["id"]]


def test_a_contract_is_held_and_goes_on(idp: Idp, desk: Desk) -> None:
    contract = asked(idp, "contracts", "list")["items"][0]["id"]
    assert asked(idp, "contracts", "suspend", contract, "--reason", "Unpaid")["status"] == "suspended"
    assert asked(idp, "contracts", "resume", contract)["status"] == "active"
    refused = idp("contracts", "resume", "con_none", "--json")
    assert (refused.status, refused.out, json.loads(refused.err)["code"]) == (1, "", "not_found")
    rows = asked(idp, "contracts", "history", contract)["items"]
    assert [(row["event"], row["source"]) for row in rows][-2:] == [("suspended", "operator"), ("resumed", "operator")]


def test_somebody_gets_an_id_is_disabled_and_enabled(idp: Idp, desk: Desk, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("correct battery staple\n")
    given = ("--display-name", "梅子", "--affiliation", "employee", "--email", "ume@kaede.example")
    made = asked(idp, "users", "create", *SLUG, *given, "--password-file", str(password))
    assert (made["user_name"], made["status"]) == ("ume@kaede.example", "active")
    again = idp("users", "create", *SLUG, *given, "--json")
    assert (again.status, json.loads(again.err)["code"]) == (1, "user_name_taken")
    assert asked(idp, "users", "disable", "ume@kaede.example", *SLUG)["status"] == "disabled"
    assert asked(idp, "users", "enable", made["id"], *SLUG)["status"] == "active"
    assert asked(idp, "users", "show", made["id"], *SLUG)["display_name"] == "梅子"
    assert "kaede has no ID nobody" in idp("users", "show", "nobody", *SLUG).err
    names = [line.split()[1] for line in idp("users", "list", *SLUG).out.splitlines()]
    assert "ume@kaede.example" in names
    trail = asked(idp, "api", "GET", "/tenants/kaede/audit", "--query", "limit=200")["items"]
    (row,) = [row for row in trail if row["event"] == "user.disabled"]
    assert (row["actor"], row["source"]) == ({"kind": HOST.kind, "id": HOST.id}, HOST.source.value)


def test_a_list_stops_where_it_is_told_to(idp: Idp, desk: Desk) -> None:
    assert len(asked(idp, "users", "list", *SLUG)["items"]) == 1
    assert asked(idp, "services", "list", *SLUG) == {"items": [], "next": None}
    for name in ("Sales", "Stock"):
        assert asked(idp, "services", "register", *SLUG, "--name", name, "--redirect-uri", "https://s.example/cb")
    assert [each["name"] for each in asked(idp, "services", "list", *SLUG, "--limit", "1")["items"]] == ["Sales"]
    assert [each["name"] for each in asked(idp, "services", "list", *SLUG)["items"]] == ["Sales", "Stock"]


def test_a_list_is_filtered_as_the_api_filters_it(idp: Idp, desk: Desk) -> None:
    (admin,) = asked(idp, "users", "list", *SLUG, "--where", "role=admin")["items"]
    assert asked(idp, "users", "list", *SLUG, "--where", "status=disabled") == {"items": [], "next": None}
    assert asked(idp, "users", "list", *SLUG, "--where", f"q={admin['user_name'][:3]}")["items"] == [admin]
    wrong = idp("users", "list", *SLUG, "--where", "shoe_size=42", "--json")
    assert json.loads(wrong.err)["errors"][0]["pointer"] == "/shoe_size"
    misused = idp("users", "list", *SLUG, "--where", "status")
    assert (misused.status, misused.out) == (2, "")
    assert "expected NAME=VALUE" in misused.err


def test_a_question_to_the_api_is_asked_with_its_query_where_it_stands(idp: Idp, desk: Desk) -> None:
    (admin,) = asked(idp, "api", "GET", "/tenants/kaede/users?limit=1&role=admin")["items"]
    assert asked(idp, "api", "GET", f"/tenants/kaede/users?q={admin['user_name'][:3]}", "--query", "limit=1")["items"]
    wrong = idp("api", "GET", "/tenants/kaede/users?limit=0", "--json")
    assert (wrong.status, wrong.out) == (1, "")
    (error,) = json.loads(wrong.err)["errors"]
    assert (error["pointer"], error["code"], error["found"]) == ("/limit", "out_of_range", "0")


def test_what_is_refused_is_told_programs_as_the_api_tells_it(idp: Idp, desk: Desk, tmp_path: Path) -> None:
    (file := tmp_path / "group.json").write_text('{"name": "g"}')
    create = ("api", "POST", "/tenants/kaede/groups")
    asked(idp, *create, "--data", str(file))
    taken = json.loads(idp(*create, "--data", str(file), "--json").err)
    assert (taken["code"], taken["errors"][0]["pointer"]) == ("group_name_taken", "/name")
    wrong = json.loads(idp(*create, "--json").err)
    assert [list(error) for error in wrong["errors"]] == [["pointer", "code", "detail", "found", "expected"]]
    said = idp(*create, "--data", str(file)).err
    assert said == "idp: There is a group of this name already. (group_name_taken)\n"
    for command in (
        ("users", "show", "nobody", *SLUG),
        ("tenants", "show", "none"),
        ("audit", "verify", "--tenant", "none"),
    ):
        assert json.loads(idp(*command, "--json").err)["code"] == "not_found", command


def test_a_service_is_registered_and_its_secret_is_told_once(idp: Idp, desk: Desk) -> None:
    made = asked(idp, "services", "register", *SLUG, "--name", "Tana", "--redirect-uri", "https://tana.example/cb")
    assert made["oidc"]["client_secret"].startswith("cs_")
    shown = asked(idp, "services", "show", made["id"], *SLUG)
    assert "client_secret" not in shown["oidc"]
    renewed = asked(idp, "services", "rotate-secret", made["id"], *SLUG)["oidc"]["client_secret"]
    assert renewed != made["oidc"]["client_secret"]
    asked(idp, "services", "rotate-secret", made["id"], *SLUG, "--overlap", "60")
    secrets = f"/tenants/kaede/services/{made['id']}/secret"
    assert len(asked(idp, "api", "GET", secrets)["items"]) == 2
    asked(idp, "services", "end-former-secret", made["id"], *SLUG)
    assert len(asked(idp, "api", "GET", secrets)["items"]) == 1
    wrong = idp("services", "register", *SLUG, "--name", "Tana", "--redirect-uri", "nowhere", "--json")
    assert json.loads(wrong.err)["errors"][0]["pointer"] == "/oidc/redirect_uris/0"
    assert idp("services", "register", *SLUG, "--name", "Tana").status == 2


def test_keys_are_made_into_a_file_and_taken_back(idp: Idp, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "hr.key"
    made = asked(idp, "api-keys", "create", *SLUG, "--name", "HR", "--permission", "users:read", "--file", str(file))
    assert "secret" not in made
    assert file.read_text().startswith("ak_")
    assert file.stat().st_mode & 0o077 == 0
    assert [key["id"] for key in asked(idp, "api-keys", "list", *SLUG)["items"]] == [made["id"]]
    assert asked(idp, "api-keys", "show", made["id"], *SLUG)["former_secret_until"] is None
    bound = ("--network", "192.0.2.0/24", "--description", "Desk")
    key = asked(idp, "api-keys", "create", *SLUG, "--name", "B", "--permission", "users:read", *bound)
    assert (key["networks"], key["description"]) == (["192.0.2.0/24"], "Desk")
    asked(idp, "api-keys", "revoke", key["id"], *SLUG)
    before = file.read_text()
    turned = asked(idp, "api-keys", "rotate", made["id"], *SLUG, "--overlap", "60", "--file", str(file))
    assert turned["former_secret_until"] is not None
    assert before != file.read_text()
    assert asked(idp, "api-keys", "end-former", made["id"], *SLUG)["former_secret_until"] is None
    assert asked(idp, "api-keys", "revoke", made["id"], *SLUG) == {"id": made["id"], "revoked": True}
    assert asked(idp, "api-keys", "list", *SLUG)["items"] == []
    assert idp("api-keys", "list", *SLUG, "--partner", "prt_x").status == 2


def test_whatever_the_api_answers_can_be_asked(idp: Idp, desk: Desk, tmp_path: Path) -> None:
    document = tmp_path / "group.json"
    document.write_text('{"name": "Sales"}')
    made = asked(idp, "api", "POST", "/tenants/kaede/groups", "--data", str(document))
    page = asked(idp, "api", "GET", "/tenants/kaede/groups", "--query", "limit=1")
    assert page == {"items": [made], "next": None}
    assert idp("api", "DELETE", f"/tenants/kaede/groups/{made['id']}") == (0, "", "")
    assert idp("api", "GET", "/nothing").err == "idp: There is nothing here. (not_found)\n"
    document.write_text("[]")
    refused = idp("api", "POST", "/tenants/kaede/groups", "--data", str(document))
    assert (refused.status, refused.err) == (1, f"idp: {document} is not a JSON object\n")


def test_what_takes_two_operators_takes_two_here_as_well(idp: Idp, desk: Desk, tmp_path: Path) -> None:
    contract = asked(idp, "contracts", "list")["items"][0]["id"]
    document = tmp_path / "why.json"
    document.write_text('{"reason": "Breach"}')
    end = ("api", "POST", f"/contracts/{contract}/terminate", "--data", str(document), "--json")
    proposed = idp(*end, IDP_TWO_PERSON_ACTS="true")
    approval = json.loads(proposed.out)["approval"]
    refused = idp("api", "POST", f"/system/approvals/{approval}/approve", "--json", IDP_TWO_PERSON_ACTS="true")
    assert (refused.status, json.loads(refused.err)["code"]) == (1, "operator_account_required")
    assert asked(idp, "contracts", "show", contract)["status"] == "active"
    assert json.loads(idp(*end).out)["status"] == "ended"
