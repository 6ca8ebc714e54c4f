"""A document is put in place whole or not at all, and changes nothing that it does not name."""

import threading
from typing import Any

import pytest
from tests.configurations.conftest import HOST, Home

from idp import access, configurations, federation, tenants, users
from idp.configurations import Action
from idp.federation import Registered
from idp.kit.units import Unit

HEAD = "version: 1\ntenants:\n- slug: aoba\n"
SERVICE = """
  - name: wiki
    protocol: oidc
    oidc: {client_id: wiki, redirect_uris: ["https://wiki.example/cb"], client_secret: {env: WIKI_SECRET}}
"""
OURS = "http://localhost:8080/t/aoba/saml/metadata"
SECRET = "mU7-x2Qp_9sLdKw3VbYt0Rf"


def service(unit: Unit, client_id: str = "wiki") -> Registered:
    found = federation.find_by_client_id(unit, client_id)
    assert found is not None
    return federation.registered(unit, found.id)


def opened(home: Home) -> Any:
    return home.units.open(home.tenant(), actor=HOST)


def test_what_a_file_does_not_name_stays(home: Home) -> None:
    home.apply(f"{HEAD}  groups:\n  - {{name: sales, members: [はな]}}\n  - {{name: board}}\n")
    again = home.apply(f"{HEAD}  groups:\n  - {{name: SALES, members: [taro@aoba.example]}}\n")
    (step,) = again.plan.tenants[0].steps
    assert [(change.path, change.before, change.after) for change in step.changes] == [
        ("members", ["はな"], ["taro@aoba.example", "はな"]),
        ("name", "sales", "SALES"),
    ]
    assert again.plan.tenants[0].left == (("groups", "board"),)
    assert home.export().count("- id: grp_") == 2


def test_who_is_in_a_group_is_said_by_hand_or_by_a_rule_and_either_takes_the_place_of_the_other(home: Home) -> None:
    by_hand = f"{HEAD}  groups: [{{name: sales, members: [はな], groups: [board]}}, {{name: board}}]\n"
    by_rule = f"{HEAD}  groups: [{{name: sales, rule: {{affiliation: {{in: [employee]}}}}}}, {{name: board}}]\n"
    home.apply(by_hand)
    assert home.refusal(by_rule) == [(4, "/tenants/0/groups/0", "group_has_members")]
    for text in (by_rule, by_hand, by_rule):
        assert home.apply(text, prune=True).done
        assert not home.compare(text).steps
    both = f"{HEAD}  groups: [{{name: sales, members: [はな], rule: {{all: []}}}}]\n"
    assert home.refusal(both) == [(4, "/tenants/0/groups/0/rule", "inconsistent")]
    circle = f"{HEAD}  groups: [{{name: a, groups: [b]}}, {{name: b, groups: [a]}}]\n"
    assert [code for _, _, code in home.refusal(circle)] == ["group_cycle"]


def test_pruned_is_what_a_file_does_not_name_of_the_kinds_that_it_names(home: Home) -> None:
    home.apply(f"{HEAD}  groups:\n  - {{name: sales, members: [はな, no]}}\n  - name: board\n  networks:\n"
               "  - {name: office, cidrs: [192.0.2.0/24]}\n")  # fmt: skip
    done = home.apply(f"{HEAD}  groups:\n  - {{name: sales, members: [はな]}}\n", prune=True)
    assert [(step.action, step.name) for _, step in done.plan.steps] == [
        (Action.CHANGE, "sales"),
        (Action.DELETE, "board"),
    ]
    left = home.export()
    assert "board" not in left
    assert "office" in left
    assert '- "no"' not in left


def test_what_an_admin_changed_by_hand_is_seen_and_put_right(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_SECRET", SECRET)
    home.apply(f"{HEAD}  services:{SERVICE}  groups: [{{name: sales}}]\n  networks: []\n  policies: []\n")
    told = home.export()
    with opened(home) as unit:
        federation.change(
            unit,
            service(unit).service.id,
            {"oidc": {"logo_uri": "https://wiki.example/x.png", "access_token_lifetime": 600}},
            production=False,
        )
        users.groups.create(unit, "secret society")
    differing = home.compare(told).steps
    assert [(step.action, step.name, [change.path for change in step.changes]) for _, step in differing] == [
        (Action.CHANGE, "wiki", ["oidc.access_token_lifetime", "oidc.logo_uri"]),
        (Action.DELETE, "secret society", []),
    ]
    assert home.apply(told).plan.count(Action.CHANGE) == 1  # what nobody named stays without --prune
    assert "logo_uri" in home.export()
    assert home.apply(told, prune=True).plan.count(Action.DELETE) == 1
    assert home.export() == told


def test_the_last_thing_that_fails_takes_everything_with_it(home: Home) -> None:
    Home(home.units, home.below).settle("midori")
    before, trail = home.export("aoba", "midori"), _entries(home)
    text = f"""{HEAD}  groups: [{{name: sales}}]
  networks: [{{name: office, cidrs: [192.0.2.0/24]}}]
  settings: {{oidc: {{hybrid: true}}}}
- slug: midori
  groups: [{{name: sales}}]
  policies:
  - name: devices
    effect: deny
    services: ["*"]
    when: {{device: {{enrolled: false}}}}
"""
    assert home.refusal(text) == [(10, "/tenants/1/policies/0", "contract_required")]
    assert home.export("aoba", "midori") == before
    assert _entries(home) == trail


def test_every_fault_is_told_with_its_line(home: Home) -> None:
    text = """version: 1
tenants:
- slug: aoba
  groups:
  - name: sales
    members: [はな, nobody]
    colour: red
  networks:
  - name: office
    cidrs:
    - 192.0.2.0/24
    - 192.0.2.1/24
  services:
  - name: wiki
    protocol: oidc
    oidc:
      redirect_uris:
      - http://wiki.example/cb
      client_secret: plain-text-secret-value-0123456789
    assignments:
    - group: nobodies
- slug: nowhere
- slug: aoba
"""
    assert sorted(home.refusal(text)) == [
        (6, "/tenants/0/groups/0/members/1", "unknown_value"),
        (7, "/tenants/0/groups/0/colour", "unknown_field"),
        (12, "/tenants/0/networks/0/cidrs/1", "invalid_network"),
        (19, "/tenants/0/services/0/oidc/client_secret", "secret_by_reference"),
        (22, "/tenants/1/slug", "unknown_value"),
        (23, "/tenants/2/slug", "named_twice"),
    ]


WRONG = [
    ("{id: svc_1, name: a, protocol: oidc, oidc: {}}", "/id", "invalid_format"),
    (f"{{name: b, protocol: oidc, oidc: {{client_id: 'usr_{'0' * 32}'}}}}", "/oidc/client_id", "invalid_format"),
    ("{name: c, protocol: oidc, oidc: {client_id: 'a b'}}", "/oidc/client_id", "invalid_format"),
    ("{name: d, protocol: oidc, oidc: {}}", "/oidc/redirect_uris", "required"),
    ("{name: e, protocol: oidc, oidc: {client_secret: {env: NONE}}}", "/oidc/client_secret/env", "unknown_reference"),
    ("{name: f, protocol: oidc, oidc: {client_secret: {file: no}}}", "/oidc/client_secret/file", "unknown_reference"),
    ("{name: g, protocol: saml, saml: {entity_id: 'https://a.example', acs: []}}", "/saml/acs", "required"),
    ("{name: h, protocol: oidc, oidc: {redirect_uris: ['http://localhost:8080/t/aoba/x']}}",
     "/oidc/redirect_uris/0", "not_allowed"),
    (f"{{id: svc_{'1' * 32}, name: i, protocol: oidc, oidc: {{client_id: wiki}}}}", "/oidc/client_id",
     "client_id_taken"),
    ("{name: j, protocol: saml, oidc: {client_id: wiki}}", "/protocol", "immutable"),
    ("{name: k, protocol: oidc, oidc: {client_id: twice, redirect_uris: ['https://a.example']}}", "", ""),
    ("{name: k, protocol: oidc, oidc: {client_id: twice}}", "", "named_twice"),
    ("{name: l, protocol: oidc, oidc: {redirect_uris: ['https://a.example']}, assignments: [{user: x}, {}]}",
     "/assignments/0/user", "unknown_value"),
]  # fmt: skip


def test_a_service_that_cannot_be_is_refused_where_it_is_wrong(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_SECRET", SECRET)
    home.apply(f"{HEAD}  services:{SERVICE}")
    found = home.refusal(f"{HEAD}  services:\n" + "".join(f"  - {changed}\n" for changed, _, _ in WRONG))
    for number, (_, place, code) in enumerate(WRONG):
        assert not code or (5 + number, f"/tenants/0/services/{number}{place}", code) in found
    assert home.refusal(
        f"{HEAD}  services:\n  - {{name: own, protocol: saml, saml: {{entity_id: '{OURS}', acs: [{{url: 'https://a.example'}}]}}}}\n"
    ) == [(5, "/tenants/0/services/0/saml/entity_id", "not_allowed")]


def test_a_secret_comes_by_reference_is_stored_hashed_and_is_nobodys_to_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_SECRET", SECRET)
    first = home.apply(f"{HEAD}  services:{SERVICE}")
    assert first.revealed == ()
    assert SECRET not in repr(first.plan)
    assert not home.apply(f"{HEAD}  services:{SERVICE}").plan.steps
    (home.below / "other").write_text(f"{SECRET}-another\r\n")
    second = home.apply(f"{HEAD}  services:{SERVICE.replace('env: WIKI_SECRET', 'file: other')}")
    (step,) = second.plan.tenants[0].steps
    assert [tuple(change) for change in step.changes] == [("oidc.client_secret", "(another)", "(from file other)")]
    assert SECRET not in repr(second.plan)
    told = home.export()
    assert not home.apply(told, prune=True).plan.steps  # what an export does not say of a secret leaves it as it is
    with opened(home) as unit:
        assert service(unit).service.secret_digests == (_digest(f"{SECRET}-another"),)


def test_a_secret_that_nobody_brought_along_is_made_and_shown_once(home: Home) -> None:
    text = f"{HEAD}  services:{SERVICE.replace(', client_secret: {env: WIKI_SECRET}', '')}"
    (shown,) = home.apply(text).revealed
    with opened(home) as unit:
        assert service(unit).service.secret_digests == (_digest(shown.client_secret),)
    assert home.apply(text).revealed == ()


def test_policies_come_into_force_with_the_change_and_leave_drafts_alone(home: Home) -> None:
    home.apply(f"{HEAD}  policies:\n  - {_deny('office')}\n")
    with opened(home) as unit:
        tenants.touch(unit)
        unfinished = access.drafts.create(unit, {**_document("draft"), "report_only": True})
    home.apply(f"{HEAD}  policies:\n  - {_deny('second')}\n")
    with opened(home) as unit:
        chosen = access.drafts.in_force(unit)
        assert chosen is not None
        assert chosen.confirmed_at is not None
        assert {rule["name"] for rule in chosen.rules} == {"office", "second"}
        assert {each.document["name"] for each in access.drafts.page(unit)} == {"office", "second", "draft"}
        assert access.drafts.get(unit, unfinished.id).version == 1
    home.apply(f"{HEAD}  policies:\n  - {_deny('second')}\n", prune=True)
    with opened(home) as unit:
        assert {each.document["name"] for each in access.drafts.page(unit)} == {"second", "draft"}


def test_policies_that_lock_the_last_administrator_out_change_nothing(home: Home) -> None:
    before = home.export()
    text = f"""{HEAD}  groups: [{{name: sales}}]
  policies:
  - {{name: nobody, effect: deny, services: ["*"], when: {{all: []}}}}
"""
    assert home.refusal(text) == [(5, "/tenants/0/policies", "last_admin_locked_out")]
    assert home.refusal(text, dry_run=True) == [(5, "/tenants/0/policies", "last_admin_locked_out")]
    assert home.export() == before


def test_nothing_is_confirmed_that_somebody_has_put_in_force_on_trial(home: Home) -> None:
    with opened(home) as unit:
        tenants.touch(unit)
        access.drafts.create(unit, _document("trial"))
    with opened(home) as unit:
        access.drafts.activate(unit, tried_at=access.drafts.try_out(unit))
    text = f"{HEAD}  policies:\n  - {_deny('mine')}\n"
    assert home.refusal(text) == [(4, "/tenants/0/policies", "activation_unconfirmed")]


def test_what_is_only_tried_changes_nothing_and_is_judged_all_the_same(home: Home) -> None:
    before, trail = home.export(), _entries(home)
    tried = home.apply(f"{HEAD}  groups: [{{name: sales, members: [no]}}]\n", dry_run=True)
    assert (tried.done, tried.plan.count(Action.CREATE)) == (False, 1)
    assert (home.export(), _entries(home)) == (before, trail)


def test_what_nobody_agreed_to_is_not_done(home: Home) -> None:
    before = home.export()
    document = configurations.read_yaml(f"{HEAD}  groups: [{{name: sales}}]\n".encode())
    done = configurations.apply(home.units, document, home.order(), agreed=lambda _: False)
    assert not done.done
    assert home.export() == before


def test_what_changed_since_somebody_agreed_is_asked_anew(home: Home) -> None:
    document = configurations.read_yaml(f"{HEAD}  groups: [{{name: sales, members: [no]}}]\n".encode())
    asked: list[list[str]] = []

    def agreed(plan: configurations.Plan) -> bool:
        asked.append([f"{step.action} {step.name}" for _, step in plan.steps])
        if len(asked) == 1:
            with opened(home) as unit:
                users.groups.create(unit, "sales")
        return True

    assert configurations.apply(home.units, document, home.order(), agreed=agreed).done
    assert asked == [["create sales"], ["change sales"]]


def test_two_at_once_come_one_after_the_other(home: Home) -> None:
    texts = [f"{HEAD}  groups: [{{name: sales, members: ['{name}']}}]\n" for name in ("no", "はな")]
    done = []
    work = [threading.Thread(target=lambda text=text: done.append(home.apply(text).done)) for text in texts]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert done == [True, True]
    assert home.export().count("name: sales") == 1
    assert '- "no"\n        - はな\n' in home.export()


def test_the_trail_says_what_was_done_and_that_it_was_a_file(home: Home) -> None:
    before = _entries(home)
    home.apply(f"{HEAD}  groups: [{{name: sales, members: [no]}}]\n")
    assert sorted(set(_entries(home)) ^ set(before)) == ["configuration.applied", "group.created", "group.joined"]


def _digest(secret: str) -> bytes:
    from hashlib import sha256

    return sha256(secret.encode()).digest()


def _document(name: str) -> dict[str, Any]:
    return {"name": name, "effect": "deny", "services": ["*"], "when": {"country": {"in": ["US"]}}}


def _deny(name: str) -> str:
    return f"{{name: {name}, effect: deny, services: ['*'], when: {{country: {{in: [US]}}}}}}"


def _entries(home: Home) -> list[str]:
    with opened(home) as unit:
        rows = unit.lane.execute(f"SELECT event FROM audit_entries WHERE tenant_id = '{unit.tenant}'", {})
        return sorted(row[0] for row in rows.fetchall())
