"""Groups by rule, against what anybody would find by asking each person."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.users.test_attributes import define, set_to
from tests.users.test_users import LIMIT, add, draft

from idp import users
from idp.kit.errors import Conflict, Invalid
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import Affiliation, attribute_schema
from idp.users.groups import RuleChange

PEOPLE = 4
DEPARTMENTS = ["sales", "sales east", "legal"]
LEAVES = st.one_of(
    st.builds(lambda each: {"attribute": {"name": "department", "equals": each}}, st.sampled_from(DEPARTMENTS)),
    st.builds(lambda each: {"attribute": {"name": "sites", "in": each}}, st.lists(st.sampled_from("tok"), min_size=1)),
    st.just({"attribute": {"name": "department", "starts_with": "sales"}}),
    st.builds(lambda each: {"attribute": {"name": "level", "at_least": each}}, st.integers(0, 3)),
    st.builds(lambda each: {"attribute": {"name": "level", "exists": each}}, st.booleans()),
    st.builds(lambda each: {"affiliation": {"in": sorted(each)}}, st.sets(st.sampled_from(["officer", "employee"]))),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda each: {"all": each}, st.lists(inner, max_size=3)),
        st.builds(lambda each: {"any": each}, st.lists(inner, max_size=3)),
        st.builds(lambda each: {"not": each}, inner),
    ),
    max_leaves=6,
)
SAID = st.fixed_dictionaries(
    {
        "affiliation": st.sampled_from(["officer", "employee"]),
        "department": st.none() | st.sampled_from(DEPARTMENTS),
        "level": st.none() | st.integers(0, 3),
        "sites": st.none() | st.lists(st.sampled_from("tok"), min_size=1, max_size=2),
    }
)
ACTS = st.one_of(
    st.tuples(st.just("change"), st.integers(0, PEOPLE - 1), SAID),
    st.tuples(st.just("rule"), st.integers(0, 1), RULES | st.none()),
    st.tuples(st.just("anew"), st.integers(0, PEOPLE - 1), SAID),
)


def is_so(rule: dict[str, Any], person: dict[str, Any]) -> bool:
    [(kind, said)] = rule.items()
    if kind == "attribute":
        return of_value(person.get(said["name"]), said)
    return {
        "all": lambda: False not in [is_so(each, person) for each in said],
        "any": lambda: True in [is_so(each, person) for each in said],
        "not": lambda: not is_so(said, person),
        "affiliation": lambda: person["affiliation"] in said["in"],
    }[kind]()


def of_value(value: Any, said: dict[str, Any]) -> bool:
    if "exists" in said:
        return bool(said["exists"] == (value is not None))
    if value is None:
        return False
    if "in" in said:
        return bool(set(value) & set(said["in"]))
    if "at_least" in said:
        return bool(value >= said["at_least"])
    return bool(value == said["equals"] if "equals" in said else value.startswith(said["starts_with"]))


def change_of(unit, rule):
    if rule is None:
        return RuleChange(None)
    read = users.groups.read_rule(Fields({"rule": rule}), users.frame(unit).definitions)
    return RuleChange(read)


def patched(said: dict[str, Any]) -> dict[str, Any]:
    return {"affiliation": said["affiliation"], "attributes": {k: v for k, v in said.items() if k != "affiliation"}}


@pytest.fixture
def schema(world):
    define(world)
    define(world, "level", "integer")
    define(world, "sites", "string[]")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=3, max_size=10))
def test_who_is_in_a_group_by_rule_is_whoever_is_like_that(world, schema, acts):
    with world.open() as unit:
        for each in [*users.groups.page(unit)]:
            users.groups.delete(unit, each.id)
        groups = [users.groups.create(unit, f"g{number}").id for number in range(2)]
        rules: list[dict[str, Any] | None] = [None, None]
        people: dict[int, str] = {}
        known: dict[int, dict[str, Any]] = {}
        for act, number, said in [("anew", n, {"affiliation": "employee"}) for n in range(PEOPLE)] + acts:
            if act == "rule":
                users.groups.rule(unit, groups[number], change_of(unit, said))
                rules[number] = said
            elif act == "change":
                users.change(unit, people[number], patched(said))
                known[number] = {k: v for k, v in said.items() if v is not None}
            else:
                gone = users.find_by_name(unit, f"p{number}")
                if gone is not None:
                    users.delete(unit, gone.id)
                document = {"user_name": f"p{number}", "display_name": "P", **patched(said)}
                made = users.create(unit, users.read(document, users.frame(unit)), limit=LIMIT)
                people[number], known[number] = made.id, {k: v for k, v in said.items() if v is not None}
            for person, user in people.items():
                expected = {g for g, rule in zip(groups, rules, strict=True) if rule and is_so(rule, known[person])}
                assert users.groups_of(unit, user) == expected


RULE = {"attribute": {"name": "department", "equals": "sales"}}


def ruled(world, rule=RULE, name="sales"):
    with world.open() as unit:
        return users.groups.create(unit, name, change_of(unit, rule))


def test_nobody_is_put_into_a_group_by_hand_that_has_a_rule(world, schema):
    taro = add(world)
    group, other = ruled(world), ruled(world, {"all": []}, "all")
    for act in (
        lambda unit: users.groups.add_member(unit, group.id, taro.id),
        lambda unit: users.groups.remove_member(unit, group.id, taro.id),
        lambda unit: users.change(unit, taro.id, {"groups": [group.id]}),
        lambda unit: users.create(unit, draft("x")._replace(groups=frozenset({group.id})), limit=LIMIT),
        lambda unit: users.groups.nest(unit, group.id, other.id),
    ):
        with pytest.raises(Conflict, match="group_is_dynamic"), world.open() as unit:
            act(unit)
    with world.open() as unit:
        plain = users.groups.create(unit, "plain").id
        users.groups.nest(unit, plain, other.id)  # the other way round it may stand in another
        assert users.groups_of(unit, taro.id) == {plain, other.id}
        users.groups.add_member(unit, plain, taro.id)
        with pytest.raises(Conflict, match="group_has_members"):
            users.groups.rule(unit, plain, change_of(unit, RULE))
        [mine] = [each for each in users.groups.memberships_of(unit, taro.id) if each.group_id == other.id]
        assert users.groups.membership_to_json(mine)["dynamic"] is True
        assert users.get(unit, taro.id).groups == {plain}


@pytest.mark.parametrize(("limit", "of"), [("MOST_RULES", 2), ("MOST_BYTES", 240)])
def test_rules_are_no_more_than_every_change_of_a_person_can_read(world, schema, monkeypatch, limit, of):
    """Others wait while they are read, on SQLite those of other tenants, too."""
    monkeypatch.setattr(users.dynamic_groups, limit, of)
    first = ruled(world, name="first")
    ruled(world, name="second")
    with pytest.raises(Conflict, match="rule_limit_reached"):
        ruled(world, {"any": [RULE] * 2}, "third")
    with world.open() as unit:
        assert len(list(users.groups.page(unit))) == 2
        third = users.groups.create(unit, "third").id
    with pytest.raises(Conflict, match="rule_limit_reached"), world.open() as unit:
        users.groups.rule(unit, third, change_of(unit, {"any": [RULE] * 2}))
    with world.open() as unit:
        users.groups.rule(unit, first.id, change_of(unit, None))
        assert users.groups.rule(unit, third, change_of(unit, RULE)).rule == RULE


def test_what_no_rule_can_ask_about_is_changed_without_reading_any(world, schema, monkeypatch):
    ruled(world)
    read = []
    plain = users.dynamic_groups._rules
    monkeypatch.setattr(users.dynamic_groups, "_rules", lambda unit: read.append(1) or plain(unit))
    taro = add(world)
    with world.open() as unit:
        read.clear()
        users.change(unit, taro.id, {"display_name": "Taro"})
        assert read == []
        users.change(unit, taro.id, {"affiliation": "officer"})
        assert read == [1]


@pytest.mark.parametrize(
    ("rule", "pointer", "code"),
    [
        ("sales", "/rule", "invalid_type"),
        ({}, "/rule", "invalid_type"),
        ({"all": [], "any": []}, "/rule", "invalid_type"),
        ({"or": []}, "/rule/or", "unknown_field"),
        ({"all": {}}, "/rule/all", "invalid_type"),
        ({"any": [{"not": 5}]}, "/rule/any/0/not", "invalid_type"),
        ({"affiliation": {"in": ["guest"]}}, "/rule/affiliation/in/0", "unknown_value"),
        ({"affiliation": {}}, "/rule/affiliation/in", "required"),
        ({"attribute": {"name": "salary", "equals": 1}}, "/rule/attribute/name", "unknown_attribute"),
        ({"attribute": {"name": "level"}}, "/rule/attribute/name", "one_of"),
        ({"attribute": {"name": "level", "equal": 1}}, "/rule/attribute/equal", "unknown_field"),
        ({"attribute": {"name": "level", "equals": 1, "in": [1]}}, "/rule/attribute/name", "one_of"),
        ({"attribute": {"name": "level", "equals": "1"}}, "/rule/attribute/equals", "invalid_type"),
        ({"attribute": {"name": "level", "in": [1, None]}}, "/rule/attribute/in/1", "invalid_type"),
        ({"attribute": {"name": "level", "starts_with": "1"}}, "/rule/attribute/starts_with", "inconsistent"),
        ({"attribute": {"name": "department", "at_least": "1"}}, "/rule/attribute/at_least", "inconsistent"),
        ({"attribute": {"name": "level", "exists": 1}}, "/rule/attribute/exists", "invalid_type"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_at_its_place(world, schema, rule, pointer, code):
    with world.open() as unit, pytest.raises(Invalid) as raised:
        change_of(unit, rule)
    assert (pointer, code) in {(error.pointer, error.code) for error in raised.value.errors}


def test_a_rule_that_is_too_deep_or_too_long_is_refused(world, schema):
    deep: dict[str, Any] = RULE
    for _ in range(20):
        deep = {"not": deep}
    for rule in (deep, {"all": [RULE] * 200}):
        with world.open() as unit, pytest.raises(Invalid) as raised:
            change_of(unit, rule)
        assert [error.code for error in raised.value.errors] == ["too_large"]


def test_who_changes_while_a_rule_is_prepared_is_judged_as_they_are(world, schema):
    taro, jiro = (set_to(world, add(world, f"{n}@aoba.example"), department=n) for n in ("sales", "legal"))
    with world.open() as unit:
        change = change_of(unit, RULE)
        assert change.look(unit) == [taro.id]
    set_to(world, taro, department="legal")
    set_to(world, jiro, department="sales")
    with world.open() as unit:
        group = users.groups.create(unit, "sales", change)
        assert [each.user_id for each in users.groups.members_of(unit, group.id)] == [jiro.id]


@pytest.mark.rewired
def test_whoever_holds_the_tenant_for_a_rule_writes_and_reads_no_more_for_more_people(world, schema, monkeypatch):
    with world.open() as unit:
        people = users.create_many(unit, [draft(f"p{number}") for number in range(40)], limit=LIMIT)
    with world.open() as unit:
        change = change_of(unit, {"affiliation": {"in": ["employee"]}})
        assert set(change.look(unit)) == set(people)
    ran: list[int] = []
    plain, many = Unit._run, Unit.run_many
    monkeypatch.setattr(Unit, "_run", lambda unit, *each: ran.append(1) or plain(unit, *each))
    monkeypatch.setattr(
        Unit, "run_many", lambda unit, command, rows: ran.append(len(rows)) or many(unit, command, rows)
    )
    with world.open() as unit:
        group = users.groups.create(unit, "everybody", change).id
        assert users.groups.rule(unit, group, RuleChange(None)).id == group
    assert sum(ran) < len(people)
    with world.open() as unit:
        assert users.groups.members_of(unit, group) == []


def test_of_a_rule_that_lets_some_go_the_others_stay_as_they_joined(world, schema):
    taro, jiro = (set_to(world, add(world, f"{n}@aoba.example"), department="sales", level=n) for n in (1, 2))
    group = ruled(world).id
    with world.open() as unit:
        [mine] = [each for each in users.groups.members_of(unit, group) if each.user_id == taro.id]
        assert len(users.groups.members_of(unit, group)) == 2
        users.groups.rule(unit, group, change_of(unit, {"attribute": {"name": "level", "equals": 1}}))
        assert users.groups.members_of(unit, group) == [mine]
        users.groups.rule(unit, group, change_of(unit, {"attribute": {"name": "level", "equals": 2}}))
        assert [each.user_id for each in users.groups.members_of(unit, group)] == [jiro.id]


def test_an_attribute_that_a_rule_asks_about_stays(world, schema):
    group = ruled(world)
    with world.open() as unit:
        change = attribute_schema.Change(attribute_schema.get(unit, "department"))
        with pytest.raises(Conflict, match="attribute_in_use") as raised:
            attribute_schema.delete(unit, change, discard=True)
        assert raised.value.members == {"groups": [group.id]}
        users.groups.delete(unit, group.id)
        attribute_schema.delete(unit, change, discard=True)
        with pytest.raises(Invalid):
            users.groups.create(unit, "late", RuleChange(RULE))


def test_a_rule_lies_sealed_and_the_neighbours_people_are_never_in(world, schema):
    group = ruled(world, {"affiliation": {"in": ["employee"]}})
    with world.open(world.midori) as unit:
        users.create(unit, draft(), limit=LIMIT)
    with world.open() as unit:
        assert users.groups.members_of(unit, group.id) == []
        [row] = unit.lane.execute("SELECT rule FROM groups", {}).fetchall()
    assert b"employee" not in bytes(row[0])
    assert draft().affiliation is Affiliation.EMPLOYEE
