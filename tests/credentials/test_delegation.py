"""Whatever people and keys hand on to each other, nobody ever holds what nobody above has given (attack M3).

Beside the rooms stands a model that knows no wildcards: what somebody holds is a set of single permissions, one of them
for a noun that does not exist yet. The rooms must allow just what the model allows, and agree on what everybody may.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.support.rooms import ACTOR

from idp import credentials, users
from idp.credentials import EVERYTHING, ApiKey, KeyScope, Noun, Permission, Verb
from idp.kit import ids
from idp.kit.errors import Invalid, Refused

Atoms = frozenset[tuple[str, str]]
NOUNS = ("users", "groups", "roles")
TOMORROW = "devices"  # never said by its name: only a wildcard reaches it
WHOLE: Atoms = frozenset((noun, verb) for noun in (*NOUNS, TOMORROW) for verb in ("read", "write"))
words = st.builds("{}:{}".format, st.sampled_from([*NOUNS, "*"]), st.sampled_from(["read", "write", "*"]))
some_one = st.integers(0, 11)
some = st.lists(words, min_size=1, max_size=3, unique=True)


def atoms(texts: Any) -> Atoms:
    split = [str(text).split(":") for text in texts]
    return frozenset((n, v) for n, v in WHOLE for noun, verb in split if noun in (n, "*") and verb in (v, "*"))


def beyond(texts: list[str], known: Atoms) -> Atoms:
    """Of permissions as they were written, those of which something is not known, whole."""
    return frozenset().union(*(atoms([each]) for each in texts if not atoms([each]) <= known))


def pick(among: Mapping[str, Any], index: int) -> str:
    return list(among)[index % len(among)]


class Delegation(RuleBasedStateMachine):
    """It begins with a key for everything, as an operator makes the first, and with two people who have roles, and keys
    for what these allow."""

    units: Any
    tenant: Any
    actor: Any

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.units.platform(actor=self.actor)
        self.outer = self.opened.__enter__()
        self.unit = self.outer.inside(self.tenant)
        self.contents: dict[str, Atoms] = {}
        self.said: dict[str, list[str]] = {}  # the same as it was written
        self.held: dict[str, set[str]] = {}
        self.made: dict[str, tuple[Atoms, str]] = {}  # by the id of a key: what it was given, and whose it is
        self.now: dict[str, str] = {}  # the secret that it has today
        self.make(["*:*"], EVERYTHING, WHOLE, "")
        for permissions in (["users:*", "groups:read"], ["*:read"]):
            self.join()
            self.make_role(0, permissions)
            self.give(0, len(self.contents) - 1, len(self.held) - 1)
            user = pick(self.held, len(self.held) - 1)
            self.make(permissions, EVERYTHING, self.of_person(user), user)

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    def of_person(self, user: str) -> Atoms:
        return frozenset().union(*(self.contents[role] for role in self.held[user]))

    def of_key(self, key: str) -> Atoms:
        given, owner = self.made[key]
        return given & self.of_person(owner) if owner else given

    def real(self, key: str) -> ApiKey:
        return credentials.authenticate_key(self.outer, self.now[key])

    def tried(self, allowed: bool, act: Any) -> Any:
        """The rooms do it just where the model would."""
        try:
            done = act()
        except (Refused, Invalid):
            assert not allowed
            return None
        assert allowed
        return done

    def make(self, wanted: list[str], granting: Any, model: Atoms, owner: str) -> None:
        draft = credentials.read_key({"name": "k", "permissions": wanted}, now_us=0)
        new = self.tried(
            atoms(wanted) <= model,
            lambda: credentials.create_key(self.unit, draft, scope=KeyScope.TENANT, grantor=granting, owner=owner),
        )
        if new is not None:
            self.made[new.key.id], self.now[new.key.id] = (atoms(wanted), owner), new.secret

    @rule()
    def join(self) -> None:
        document = {"user_name": ids.new("n"), "display_name": "P", "affiliation": "employee"}
        user = users.create(self.unit, users.read(document, users.frame(self.unit)), limit=100_000).id
        self.held[user] = set()

    @rule(by=some_one, wanted=some)
    def make_key(self, by: int, wanted: list[str]) -> None:
        key = pick(self.made, by)
        self.make(wanted, self.real(key).granting, self.of_key(key), self.made[key][1])

    @rule(by=some_one, wanted=some)
    def make_own_key(self, by: int, wanted: list[str]) -> None:
        """As somebody who is signed in does."""
        user = pick(self.held, by)
        granting = credentials.roles.permissions_of(self.unit, KeyScope.TENANT, user, of_id=())
        self.make(wanted, granting, self.of_person(user), user)

    @rule(by=some_one, wanted=some)
    def make_role(self, by: int, wanted: list[str]) -> None:
        key = pick(self.made, by)
        document = {"name": ids.new("n"), "permissions": wanted}
        role = self.tried(
            atoms(wanted) <= self.of_key(key),
            lambda: credentials.roles.create(self.unit, document, granting=self.real(key).granting),
        )
        if role is not None:
            self.contents[role.id], self.said[role.id] = atoms(wanted), wanted

    @rule(by=some_one, of=some_one, wanted=some)
    def change_role(self, by: int, of: int, wanted: list[str]) -> None:
        key, role = pick(self.made, by), pick(self.contents, of)
        added = beyond(wanted, self.contents[role])
        lost = beyond(self.said[role], atoms(wanted)) if any(role in each for each in self.held.values()) else added
        granting = self.real(key).granting
        changed = self.tried(
            added | lost <= self.of_key(key),
            lambda: credentials.roles.change(
                self.unit, KeyScope.TENANT, role, {"permissions": wanted}, granting=granting
            ),
        )
        if changed is not None:
            self.contents[role], self.said[role] = atoms(wanted), wanted

    @rule(by=some_one, of=some_one, to=some_one)
    def give(self, by: int, of: int, to: int) -> None:
        key, role, user = pick(self.made, by), pick(self.contents, of), pick(self.held, to)
        granting = self.real(key).granting

        def act() -> bool:
            credentials.roles.give(self.unit, KeyScope.TENANT, role, user, granting=granting)
            return True

        if self.tried(self.contents[role] <= self.of_key(key), act):
            self.held[user].add(role)

    @rule(of=some_one, to=some_one)
    def take(self, of: int, to: int) -> None:
        user = pick(self.held, to)
        if self.held[user]:
            role = pick(dict.fromkeys(sorted(self.held[user])), of)
            credentials.roles.take(self.unit, KeyScope.TENANT, role, user)
            self.held[user].discard(role)

    @rule(by=some_one, of=some_one)
    def replace_secret(self, by: int, of: int) -> None:
        """Whoever may do it could have made the key themselves: it is their own, or nobody's like theirs."""
        asker, key = pick(self.made, by), pick(self.made, of)
        given, owner = self.made[key]
        new = self.tried(
            given <= self.of_key(asker) and owner == self.made[asker][1],
            lambda: credentials.rotate_key(self.unit, key, asker=self.real(asker), overlap_seconds=60),
        )
        if new is not None:
            self.now[key] = new.secret

    @invariant()
    def everybody_may_just_what_was_given(self) -> None:
        for user in self.held:
            may = credentials.roles.permissions_of(self.unit, KeyScope.TENANT, user, of_id=())
            assert {each for each in WHOLE if credentials.holds(may, permission(each))} == self.of_person(user)
        for made in self.made:
            key = self.real(made)
            assert {each for each in WHOLE if key.may(permission(each))} == self.of_key(made)
            assert {each for each in WHOLE if credentials.holds(key.granting, permission(each))} == self.of_key(made)


def permission(atom: tuple[str, str]) -> Permission:
    return Permission(Noun(atom[0]), Verb(atom[1]))


@pytest.mark.attack("M3")
def test_nobody_holds_what_nobody_above_has_given(world: Any) -> None:
    machine = type("Machine", (Delegation,), {"units": world.units, "tenant": world.aoba, "actor": ACTOR})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
