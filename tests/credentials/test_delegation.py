"""Whatever people and keys hand on to each other, nobody ever holds what nobody above has given (attack M3).

Beside the rooms stands a model that knows no wildcards: what somebody holds is a set of single permissions, one of them
for a noun that does not exist yet. The rooms must allow just what the model allows, and agree on what everybody may.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
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
some = st.lists(words, min_size=1, max_size=3, unique=True)


def atoms(texts: Any) -> Atoms:
    split = [str(text).split(":") for text in texts]
    return frozenset((n, v) for n, v in WHOLE for noun, verb in split if noun in (n, "*") and verb in (v, "*"))


class Delegation(RuleBasedStateMachine):
    units: Any
    tenant: Any
    actor: Any

    people = Bundle("people")
    keys = Bundle("keys")
    roles = Bundle("roles")

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.units.platform(actor=self.actor)
        self.outer = self.opened.__enter__()
        self.unit = self.outer.inside(self.tenant)
        self.contents: dict[str, Atoms] = {}
        self.held: dict[str, set[str]] = {}
        self.made: dict[str, tuple[Atoms, str]] = {}  # by the first secret of a key: what it was given, and whose it is
        self.now: dict[str, str] = {}  # the secret that it has today

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    def of_person(self, user: str) -> Atoms:
        return frozenset().union(*(self.contents[role] for role in self.held[user]))

    def of_key(self, secret: str) -> Atoms:
        given, owner = self.made[secret]
        return given & self.of_person(owner) if owner else given

    def real(self, secret: str) -> ApiKey:
        return credentials.authenticate_key(self.outer, self.now[secret])

    def tried(self, allowed: bool, act: Any) -> Any:
        """The rooms do it just where the model would."""
        try:
            done = act()
        except (Refused, Invalid):
            assert not allowed
            return None
        assert allowed
        return done

    @rule(target=keys)
    def found(self) -> str:
        """A key for everything in the tenant, as an operator makes the first."""
        return self._key(["*:*"], EVERYTHING, WHOLE, "") or ""

    @rule(target=people)
    def join(self) -> str:
        name = ids.new("n")
        document = {"user_name": name, "display_name": "P", "affiliation": "employee"}
        user = users.create(self.unit, users.read(document, users.frame(self.unit)), limit=100_000).id
        self.held[user] = set()
        return user

    @rule(target=keys, by=keys, wanted=some)
    def make_key(self, by: str, wanted: list[str]) -> str:
        if not by:
            return ""
        return self._key(wanted, self.real(by).granting, self.of_key(by), self.made[by][1]) or ""

    @rule(target=keys, by=people, wanted=some)
    def make_own_key(self, by: str, wanted: list[str]) -> str:
        """As somebody who is signed in does."""
        granting = credentials.roles.permissions_of(self.unit, KeyScope.TENANT, by, of_id=())
        return self._key(wanted, granting, self.of_person(by), by) or ""

    def _key(self, wanted: list[str], granting: Any, model: Atoms, owner: str) -> str | None:
        draft = credentials.read_key({"name": "k", "permissions": wanted}, now_us=0)
        new = self.tried(
            atoms(wanted) <= model,
            lambda: credentials.create_key(
                self.unit, draft, scope=KeyScope.TENANT, grantor=granting, owner=owner, maker=""
            ),
        )
        if new is None:
            return None
        self.made[new.secret], self.now[new.secret] = (atoms(wanted), owner), new.secret
        return str(new.secret)

    @rule(target=roles, by=keys, wanted=some)
    def make_role(self, by: str, wanted: list[str]) -> str:
        if not by:
            return ""
        document = {"name": ids.new("n"), "permissions": wanted}
        role = self.tried(
            atoms(wanted) <= self.of_key(by),
            lambda: credentials.roles.create(self.unit, document, granting=self.real(by).granting),
        )
        if role is None:
            return ""
        self.contents[role.id] = atoms(wanted)
        return str(role.id)

    @rule(by=keys, role=roles, wanted=some)
    def change_role(self, by: str, role: str, wanted: list[str]) -> None:
        if not by or not role:
            return
        added = frozenset().union(*(atoms([each]) for each in wanted if not atoms([each]) <= self.contents[role]))
        changed = self.tried(
            added <= self.of_key(by),
            lambda: credentials.roles.change(
                self.unit, KeyScope.TENANT, role, {"permissions": wanted}, granting=self.real(by).granting
            ),
        )
        if changed is not None:
            self.contents[role] = atoms(wanted)

    @rule(by=keys, role=roles, user=people)
    def give(self, by: str, role: str, user: str) -> None:
        if not by or not role:
            return
        may = self.contents[role] <= self.of_key(by)
        granting = self.real(by).granting

        def act() -> bool:
            credentials.roles.give(self.unit, KeyScope.TENANT, role, user, granting=granting)
            return True

        if self.tried(may, act):
            self.held[user].add(role)

    @rule(role=roles, user=people)
    def take(self, role: str, user: str) -> None:
        if role and role in self.held[user]:
            credentials.roles.take(self.unit, KeyScope.TENANT, role, user)
            self.held[user].discard(role)

    @rule(by=keys, key=keys)
    def replace_secret(self, by: str, key: str) -> None:
        """Whoever may do it could have made the key themselves, or it is their own."""
        if not by or not key:
            return
        (given, owner), asker = self.made[key], self.made[by][1]
        new = self.tried(
            given <= self.of_key(by) and owner in ("", asker),
            lambda: credentials.rotate_key(self.unit, self.real(key).id, asker=self.real(by), overlap_seconds=60),
        )
        if new is not None:
            self.now[key] = new.secret

    @invariant()
    def everybody_may_just_what_was_given(self) -> None:
        for user in self.held:
            may = credentials.roles.permissions_of(self.unit, KeyScope.TENANT, user, of_id=())
            assert {each for each in WHOLE if credentials.holds(may, permission(each))} == self.of_person(user)
        for secret in self.made:
            key = self.real(secret)
            assert {each for each in WHOLE if key.may(permission(each))} == self.of_key(secret)
            assert {each for each in WHOLE if credentials.holds(key.granting, permission(each))} == self.of_key(secret)


def permission(atom: tuple[str, str]) -> Permission:
    return Permission(Noun(atom[0]), Verb(atom[1]))


@pytest.mark.attack("M3")
def test_nobody_holds_what_nobody_above_has_given(world: Any) -> None:
    machine = type("Machine", (Delegation,), {"units": world.units, "tenant": world.aoba, "actor": ACTOR})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
