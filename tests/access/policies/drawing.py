"""Random policies and requests from vocabularies so small that they often meet, drawn from a seed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.access import policies
from idp.access.policies import Action, Inputs, RuleSet

Document = dict[str, Any]

SERVICES = ["svc_a", "svc_b", "svc_c"]
GROUPS = ["grp_a", "grp_b", "grp_c"]
NETWORKS = {
    "office": ["192.0.2.0/25", "2001:db8::/48"],
    "branch": ["198.51.100.0/24", "192.0.2.128/26"],
    "empty": [],
}
CIDRS = ["192.0.2.0/24", "192.0.2.7/32", "0.0.0.0/0", "2001:db8:0:1::/64", "2001:db8::1/128", "::/0", "10.0.0.0/8"]
ADDRESSES = ["192.0.2.7", "192.0.2.127", "192.0.2.128", "198.51.100.9", "10.1.2.3", "2001:db8::1", "2001:db8:0:1::5"]
ADDRESSES += ["::ffff:192.0.2.7", "::ffff:10.1.2.3"]
COUNTRIES = ["JP", "US", "KP"]
ZONES = ["Asia/Tokyo", "UTC", "America/New_York", "Pacific/Kiritimati"]
KINDS = ["network", "country", "group", "affiliation", "verification_status", "device", "authentication", "browser"]
KINDS += ["time"] * 3
CLOCKS = ["00:00", "00:01", "05:00", "09:00", "17:30", "22:00", "23:59"]
METHODS = ["pwd", "pin", "otp", "hwk", "face", "mfa", "user"]
FAMILIES = ["Chrome", "firefox", "Safari"]
# 2026: 5 and 6 May are a holiday and a substitute, 22 September lies between two; 2022 to 2030 follow one act.
DAYS = [(2026, 5, 2), (2026, 9, 18), (2025, 12, 29), (2026, 2, 20), (2024, 2, 9), (2027, 3, 19), (2026, 3, 7)]


ATOMS = [
    ("{t}.hour {c} {h}", "now_us"),
    ("{h} {c} {t}.hour", "now_us"),
    ("{t}.minute_of_day {c} {m}", "now_us"),
    ("[{d}].contains({t}.{p}weekday)", "now_us"),
    ("{t}.{p}holiday", "now_us"),
    ("context.age_seconds {c} {a}", "age_seconds"),
    ("context.browser.version {c} {v}", "browser_version"),
    ('context.browser.family == "Chrome"', "browser_family"),
    ('context.country != "JP"', "country"),
    ('["JP", "US"].contains(context.country)', "country"),
    ('context.country like "*P"', "country"),
    ("context.mfa", "methods"),
    ('context.amr.containsAny(["otp", "hwk"])', "methods"),
    ('context.ip.isInRange(ip("192.0.2.0/24"))', "ip"),
    ('context.networks.containsAny(["office", "branch"])', "ip"),
    ("context.ip.isIpv4()", "ip"),
    ("context has ip", "ip"),
    ("context.time has hour", "now_us"),
    ("context has browser.family", "browser_family browser_version"),
    ('context.browser.family like "{l}"', "browser_family"),
    ('context.browser.family like "{l}"', "browser_family"),
    ("context.age_seconds + {a} * 2 {c} -{a} - -{a}", "age_seconds"),
    ("context.age_seconds * 9223372036854775807 {c} {a}", "age_seconds"),
    ("-context.age_seconds {c} {v} - context.browser.version", "age_seconds browser_version"),
    ("[0, 60, 300].contains(context.age_seconds)", "age_seconds"),
    ('context.amr.containsAll(["pwd", "otp"])', "methods"),
    ('["pwd", "otp"].containsAll(context.amr)', "methods"),
    ('context.amr == ["pwd"]', "methods"),
    ("context.amr.isEmpty()", "methods"),
    ('context.networks.containsAll(["office", "branch"])', "ip"),
    ("context.ip.isIpv6() || context.ip.isMulticast()", "ip"),
    ("context.ip.isLoopback()", "ip"),
    ('context.ip == ip("192.0.2.7")', "ip"),
    ('ip("2001:db8::1").isInRange(ip("2001:db8::/48")) && !context.ip.isInRange(ip("2001:db8::1"))', "ip"),
    ('decimal("1.0").lessThan(decimal("1.1")) && context.mfa', "methods"),
    ("principal is ID && context.device.compliant", "device_compliant"),
    ('principal is ID in Group::"grp_c"', "groups"),
    ('principal in ID::"usr_1" && principal in Group::"grp_a"', "groups"),
    ('principal == ID::"usr_2" || context.mfa == true', "methods"),
    ('action == Action::"sign_in" && resource in [Service::"svc_a", Service::"svc_b"]', "action"),
    ('resource is Service in Service::"svc_c" || action in [Action::"token"]', "action"),
    ("context.device.enrolled", "device_enrolled"),
    ("!context.device.certificate", "device_certificate"),
    ('principal in [Group::"grp_a", Group::"grp_b"]', "groups"),
    ('principal.affiliation == "employee"', "affiliation"),
    ('context.verification_status == "verified"', "verification_status"),
]


class Draw(random.Random):
    def some(self, of: list[str], most: int = 3) -> list[str]:
        return self.sample(of, self.randint(1, min(most, len(of))))

    def maybe(self, value: Any, *, often: float = 0.93) -> Any:
        return value if self.random() < often else None

    def condition(self, depth: int = 0) -> Document:
        if depth < 3 and self.random() < 0.45:
            kind = self.choice(["all", "any", "not"])
            if kind == "not":
                return {"not": self.condition(depth + 1)}
            return {kind: [self.condition(depth + 1) for _ in range(self.randint(0, 3))]}
        return self.leaf()

    def leaf(self) -> Document:
        kind = self.choice(KINDS)
        values = {
            "network": [*NETWORKS, *CIDRS],
            "country": COUNTRIES,
            "group": GROUPS,
            "affiliation": ["officer", "employee", "dispatched"],
            "verification_status": ["unverified", "meets_spec", "verified"],
        }
        if kind in values:
            return {kind: {"in": self.some(values[kind])}}
        return {kind: getattr(self, kind)()}

    def members(self, **choices: Any) -> Document:
        """At least one of the members."""
        names = self.sample(list(choices), self.randint(1, len(choices)))
        return {name: choices[name] for name in names}

    def time(self) -> Document:
        since = self.choice(CLOCKS)
        until = self.choice([each for each in [*CLOCKS, "24:00"] if each != since])
        window = {"from": since, "to": until} if self.random() < 0.9 else {}
        if self.random() < 0.7:
            window["days"] = self.some(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 5)
        if self.random() < 0.7:
            window["holidays"] = self.choice(["ignore", "exclude", "include", "only"])
        if self.random() < 0.3:
            window["time_zone"] = self.choice(ZONES)
        return window

    def flag(self) -> bool:
        return self.random() < 0.5

    def device(self) -> Document:
        return self.members(enrolled=self.flag(), compliant=self.flag(), certificate=self.flag())

    def authentication(self) -> Document:
        return self.members(mfa=self.flag(), max_age_seconds=self.choice([0, 60, 300, 3600]))

    def browser(self) -> Document:
        return self.members(family={"in": self.some(FAMILIES)}, min_version=self.choice([0, 100, 120]))

    def saying(self, depth: int = 0) -> tuple[str, set[str]]:
        """A Cedar expression as a person might write it, and the facts that it mentions."""
        if depth < 4 and self.random() < 0.6:
            kind = self.choice(["&&", "||", "&&", "||", "!", "if"])
            parts = [self.saying(depth + 1) for _ in range({"!": 1, "if": 3}.get(kind, self.randint(2, 3)))]
            said, facts = [each for each, _ in parts], set[str]().union(*(each for _, each in parts))
            if kind == "!":
                return f"!({said[0]})", facts
            if kind == "if":
                return f"(if {said[0]} then {said[1]} else {said[2]})", facts
            return f"({f' {kind} '.join(said)})", facts
        template, fact = self.choice(ATOMS)
        moment = self.choice(["context.time", "context.time", 'context.zones["America/New_York"]'])
        day = ", ".join(f'"{each}"' for each in self.some(["mon", "tue", "sat", "sun"]))
        compare = self.choice(["<", "<=", ">", ">=", "==", "!="])
        said = template.format(
            t=moment, p=self.choice(["", "previous_"]), d=day, c=compare, h=self.choice([0, 1, 9, 22, 23, 24]),
            m=self.choice([0, 1, 299, 540, 1439, 1440]), a=self.choice([0, 60, 300]), v=self.choice([0, 100, 120]),
            l=self.choice(["*", "c*", "*e", "*o*", "Fire*x", "f*f*x", "**ge", "edge", "e*dge*e", ""]),
        )  # fmt: skip
        return said, set(fact.split())

    def policy(self) -> Document:
        effect = self.choice(["deny", "deny", "permit", "step_up", "step_up"])
        services = ["*"] if self.random() < 0.6 else self.some(SERVICES)
        policy = {"name": "rule", "effect": effect, "services": services, "when": self.condition()}
        if effect == "step_up":
            policy["require"] = self.some(["mfa", "fresh_sign_in", "device_certificate"])
            if "fresh_sign_in" in policy["require"] and self.random() < 0.5:
                policy["max_age_seconds"] = self.choice([0, 60, 900])
        if self.random() < 0.15:
            policy["report_only"] = True
        return policy

    def policies(self, most: int = 6) -> dict[str, Document]:
        return {f"pol_{number}": self.policy() for number in range(self.randint(0, most))}

    def instant(self) -> int:
        """Near midnights of interesting days, and near the edges of the windows above."""
        day = datetime(*self.choice(DAYS), tzinfo=UTC) + timedelta(days=self.randint(0, 6))
        clock = self.choice(CLOCKS)
        at = (
            day
            + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
            - self.choice([0, 5, 9, 14]) * timedelta(hours=1)
        )
        at += timedelta(microseconds=self.choice([0, -1, 1, 59_999_999, 12_345_678_901]))
        return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def facts(self) -> Document:
        action = self.choice(["sign_in", "sign_in", "token"])
        person = action == "sign_in" or self.random() < 0.7
        return {
            "service_id": self.choice(SERVICES),
            "action": action,
            "now_us": self.instant(),
            "zone": self.choice(ZONES),
            "user_id": "usr_1" if person else None,
            "groups": self.maybe(frozenset(self.sample(GROUPS, self.randint(0, 3))), often=0.97),
            "affiliation": self.maybe(self.choice(["officer", "employee", "dispatched"]), often=0.97),
            "verification_status": self.maybe(self.choice(["unverified", "meets_spec", "verified"]), often=0.97),
            "ip": self.maybe(self.choice(ADDRESSES)),
            "country": self.maybe(self.choice(COUNTRIES)),
            "methods": self.maybe(frozenset(self.sample(METHODS, self.randint(0, 3)))),
            "age_seconds": self.maybe(self.choice([0, 59, 60, 61, 300, 301, 4000])),
            "browser_family": self.maybe(self.choice(["chrome", "Firefox", "edge"])),
            "browser_version": self.maybe(self.choice([99, 100, 119, 120, 121])),
            "device_enrolled": self.flag(),
            "device_compliant": self.flag(),
            "device_certificate": self.flag(),
        }


def inputs(facts: Document) -> Inputs:
    return Inputs(**{**facts, "action": Action(facts["action"])})


def compiled(drawn: dict[str, Document]) -> RuleSet:
    return policies.compile([parsed(policy, rule_id) for rule_id, policy in drawn.items()], NETWORKS)


def parsed(policy: Document, rule_id: str = "pol_1") -> policies.Rule:
    return policies.parse(policy, groups=GROUPS, services=SERVICES, networks=NETWORKS, rule_id=rule_id)
