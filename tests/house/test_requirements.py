"""Requirements and the tests that hold them know each other."""

from tests.requirements import REQUIREMENTS, holders


def test_every_mark_names_a_requirement() -> None:
    unknown = [each for each in holders() if each.requirement not in REQUIREMENTS]
    assert not unknown


def test_every_requirement_is_held_by_a_test() -> None:
    held = {each.requirement for each in holders()}
    assert set(REQUIREMENTS) - held == set()
