"""One question, one rule: what the tests of single conditions share."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.access.policies.drawing import NETWORKS, parsed

from idp.access import policies
from idp.access.policies import Action, Inputs, Outcome, Result
from idp.kit.clock import micros

Document = dict[str, Any]


def at(text: str, zone: str = "Asia/Tokyo") -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


ASKED = Inputs(
    service_id="svc_a",
    action=Action.SIGN_IN,
    now_us=at("2026-04-01T10:00"),
    zone="Asia/Tokyo",
    user_id="usr_1",
    groups=frozenset({"grp_a"}),
    affiliation="employee",
    verification_status="verified",
    ip="192.0.2.7",
    country="JP",
    methods=frozenset({"pwd"}),
    age_seconds=60,
    browser_family="Firefox",
    browser_version=120,
)


def policy(when: Document | None = None, effect: str = "deny", **members: Any) -> Document:
    return {"name": "rule", "effect": effect, "services": ["*"], "when": when or {"all": []}, **members}


def evaluate(*documents: Document, assigned: bool = True, required: bool = False, **facts: Any) -> Outcome:
    rules = [parsed(document, f"pol_{number}") for number, document in enumerate(documents)]
    inputs = ASKED._replace(**facts)
    return policies.compile(rules, NETWORKS).evaluate(inputs, assigned=assigned, assignment_required=required)


def result(when: Document, **facts: Any) -> Result:
    return evaluate(policy(when), **facts).rules[0].result
