"""What rules name, so that nobody takes it away from under them."""

from idp.access import policies
from idp.access.policies import Rule


def rule(when: dict[str, object]) -> Rule:
    form = {"name": "r", "effect": "deny", "services": ["*"], "when": when}
    return policies.restore(form, rule_id="pol_1")


def test_groups_and_networks_are_found_at_every_depth() -> None:
    first = rule({"all": [{"not": {"group": {"in": ["grp_1", "grp_2"]}}}, {"country": {"in": ["JP"]}}]})
    second = rule({"any": [{"network": {"in": ["office", "192.0.2.0/24"]}}, {"not": {"all": []}}]})
    found = policies.mentioned([first, second])
    assert found.groups == {"grp_1", "grp_2"}
    assert found.networks >= {"office"}
    assert policies.mentioned([]) == (frozenset(), frozenset())


def test_what_a_text_names_is_found() -> None:
    text = (
        'forbid (principal in Group::"grp_1", action, resource)'
        ' when { context.networks.contains("office") && context.age_seconds * 2 > 7 }'
        ' unless { principal in Group::"grp_2" };'
    )
    written = policies.restore({"name": "r", "text": text}, rule_id="pol_1")
    assert not written.broken
    found = policies.mentioned([written])
    assert (found.groups, found.networks) == ({"grp_1", "grp_2"}, {"office"})
