"""The condition of a form that says what a Cedar expression says, where there is one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from idp.access.policies.conditions import (
    AllOf,
    AnyOf,
    Authentication,
    Browser,
    Condition,
    Day,
    Device,
    Holidays,
    Listed,
    Not,
    OneOf,
)
from idp.access.policies.mentions import FAMILY, NETWORKS, Node, chain, entity, literals, path_of
from idp.access.policies.spans import DAY_MINUTES, Span, both, either, window

Part = Condition | Span
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
_LISTED = {("country",): Listed.COUNTRY, ("verification_status",): Listed.VERIFICATION_STATUS}
_DEVICE = ("enrolled", "compliant", "certificate")


class _Inexpressible(Exception):
    pass


def recognized(bodies: Iterable[Node]) -> Condition | None:
    """Of expressions that must all hold. What it gives may say more than a form can: the form's reader decides."""
    try:
        parts = _merged([_part(each) for body in bodies for each in chain("&&", body)], _and)
        conditions = tuple(_condition(part) for part in parts)
        return conditions[0] if len(conditions) == 1 else AllOf(conditions)
    except (_Inexpressible, ValueError, RecursionError):
        return None


def _condition(part: Part) -> Condition:
    found = window(part) if isinstance(part, Span) else part
    if found is None:
        raise _Inexpressible
    return found


def _part(node: Node) -> Part:
    ((kind, inner),) = node.items()
    if kind in {"&&", "||"}:
        parts = _merged([_part(each) for each in chain(kind, node)], _and if kind == "&&" else _or)
        if len(parts) == 1:
            return parts[0]
        conditions = tuple(_condition(part) for part in parts)
        return AllOf(conditions) if kind == "&&" else AnyOf(conditions)
    if kind == "!":
        return _negated(_part(inner["arg"]))
    if kind == "Value" and isinstance(inner, bool):
        return AllOf(()) if inner else AnyOf(())
    for reader in (_flag, _group, _listed, _network, _compared):
        found = reader(kind, inner)
        if found is not None:
            return found
    raise _Inexpressible


def _negated(part: Part) -> Part:
    match part:
        case Span(zone, eve=eve) if part == Span(zone, holidays=Holidays.ONLY, eve=eve):
            return Span(zone, holidays=Holidays.EXCLUDE, eve=eve)
        case Device(enrolled, compliant, certificate) if (enrolled, compliant, certificate).count(None) == 2:
            return Device(*(None if each is None else not each for each in (enrolled, compliant, certificate)))
        case Authentication(True, None):
            return Authentication(False, None)
        case _:
            return Not(_condition(part))


def _merged(parts: Sequence[Part], merge: Callable[[Part, Part], Part | None]) -> list[Part]:
    """Neighbours that a form says in one condition."""
    found: list[Part] = []
    for part in parts:
        joined = merge(found[-1], part) if found else None
        found[-1:] = [*found[-1:], part] if joined is None else [joined]
    return found


def _and(one: Part, other: Part) -> Part | None:
    match one, other:
        case Span(), Span():
            return both(one, other)
        case Device(), Device():
            first, second = ((each.enrolled, each.compliant, each.certificate) for each in (one, other))
            clash = any(a is not None and b is not None for a, b in zip(first, second, strict=True))
            return None if clash else Device(*(b if a is None else a for a, b in zip(first, second, strict=True)))
        case Authentication(mfa, None), Authentication(None, age):
            return Authentication(mfa, age)
        case Browser(families, None), Browser(None, version):
            return Browser(families, version)
    return None


def _or(one: Part, other: Part) -> Part | None:
    match one, other:
        case Span(), Span():
            return either(one, other)
        case OneOf(Listed.NETWORK, some), OneOf(Listed.NETWORK, more):
            return OneOf(Listed.NETWORK, (*some, *more))
    return None


def _flag(kind: str, inner: Any) -> Part | None:
    path = path_of({kind: inner})
    if path and path[0] == "device" and path[1:] and path[1] in _DEVICE:
        return Device(*(True if name == path[1] else None for name in _DEVICE))
    if path == ("mfa",):
        return Authentication(True, None)
    moment = _moment(path)
    if moment and moment[1] in {"holiday", "previous_holiday"}:
        return Span(moment[0], holidays=Holidays.ONLY, eve=moment[1] != "holiday")
    return None


def _moment(path: tuple[str, ...] | None) -> tuple[str | None, str] | None:
    """The zone and the attribute."""
    if path and path[0] == "time" and len(path) == 2:
        return None, path[1]
    return (path[1], path[2]) if path and path[0] == "zones" and len(path) == 3 else None


def _group(kind: str, inner: Any) -> Part | None:
    if kind != "in" or inner["left"] != {"Var": "principal"}:
        return None
    named = [entity(value) for value in literals(inner["right"]) or ()]
    ids = tuple(each[1] for each in named if each and each[0] == "Group")
    return OneOf(Listed.GROUP, ids) if ids and len(ids) == len(named) else None


def _listed(kind: str, inner: Any) -> Part | None:
    """A text among some: `==`, `!=` or a set's `contains`."""
    if kind not in {"==", "!=", "contains"}:
        return None
    left, right = inner["left"], inner["right"]
    if kind != "contains" and "Value" in left:
        left, right = right, left
    path, values = (right, literals(left)) if kind == "contains" else (left, literals(right))
    if not values or not all(isinstance(value, str) for value in values):
        return None
    found = _among(path, tuple(values))
    return Not(_condition(found)) if found is not None and kind == "!=" else found


def _among(node: Node, values: tuple[str, ...]) -> Part | None:
    path = path_of(node)
    if path_of(node, "principal") == ("affiliation",):
        return OneOf(Listed.AFFILIATION, values)
    if path == FAMILY:
        return Browser(values, None)
    moment = _moment(path)
    if moment and moment[1] in {"weekday", "previous_weekday"}:
        return Span(moment[0], frozenset(Day(value) for value in values), eve=moment[1] != "weekday")
    return OneOf(_LISTED[path], values) if path in _LISTED else None


def _network(kind: str, inner: Any) -> Part | None:
    if kind == "isInRange" and path_of(inner[0]) == ("ip",) and "ip" in inner[1]:
        written = str(inner[1]["ip"][0]["Value"])
        return OneOf(Listed.NETWORK, (written if "/" in written else f"{written}/{128 if ':' in written else 32}",))
    if kind in {"contains", "containsAny"} and path_of(inner["left"]) == NETWORKS:
        return OneOf(Listed.NETWORK, tuple(literals(inner["right"]) or ()))
    return None


def _compared(kind: str, inner: Any) -> Part | None:
    """A number with a bound."""
    if kind not in _FLIPPED:
        return None
    left, right = inner["left"], inner["right"]
    if "Value" in left:
        left, right, kind = right, left, _FLIPPED[kind]
    path, bound = path_of(left), right.get("Value")
    if type(bound) is not int or path is None:
        return None
    if path == ("age_seconds",):
        return _bounded(kind, bound, lambda most: Authentication(None, most), up=False)
    if path == ("browser", "version"):
        return _bounded(kind, bound, lambda least: Browser(None, least), up=True)
    moment = _moment(path)
    if moment and moment[1] in {"hour", "minute_of_day"}:
        return _minutes(kind, bound, moment[0], 60 if moment[1] == "hour" else 1)
    return None


def _bounded(kind: str, bound: int, made: Callable[[int], Condition], *, up: bool) -> Condition | None:
    """`made` takes what is still right: the least (`up`) or the most."""
    if kind == "==":
        return None
    right = kind.startswith(">") is up
    if right:
        nearest = bound if kind.endswith("=") else bound + (1 if up else -1)
        return made(nearest)
    return Not(made(bound + (1 if up else -1) if kind.endswith("=") else bound))


def _minutes(kind: str, bound: int, zone: str | None, each: int) -> Span | None:
    since = bound + 1 if kind == ">" else bound if kind in {">=", "=="} else 0
    until = bound if kind == "<" else bound + 1 if kind in {"<=", "=="} else DAY_MINUTES // each
    found = Span(zone, since=since * each, until=until * each)
    return found if 0 <= found.since < found.until <= DAY_MINUTES else None
