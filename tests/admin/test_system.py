"""What an operator sees of the installation as a whole."""

from tests.admin.conftest import World

from idp import __version__, migrate, signing, tenants
from idp.contracts import Status
from idp.kit.actors import SYSTEM
from idp.signing import Alg, Use


def test_an_operator_sees_what_runs_and_how_much_there_is(world: World) -> None:
    operator = world.client("operator")
    world.bring("kaede", Status.SUSPENDED)
    with world.house.units.open(world.aoba, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, Use.ID_TOKEN, Alg.ES256, signing.generate(Alg.ES256))
    shown = operator.get("/system").body
    assert (shown["now"], shown["version"]) == ("2026-04-01T01:00:00Z", __version__)
    assert shown["database"] == {"kind": world.house.units.database.dialect, "schema": migrate.head()}
    assert shown["contracts"] == {**dict.fromkeys(Status, 0), "active": 2, "suspended": 1}
    assert shown["ids"] == 3
    assert shown["signing_keys"] == {"signing": 1, "oldest_since": "2026-04-01T01:00:00Z"}
    assert shown["outbox"]["waiting"] > 0
    assert shown["outbox"]["oldest_at"] == "2026-04-01T01:00:00Z"
    world.bring("sumire", Status.APPLIED)
    assert operator.get("/system").body["contracts"]["applied"] == 1


def test_nobody_else_sees_it(world: World) -> None:
    assert {world.client(name).get("/system").status for name in ("partner", "aoba")} == {403}
