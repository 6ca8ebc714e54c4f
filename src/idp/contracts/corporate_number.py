"""The 13 digits by which the National Tax Agency knows a corporation (法人番号): a check digit, then twelve digits."""

import re

_FORM = re.compile(r"[1-9][0-9]{12}")


def check_digit(base: str) -> int:
    """Of the twelve digits (Ordinance on the Designation of Corporate Numbers, Art. 2): counted from the right, digits
    in even places weigh twice; nine less the remainder by nine."""
    weighed = sum(int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(base), start=1))
    return 9 - weighed % 9


def is_well_formed(number: str) -> bool:
    return _FORM.fullmatch(number) is not None


def is_right(number: str) -> bool:
    return is_well_formed(number) and int(number[0]) == check_digit(number[1:])
