"""Looking for IDs by how their names begin."""

import pytest
from sqlalchemy import select

from idp import users
from idp.kit.actors import SYSTEM
from idp.kit.asking import Asked
from idp.kit.db import own, query
from idp.kit.listing import Question
from idp.kit.units import Unit, Units
from idp.tenants import Tenant
from idp.users import Affiliation, Draft, Role
from idp.users.tables import user_words
from idp.users.words import MOST, words_of

LIMIT = 100


def draft(user_name: str, display_name: str, email: str | None = None) -> Draft:
    return Draft(user_name, display_name, email, Affiliation.EMPLOYEE, frozenset({Role.MEMBER}), None, {})


TARO = draft("taro@aoba.example", "山田 太郎", "taro@aoba.example")
JOHN = draft("jsmith", "ジョン・スミス", "John.Smith@aoba.example")
YAMADA = draft("y.hanako", "Ｙａｍａｄａ Hanako")


def found(unit: Unit, q: str, **more: object) -> list[str]:
    question = Question(Asked({"q": q, **more}))
    return [each.user_name for each in users.LISTED.page(unit, question).items]


@pytest.fixture
def filled(units: Units, tenant: Tenant) -> Units:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        for each in (TARO, JOHN, YAMADA):
            users.create(unit, each, limit=LIMIT)
    return units


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("taro", ["taro@aoba.example"]),
        ("TARO@a", ["taro@aoba.example"]),
        ("山", ["taro@aoba.example"]),
        ("山田太", ["taro@aoba.example"]),
        ("山田　太郎", ["taro@aoba.example"]),
        ("太郎", ["taro@aoba.example"]),
        ("田", []),
        ("郎", []),
        ("じょん", ["jsmith"]),
        ("ｽﾐｽ", ["jsmith"]),
        ("john.smith@aoba.example", ["jsmith"]),
        ("john.smith@aoba.examples", []),
        ("yamada h", ["y.hanako"]),
        ("Hanako", ["y.hanako"]),
        ("ya%", []),
        ("\udcff", []),
    ],
)
def test_an_id_is_found_by_how_a_name_of_it_begins(filled: Units, tenant: Tenant, q: str, names: list[str]) -> None:
    with filled.open(tenant.id, actor=SYSTEM, write=False) as unit:
        assert found(unit, q) == names


def test_a_changed_name_is_found_and_the_old_one_is_not(filled: Units, tenant: Tenant) -> None:
    with filled.open(tenant.id, actor=SYSTEM) as unit:
        taro = users.find_by_name(unit, TARO.user_name)
        assert taro is not None
        users.change(unit, taro.id, {"display_name": "鈴木 太郎"})
        assert (found(unit, "鈴木"), found(unit, "山田")) == (["taro@aoba.example"], [])
        assert found(unit, "太郎") == ["taro@aoba.example"]
        users.delete(unit, taro.id)
        assert found(unit, "太郎") == found(unit, "taro") == []


def test_nothing_is_left_of_those_who_are_deleted(filled: Units, tenant: Tenant) -> None:
    left = query(select(user_words.c.word).where(own(user_words)), lambda word: word)
    with filled.open(tenant.id, actor=SYSTEM) as unit:
        assert unit.all(left)
        for each in users.page(unit):
            users.delete(unit, each.id)
        assert unit.all(left) == []


def test_what_is_stored_says_no_word_and_is_another_in_each_tenant(
    filled: Units, tenant: Tenant, neighbour: Tenant
) -> None:
    stored = query(select(user_words.c.word).where(own(user_words)), bytes)
    with filled.open(neighbour.id, actor=SYSTEM) as unit:
        users.create(unit, TARO, limit=LIMIT)
        theirs = set(unit.all(stored))
        assert found(unit, "jsmith") == []
    with filled.open(tenant.id, actor=SYSTEM, write=False) as unit:
        ours = set(unit.all(stored))
    assert not ours & theirs
    assert not any(b"taro" in word or "山".encode() in word for word in ours)


def test_people_made_together_are_found_page_by_page_once_each(units: Units, tenant: Tenant) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        many = [draft(f"user{number:03}", f"user {number:03}") for number in range(250)]
        users.create_many(unit, many, limit=300)
        seen: list[str] = []
        after = ""
        while True:
            page = users.LISTED.page(unit, Question(Asked({"q": "user"}), after, 100))
            seen += [each.user_name for each in page.items]
            if not page.next:
                break
            after = page.next
        assert seen == [each.user_name for each in many]
        backwards = users.LISTED.page(unit, Question(Asked({"q": "user0"}, descending=True), limit=2))
        assert [each.user_name for each in backwards.items] == ["user099", "user098"]


def test_a_beginning_of_many_who_are_nearly_all_something_else_ends_after_so_many(units: Units, tenant: Tenant) -> None:
    """What is looked at for one page is bounded: it may be empty, and the next one goes on."""
    with units.open(tenant.id, actor=SYSTEM) as unit:
        users.create_many(unit, [draft(f"user{number:04}", "U") for number in range(2_500)], limit=3_000)
        last = users.create(unit, draft("user9999", "U"), limit=3_000)
        users.disable(unit, last.id)
        asked = Asked({"q": "user", "status": "disabled"})
        first = users.LISTED.page(unit, Question(asked))
        assert first.items == []
        assert first.next
        second = users.LISTED.page(unit, Question(asked, first.next))
        assert [each.id for each in second.items] == [last.id]
        assert second.next == ""


def test_an_address_is_found_whole(filled: Units, tenant: Tenant) -> None:
    with filled.open(tenant.id, actor=SYSTEM, write=False) as unit:

        def having(email: str) -> list[str]:
            return [each.user_name for each in users.LISTED.page(unit, Question(Asked({"email": email}))).items]

        assert having("JOHN.smith@aoba.example") == ["jsmith"]
        assert having("john.smith@aoba") == []


def test_the_words_of_an_id_are_few() -> None:
    assert words_of(TARO) == ["taro@aoba.example", "山田太郎", "太郎"]
    assert len(words_of(draft("a", " ".join("bcdefghijklmnop")))) == MOST


def test_those_who_came_before_there_was_a_search_are_found_once_it_is_filled(filled: Units, tenant: Tenant) -> None:
    assert users.make_findable(filled) == 0
    with filled.open(tenant.id, actor=SYSTEM) as unit:
        unit.lane.execute("DELETE FROM user_words", {})
        assert found(unit, "taro") == []
    assert users.make_findable(filled) == 1
    assert users.make_findable(filled) == 0
    with filled.open(tenant.id, actor=SYSTEM, write=False) as unit:
        assert found(unit, "taro") == ["taro@aoba.example"]
