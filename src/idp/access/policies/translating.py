"""A Cedar expression becomes a closure over prepared facts, as a condition does: asking Cedar takes several times as
long. It was read and validated by Cedar before, so its types are right; what is not spoken here, Cedar judges itself.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from idp.access.policies.addresses import Networks
from idp.access.policies.attributes import (
    VARIABLES,
    Says,
    affiliation,
    attribute,
    inside,
    range_of,
    ranges_of,
)
from idp.access.policies.compiling import Holds, Named, cidrs, every, some
from idp.access.policies.known import Known
from idp.access.policies.likeness import likeness
from idp.access.policies.mentions import NETWORKS, Node, chain, entity, literals, path_of
from idp.access.policies.vocabulary import facts_of

_LONG = range(-(2**63), 2**63)
_SETS: Mapping[str, Callable[[frozenset[Any], Any], bool]] = {
    "contains": operator.contains,
    "containsAll": frozenset[Any].issuperset,
    "containsAny": lambda one, other: not one.isdisjoint(other),
}
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    **_SETS,
}
_COUNTED: Mapping[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Untranslatable(Exception):
    pass


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _: Known) -> Any:
        return self.value


def translated(bodies: Iterable[Node], networks: Named) -> Holds:
    """Of expressions that must all hold. Raises `Untranslatable`; `LookupError` for the name of a network that there is
    no more, `ValueError` for a network that is none."""
    return every([_says(part, networks) for body in bodies for part in chain("&&", body)])


def _says(node: Node, networks: Named) -> Says:
    ((kind, inner),) = node.items()
    for reader in (_joined, _compared, _counted, _turned, _chosen, _value, _attribute, _there, _range, _membership):
        found = reader(kind, inner, networks)
        if found is not None:
            return found
    raise Untranslatable(kind)


def _joined(kind: str, inner: Any, networks: Named) -> Says | None:
    if kind not in {"&&", "||"}:
        return None
    parts = [_says(part, networks) for part in chain(kind, {kind: inner})]
    return every(parts) if kind == "&&" else some(parts)


def _compared(kind: str, inner: Any, networks: Named) -> Says | None:
    compare = _COMPARED.get(kind)
    if compare is None:
        return None
    if kind in _SETS and path_of(inner["left"]) == NETWORKS:
        return _among_networks(kind, literals(inner["right"]) or (), networks)
    left, right = _says(inner["left"], networks), _says(inner["right"], networks)
    if isinstance(right, _Constant):
        bound = right.value
        return lambda known: compare(left(known), bound)
    if isinstance(left, _Constant):
        given = left.value
        return lambda known: compare(given, right(known))
    return lambda known: compare(left(known), right(known))


def _among_networks(kind: str, names: Iterable[str], networks: Named) -> Says:
    ranges = [Networks(cidrs(name, {name: networks[name]})) for name in names]
    if kind == "containsAll":
        return lambda known: all(known.address in each for each in ranges)
    return lambda known: any(known.address in each for each in ranges)


def _counted(kind: str, inner: Any, networks: Named) -> Says | None:
    count = _COUNTED.get(kind)
    if count is None:
        return None
    left, right = _says(inner["left"], networks), _says(inner["right"], networks)
    return lambda known: _long(count(left(known), right(known)))


def _long(value: int) -> int:
    """Cedar's numbers have 64 bits, and an overflow is an error."""
    if value in _LONG:
        return value
    raise OverflowError


def _turned(kind: str, inner: Any, networks: Named) -> Says | None:
    """What has one operand."""
    if kind not in {"!", "neg", "isEmpty", "like"}:
        return None
    of = _says(inner["left" if kind == "like" else "arg"], networks)
    if kind == "neg":
        return lambda known: _long(-of(known))
    if kind == "like":
        fits = likeness(inner["pattern"])
        return lambda known: fits(of(known))
    return lambda known: not of(known)


def _chosen(kind: str, inner: Any, networks: Named) -> Says | None:
    if kind != "if-then-else":
        return None
    asked, one, other = (_says(inner[each], networks) for each in ("if", "then", "else"))
    return lambda known: one(known) if asked(known) else other(known)


def _value(kind: str, inner: Any, _: Named) -> Says | None:
    if kind == "Value":
        return _Constant(_literal(inner))
    if kind == "Set":
        values = [_literal(each["Value"]) for each in inner if "Value" in each]
        return _Constant(frozenset(values)) if len(values) == len(inner) else None
    if kind == "Var" and inner in VARIABLES:
        of, says = VARIABLES[inner]
        return lambda known: (of, says(known))
    return None


def _literal(value: Any) -> Any:
    if isinstance(value, bool | int | str):
        return value
    named = entity(value)
    if named is None:
        raise Untranslatable("Value")
    return named


def _attribute(kind: str, inner: Any, _: Named) -> Says | None:
    if kind != ".":
        return None
    if path_of({".": inner}, "principal") == ("affiliation",):
        return affiliation
    return attribute(path_of({".": inner}) or ())


def _there(kind: str, inner: Any, _: Named) -> Says | None:
    """`has`: a text that mentions what is not there is an error before it is evaluated."""
    if kind != "has":
        return None
    path = path_of({".": inner})
    known = path_of({".": inner}, "principal") == ("affiliation",) if path is None else facts_of(path) is not None
    return _Constant(True) if known else None


def _range(kind: str, inner: Any, networks: Named) -> Says | None:
    """Addresses, and what Cedar has functions for."""
    if kind == "ip":
        return _Constant(range_of(str(inner[0]["Value"])))
    if kind not in {"isInRange", "isIpv4", "isIpv6", "isLoopback", "isMulticast"}:
        return None
    of, *within = (_says(each, networks) for each in inner)
    if within:
        return lambda known: inside(of(known), within[0](known))
    if kind in {"isIpv4", "isIpv6"}:
        version = int(kind[-1])
        return lambda known: of(known)[0] == version
    special = ranges_of(kind)
    return lambda known: any(inside(of(known), each) for each in special)


def _membership(kind: str, inner: Any, _: Named) -> Says | None:
    """`in` and `is` of a variable: a person is in groups, and everything in itself."""
    if kind not in {"in", "is"} or inner["left"].get("Var") not in VARIABLES:
        return None
    of, says = VARIABLES[inner["left"]["Var"]]
    if kind == "is" and ("in" not in inner or inner["entity_type"] != of):
        return _Constant(inner["entity_type"] == of)
    named = [entity(value) for value in literals(inner["right" if kind == "in" else "in"]) or ()]
    if not named or None in named:
        return None
    itself = frozenset(each[1] for each in named if each and each[0] == of)
    groups = frozenset(each[1] for each in named if each and each[0] == "Group" and of == "ID")
    if not itself:
        return lambda known: not groups.isdisjoint(known.inputs.groups or ())
    return lambda known: says(known) in itself or not groups.isdisjoint(known.inputs.groups or ())
