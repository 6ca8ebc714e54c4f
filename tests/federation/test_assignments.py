import pytest
from tests.federation.test_services import make
from tests.users.test_users import add, draft

from idp import federation, tenants, users
from idp.federation import Assignee, AssigneeKind
from idp.kit.errors import Invalid, NotFound


@pytest.fixture
def service(world):
    return make(world).service


def test_who_is_assigned_is_assigned_and_nobody_else(world, service):
    taro, hanako = add(world), add(world, "hanako@aoba.example")
    other = make(world).service
    with world.open() as unit:
        federation.assign(unit, service.id, user_id=taro.id)
        assert federation.is_assigned(unit, service_id=service.id, user_id=taro.id)
        assert not federation.is_assigned(unit, service_id=service.id, user_id=hanako.id)
        assert not federation.is_assigned(unit, service_id=other.id, user_id=taro.id)
    with world.open(world.midori) as unit:
        assert not federation.is_assigned(unit, service_id=service.id, user_id=taro.id)


def test_to_assign_again_is_the_same_assignment(world, service):
    taro = add(world)
    with world.open() as unit:
        first = federation.assign(unit, service.id, user_id=taro.id)
        assert federation.assign(unit, service.id, user_id=taro.id) == first
        assert federation.assignments_of(unit, service.id) == [first]
    assert world.events().count("service.assigned") == 1
    assert federation.assignment_to_json(first)["user"] == taro.id


def test_an_assignment_is_taken_back(world, service):
    taro = add(world)
    with world.open() as unit:
        made = federation.assign(unit, service.id, user_id=taro.id)
        before = tenants.revision(unit)
        federation.unassign(unit, service.id, made.id)
        assert not federation.is_assigned(unit, service_id=service.id, user_id=taro.id)
        assert tenants.revision(unit) > before
        with pytest.raises(NotFound):
            federation.unassign(unit, service.id, made.id)
    assert "service.unassigned" in world.events()


def test_an_assignment_is_taken_back_at_its_own_service_alone(world, service):
    taro, other = add(world), make(world).service
    with world.open() as unit:
        made = federation.assign(unit, service.id, user_id=taro.id)
        with pytest.raises(NotFound):
            federation.unassign(unit, other.id, made.id)
        assert federation.is_assigned(unit, service_id=service.id, user_id=taro.id)


def test_only_an_id_of_the_tenant_is_assigned(world, service):
    with world.open(world.midori) as unit:
        foreign = users.create(unit, draft(), limit=5)
    with world.open() as unit:
        for nobody in (foreign.id, "usr_none"):
            with pytest.raises(Invalid) as raised:
                federation.assign(unit, service.id, user_id=nobody)
            assert raised.value.errors[0].pointer == "/user"


def test_a_deleted_id_and_a_deleted_service_leave_no_assignment(world, service):
    taro, hanako = add(world), add(world, "hanako@aoba.example")
    with world.open() as unit:
        federation.assign(unit, service.id, user_id=taro.id)
        kept = federation.assign(unit, service.id, user_id=hanako.id)
        users.delete(unit, taro.id)
        federation.forget_user(unit, taro.id)
        assert federation.assignments_of(unit, service.id) == [kept]
        federation.delete(unit, service.id)
        assert federation.assignments_of(unit, service.id) == []
        assert not federation.is_assigned(unit, service_id=service.id, user_id=hanako.id)


@pytest.fixture
def sales(world, service):
    """A group that is assigned."""
    with world.open() as unit:
        group = users.groups.create(unit, "営業部")
        federation.assign_to(unit, service.id, Assignee(AssigneeKind.GROUP, group.id))
    return group


def test_who_is_in_a_group_that_is_assigned_is_assigned_while_in_it(world, service, sales):
    taro, hanako, other = add(world), add(world, "hanako@aoba.example"), make(world).service
    with world.open() as unit:
        users.groups.add_member(unit, sales.id, taro.id)
        assert federation.is_assigned(unit, service_id=service.id, user_id=taro.id)
        assert not federation.is_assigned(unit, service_id=service.id, user_id=hanako.id)
        assert not federation.is_assigned(unit, service_id=other.id, user_id=taro.id)
        users.groups.remove_member(unit, sales.id, taro.id)
        assert not federation.is_assigned(unit, service_id=service.id, user_id=taro.id)


def test_an_id_and_a_group_are_two_assignments_whatever_their_ids_are(world, service, sales):
    """A group's id in the place of a person's, or the other way round, lets nobody in."""
    taro = add(world)
    with world.open() as unit:
        assert not federation.is_assigned(unit, service_id=service.id, user_id=sales.id)
        for kind, other in ((AssigneeKind.GROUP, taro.id), (AssigneeKind.USER, sales.id)):
            with pytest.raises(Invalid) as raised:
                federation.assign_to(unit, service.id, Assignee(kind, other))
            assert [error.pointer for error in raised.value.errors] == [f"/{kind.value}"]
        made = federation.assign_to(unit, service.id, Assignee(AssigneeKind.GROUP, sales.id))
        assert federation.assignments_of(unit, service.id) == [made]
        shown = federation.assignment_to_json(made)
        assert (shown["group"], shown["user"]) == (sales.id, None)


def test_only_a_group_of_the_tenant_is_assigned(world, service):
    with world.open(world.midori) as unit:
        foreign = users.groups.create(unit, "営業部")
    with world.open() as unit, pytest.raises(Invalid):
        federation.assign_to(unit, service.id, Assignee(AssigneeKind.GROUP, foreign.id))


def test_a_group_that_is_deleted_lets_nobody_in(world, service, sales):
    taro = add(world)
    with world.open() as unit:
        users.groups.add_member(unit, sales.id, taro.id)
        users.groups.delete(unit, sales.id)
        assert not federation.is_assigned(unit, service_id=service.id, user_id=taro.id)
        federation.forget_group(unit, sales.id)
        assert federation.assignments_of(unit, service.id) == []


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({}, "user", "required"),
        ({"user": 7}, "user", "invalid_type"),
        ({"group": 7}, "group", "invalid_type"),
        ({"user": "usr_1", "group": "grp_1"}, "group", "one_of"),
        ({"user": "usr_1", "role": "admin"}, "role", "unknown_field"),
    ],
)
def test_a_fault_is_named_at_its_place(document, place, code):
    assert federation.read_assignee({"user": "usr_1"}) == (AssigneeKind.USER, "usr_1")
    assert federation.read_assignee({"group": "grp_1"}) == (AssigneeKind.GROUP, "grp_1")
    with pytest.raises(Invalid) as raised:
        federation.read_assignee(document)
    assert [(error.pointer, error.code) for error in raised.value.errors] == [(f"/{place}", code)]
