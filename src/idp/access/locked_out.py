"""Whether a set of rules would leave nobody who could administer the tenant.

Consoles are no services: rules for every service are those that stand before them. A step-up locks nobody out, it asks.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from idp import contracts, tenants, users
from idp.access import networks, networks_abroad, policies
from idp.access.deciding import DEVICE_PRODUCTS, JAPAN
from idp.access.in_force import Named
from idp.access.policies import Action, Fact, Inputs, Rule, RuleSet
from idp.access.policies import Decision as Outcome
from idp.access.policies.addresses import Networks, address
from idp.federation import VerificationStatus
from idp.kit.units import Unit
from idp.users import Affiliation

CONSOLE = "console"
_MOST = 50_000  # situations of all administrators; a set that is more involved is not to be trusted blindly
_MOST_ASKED = 1_000_000  # rules in them
_LEAST = 2_000  # of each administrator, however many there are
_SOMEWHERE = "203.0.113.1"


class Trial(NamedTuple):
    """All that has to be known; nothing more is read. `situations` is how many are tried for each of the people."""

    rules: RuleSet
    people: list[Inputs]
    situations: int
    entitled: bool
    abroad: tuple[str, ...]

    def locks_everybody_out(self) -> bool:
        """It may take seconds."""
        return not any(_gets_in(self, person) for person in self.people)


def everybody(unit: Unit, rules: list[Rule], named: Named | None = None) -> bool:
    """Every administrator who could sign in otherwise, in every situation that the rules tell apart. `named` are the
    networks that they name, where these are not the ones of now."""
    asked = trial(unit, rules, named)
    return asked is not None and asked.locks_everybody_out()


def trial(unit: Unit, rules: list[Rule], named: Named | None = None) -> Trial | None:
    """The same, to be judged later; None where no rule stands before everything."""
    standing = [rule for rule in rules if rule.services is None and not rule.report_only]
    if not standing:
        return None
    tried = policies.compile(standing, networks.named(unit) if named is None else named)
    people = _told_apart(standing, _administrators(unit))
    most = max(_LEAST, min(_MOST, _MOST_ASKED // len(standing)) // len(people))
    facts = contracts.facts(unit)
    entitled = all(contracts.reason_against(facts, unit.now_us, product) is None for product in DEVICE_PRODUCTS)
    return Trial(tried, people, most, entitled, networks_abroad.cidrs(unit))


def _told_apart(rules: list[Rule], people: Iterable[Inputs]) -> list[Inputs]:
    """One of those whom the rules cannot tell from each other."""
    if any(rule.broken or rule.needs & Fact.USER for rule in rules):
        return list(people)
    return list({(person.affiliation, person.groups): person for person in people}.values())


def _administrators(unit: Unit) -> Iterator[Inputs]:
    """Where there is none yet, whoever may become the first."""
    somebody = Inputs(
        CONSOLE, Action.SIGN_IN, unit.now_us, tenants.get(unit).time_zone,
        user_id="usr_first", groups=frozenset(), verification_status=VerificationStatus.VERIFIED.value,
        ip=_SOMEWHERE, country=JAPAN, methods=frozenset({"pwd"}), age_seconds=0, browser_family="other",
        browser_version=0,
    )  # fmt: skip
    administrators = users.administrators(unit)
    for admin in administrators:
        groups = frozenset[str](users.groups_of(unit, admin.id))
        yield somebody._replace(user_id=admin.id, affiliation=admin.affiliation, groups=groups)
    if not administrators:
        yield from (somebody._replace(affiliation=affiliation.value) for affiliation in Affiliation)


def _gets_in(trial: Trial, person: Inputs) -> bool:
    abroad = Networks(trial.abroad)
    for tried in islice(policies.boundary_inputs(trial.rules, person, places=trial.abroad), trial.situations):
        if tried.country != JAPAN and address(tried.ip or "") not in abroad:
            continue
        if not trial.entitled and (tried.device_enrolled or tried.device_compliant or tried.device_certificate):
            continue
        if trial.rules.evaluate(tried, assigned=True, assignment_required=False).decision is not Outcome.DENY:
            return True
    return False
