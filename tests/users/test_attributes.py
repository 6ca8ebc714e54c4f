"""What a tenant keeps of its people beside what everybody has."""

import threading
from typing import Any

import pytest
from tests.users.test_users import LIMIT, add, draft

from idp import users
from idp.kit.errors import Conflict, Failure, Invalid, NotFound, Stale
from idp.users import Definition, attribute_schema

KINDS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "string": ({"max_length": 5, "pattern": "[a-z]*"}, ["a", "abcde"], ["", "abcdef", "A", 5, "a\0", ["a"]]),
    "integer": ({}, [0, -5, 2**53 - 1], [2**53, "1", True, 1.5]),
    "boolean": ({}, [True, False], ["true", 1, []]),
    "date": ({}, ["2026-02-28"], ["2026-02-30", "20260228", "2026-2-28", 5]),
    "enum": ({"values": ["tokyo", "osaka"]}, ["tokyo"], ["Tokyo", "", 1]),
    "string[]": ({"pattern": r"\d+"}, [["1", "22"]], [[], ["a"], "1", [1], [None], ["1"] * 51]),
}


def define(world, name="department", kind="string", **more):
    change = attribute_schema.Change(users.read_definition({"name": name, "type": kind, **more}))
    with world.open() as unit:
        return attribute_schema.create(unit, change)


def change(world, which, **patch):
    with world.open() as unit:
        before, prepared = attribute_schema.prepared_change(unit, which, patch)
        return attribute_schema.change(unit, prepared, before=before)


def delete(world, name, *, discard=False):
    with world.open() as unit:
        prepared = attribute_schema.Change(attribute_schema.get(unit, name))
        attribute_schema.delete(unit, prepared, discard=discard)


def set_to(world, who, **values):
    with world.open() as unit:
        return users.change(unit, who.id, {"attributes": values})


def wrong(world, who, **values):
    with pytest.raises(Invalid) as raised:
        set_to(world, who, **values)
    return {(error.pointer, error.code) for error in raised.value.errors}


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_judged_by_its_type(world, kind):
    more, right, bad = KINDS[kind]
    made = define(world, "it", kind, **more)
    taro = add(world)
    with world.open() as unit:
        assert attribute_schema.definitions(unit) == (made,)
    for value in right:
        assert set_to(world, taro, it=value).attributes == {"it": value}
    for value in bad:
        assert {pointer for pointer, _ in wrong(world, taro, it=value)} == {"/attributes/it"}, value
    assert set_to(world, taro, it=None).attributes == {}
    assert wrong(world, taro, other="x") == {("/attributes/other", "unknown_field")}


def test_what_is_kept_of_one_person_is_not_more_than_a_list_can_show(world):
    for name in ("first", "second"):
        define(world, name, "string[]")
    taro, half = add(world), ["あ" * 999] * 11  # three bytes each
    set_to(world, taro, first=half)
    assert wrong(world, taro, second=half) == {("/attributes", "too_large")}
    assert set_to(world, taro, second=half, first=None).attributes == {"second": half}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/name"),
        ({"name": "Department"}, "/name"),
        ({"name": "a" * 65}, "/name"),
        ({"type": "number"}, "/type"),
        ({"type": "enum"}, "/values"),
        ({"values": ["a"]}, "/values"),
        ({"type": "integer", "pattern": "a"}, "/pattern"),
        ({"pattern": "("}, "/pattern"),
        ({"max_length": 0}, "/max_length"),
        ({"type": "boolean", "unique": True}, "/unique"),
        ({"required": "yes"}, "/required"),
        ({"visible": True}, "/visible"),
    ],
)
def test_a_definition_that_means_nothing_is_refused_at_its_place(document, pointer):
    whole = {"name": "department", "type": "string", **document} if document else {}
    with pytest.raises(Invalid) as raised:
        users.read_definition(whole)
    assert pointer in {error.pointer for error in raised.value.errors}


def test_what_somebody_would_not_fit_is_not_put_in_force(world):
    define(world)
    for number in range(3):
        set_to(world, add(world, f"u{number}@aoba.example"), department="a" * (number + 1))
    for patch, count in (({"max_length": 2}, 1), ({"pattern": "b+"}, 3), ({"max_length": 3, "required": True}, 0)):
        if count:
            with pytest.raises(Conflict, match="attribute_violated") as raised:
                change(world, "department", **patch)
            assert raised.value.members["count"] == len(raised.value.members["users"]) == count
        else:
            assert change(world, "department", **patch).required
    with world.open() as unit, pytest.raises(Invalid) as missing:
        users.create(unit, draft("u9@aoba.example"), limit=LIMIT)
    assert [(error.pointer, error.code) for error in missing.value.errors] == [("/attributes/department", "required")]
    for patch in ({"type": "integer"}, {"name": "x"}):
        with pytest.raises(Invalid):
            change(world, "department", **patch)


def test_an_attribute_goes_with_its_values_only_if_they_are_discarded(world):
    define(world, unique=True)
    taro = set_to(world, add(world), department="sales")
    with pytest.raises(Conflict, match="attribute_has_values") as raised:
        delete(world, "department")
    assert raised.value.members == {"count": 1}
    delete(world, "department", discard=True)
    with world.open() as unit:
        assert users.get(unit, taro.id).attributes == {}
        assert unit.lane.execute("SELECT count(*) FROM unique_values", {}).fetchone()[0] == 0
    define(world, unique=True)
    assert set_to(world, taro, department="sales").attributes == {"department": "sales"}
    with pytest.raises(NotFound):
        delete(world, "unheard_of")


def test_of_a_unique_attribute_nobody_has_what_somebody_else_has_in_any_spelling(world):
    define(world, "number", unique=True)
    taro, jiro = (add(world, f"{name}@aoba.example") for name in ("taro", "jiro"))
    set_to(world, taro, number="A1")
    for spelling in ("A1", "a1", "Ａ１"):
        with pytest.raises(Conflict, match="attribute_taken") as raised:
            set_to(world, jiro, number=spelling)
        assert raised.value.errors[0].pointer == "/attributes/number"
    assert set_to(world, taro, number="a1").attributes == {"number": "a1"}
    set_to(world, taro, number="B2")
    set_to(world, jiro, number="A1")
    with world.open() as unit:
        users.delete(unit, jiro.id)
    set_to(world, taro, number="a1")
    with world.open() as unit:
        stored = unit.lane.execute("SELECT value_mac FROM unique_values", {}).fetchall()
    assert [len(bytes(row[0])) for row in stored] == [32]


def test_of_two_who_take_the_same_value_at_once_one_has_it(world):
    define(world, "number", unique=True)
    people = [add(world, f"u{number}@aoba.example") for number in range(4)]
    outcomes: list[str] = []

    def take(who):
        try:
            set_to(world, who, number="1")
        except Failure as failure:
            outcomes.append(failure.code)
        else:
            outcomes.append("")

    threads = [threading.Thread(target=take, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["", *["attribute_taken"] * 3]


def test_unique_is_asked_only_where_it_is_so_already_and_kept_from_then_on(world):
    define(world, "number")
    taro, jiro = (add(world, f"{name}@aoba.example") for name in ("taro", "jiro"))
    set_to(world, taro, number="1")
    set_to(world, jiro, number="１")
    with pytest.raises(Conflict, match="attribute_violated"):
        change(world, "number", unique=True)
    set_to(world, jiro, number="2")
    change(world, "number", unique=True)
    with pytest.raises(Conflict, match="attribute_taken"):
        set_to(world, jiro, number="1")
    change(world, "number", unique=False)
    set_to(world, jiro, number="1")


def test_who_changes_meanwhile_is_looked_at_again_before_a_definition_holds(world):
    define(world)
    taro = add(world)
    with world.open() as unit:
        before, prepared = attribute_schema.prepared_change(unit, "department", {"max_length": 3})
        assert prepared.preview(unit).violating == 0
    set_to(world, taro, department="long")
    with pytest.raises(Conflict, match="attribute_violated"), world.open() as unit:
        attribute_schema.change(unit, prepared, before=before)
    change(world, "department", description="x")
    with pytest.raises(Stale), world.open() as unit:
        attribute_schema.change(unit, prepared, before=before)


def test_values_lie_sealed_and_are_told_where_a_service_wants_them(world):
    define(world)
    define(world, "sites", "string[]")
    taro = set_to(world, add(world), department="秘書室", sites=["tokyo", "osaka"])
    with world.open() as unit:
        known = users.attributes_of(unit, taro, ["attributes.department", "attributes.sites", "attributes.none"])
        stored = unit.lane.execute("SELECT profile FROM users", {}).fetchall()
    assert known == {"attributes.department": "秘書室", "attributes.sites": ["tokyo", "osaka"]}
    assert "秘書室" not in b"".join(bytes(row[0]) for row in stored).decode(errors="ignore")
    assert users.is_source("attributes.department")
    for name in ("department", "attributes.", "attributes.X", "attributes.a.b"):
        assert not users.is_source(name)


def test_the_neighbour_has_a_schema_of_its_own(world):
    define(world)
    with world.open(world.midori) as unit:
        assert attribute_schema.definitions(unit) == ()
        with pytest.raises(NotFound):
            attribute_schema.get(unit, "department")
        jiro = users.create(unit, draft(), limit=LIMIT)
        with pytest.raises(Invalid):
            users.change(unit, jiro.id, {"attributes": {"department": "x"}})


def test_a_draft_that_was_judged_by_another_schema_is_judged_again(world):
    with world.open() as unit, pytest.raises(Invalid):
        users.create(unit, draft()._replace(attributes={"department": "x"}), limit=LIMIT)
    assert isinstance(define(world), Definition)
    assert {"attribute.created"} <= set(world.events())
