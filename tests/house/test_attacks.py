"""Nothing that attackers are known to try is left untried, and each of it has a twin that is honest."""

import pytest
from tests.attacks import ATTACKS, SAML, Case, cases, marked, of, rows, table, variants, weakened


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
    assert variants(found, set(ATTACKS) - set(SAML)) >= 600
    assert variants(found, SAML) >= 300
    builds = weakened(found)
    assert len(set(builds)) == len(builds) >= 20


def test_a_case_is_counted_once_and_a_row_without_one_shows() -> None:
    twice = [Case("t", "1", ("A1", "A2"), ("A1",)), Case("t", "2", ("A1",), ()), Case("u", "", ("U8",), ())]
    assert (rows(twice)["A1"], rows(twice)["A2"], rows(twice)["A3"]) == ((2, 1), (1, 0), (0, 0))
    assert variants(twice) == 2
    assert "| A3 | a redirect URI read as a pattern | 0 | 0 | **none** |" in table(twice)


ANSWERED = """
import pytest
from tests.support.in_process import FAILED, Answer

@pytest.mark.attack("A1")
def test_an_attack_that_upset_us(): FAILED.append(Answer(500, (), b""))

@pytest.mark.attack("A1")
def test_an_attack_that_did_not(): pass

def test_whatever_else(): FAILED.append(Answer(503, (), b""))
"""


def test_an_attack_that_is_answered_with_a_5xx_has_succeeded(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = attack(*ids)")
    pytester.makepyfile(ANSWERED)
    result = pytester.runpytest("-p", "tests.support.in_order", "-p", "no:randomly")
    assert result.parseoutcomes() == {"passed": 2, "failed": 1}
