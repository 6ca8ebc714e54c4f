import pytest

from idp.contracts import corporate_number


@pytest.mark.parametrize(
    "number",
    [
        "7000012050002",  # the National Tax Agency itself
        "8700110005901",  # the example that the Agency computes
    ],
)
def test_a_real_number_is_right_and_with_any_other_first_digit_wrong(number: str) -> None:
    assert corporate_number.is_right(number)
    for digit in set("123456789") - {number[0]}:
        assert not corporate_number.is_right(digit + number[1:])


@pytest.mark.parametrize("place", range(12))
def test_a_mistyped_digit_is_noticed(place: int) -> None:
    base = "123412341234"  # of a 9 taken for a 0 the remainder by nine says nothing
    right = f"{corporate_number.check_digit(base)}{base}"
    digit = str((int(base[place]) + 1) % 10)
    mistyped = right[: place + 1] + digit + right[place + 2 :]
    assert corporate_number.is_right(right)
    assert not corporate_number.is_right(mistyped)


@pytest.mark.parametrize("number", ["", "700001205000", "70000120500020", "７000012050002", "T000012050002", "0" * 13])
def test_other_forms_are_no_corporate_numbers(number: str) -> None:
    assert not corporate_number.is_well_formed(number)
    assert not corporate_number.is_right(number)
