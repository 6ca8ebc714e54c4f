"""A policy as a Cedar text: its document in, a rule out."""

import re
from collections.abc import Mapping
from typing import Any

from idp.access.policies import calendar, cedar, lexing
from idp.access.policies.addresses import address, network
from idp.access.policies.conditions import Condition
from idp.access.policies.forms import FRESH_SECONDS, read_name, required_facts, shown
from idp.access.policies.mentions import Mentions, Node, entity, literals, mentions
from idp.access.policies.model import Judged, Rule
from idp.access.policies.reading import LONGEST_AGE, Names, Reader
from idp.access.policies.recognizing import recognized
from idp.access.policies.vocabulary import ATTRIBUTES
from idp.access.policies.words import Action, Effect, Requirement
from idp.kit.fields import Fields

MEMBERS = ("name", "text", "report_only")
LONGEST_REASON = 500
ANNOTATIONS = ("step_up", "max_age_seconds", "reason_ja", "reason_en")


def read_text(fields: Fields, names: Names, *, rule_id: str) -> Rule:
    """Faults are left in `fields`; the rule is worth something only when there are none."""
    fields.only(MEMBERS)
    written = _written(fields)
    rule = Rule(
        id=rule_id,
        name=read_name(fields),
        effect=Effect.DENY,
        services=None,
        condition=None,
        report_only=fields.flag("report_only", default=False),
        text=written,
    )
    try:
        return rule if written is None else _read(rule, cedar.tree(written), fields, names)
    except cedar.Unreadable as error:
        fields.refuse("text", error.code, error.detail)
        return rule


def _written(fields: Fields) -> str | None:
    value = fields.given("text")
    if isinstance(value, str):
        seen = Fields({"text": value.replace("\t", " ")}, at=fields.at, errors=fields.errors)
        if seen.text("text", longest=lexing.LONGEST_TEXT, lines=True) is None:
            return None
        wrong = lexing.fault(value)
        if wrong is None:
            return value
        fields.refuse("text", *wrong)
        return None
    fields.refuse("text", "invalid_type", "text must be a string.", expected="string")
    return None


def _read(rule: Rule, tree: cedar.Tree, fields: Fields, names: Names) -> Rule:
    bodies, services = _bodies(tree)
    clauses = [clause["body"] for clause in tree["conditions"]]
    found = mentions([*clauses, *(head for name in ("principal", "action", "resource") for head in _scope(tree, name))])
    _refuse(found, fields, names)
    _annotations(tree["annotations"], fields)
    effect, require, age = _step_up(tree, fields)
    written = rule.text or ""
    if not fields.errors:
        for detail in cedar.type_errors(written, found.zones):
            fields.refuse("text", "invalid_policy", detail)
    condition = recognized(bodies) if not fields.errors else None
    asked = lexing.judged(written, found.families)
    return rule._replace(
        effect=effect,
        require=require,
        max_age_seconds=age,
        services=services,
        actions=_actions(tree),
        condition=condition if condition is not None and _sayable(condition) else None,
        needs=found.needs | required_facts(require),
        reason_ja=tree["annotations"].get("reason_ja") or "",
        reason_en=tree["annotations"].get("reason_en") or "",
        judged=Judged(
            asked,
            frozenset(named for of, named in found.entities if of == "Group"),
            frozenset(found.networks),
            frozenset(found.zones),
            tuple(_bodies(cedar.tree(asked))[0] if found.families else bodies),
        ),
    )


def _scope(tree: cedar.Tree, variable: str) -> list[Node]:
    """What the head says of the principal, the action or the resource, as expressions."""
    head = tree[variable]
    left = {"Var": variable}
    named = [{"Value": {"__entity": each}} for each in [*head.get("entities", ()), *_one(head)]]
    match head["op"]:
        case "All":
            return []
        case "is":
            inner = head.get("in")
            within = {"in": {"Value": {"__entity": inner["entity"]}}} if inner else {}
            return [{"is": {"left": left, "entity_type": head["entity_type"], **within}}]
        case op:
            return [{op: {"left": left, "right": {"Set": named} if "entities" in head else named[0]}}]


def _one(head: Mapping[str, Any]) -> list[Any]:
    return [head["entity"]] if "entity" in head else []


def _bodies(tree: cedar.Tree) -> tuple[list[Node], frozenset[str] | None]:
    """What must hold, and the services for which it is asked at all: those of the head, and of a `when` that does
    nothing but list them, as the head itself cannot."""
    head = _scope(tree, "resource")
    services = _services(head)
    bodies = _scope(tree, "principal") + (head if services is None else [])
    for clause in tree["conditions"]:
        listed = _services([clause["body"]]) if clause["kind"] == "when" else None
        if listed is None:
            bodies.append(clause["body"] if clause["kind"] == "when" else {"!": {"arg": clause["body"]}})
        else:
            services = listed if services is None else services & listed
    return bodies, services


def _services(bodies: list[Node]) -> frozenset[str] | None:
    for body in bodies:
        ((kind, inner),) = body.items()
        within = inner.get("in") if kind == "is" else inner["right"] if kind in {"==", "in"} else None
        if within is not None and inner["left"] == {"Var": "resource"}:
            named = [entity(value) for value in literals(within) or ()]
            if named and all(each and each[0] == "Service" for each in named):
                return frozenset(each[1] for each in named if each)
    return None


def _actions(tree: cedar.Tree) -> frozenset[Action] | None:
    head = tree["action"]
    named = {each["id"] for each in [*head.get("entities", ()), *_one(head)]}
    return None if head["op"] == "All" else frozenset(each for each in Action if each.value in named)


def _refuse(found: Mentions, fields: Fields, names: Names) -> None:
    for code, detail in found.faults.items():
        expected = list(ATTRIBUTES) if code == "unknown_attribute" else None
        fields.refuse("text", code, detail, expected=expected)
    known = {"Group": names.groups, "Service": names.services, "Action": {each.value for each in Action}}
    for of, named in sorted(found.entities):
        there = known.get(of)
        if there is not None and named not in there:
            fields.refuse("text", f"unknown_{of.lower()}", f"There is no such {of.lower()}.", found=named)
    for named in sorted(found.networks):
        if names.networks is not None and named not in names.networks:
            fields.refuse("text", "unknown_network", "There is no network of this name.", found=named)
    for named in sorted(found.zones - calendar.zones()):
        fields.refuse("text", "unknown_value", "This time zone is not known.", found=named)
    for written in sorted(found.ranges):
        if not _is_range(written):
            detail = "An address or network is written in one way, without host bits, zone id and ::ffff:."
            fields.refuse("text", "invalid_network", detail, found=written)


def _is_range(written: str) -> bool:
    """Cedar compares addresses as they are written; ours come in one form."""
    try:
        if "/" not in written:
            return address(written).version == (6 if ":" in written else 4)
        return network(written).version == (6 if ":" in written else 4)
    except ValueError:
        return False


def _annotations(given: Mapping[str, str | None], fields: Fields) -> None:
    for name in given:
        if name not in ANNOTATIONS:
            expected = list(ANNOTATIONS)
            fields.refuse("text", "unknown_annotation", f"@{name} means nothing here.", found=name, expected=expected)
    for name in ("reason_ja", "reason_en"):
        if name in given:
            seen = Fields({"text": given[name] or ""}, at=fields.at, errors=fields.errors)
            seen.text("text", longest=LONGEST_REASON)


def _step_up(tree: cedar.Tree, fields: Fields) -> tuple[Effect, tuple[Requirement, ...], int]:
    given, forbids = tree["annotations"], tree["effect"] == "forbid"
    words = set(re.findall(r"[^,\s]+", given.get("step_up") or ""))
    require = tuple(each for each in Requirement if each.value in words)
    if "step_up" not in given:
        if "max_age_seconds" in given:
            fields.refuse("text", "not_allowed", "@max_age_seconds belongs to @step_up.")
        return (Effect.DENY if forbids else Effect.PERMIT), (), FRESH_SECONDS
    if not forbids:
        fields.refuse("text", "not_allowed", "@step_up belongs to forbid.")
    if not require or len(words) > len(require):
        expected = [each.value for each in Requirement]
        fields.refuse(
            "text", "unknown_value", "@step_up names what is asked for.", found=given["step_up"], expected=expected
        )
    if "max_age_seconds" not in given:
        return Effect.STEP_UP, require, FRESH_SECONDS
    return Effect.STEP_UP, require, _age(given["max_age_seconds"] or "", require, fields)


def _age(written: str, require: tuple[Requirement, ...], fields: Fields) -> int:
    if Requirement.FRESH_SIGN_IN not in require:
        fields.refuse("text", "not_allowed", "@max_age_seconds belongs to fresh_sign_in.")
    if re.fullmatch("0|[1-9][0-9]{0,9}", written) is None or int(written) > LONGEST_AGE:
        fields.refuse("text", "out_of_range", f"@max_age_seconds must be 0 to {LONGEST_AGE}.", found=written)
        return FRESH_SECONDS
    return int(written)


def _sayable(condition: Condition) -> bool:
    """Whether a form may say this."""
    fields = Fields({"when": shown(condition)})
    Reader(Names()).read(fields, "when")
    return not fields.errors
