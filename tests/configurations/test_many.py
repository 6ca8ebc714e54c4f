"""A file that names much is put in place with few statements, and says how far it has come."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.configurations.conftest import PEOPLE, Home

from idp import configurations
from idp.configurations import Phase
from idp.kit.units import Unit

MANY = 40


def text() -> str:
    members = [{"members": list(PEOPLE)}, {"members": list(PEOPLE[:3])}]
    groups: list[dict[str, Any]] = [{"name": f"g{number}", **members[number % 2]} for number in range(MANY)]
    for outer, inner in pairwise(groups[:9]):
        outer["groups"] = [inner["name"]]
    assigned = [{"group": "g1"}, {"group": "g2"}, *({"user": name} for name in PEOPLE)]
    services = [
        {
            "name": f"s{number}",
            "protocol": "oidc",
            "oidc": {"redirect_uris": [f"https://s{number}.example/cb"]},
            "assignments": assigned,
        }
        for number in range(MANY)
    ]
    tenant = {"slug": "aoba", "groups": groups, "services": services}
    return configurations.yaml_of({"version": 1, "tenants": [tenant]})


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Runs of each kind, counted by what they begin with."""
    counted: Counter[str] = Counter()

    def counting(plain: Callable[[Unit, Any, Any], Any]) -> Callable[[Unit, Any, Any], Any]:
        def running(unit: Unit, statement: Any, values: Any) -> Any:
            counted[statement.sql(unit.lane.dialect).text.split("\n")[0][:60]] += 1
            return plain(unit, statement, values)

        return running

    for name in ("_run", "run_many"):
        monkeypatch.setattr(Unit, name, counting(getattr(Unit, name)))
    return counted


@pytest.mark.rewired
def test_what_is_named_many_times_is_written_at_once(home: Home, statements: Counter[str]) -> None:
    assert home.apply(text()).done
    assert max(statements.values()) <= 6 * MANY, statements.most_common(5)  # tried out, and done
    assert statements.total() < 20 * MANY, statements.most_common(5)
    statements.clear()
    assert not home.apply(text()).plan.steps
    assert statements.total() < 2 * MANY, statements.most_common(5)  # each group's members
    told = home.export()
    assert told.count("- user: ") == MANY * len(PEOPLE)
    assert not home.compare(told).steps


def test_everything_of_it_is_in_the_trail_once(home: Home) -> None:
    home.apply(text())
    with home.units.open(home.tenant(), actor=home.order().actor, write=False) as unit:
        rows = unit.lane.execute(f"SELECT event FROM audit_entries WHERE tenant_id = '{unit.tenant}'", {})
        events = Counter(row[0] for row in rows.fetchall())
    assert events["group.joined"] == MANY // 2 * (len(PEOPLE) + 3)
    assert events["service.assigned"] == MANY * (len(PEOPLE) + 2)
    assert events["group.nested"] == 8


def test_it_says_how_far_it_has_come(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configurations.applying, "_NOW_AND_THEN", MANY)
    said: list[tuple[Phase, int, int]] = []
    document = configurations.read_yaml(text().encode())
    order = home.order()._replace(told=lambda *each: said.append(each))
    assert configurations.apply(home.units, document, order, agreed=lambda _: True).done
    steps = [(MANY, 2 * MANY), (2 * MANY, 2 * MANY)]
    assert said == [(phase, *each) for phase in Phase for each in steps]
