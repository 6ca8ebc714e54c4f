import pytest
from tests.users.test_users import LIMIT, add, draft

from idp import tenants, users
from idp.kit.errors import Conflict, Invalid, NotFound, Stale
from idp.users import document as documents


@pytest.fixture
def sales(world):
    with world.open() as unit:
        return users.groups.create(unit, "営業部")


def test_a_group_is_read_back_as_it_was_created(world, sales):
    with world.open() as unit:
        assert users.groups.get(unit, sales.id) == sales
        assert users.groups.page(unit) == [sales]
        assert users.groups.exist(unit)
    assert (sales.name, sales.version) == ("営業部", 1)
    assert "group.created" in world.events()


@pytest.mark.parametrize("spelling", ["Sales", "SALES", "ＳＡＬＥＳ"])
def test_a_name_is_one_name_in_every_spelling(world, spelling):
    with world.open() as unit:
        users.groups.create(unit, "sales")
        other = users.groups.create(unit, "others")
    for taking in (
        lambda unit: users.groups.create(unit, spelling),
        lambda unit: users.groups.rename(unit, other.id, {"name": spelling}),
    ):
        with pytest.raises(Conflict, match="group_name_taken"), world.open() as unit:
            taking(unit)


def test_a_group_is_renamed_and_may_change_the_spelling_of_its_own_name(world, sales):
    with world.open() as unit:
        assert users.groups.rename(unit, sales.id, {"name": "Sales"}).name == "Sales"
        assert users.groups.rename(unit, sales.id, {"name": "SALES"}).version == 3
        assert users.groups.rename(unit, sales.id, {}).version == 3
        with pytest.raises(Stale):
            users.groups.rename(unit, sales.id, {"name": "x"}, version=2)


def test_the_name_is_not_stored_in_clear(world, sales):
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT * FROM groups", {}).fetchall()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert "営業部".encode() not in stored


def test_the_neighbour_sees_nothing_and_changes_nothing(world, sales):
    taro = add(world)
    with world.open(world.midori) as unit:
        jiro = users.create(unit, draft(), limit=LIMIT)
        assert users.groups.find(unit, sales.id) is None
        assert users.groups.page(unit) == []
        assert not users.groups.exist(unit)
        for act in (
            lambda: users.groups.delete(unit, sales.id),
            lambda: users.groups.rename(unit, sales.id, {"name": "x"}),
            lambda: users.groups.add_member(unit, sales.id, jiro.id),
            lambda: users.groups.remove_member(unit, sales.id, jiro.id),
        ):
            with pytest.raises(NotFound):
                act()
        with pytest.raises(Invalid):
            users.change(unit, jiro.id, {"groups": [sales.id]})
    with world.open() as unit:
        with pytest.raises(NotFound):
            users.groups.add_member(unit, sales.id, jiro.id)
        users.groups.add_member(unit, sales.id, taro.id)
    with world.open(world.midori) as unit:
        assert users.groups_of(unit, taro.id) == frozenset()
        assert users.groups.members_of(unit, sales.id) == []


def test_who_joins_is_in_and_who_leaves_is_out(world, sales):
    taro, hanako = add(world), add(world, "hanako@aoba.example")
    with world.open() as unit:
        for person in (taro, hanako, taro):
            users.groups.add_member(unit, sales.id, person.id)
        assert [member.user_id for member in users.groups.members_of(unit, sales.id)] == [taro.id, hanako.id]
        assert users.groups_of(unit, taro.id) == users.get(unit, taro.id).groups == {sales.id}
        users.groups.remove_member(unit, sales.id, taro.id)
        assert users.groups_of(unit, taro.id) == users.get(unit, taro.id).groups == frozenset()
        assert users.groups_of(unit, hanako.id) == {sales.id}
        with pytest.raises(NotFound):
            users.groups.remove_member(unit, sales.id, taro.id)
    assert (world.events().count("group.joined"), world.events().count("group.left")) == (2, 1)


def test_members_come_in_pages(world, sales):
    people = [add(world, f"{number}@aoba.example").id for number in range(5)]
    with world.open() as unit:
        for person in people:
            users.groups.add_member(unit, sales.id, person)
        first = users.groups.members_of(unit, sales.id, limit=2)
        rest = users.groups.members_of(unit, sales.id, after=first[-1].id)
    assert [member.user_id for member in (*first, *rest)] == people


def test_an_id_is_created_in_groups_and_changed_to_others(world, sales):
    with world.open() as unit:
        staff = users.groups.create(unit, "社員")
        person = users.create(unit, draft()._replace(groups=frozenset({sales.id})), limit=LIMIT)
        assert person.groups == users.groups_of(unit, person.id) == {sales.id}
        assert documents.to_json(person)["groups"] == [sales.id]
        both = users.change(unit, person.id, {"groups": [sales.id, staff.id]})
        assert both.groups == {sales.id, staff.id}
        assert both.version == person.version + 1
        assert users.change(unit, person.id, {"locale": "en"}).groups == {sales.id, staff.id}
        assert users.change(unit, person.id, {"groups": [staff.id]}).groups == {staff.id}
        assert users.change(unit, person.id, {"groups": None}).groups == frozenset()
        assert users.groups.members_of(unit, sales.id) == users.groups.members_of(unit, staff.id) == []


def test_many_are_created_in_their_groups(world, sales):
    people = [draft(f"{number}@aoba.example")._replace(groups=frozenset({sales.id})) for number in range(3)]
    with world.open() as unit:
        made = users.create_many(unit, people, limit=LIMIT)
        assert [member.user_id for member in users.groups.members_of(unit, sales.id)] == made


def test_a_group_that_is_not_there_is_refused_and_nobody_is_created(world, sales):
    with pytest.raises(Invalid) as raised, world.open() as unit:
        users.create(unit, draft()._replace(groups=frozenset({sales.id, "grp_none"})), limit=LIMIT)
    assert [(error.pointer, error.code, error.found) for error in raised.value.errors] == [
        ("/groups", "unknown_group", "grp_none")
    ]
    with world.open() as unit:
        assert users.page(unit) == []
        assert users.seats_used(unit) == 0


def test_an_id_that_is_deleted_is_in_no_group(world, sales):
    taro = add(world)
    with world.open() as unit:
        users.groups.add_member(unit, sales.id, taro.id)
        users.delete(unit, taro.id)
        assert users.groups.members_of(unit, sales.id) == []
        assert users.groups_of(unit, taro.id) == frozenset()
        with pytest.raises(NotFound):
            users.groups.add_member(unit, sales.id, taro.id)


def test_a_group_that_is_deleted_leaves_its_members_alone(world, sales):
    taro = add(world)
    with world.open() as unit:
        users.groups.add_member(unit, sales.id, taro.id)
        before = users.get(unit, taro.id)
        users.groups.delete(unit, sales.id)
        after = users.get(unit, taro.id)
        assert (after.groups, after.version) == (frozenset(), before.version + 1)
        assert users.groups_of(unit, taro.id) == frozenset()
        assert users.groups.find(unit, sales.id) is None
        assert users.groups.create(unit, sales.name).id != sales.id


CHANGES = {
    "create": lambda unit, *_: users.groups.create(unit, "x"),
    "rename": lambda unit, group, _: users.groups.rename(unit, group.id, {"name": "x"}),
    "delete": lambda unit, group, _: users.groups.delete(unit, group.id),
    "join": lambda unit, group, user: users.groups.add_member(unit, group.id, user.id),
    "change": lambda unit, group, user: users.change(unit, user.id, {"groups": [group.id]}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_moves_the_facts_that_decisions_are_made_from(world, sales, change):
    taro = add(world)
    with world.open() as unit:
        before = tenants.revision(unit)
        change(unit, sales, taro)
        assert tenants.revision(unit) > before


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "required"),
        ({"name": ""}, "invalid_length"),
        ({"name": "x" * 101}, "invalid_length"),
        ({"name": " x"}, "invalid_text"),
        ({"name": "a\u202eb"}, "invalid_text"),
        ({"name": 1}, "invalid_type"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(document, code):
    assert users.groups.read({"name": "営業部"}) == "営業部"
    with pytest.raises(Invalid) as raised:
        users.groups.read(document)
    assert [(error.pointer, error.code) for error in raised.value.errors] == [("/name", code)]
