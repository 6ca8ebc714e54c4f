from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from idp.contracts import numbers
from idp.contracts.numbers import Step

TODAY = date(2026, 4, 1)
TERMS = {TODAY + timedelta(days=30 * n) for n in range(1, 20)}


def begins(day: date) -> bool:
    return day in TERMS


asked = st.tuples(st.integers(0, 400), st.integers(1, 9))


@given(filed=st.integers(1, 9), wishes=st.lists(asked, max_size=8))
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_in_whatever_order_numbers_fall_with_terms_alone(
    filed: int, wishes: list[tuple[int, int]]
) -> None:
    steps: numbers.Steps = ()
    for days, ids in wishes:
        step = Step(TODAY + timedelta(days=days), ids, 0)
        if ids < numbers.before(filed, steps, step, TODAY) and not begins(step.start):
            continue  # refused by whoever asks the calendar
        steps = numbers.with_step(filed, steps, step, TODAY, begins_term=begins)
        assert numbers.number_on(filed, steps, step.start) == ids
    assert [step.start for step in steps] == sorted({step.start for step in steps})
    assert numbers.unpack(numbers.pack(steps)) == steps
    number = filed
    for step in steps:
        assert step.ids != number
        assert step.ids > number or begins(step.start)
        number = step.ids
    days = [numbers.number_on(filed, steps, TODAY + timedelta(days=n)) for n in range(402)]
    assert numbers.lowest(filed, steps, TODAY) == min(days)


def test_a_change_is_taken_back_by_the_old_number() -> None:
    term = min(TERMS)
    fewer = numbers.with_step(9, (), Step(term, 5, 0), TODAY, begins_term=begins)
    assert numbers.number_on(9, fewer, term - timedelta(days=1)) == 9
    assert numbers.number_on(9, fewer, term) == 5
    assert numbers.with_step(9, fewer, Step(term, 9, 1), TODAY, begins_term=begins) == ()
