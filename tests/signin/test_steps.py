"""What a sign-in still takes, over every combination of what is proved, needed and there."""

from itertools import product

import pytest

from idp.kit.clock import SECOND
from idp.sessions import Acr, Evidence, Method, Needs, Proof, acr_of, reached
from idp.signin.steps import Step, next_step

BEGAN = 1_000 * SECOND
NOW = BEGAN + 60 * SECOND


def evidence(*methods: Method, at: int = BEGAN, session: str = "") -> Evidence:
    return Evidence("usr_1", 0, tuple(Proof(method, at) for method in methods), session)


def due(found: Evidence | None, *, factor: bool, **needs: bool) -> Step | None:
    return next_step(found, Needs(**needs), has_factor=factor, began_at=BEGAN, now_us=NOW)


PASSWORD, BOTH = (Method.PASSWORD,), (Method.PASSWORD, Method.OTP)
EVERY_NEED = [dict(zip(("anew", "second", "wished"), flags, strict=True)) for flags in product((False, True), repeat=3)]


@pytest.mark.attack("U10")
@pytest.mark.parametrize("needs", EVERY_NEED, ids=str)
@pytest.mark.parametrize("factor", [False, True])
def test_nobody_gets_past_the_first_step_with_nothing(needs: dict[str, bool], *, factor: bool) -> None:
    assert due(None, factor=factor, **needs) is Step.PASSWORD


@pytest.mark.attack("U10")
@pytest.mark.parametrize("needs", EVERY_NEED, ids=str)
def test_who_has_a_second_factor_never_signs_in_without_it(needs: dict[str, bool]) -> None:
    assert due(evidence(*PASSWORD), factor=True, **needs) is Step.CODE
    assert due(evidence(*BOTH), factor=True, **needs) is None


@pytest.mark.parametrize("needs", EVERY_NEED, ids=str)
def test_who_has_none_is_asked_to_enrol_only_where_it_is_demanded(needs: dict[str, bool]) -> None:
    assert due(evidence(*PASSWORD), factor=False, **needs) is (Step.ENROLMENT if needs["second"] else None)


@pytest.mark.parametrize(
    ("needs", "step"),
    [
        ({}, None),
        ({"wished": True}, Step.CODE),
        ({"second": True}, Step.CODE),
        ({"second": True, "wished": True}, Step.CODE),
    ],
)
def test_a_session_is_asked_for_the_code_alone_and_only_where_more_is_needed(
    needs: dict[str, bool], step: Step | None
) -> None:
    assert due(evidence(*PASSWORD, session="ss", at=BEGAN - 3_600 * SECOND), factor=True, **needs) is step


@pytest.mark.attack("A23")
@pytest.mark.parametrize(("at", "step"), [(BEGAN - 1, Step.PASSWORD), (BEGAN, None)])
@pytest.mark.parametrize("methods", [PASSWORD, BOTH])
def test_what_must_begin_anew_is_not_satisfied_by_what_was_proved_before(
    methods: tuple[Method, ...], at: int, step: Step | None
) -> None:
    found = evidence(*methods, at=at, session="ss")
    assert due(found, factor=False, anew=True) is step


@pytest.mark.attack("A23")
def test_a_code_of_now_makes_no_old_password_new() -> None:
    old = evidence(*PASSWORD, at=BEGAN - 1, session="ss").further(Method.OTP, NOW)
    assert old.authenticated_at == BEGAN - 1
    assert due(old, factor=True, anew=True) is Step.PASSWORD


@pytest.mark.attack("U12")
@pytest.mark.parametrize(("age", "step"), [(600, Step.ENROLMENT), (601, Step.PASSWORD)])
def test_a_first_second_factor_is_enrolled_only_right_after_a_password(age: int, step: Step) -> None:
    found = evidence(*PASSWORD, at=NOW - age * SECOND, session="ss")
    assert due(found, factor=False, second=True) is step


def test_two_of_one_kind_are_not_two_factors() -> None:
    assert reached(["pwd"]) is reached(["otp"]) is reached(["pwd", "pwd"]) is reached(["mfa", "pwd"]) is Acr.ONE_FACTOR
    assert reached(["pwd", "otp"]) is Acr.TWO_FACTORS


@pytest.mark.meets("A11")
@pytest.mark.parametrize(
    ("methods", "asked", "told"),
    [
        (["pwd"], [], Acr.ONE_FACTOR),
        (["pwd"], [Acr.TWO_FACTORS], Acr.ONE_FACTOR),
        (["pwd"], [Acr.TWO_FACTORS, Acr.ONE_FACTOR], Acr.ONE_FACTOR),
        (["pwd", "otp"], [], Acr.TWO_FACTORS),
        (["pwd", "otp"], [Acr.ONE_FACTOR], Acr.ONE_FACTOR),
        (["pwd", "otp"], [Acr.ONE_FACTOR, Acr.TWO_FACTORS], Acr.ONE_FACTOR),
        (["pwd", "otp"], ["1", "2"], Acr.TWO_FACTORS),
    ],
)
def test_the_class_that_is_told_is_the_first_of_the_asked_that_was_reached(
    methods: list[str], asked: list[str], told: Acr
) -> None:
    assert acr_of(methods, asked) is told
