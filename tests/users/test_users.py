import pytest
from tests.support.rooms import World

from idp import tenants, users
from idp.kit.errors import Conflict, Invalid, NotFound, Stale
from idp.users import Affiliation, Draft, Identity, Role, UserStatus

LIMIT = 50


def draft(name: str = "taro@aoba.example", *roles: Role) -> Draft:
    return Draft(name, "青葉 太郎", name, Affiliation.EMPLOYEE, frozenset(roles or {Role.MEMBER}), "ja", {})


def add(world: World, name: str = "taro@aoba.example", *roles: Role) -> Identity:
    with world.open() as unit:
        return users.create(unit, draft(name, *roles), limit=LIMIT)


def admin(world: World, name: str) -> Identity:
    """One who could sign in."""
    identity = add(world, name, Role.ADMIN)
    with world.open() as unit:
        users.credentials_changed(unit, identity.id, can_sign_in=True)
        return users.get(unit, identity.id)


def test_an_id_is_read_back_as_it_was_created(world):
    created = add(world)
    with world.open() as unit:
        assert users.get(unit, created.id) == created
        assert users.find_by_name(unit, "taro@aoba.example") == created
        standing = users.standing(unit, created.id)
        assert standing is not None
        assert (standing.id, standing.active_at(unit.now_us), standing.generation) == (created.id, True, 1)
        assert standing.affiliation == Affiliation.EMPLOYEE
    assert created.draft == draft()
    assert (created.status, created.generation, created.version) == (UserStatus.ACTIVE, 1, 1)
    assert "user.created" in world.events()


@pytest.mark.parametrize("spelling", ["TARO@aoba.example", " taro@aoba.example ", "ｔａｒｏ@aoba.example"])
def test_a_name_is_one_name_in_every_spelling(world, spelling):
    created = add(world)
    with world.open() as unit:
        assert users.find_by_name(unit, spelling) == created
    with pytest.raises(Conflict, match="user_name_taken"):
        add(world, spelling)


@pytest.mark.parametrize("name", ["hanako@aoba.example", "", "x" * 100_000, "\ud800", "taro@aoba.example\0"])
def test_a_name_that_nobody_has_finds_nobody(world, name):
    add(world)
    with world.open() as unit:
        assert users.find_by_name(unit, name) is None


def test_the_neighbour_sees_nothing_and_may_use_the_same_name(world):
    created = add(world)
    with world.open(world.midori) as unit:
        assert users.find(unit, created.id) is None
        assert users.find_by_name(unit, "taro@aoba.example") is None
        assert users.page(unit) == []
        assert users.seats_used(unit) == 0
        for act in (users.disable, users.enable, users.delete):
            with pytest.raises(NotFound):
                act(unit, created.id)
        assert users.standing(unit, created.id) is None
        other = users.create(unit, draft(), limit=1)
    assert other.id != created.id
    with world.open() as unit:
        assert users.get(unit, created.id) == created


def test_nothing_of_the_person_is_stored_in_clear(world):
    add(world)
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT * FROM users", {}).fetchall()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert not any(word.encode() in stored for word in ("taro", "aoba", "青葉"))


def test_the_limit_is_the_contract_s_and_disabled_ids_count(world):
    first = add(world, "a@aoba.example")
    with world.open() as unit:
        users.disable(unit, first.id)
    with pytest.raises(Conflict) as raised, world.open() as unit:
        users.create(unit, draft("b@aoba.example"), limit=1)
    assert raised.value.code == "id_limit_reached"
    assert raised.value.members == {"limit": 1}
    with world.open() as unit:
        assert users.find_by_name(unit, "b@aoba.example") is None
        assert users.seats_used(unit) == 1
        users.create(unit, draft("b@aoba.example"), limit=2)
        assert users.seats_used(unit) == 2


def test_a_limit_of_nothing_allows_nothing(world):
    with pytest.raises(Conflict, match="id_limit_reached"), world.open() as unit:
        users.create(unit, draft(), limit=0)


def test_a_refused_name_takes_no_seat(world):
    add(world)
    with pytest.raises(Conflict, match="user_name_taken"):
        add(world)
    with world.open() as unit:
        assert users.seats_used(unit) == 1


def test_a_deleted_id_frees_its_seat_and_name_and_never_comes_back(world):
    gone = add(world)
    with world.open() as unit:
        users.delete(unit, gone.id)
        assert users.seats_used(unit) == 0
    again = add(world)
    assert again.id != gone.id
    with world.open() as unit:
        assert users.find(unit, gone.id) is None
        assert [identity.id for identity in users.page(unit)] == [again.id]
        for act in (users.get, users.enable, users.disable, users.delete):
            with pytest.raises(NotFound):
                act(unit, gone.id)
        with pytest.raises(NotFound):
            users.change(unit, gone.id, {"display_name": "x"})
        users.credentials_changed(unit, gone.id, can_sign_in=True)
        kept = unit.lane.execute(f"SELECT name_mac, profile, affiliation FROM users WHERE id = '{gone.id}'", {})
        assert kept.fetchall() == [(None, None, None)]


def test_disabling_ends_the_generation_and_enabling_does_not_bring_it_back(world):
    before = add(world)
    with world.open() as unit:
        disabled = users.disable(unit, before.id)
        assert users.disable(unit, before.id) == disabled
        enabled = users.enable(unit, before.id)
        assert users.enable(unit, before.id) == enabled
    assert disabled.status is UserStatus.DISABLED
    assert disabled.status is UserStatus.DISABLED
    assert enabled.status is UserStatus.ACTIVE
    assert disabled.generation == before.generation + 1 == enabled.generation
    told = [event for event in world.events() if event.startswith("user.")]
    assert told == ["user.created", "user.disabled", "user.enabled"]


def test_changed_credentials_end_what_was_signed_in_with_the_old_ones(world):
    before = add(world)
    with world.open() as unit:
        users.credentials_changed(unit, before.id, can_sign_in=True)
        after = users.get(unit, before.id)
    assert after.generation == before.generation + 1
    assert after.can_sign_in


@pytest.mark.parametrize("act", [users.disable, users.enable, users.delete, users.end_generation])
def test_every_change_raises_the_revision_that_decisions_are_made_on(world, act):
    created = add(world)
    with world.open() as unit:
        before = tenants.revision(unit)
        act(unit, created.id)
        assert tenants.revision(unit) > before


def test_a_patch_changes_what_it_names_and_null_takes_away(world):
    before = add(world)
    with world.open() as unit:
        after = users.change(
            unit,
            before.id,
            {"user_name": "jiro@aoba.example", "email": None, "claims": {"address": {"country": "JP"}}},
        )
        assert users.find_by_name(unit, "taro@aoba.example") is None
        assert users.find_by_name(unit, "jiro@aoba.example") == after
        merged = users.change(unit, before.id, {"claims": {"address": {"region": "東京都"}}, "locale": "en"})
    assert (after.user_name, after.email, after.display_name) == ("jiro@aoba.example", None, "青葉 太郎")
    assert after.version == before.version + 1
    assert merged.claims == {"address": {"country": "JP", "region": "東京都"}}
    assert merged.locale == "en"


def test_a_time_of_change_that_was_brought_along_holds_until_the_next_change(world):
    with world.open() as unit:
        taro = users.create(unit, draft()._replace(claims={"updated_at": 5}), limit=LIMIT)
        assert users.claims_for(taro, {"profile"})["updated_at"] == 5
        changed = users.change(unit, taro.id, {"display_name": "次郎"})
        assert users.claims_for(changed, {"profile"})["updated_at"] == unit.now_us // 1_000_000
        assert users.change(unit, taro.id, {"claims": {"updated_at": 6}}).claims == {"updated_at": 6}


def test_a_patch_may_disable_and_enable(world):
    before = add(world)
    with world.open() as unit:
        assert users.change(unit, before.id, {"status": "disabled"}).generation == before.generation + 1
        assert users.change(unit, before.id, {"status": "active"}).active_at(unit.now_us)
        with pytest.raises(Invalid):
            users.change(unit, before.id, {"status": "deleted"})


def test_a_patch_that_changes_nothing_leaves_no_trace(world):
    before = add(world)
    with world.open() as unit:
        assert users.change(unit, before.id, {"display_name": "青葉 太郎"}) == before
    assert "user.changed" not in world.events()


@pytest.mark.parametrize("member", ["id", "generation", "can_sign_in", "created_at", "tenant_id", "password"])
def test_a_patch_writes_no_member_that_is_ours(world, member):
    before = add(world)
    with world.open() as unit, pytest.raises(Invalid) as raised:
        users.change(unit, before.id, {member: "x"})
    assert raised.value.errors[0].pointer == f"/{member}"


def test_a_patch_may_not_take_a_name_that_is_somebody_s(world):
    add(world, "hanako@aoba.example")
    taro = add(world)
    with world.open() as unit:
        with pytest.raises(Conflict, match="user_name_taken"):
            users.change(unit, taro.id, {"user_name": "Hanako@aoba.example"})
        assert users.change(unit, taro.id, {"user_name": "Taro@aoba.example"}).user_name == "Taro@aoba.example"


def test_a_change_on_an_old_version_is_stale(world):
    taro = add(world)
    with world.open() as unit:
        users.change(unit, taro.id, {"display_name": "一"}, version=taro.version)
        with pytest.raises(Stale):
            users.change(unit, taro.id, {"display_name": "二"}, version=taro.version)
        with pytest.raises(Stale):
            users.delete(unit, taro.id, version=taro.version)
        assert users.get(unit, taro.id).display_name == "一"


@pytest.mark.parametrize(
    "act",
    [
        users.disable,
        users.delete,
        lambda unit, user: users.change(unit, user, {"roles": ["member"]}),
        lambda unit, user: users.change(unit, user, {"roles": None}),
        lambda unit, user: users.change(unit, user, {"status": "disabled"}),
    ],
)
def test_the_last_administrator_who_could_sign_in_stays(world, act):
    last = admin(world, "hanako@aoba.example")
    add(world, "no-password@aoba.example", Role.ADMIN)
    add(world, "taro@aoba.example")
    with pytest.raises(Conflict, match="last_admin_locked_out"), world.open() as unit:
        act(unit, last.id)
    with world.open() as unit:
        assert users.get(unit, last.id) == last
    admin(world, "second@aoba.example")
    with world.open() as unit:
        act(unit, last.id)


def test_an_administrator_without_credentials_may_go(world):
    created = add(world, "hanako@aoba.example", Role.ADMIN)
    with world.open() as unit:
        users.delete(unit, created.id)


def test_pages_come_in_the_order_of_creation_without_gaps(world):
    everyone = [add(world, f"{n}@aoba.example").id for n in range(7)]
    seen: list[str] = []
    with world.open() as unit:
        while page := users.page(unit, after=seen[-1] if seen else "", limit=3):
            seen += [identity.id for identity in page]
    assert seen == everyone


def test_many_come_at_once_or_not_at_all(world):
    drafts = [draft(f"{n}@aoba.example") for n in range(20)]
    with world.open() as unit:
        made = users.create_many(unit, drafts, limit=20)
        assert users.seats_used(unit) == 20
        assert users.get(unit, made[7]).user_name == "7@aoba.example"
    with pytest.raises(Conflict, match="id_limit_reached"), world.open() as unit:
        users.create_many(unit, [draft("x@aoba.example"), draft("y@aoba.example")], limit=21)
    with world.open() as unit:
        assert users.seats_used(unit) == 20
