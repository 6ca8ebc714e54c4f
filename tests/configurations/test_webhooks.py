"""Webhooks in a file: all that they are but their secrets, and how far they have been told."""

import base64

import pytest
from tests.configurations.conftest import Home

from idp import webhooks
from idp.configurations import Action
from idp.webhooks import Webhook

HEAD = "version: 1\ntenants:\n- slug: aoba\n  webhooks:\n"
ITEM = "  - {name: SIEM, url: 'https://siem.example/hook', events: ['user.*'], secret: {env: SIEM_SECRET}}\n"
PLAIN = ITEM.replace(", secret: {env: SIEM_SECRET}", "")
ONE, OTHER = (f"whsec_{base64.b64encode(each * 32).decode()}" for each in (b"1", b"2"))


def only(home: Home) -> Webhook:
    with home.units.open(home.tenant(), actor=home.order().actor, write=False) as unit:
        [webhook] = webhooks.every(unit)
        return webhook


def signs(home: Home, secret: str) -> bool:
    with home.units.open(home.tenant(), actor=home.order().actor, write=False) as unit:
        [webhook] = webhooks.every(unit)
        return webhooks.signs_with(unit, webhook, webhooks.read_secret(secret) or b"")


def test_a_webhook_s_secret_comes_by_reference_and_is_nobody_s_to_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIEM_SECRET", ONE)
    first = home.apply(HEAD + ITEM)
    assert (first.revealed, signs(home, ONE)) == ((), True)
    assert not home.apply(HEAD + ITEM).plan.steps
    monkeypatch.setenv("SIEM_SECRET", OTHER)
    second = home.apply(HEAD + ITEM)
    [step] = second.plan.tenants[0].steps
    assert [tuple(change) for change in step.changes] == [("secret", "(another)", "(from env SIEM_SECRET)")]
    assert (signs(home, OTHER), only(home).old_until is not None) == (True, True)
    told = home.export()
    assert {ONE, OTHER} & set(told.split()) == set()
    assert "secret" not in told.partition("webhooks:")[2]
    assert not home.apply(told, prune=True).plan.steps  # what an export does not say of a secret leaves it as it is


def test_a_secret_that_nobody_brought_along_is_made_and_shown_once(home: Home) -> None:
    [shown] = home.apply(HEAD + PLAIN).revealed
    assert (shown.tenant, shown.service, shown.client_id) == ("aoba", "SIEM", only(home).id)
    assert signs(home, shown.client_secret)
    assert home.apply(HEAD + PLAIN).revealed == ()


def test_a_webhook_is_changed_by_its_name_and_pruned_away(home: Home) -> None:
    home.apply(HEAD + PLAIN)
    before = only(home).id
    changed = home.apply(HEAD + "  - {name: SIEM, enabled: false}\n").plan
    assert changed.count(Action.CHANGE) == 1
    assert (only(home).id, only(home).enabled, only(home).events) == (before, False, ("user.*",))
    home.apply("version: 1\ntenants:\n- slug: aoba\n  webhooks: []\n")
    assert only(home).id == before
    assert home.apply("version: 1\ntenants:\n- slug: aoba\n  webhooks: []\n", prune=True).plan.count(Action.DELETE)
    assert "webhooks: []" in home.export()


def test_what_is_wrong_with_a_webhook_is_told_where_it_stands(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIEM_SECRET", "whsec_short")
    wrong = [
        ITEM,
        "  - {name: a, url: 'https://127.0.0.1/x', events: ['*']}\n",
        "  - {name: b, url: 'https://b.example/', events: ['usr.*']}\n",
        "  - {name: c, url: 'https://c.example/', events: ['*'], secret: whsec_plain}\n",
        "  - {name: d, events: ['*'], error: none}\n",
    ]
    assert sorted(each[1:] for each in home.refusal(HEAD + "".join(wrong))) == [
        ("/tenants/0/webhooks/0/secret", "invalid_format"),
        ("/tenants/0/webhooks/1/url", "invalid_uri"),
        ("/tenants/0/webhooks/2/events/0", "unknown_value"),
        ("/tenants/0/webhooks/3/secret", "secret_by_reference"),
        ("/tenants/0/webhooks/4/error", "unknown_field"),
        ("/tenants/0/webhooks/4/url", "required"),
    ]
