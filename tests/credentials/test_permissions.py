import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.credentials.permissions import EVERYTHING, Noun, Permission, Verb, holds, not_grantable, parse

PERMISSIONS = st.builds(
    Permission,
    st.one_of(st.none(), st.sampled_from(Noun)),
    st.one_of(st.none(), st.sampled_from(Verb)),
)
SINGLE = [Permission(noun, verb) for noun in Noun for verb in Verb]


def held(*texts):
    return frozenset(permission for text in texts if (permission := parse(text)))


@given(PERMISSIONS)
def test_a_permission_is_read_as_it_is_written(permission):
    assert parse(str(permission)) == permission


@pytest.mark.parametrize(
    "text",
    ["", "users", ":", "users:", ":read", "users:delete", "people:read", "users:read:x", "*", "Users:read", " *:read"],
)
def test_what_is_no_permission_is_none(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("having", "wanted", "expected"),
    [
        ("users:read", "users:read", True),
        ("users:read", "users:write", False),
        ("users:read", "groups:read", False),
        ("users:*", "users:write", True),
        ("users:*", "groups:write", False),
        ("*:read", "groups:read", True),
        ("*:read", "groups:write", False),
        ("*:*", "groups:write", True),
        ("users:read", "users:*", False),
        ("users:read", "*:read", False),
        ("*:read", "*:*", False),
    ],
)
def test_wildcards_give_what_they_say_and_no_more(having, wanted, expected):
    assert holds(held(having), parse(wanted)) is expected


def test_both_verbs_are_as_good_as_the_wildcard_verb():
    assert holds(held("users:read", "users:write"), parse("users:*"))


def test_all_nouns_of_today_are_not_the_wildcard_noun():
    assert not holds(frozenset(Permission(noun, None) for noun in Noun), parse("*:read"))


def test_nothing_held_gives_nothing():
    assert not any(holds(frozenset(), permission) for permission in SINGLE)


def test_nobody_grants_what_they_do_not_hold():
    grantor = held("users:*", "services:read")
    assert not_grantable(grantor, held("users:read", "services:read")) == []
    assert not_grantable(grantor, held("services:write")) == [parse("services:write")]
    assert not_grantable(grantor, EVERYTHING) == list(EVERYTHING)


@given(st.frozensets(PERMISSIONS, max_size=6), st.frozensets(PERMISSIONS, max_size=6))
def test_what_was_granted_never_gives_more_than_the_grantor_had(grantor, granted):
    if not not_grantable(grantor, granted):
        assert all(holds(grantor, permission) for permission in SINGLE if holds(granted, permission))
