"""Nothing that attackers are known to try is left untried, and each of it has a twin that is honest."""

import pytest
from tests.attacks import ATTACKS, Case, cases, marked, of, rows, table, variants, weakened


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> list[Case]:
    """Those of this run, if it is one of everything."""
    items = request.session.items
    is_whole = set(marked()) <= {item.path for item in items}
    return of(item for item in items if isinstance(item, pytest.Function)) if is_whole else cases()


def test_every_attack_is_tried_and_its_honest_twin_succeeds(found: list[Case]) -> None:
    counted = rows(found)
    assert [name for name, (tried, _) in counted.items() if not tried] == []
    assert [name for name, (_, honest) in counted.items() if not honest] == []


def test_every_mark_of_these_letters_names_an_attack(found: list[Case]) -> None:
    named = {name for each in found for name in (*each.attacks, *each.honest)}
    letters = {name[0] for name in ATTACKS}
    assert {name for name in named if name[0] in letters} - ATTACKS.keys() == set()


def test_there_are_enough_of_both(found: list[Case]) -> None:
    assert variants(found) >= 600
    builds = weakened(found)
    assert len(set(builds)) == len(builds) >= 20


def test_a_case_is_counted_once_and_a_row_without_one_shows() -> None:
    twice = [Case("t", "1", ("A1", "A2"), ("A1",)), Case("t", "2", ("A1",), ()), Case("u", "", ("U8",), ())]
    assert (rows(twice)["A1"], rows(twice)["A2"], rows(twice)["A3"]) == ((2, 1), (1, 0), (0, 0))
    assert variants(twice) == 2
    assert "| A3 | a redirect URI read as a pattern | 0 | 0 | **none** |" in table(twice)
