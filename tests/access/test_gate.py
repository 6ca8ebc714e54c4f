"""Every standing of contract, service, ID and assignment against every other: who gets in, and why others do not."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

from idp import contracts
from idp.access import Admission, Facts, Gate, PersonProof, Reason, ServiceProof
from idp.contracts import ContractFacts, Product, Status
from idp.contracts.standing import Window
from idp.federation import Consent, Protocol, Service, ServiceId, ServiceStatus, VerificationStatus
from idp.kit.errors import Refused
from idp.kit.ids import TenantId
from idp.signing import KeySet
from idp.tenants import Slug, Tenant
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


def facts(status: Status) -> Facts:
    window = Window(status, FIRST, END)
    return Facts(TENANT, ContractFacts({Product.ID_PLUS: (window,)}), KeySet({}, ()))


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


def user(status: UserStatus | None) -> Standing | None:
    return None if status is None else Standing(UserId("usr_1"), status.value, 5)


class Case(NamedTuple):
    contract: Status
    instant: str
    service: ServiceStatus
    user: UserStatus | None
    required: bool
    assigned: bool


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
    first = against_everybody(case.contract, case.instant, case.service)
    if first is not None:
        return first
    if case.user is None:
        return Reason.ID_UNKNOWN
    if case.user is not UserStatus.ACTIVE:
        return Reason.ID_DISABLED
    return Reason.NOT_ASSIGNED if case.required and not case.assigned else None


def cases() -> Iterator[Case]:
    people = [None, *UserStatus]
    for values in product(Status, INSTANTS, ServiceStatus, people, [False, True], [False, True]):
        yield Case(*values)


def person(case: Case) -> PersonProof:
    asked = service(case.service, assignment_required=case.required)
    return PersonProof(asked, user(case.user), case.assigned, "ses_1", '["pwd"]', NOW - 5)


def answer(known: Facts, proof: PersonProof | ServiceProof, instant: str) -> Admission | str:
    try:
        return Gate().admit(known, proof, now_us=INSTANTS[instant])
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize("contract", Status)
def test_a_person_gets_in_when_everything_allows_it_and_is_told_the_first_thing_that_does_not(contract: Status) -> None:
    known = facts(contract)
    for case in cases():
        if case.contract is contract:
            got = answer(known, person(case), case.instant)
            assert (None if isinstance(got, Admission) else got) == expected(case), case


def test_somebody_gets_in_and_for_each_reason_somebody_does_not() -> None:
    """The table above is not all of one colour."""
    outcomes = {expected(case) for case in cases()}
    assert outcomes == {None, *Reason} - {Reason.PERMITTED}


@pytest.mark.parametrize("contract", Status)
def test_a_service_acts_for_itself_under_the_same_contract(contract: Status) -> None:
    for instant, standing in product(INSTANTS, ServiceStatus):
        proof = ServiceProof(service(standing, assignment_required=True))
        got = answer(facts(contract), proof, instant)
        reason = against_everybody(contract, instant, standing)
        assert (None if isinstance(got, Admission) else got) == reason, (instant, standing)


def test_whoever_is_not_under_contract_for_the_product_is_refused() -> None:
    without = Facts(TENANT, ContractFacts({}), KeySet({}, ()))
    assert answer(without, ServiceProof(service()), "within") == Reason.CONTRACT_NOT_ESTABLISHED


def test_every_reason_of_a_contract_has_its_name_at_the_gate() -> None:
    assert {reason.value for reason in contracts.Reason} <= {reason.value for reason in Reason}


def test_an_admission_says_what_was_decided_about_whom_and_when() -> None:
    case = Case(Status.ACTIVE, "within", ServiceStatus.ENABLED, UserStatus.ACTIVE, required=True, assigned=True)
    got = Gate().admit(facts(Status.ACTIVE), person(case), now_us=NOW)
    assert (got.tenant, got.revision, got.service.id) == (TENANT, TENANT.revision, "svc_1")
    assert got.user is not None
    assert (got.user.id, got.user_generation, got.session_id) == ("usr_1", 5, "ses_1")
    assert (got.methods, got.authenticated_at, got.at_us) == ('["pwd"]', NOW - 5, NOW)


def test_an_admission_of_a_service_names_no_person() -> None:
    got = Gate().admit(facts(Status.ACTIVE), ServiceProof(service()), now_us=NOW)
    assert (got.user, got.user_generation, got.session_id, got.methods) == (None, 0, None, "[]")
    assert got.authenticated_at == NOW


def test_a_refusal_carries_a_reference_of_its_own() -> None:
    references = set()
    for _ in range(20):
        with pytest.raises(Refused) as refused:
            Gate().admit(facts(Status.SUSPENDED), ServiceProof(service()), now_us=NOW)
        references.add(refused.value.members["reference"])
    assert len(references) == 20
