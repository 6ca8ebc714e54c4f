"""What one decision of the policy engine costs, for a tenant without rules and for one with twenty.

The one part that is measured from inside: `python -m bench.decisions` imports the engine in a process of its own, on a
core of its own, and prints Decisions as JSON.
"""

import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.subjects import on_core

ROUNDS = 15
REQUESTS = 400
RULES = 20
NETWORKS = {"office": ["192.0.2.0/24", "2001:db8::/48"], "branch": ["198.51.100.0/25"]}
CONDITIONS: list[dict[str, Any]] = [
    {"not": {"network": {"in": ["office", "branch", "203.0.113.0/24"]}}},
    {"country": {"in": ["KP", "US"]}},
    {"all": [{"group": {"in": ["grp_3", "grp_9"]}}, {"authentication": {"mfa": False}}]},
    {"time": {"days": ["fri", "sat"], "from": "22:00", "to": "05:00", "holidays": "exclude"}},
    {"not": {"time": {"days": ["mon"], "from": "07:00", "to": "21:00", "time_zone": "America/New_York"}}},
    {"device": {"enrolled": True, "compliant": False}},
    {"authentication": {"mfa": True, "max_age_seconds": 60}},
    {"any": [{"browser": {"family": {"in": ["Chrome"]}, "min_version": 120}}, {"affiliation": {"in": ["dispatched"]}}]},
    {"verification_status": {"in": ["unverified"]}},
]


@dataclass(frozen=True, slots=True)
class Decisions:
    """CPU time of one decision in microseconds, medians of the rounds: without rules, with twenty rules that are all
    asked, with twenty texts that no form can express, and with Cedar itself judging these."""

    none: float
    twenty: float
    texts: float
    cedar: float


def measure(*, core: int) -> Decisions:
    done = subprocess.run(
        [*on_core(core), sys.executable, "-m", "bench.decisions"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the policy engine could not be measured:\n{done.stderr[-2000:]}")
    return Decisions(**json.loads(done.stdout))


def main() -> None:
    from idp.access import policies

    def restored(documents: list[dict[str, Any]], *, by_cedar: bool = False) -> policies.RuleSet:
        rules = [policies.restore(each, rule_id=f"pol_{number}") for number, each in enumerate(documents)]
        if any(rule.broken for rule in rules):
            raise SystemExit("a rule of the measurement could not be read")
        return policies.compile(rules, NETWORKS, by_cedar=by_cedar)

    forms = [
        {"name": "rule", "effect": "deny", "services": ["*"], "when": CONDITIONS[number % len(CONDITIONS)]}
        for number in range(RULES)
    ]
    texts = [
        {
            "name": "rule",
            "text": policies.text(policies.restore(form, rule_id="")).replace(";", " when { context has ip };"),
        }
        for form in forms
    ]
    requests = [policies.Inputs(**each) for each in _requests(policies.Action.SIGN_IN)]
    rulesets = [restored([]), restored(forms), restored(texts), restored(texts, by_cedar=True)]
    timed = [_timed(ruleset.evaluate, requests) for ruleset in rulesets]
    json.dump(asdict(Decisions(*timed)), sys.stdout)


def _timed(evaluate: Callable[..., object], requests: list[Any]) -> float:
    turns = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for each in requests:
            evaluate(each, assigned=True, assignment_required=True)
        turns.append((time.process_time() - begun) / len(requests))
    return median(turns) * 1e6


def _requests(action: object) -> Iterator[dict[str, Any]]:
    """All of them different, so that nothing is answered from memory that a real tenant would not have asked before."""
    draw = random.Random(1)
    for number in range(REQUESTS):
        yield {
            "service_id": "svc_1",
            "action": action,
            "now_us": 1_790_000_000_000_000 + draw.randrange(31_536_000_000_000),
            "zone": "Asia/Tokyo",
            "user_id": f"usr_{number}",
            "groups": frozenset(f"grp_{group}" for group in draw.sample(range(10), 3)),
            "affiliation": "employee",
            "verification_status": "verified",
            "ip": f"{draw.choice(['192.0.2', '198.51.100', '203.0.113', '10.1.2'])}.{draw.randrange(256)}",
            "country": draw.choice(["JP", "US"]),
            "methods": frozenset(draw.choice([["pwd"], ["pwd", "otp"]])),
            "age_seconds": draw.randrange(600),
            "browser_family": draw.choice(["Chrome", "Firefox"]),
            "browser_version": draw.randrange(100, 140),
        }


if __name__ == "__main__":
    gc.disable()
    main()
