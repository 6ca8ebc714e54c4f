"""Every standing of contract, service, ID, place, rules and assignment against every other: who gets in, and why others
do not."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import pytest

from idp import contracts
from idp.access import Admission, Facts, Gate, Moment, NotAdmitted, PersonProof, Reason, ServiceProof, policies
from idp.access.in_force import InForce, compile_rules
from idp.access.model import Person, Situation
from idp.access.policies.addresses import Networks
from idp.access.vocabulary import Needed
from idp.contracts import ContractFacts, Product, Status
from idp.contracts.standing import Window
from idp.federation import Consent, Protocol, Service, ServiceId, ServiceStatus, VerificationStatus
from idp.kit.errors import Refused
from idp.kit.ids import TenantId
from idp.signing import KeySet
from idp.tenants import Slug, Tenant
from idp.terms import TermsFacts, Version
from idp.users import Standing, UserId, UserStatus

NOW = 1_775_005_200_000_000
FIRST, END = NOW - 1_000_000, NOW + 1_000_000
# An instant, and where it lies in the contract's time.
INSTANTS = {
    "before": FIRST - 1,
    "at its beginning": FIRST,
    "within": NOW,
    "at its last instant": END - 1,
    "at its end": END,
}
TENANT = Tenant(TenantId("tnt_1"), Slug("aoba"), "あおば", "#3b4cca", "", "Asia/Tokyo", 7, 3, 0, None)


ABROAD = "198.51.100.0/24"  # a network that the operator has named


class Place(NamedTuple):
    ip: str | None
    country: str | None


PLACES = {
    "in Japan": Place("133.11.0.1", "JP"),
    "abroad": Place("8.8.8.8", "US"),
    "nobody knows where": Place("10.0.0.1", None),
    "no address at all": Place(None, None),
    "in the operator's network": Place("198.51.100.7", None),
    "in the operator's network abroad": Place("198.51.100.7", "US"),
}

ALWAYS: dict[str, Any] = {"all": []}
NEVER: dict[str, Any] = {"any": []}
RULES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "a deny that holds": {"effect": "deny", "when": ALWAYS},
    "a deny that does not": {"effect": "deny", "when": NEVER},
    "a permit that holds": {"effect": "permit", "when": ALWAYS},
    "a permit that does not": {"effect": "permit", "when": NEVER},
    "one that lacks a fact": {"effect": "deny", "when": {"browser": {"min_version": 1}}},
    "a step-up that asks": {"effect": "step_up", "when": ALWAYS, "require": ["mfa"]},
    "a step-up that is met": {"effect": "step_up", "when": ALWAYS, "require": ["fresh_sign_in"]},
    "a device": {"effect": "deny", "when": {"not": {"device": {"enrolled": True}}}},
}
BY_RULE = {
    "a deny that holds": Reason.POLICY_DENIED,
    "a permit that does not": Reason.NO_RULE_PERMITS,
    "one that lacks a fact": Reason.POLICY_ERROR,
    "a device": Reason.DEVICE_ENTITLEMENT_ENDED,
}


def facts(status: Status, rule: str = "none", *, entitled: bool = False) -> Facts:
    window = (Window(status, FIRST, END),)
    products = {Product.ID_PLUS: window}
    if entitled:
        products |= {
            product: (Window(Status.ACTIVE, FIRST - 10, None),) for product in (Product.DEVICE_AUTH, Product.MDM)
        }
    compiled = compile_rules("act_1", _rules(rule), {})
    keys = KeySet({}, ())
    return Facts(TENANT, ContractFacts(products), keys, InForce(compiled, 0, compiled), Networks([ABROAD]))


def _rules(name: str) -> list[policies.Rule]:
    document = RULES[name]
    if document is None:
        return []
    return [policies.restore({"name": name, "services": ["*"], **document}, rule_id="pol_1")]


def service(status: ServiceStatus = ServiceStatus.ENABLED, *, assignment_required: bool = False) -> Service:
    return Service(
        id=ServiceId("svc_1"),
        name="web",
        protocol=Protocol.OIDC,
        client_id="client",
        status=status,
        generation=2,
        verification_status=VerificationStatus.UNVERIFIED,
        assignment_required=assignment_required,
        consent=Consent.NONE,
        oidc=None,
        secret_digests=(),
        version=1,
        created_at=0,
    )


class Dated(NamedTuple):
    """An ID that is not disabled, by its dates."""

    starts_at: int | None
    ends_at: int | None


LATER, OVER_NOW = Dated(END + 1, None), Dated(None, FIRST - 1)


def user(status: UserStatus | Dated | None) -> Standing | None:
    if isinstance(status, Dated):
        return Standing(UserId("usr_1"), "active", 5, None, False, *status)
    return None if status is None else Standing(UserId("usr_1"), status.value, 5)


class Case(NamedTuple):
    contract: Status
    instant: str
    service: ServiceStatus
    user: UserStatus | Dated | None
    required: bool
    assigned: bool
    place: str = "in Japan"
    rule: str = "none"


OVER = {Status.ENDED, Status.ERASED}
RUNNING = {Status.ACTIVE, Status.SUSPENDED}


def against_everybody(contract: Status, instant: str, standing: ServiceStatus) -> Reason | None:
    """As the terms say it (Art. 5, 12 to 15), said once more here."""
    if contract in OVER or (contract in RUNNING and instant == "at its end"):
        return Reason.CONTRACT_ENDED
    if contract is Status.SUSPENDED:
        return Reason.CONTRACT_SUSPENDED
    if contract is not Status.ACTIVE:
        return Reason.CONTRACT_NOT_ESTABLISHED
    if instant == "before":
        return Reason.CONTRACT_NOT_STARTED
    return None if standing is ServiceStatus.ENABLED else Reason.SERVICE_UNKNOWN


def expected(case: Case) -> Reason | None:
    """The first that holds."""
    reasons: list[tuple[bool, Reason | None]] = [
        (case.user is None, Reason.ID_UNKNOWN),
        (case.user is UserStatus.DISABLED, Reason.ID_DISABLED),
        (case.user is OVER_NOW, Reason.ID_ENDED),
        (case.user is LATER, Reason.ID_NOT_STARTED),
        (case.place in {"nobody knows where", "no address at all"}, Reason.COUNTRY_UNKNOWN),
        (case.place == "abroad", Reason.OUTSIDE_JAPAN),
        (case.rule in BY_RULE, BY_RULE.get(case.rule)),
        (case.required and not case.assigned, Reason.NOT_ASSIGNED),
        (case.rule == "a step-up that asks", Reason.STEP_UP_REQUIRED),
    ]
    first = against_everybody(case.contract, case.instant, case.service)
    return first or next((reason for holds, reason in reasons if holds), None)


def cases() -> Iterator[Case]:
    people = [None, *UserStatus, LATER, OVER_NOW]
    for values in product(Status, INSTANTS, ServiceStatus, people, [False, True], [False, True]):
        yield Case(*values)
    for required, assigned, place, rule in product([False, True], [False, True], PLACES, RULES):
        yield Case(Status.ACTIVE, "within", ServiceStatus.ENABLED, UserStatus.ACTIVE, required, assigned, place, rule)


def person(case: Case) -> PersonProof:
    asked = service(case.service, assignment_required=case.required)
    who = Person("usr_1", user(case.user), frozenset(), case.assigned)
    place = PLACES[case.place]
    situation = Situation(place.ip, place.country, frozenset({"pwd"}), NOW - 5, "firefox")
    return PersonProof(asked, who, situation, "ses_1", '["pwd"]', NOW - 5)


def answer(
    known: Facts, proof: PersonProof | ServiceProof, instant: str, moment: Moment = Moment.AUTHORIZATION
) -> Admission | str:
    try:
        return Gate().admit(known, proof, moment, now_us=INSTANTS[instant])
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize("contract", Status)
def test_a_person_gets_in_when_everything_allows_it_and_is_told_the_first_thing_that_does_not(contract: Status) -> None:
    for case in cases():
        if case.contract is contract:
            got = answer(facts(contract, case.rule), person(case), case.instant)
            assert (None if isinstance(got, Admission) else got) == expected(case), case


def test_somebody_gets_in_and_for_each_reason_somebody_does_not() -> None:
    """The table above is not all of one colour."""
    outcomes = {expected(case) for case in cases()}
    assert outcomes == {None, *Reason} - {Reason.PERMITTED}


@pytest.mark.parametrize("contract", Status)
def test_a_service_acts_for_itself_under_the_same_contract(contract: Status) -> None:
    for instant, standing in product(INSTANTS, ServiceStatus):
        proof = ServiceProof(service(standing, assignment_required=True))
        got = answer(facts(contract), proof, instant, Moment.CLIENT_CREDENTIALS)
        reason = against_everybody(contract, instant, standing)
        assert (None if isinstance(got, Admission) else got) == reason, (instant, standing)


def test_whoever_is_not_under_contract_for_the_product_is_refused() -> None:
    without = Facts(TENANT, ContractFacts({}), KeySet({}, ()))
    assert answer(without, ServiceProof(service()), "within") == Reason.CONTRACT_NOT_ESTABLISHED


def test_every_reason_of_a_contract_has_its_name_at_the_gate() -> None:
    assert {reason.value for reason in contracts.Reason} <= {reason.value for reason in Reason}


def test_an_admission_says_what_was_decided_about_whom_and_when() -> None:
    case = Case(Status.ACTIVE, "within", ServiceStatus.ENABLED, UserStatus.ACTIVE, required=True, assigned=True)
    got = Gate().admit(facts(Status.ACTIVE), person(case), Moment.CODE, now_us=NOW)
    assert (got.tenant, got.revision, got.service.id) == (TENANT, TENANT.revision, "svc_1")
    assert got.user is not None
    assert (got.user.id, got.user_generation, got.session_id) == ("usr_1", 5, "ses_1")
    assert (got.methods, got.authenticated_at, got.at_us) == ('["pwd"]', NOW - 5, NOW)
    assert got.decision is not None
    assert (got.decision.reference, got.decision.reason) == (got.reference, Reason.PERMITTED)


def test_an_admission_of_a_service_names_no_person() -> None:
    got = Gate().admit(facts(Status.ACTIVE), ServiceProof(service()), Moment.CLIENT_CREDENTIALS, now_us=NOW)
    assert (got.user, got.user_generation, got.session_id, got.methods) == (None, 0, None, "[]")
    assert got.authenticated_at == NOW
    assert got.decision is None


IN_ORDER = Case(Status.ACTIVE, "within", ServiceStatus.ENABLED, UserStatus.ACTIVE, required=True, assigned=True)


@pytest.mark.parametrize("moment", [moment for moment in Moment if moment.action is policies.Action.TOKEN])
def test_where_nobody_can_answer_a_step_up_asks_nothing_and_a_denial_counts(moment: Moment) -> None:
    asking, denying = facts(Status.ACTIVE, "a step-up that asks"), facts(Status.ACTIVE, "a deny that holds")
    assert isinstance(answer(asking, person(IN_ORDER), "within", moment), Admission)
    assert answer(denying, person(IN_ORDER), "within", moment) == Reason.POLICY_DENIED


def test_a_device_that_is_not_there_is_no_longer_asked_for_but_missed_once_the_product_has_ended() -> None:
    proof = person(IN_ORDER)
    enrolled = proof._replace(situation=proof.situation._replace(device_enrolled=True))
    entitled, ended = facts(Status.ACTIVE, "a device", entitled=True), facts(Status.ACTIVE, "a device")
    assert isinstance(answer(entitled, enrolled, "within"), Admission)
    assert answer(entitled, proof, "within") == Reason.POLICY_DENIED
    assert answer(ended, enrolled, "within") == Reason.DEVICE_ENTITLEMENT_ENDED


def test_what_was_signed_in_for_this_very_request_is_fresh() -> None:
    known = facts(Status.ACTIVE, "a step-up that is met")
    old = person(IN_ORDER)._replace(situation=person(IN_ORDER).situation._replace(authenticated_at=NOW - 10**9))
    assert answer(known, old, "within") == Reason.STEP_UP_REQUIRED
    assert isinstance(answer(known, old._replace(fresh=True), "within"), Admission)


def test_a_decision_says_everything_it_was_made_from() -> None:
    with pytest.raises(NotAdmitted) as refused:
        Gate().admit(facts(Status.ACTIVE, "a deny that holds"), person(IN_ORDER), Moment.REFRESH, now_us=NOW)
    decision = refused.value.decision
    assert decision.inputs.ip == "133.11.0.1"
    assert decision.inputs.age_seconds == 0
    assert (decision.set_id, [each.id for each in decision.rules]) == ("act_1", ["pol_1"])
    assert (decision.assigned, decision.assignment_required) == (True, True)


def test_a_service_in_its_own_name_meets_the_rules_that_could_be_about_it() -> None:
    proof = ServiceProof(service())
    moment = Moment.CLIENT_CREDENTIALS
    assert answer(facts(Status.ACTIVE, "a deny that holds"), proof, "within", moment) == Reason.POLICY_DENIED
    assert isinstance(answer(facts(Status.ACTIVE, "one that lacks a fact"), proof, "within", moment), Admission)


def test_a_refusal_carries_a_reference_of_its_own() -> None:
    references = set()
    for _ in range(20):
        with pytest.raises(Refused) as refused:
            Gate().admit(facts(Status.SUSPENDED), ServiceProof(service()), Moment.CLIENT_CREDENTIALS, now_us=NOW)
        references.add(refused.value.members["reference"])
    assert len(references) == 20


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("is_admin", [True, False])
def test_administrators_alone_are_asked_to_accept_terms_in_force_and_where_they_can(
    moment: Moment, is_admin: bool
) -> None:
    due = replace(facts(Status.ACTIVE), terms=TermsFacts(((NOW, Version("1")),)))
    settled = replace(due, terms=due.terms._replace(accepted=frozenset({Version("1")})))
    who = Person("usr_1", Standing(UserId("usr_1"), "active", 5, None, is_admin), frozenset(), assigned=True)
    proof = PersonProof(service(), who, Situation(ip="133.11.0.1", country="JP"))
    asked = is_admin and moment in {Moment.AUTHORIZATION, Moment.AUTHZEN}
    if asked:
        with pytest.raises(NotAdmitted, match="step_up_required") as refused:
            Gate().admit(due, proof, moment, now_us=NOW)
        assert refused.value.decision.missing == (Needed.TERMS_ACCEPTANCE,)
        assert refused.value.decision.outcome == "step_up"
    else:
        Gate().admit(due, proof, moment, now_us=NOW)
    Gate().admit(due, proof, moment, now_us=NOW - 1)
    Gate().admit(settled, proof, moment, now_us=NOW)


def test_a_denial_comes_before_the_terms() -> None:
    due = replace(facts(Status.ACTIVE, "a deny that holds"), terms=TermsFacts(((NOW, Version("1")),)))
    who = Person("usr_1", Standing(UserId("usr_1"), "active", 5, None, is_admin=True), frozenset(), assigned=True)
    proof = PersonProof(service(), who, Situation(ip="133.11.0.1", country="JP"))
    with pytest.raises(NotAdmitted, match="policy_denied") as refused:
        Gate().admit(due, proof, Moment.AUTHORIZATION, now_us=NOW)
    assert refused.value.decision.missing == ()
