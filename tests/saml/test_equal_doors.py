"""Both protocols let the same through, cell by cell: one list of situations, asked at two services that differ in
nothing but the protocol, on two workers."""

import json
from collections import Counter

import pytest
from tests.saml.situations import BEGINNINGS, SITUATIONS, Beginning, Situation, begin
from tests.saml.two_doors import Door, Standing, doors, said
from tests.support.filling import CALLBACK
from tests.support.party import Browser, Party
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty

from idp import contracts
from idp.contracts import Status


def noted(provider: Provider, door: Door) -> tuple[Counter[str], Counter[str]]:
    """The decisions that were kept, and what the trail says of people who were refused."""
    with provider.open() as unit:
        kept = unit.lane.execute(
            f"SELECT moment, outcome, reason FROM decisions WHERE service_id = '{door.service_id}'", {}
        ).fetchall()
        trail = unit.lane.execute("SELECT facts FROM audit_entries WHERE event = 'access.refused'", {}).fetchall()
    refused = [json.loads(row[0]) for row in trail]
    of_door = [each["reason"] for each in refused if each["service"] == door.service_id]
    return Counter(" ".join(row) for row in kept), Counter(of_door)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_what_happened_counts_alike_at_both_doors(request: pytest.FixtureRequest, situation: Situation) -> None:
    alone: Provider = request.getfixturevalue("one" if situation.small else "alone")
    pair = doors(alone)
    situation.eve(alone)
    standing = [Standing.at(door, alone) for door in pair]
    before = [noted(alone, door) for door in pair]
    assert before[0] == before[1]
    situation.act(alone, (pair[0].service_id, pair[1].service_id))
    if situation.standing is not None:
        with alone.platform() as unit:
            assert contracts.get(unit, alone.contract()).status is situation.standing
    open_id, saml = (each.row() for each in standing)
    assert saml == open_id
    assert saml == situation.row
    if situation.standing is not Status.ERASED:
        after = [noted(alone, door) for door in pair]
        assert after[0] == after[1]


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=lambda each: each.name)
def test_a_contract_that_has_not_begun_lets_nobody_in_at_either_door(alone: Provider, beginning: Beginning) -> None:
    is_there = begin(alone, beginning)
    if not is_there:
        registered = {"id": "svc_1", "oidc": {"client_id": "cli_1", "redirect_uris": [CALLBACK]}}
        addresses = [
            Party(alone.first, "kiri", registered).address(),
            SamlParty(alone, "svc_2", "https://sp.example", "https://sp.example/acs", slug="kiri").address(),
            "/t/kiri/saml/metadata",
            "/t/kiri/.well-known/openid-configuration",
        ]
        assert [alone.get(address).status for address in addresses] == [404] * 4
        return
    for door in doors(alone, "kiri"):
        for passive in (False, True):
            answer = Browser(alone.first).get(door.address(passive=passive))
            assert said(door, answer) == beginning.said
    assert alone.get("/t/kiri/saml/metadata").status == 200


def test_every_standing_of_a_contract_is_asked_for() -> None:
    asked = {each.standing for each in SITUATIONS} | {each.standing for each in BEGINNINGS}
    assert asked - {None} == set(Status)
