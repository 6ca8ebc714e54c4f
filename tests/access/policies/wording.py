"""An evaluator written from the wording of the rules and nothing else: slow, flat, over the JSON as it was sent.

It shares no code with the product. Raises `Unknown` where a fact is missing; networks are compared as strings of bits,
windows by walking through the minutes since they began, public holidays are taken from the act.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FACTOR = {"pwd": "knows", "pin": "knows", "kba": "knows"}
FACTOR |= dict.fromkeys(("otp", "hwk", "swk", "sms", "tel", "sc", "pop"), "has")
FACTOR |= dict.fromkeys(("face", "fpt", "iris", "retina", "vbm"), "is")


class Unknown(Exception):
    pass


def bits(address: str) -> str:
    """`4` or `6` and the bits of an address."""
    if ":" in address:
        if "." in address:
            head, _, tail = address.rpartition(":")
            assert head.lower() == "::ffff"
            return bits(tail)
        left, _, right = address.partition("::")
        groups = [each for each in left.split(":") if each]
        ends = [each for each in right.split(":") if each]
        groups += ["0"] * (8 - len(groups) - len(ends)) + ends
        return "6" + "".join(f"{int(each, 16):016b}" for each in groups)
    return "4" + "".join(f"{int(each):08b}" for each in address.split("."))


def inside(address: str, network: str) -> bool:
    base, _, length = network.partition("/")
    return bits(address).startswith(bits(base)[: int(length) + 1])


def nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7, weeks=nth - 1)


def holidays(year: int) -> set[date]:
    """Act on National Holidays, Art. 2 and 3, as in force since 2022; the equinoxes by the usual approximation."""
    since_1980 = 0.242194 * (year - 1980) - (year - 1980) // 4
    found = {date(year, *day) for day in ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11))}
    found |= {date(year, 11, 3), date(year, 11, 23)}
    found |= {date(year, 3, int(20.8431 + since_1980)), date(year, 9, int(23.2488 + since_1980))}
    found |= {nth_monday(year, 1, 2), nth_monday(year, 7, 3), nth_monday(year, 9, 3), nth_monday(year, 10, 2)}
    substitutes = set()
    for day in found:  # Art. 3 (2)
        if day.weekday() == 6:
            while day in found:
                day += timedelta(days=1)  # noqa: PLW2901
            substitutes.add(day)
    between = {  # Art. 3 (3)
        day + timedelta(days=1)
        for day in found
        if day + timedelta(days=2) in found and day + timedelta(days=1) not in found
    }
    return found | substitutes | between


def needed(value: Any) -> Any:
    if value is None:
        raise Unknown
    return value


def day_counts(window: Document, day: date) -> bool:
    named = DAYS[day.weekday()] in window.get("days", DAYS)
    holiday = day in holidays(day.year)
    return {
        "ignore": named,
        "exclude": named and not holiday,
        "include": named or holiday,
        "only": named and holiday,
    }[window.get("holidays", "ignore")]


def minutes(clock: str) -> int:
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def in_window(window: Document, facts: Document) -> bool:
    """Whether some day that counts began a window less than its length ago, in wall time."""
    zone = ZoneInfo(window.get("time_zone") or facts["zone"])
    local = datetime.fromtimestamp(facts["now_us"] / 1e6, UTC).astimezone(zone).replace(tzinfo=None)
    since, until = minutes(window.get("from", "00:00")), minutes(window.get("to", "24:00"))
    length = until - since if until > since else until + 1440 - since
    for ago in (0, 1):
        day = local.date() - timedelta(days=ago)
        begin = datetime(day.year, day.month, day.day) + timedelta(minutes=since)  # noqa: DTZ001
        if day_counts(window, day) and begin <= local < begin + timedelta(minutes=length):
            return True
    return False


def device_value(facts: Document, name: str) -> bool:
    return bool(facts.get(f"device_{name}"))


def is_mfa(methods: frozenset[str]) -> bool:
    return len({FACTOR[method] for method in methods if method in FACTOR}) >= 2


def leaf(  # noqa: PLR0911  # one for each kind
    kind: str, asked: Document, facts: Document, networks: dict[str, list[str]]
) -> bool:
    if kind == "network":
        ip = needed(facts["ip"])
        return any(inside(ip, cidr) for each in asked["in"] for cidr in networks.get(each, [each]))
    if kind == "group":
        return any(each in needed(facts["groups"]) for each in asked["in"])
    if kind in {"country", "affiliation", "verification_status"}:
        return needed(facts[kind]) in asked["in"]
    if kind == "time":
        return in_window(asked, facts)
    if kind == "device":
        return all(device_value(facts, name) == wanted for name, wanted in asked.items())
    if kind == "authentication":
        told = [needed(facts["methods"])] if "mfa" in asked else []
        told += [needed(facts["age_seconds"])] if "max_age_seconds" in asked else []
        right = [is_mfa(facts["methods"]) == asked["mfa"]] if "mfa" in asked else []
        right += [facts["age_seconds"] <= asked["max_age_seconds"]] if "max_age_seconds" in asked else []
        return all(right)
    assert kind == "browser"
    right = []
    if "family" in asked:
        families = [each.lower() for each in asked["family"]["in"]]
        right.append(needed(facts["browser_family"]).lower() in families)
    if "min_version" in asked:
        right.append(needed(facts["browser_version"]) >= asked["min_version"])
    return all(right)


def truth(condition: Document, facts: Document, networks: dict[str, list[str]]) -> bool:
    """Every part is looked at before any of them counts: one that lacks a fact raises."""
    ((kind, asked),) = condition.items()
    if kind in {"all", "any"}:
        values = [truth(each, facts, networks) for each in asked]
        return all(values) if kind == "all" else any(values)
    if kind == "not":
        return not truth(asked, facts, networks)
    return leaf(kind, asked, facts, networks)


PERSONAL = ("network", "country", "group", "affiliation", "device", "authentication", "browser")


def mentions(condition: Document, kinds: tuple[str, ...]) -> bool:
    ((kind, asked),) = condition.items()
    if kind in {"all", "any"}:
        return any(mentions(each, kinds) for each in asked)
    return mentions(asked, kinds) if kind == "not" else kind in kinds


def applies(policy: Document, facts: Document) -> bool:
    if policy["services"] != ["*"] and facts["service_id"] not in policy["services"]:
        return False
    if facts["action"] == "token" and policy["effect"] == "step_up":
        return False
    return not (facts["action"] == "token" and facts["user_id"] is None and mentions(policy["when"], PERSONAL))


def lacking(policy: Document, facts: Document) -> set[str]:
    """What a step-up asks for and does not find."""
    found = set()
    for each in policy["require"]:
        if each == "mfa" and not is_mfa(needed(facts["methods"])):
            found.add(each)
        if each == "fresh_sign_in" and needed(facts["age_seconds"]) > policy.get("max_age_seconds", 300):
            found.add(each)
        if each == "device_certificate" and not device_value(facts, "certificate"):
            found.add(each)
    return found


def result(policy: Document, facts: Document, networks: dict[str, list[str]]) -> str:
    try:
        if policy["effect"] == "step_up":
            lacking(policy, facts)
        return "match" if truth(policy["when"], facts, networks) else "no_match"
    except Unknown:
        return "error"


def decide(
    policies: dict[str, Document],
    facts: Document,
    networks: dict[str, list[str]],
    *,
    assigned: bool,
    assignment_required: bool,
) -> tuple[str, str, set[str], dict[str, str]]:
    """Decision, reason, what is missing, and the result of every rule that applies."""
    mine = {each: policy for each, policy in policies.items() if applies(policy, facts)}
    results = {each: result(policy, facts, networks) for each, policy in mine.items()}
    real = [each for each, policy in mine.items() if not policy.get("report_only")]

    def some(effect: str) -> bool:
        return any(mine[each]["effect"] == effect and results[each] == "match" for each in real)

    if some("deny"):
        return "deny", "policy_denied", set(), results
    if any(results[each] == "error" for each in real):
        return "deny", "policy_error", set(), results
    if any(mine[each]["effect"] == "permit" for each in real) and not some("permit"):
        return "deny", "no_rule_permits", set(), results
    if assignment_required and not assigned:
        return "deny", "not_assigned", set(), results
    missing: set[str] = set()
    for each in real:
        if mine[each]["effect"] == "step_up" and results[each] == "match":
            missing |= lacking(mine[each], facts)
    if missing:
        return "step_up", "step_up_required", missing, results
    return "permit", "permitted", set(), results
