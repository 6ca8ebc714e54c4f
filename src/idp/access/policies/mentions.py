"""Everything that a Cedar policy refers to, found by walking over the whole of its tree: Cedar itself stops at the
first part that decides, and so would not notice that a fact is missing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.access.policies.model import Fact
from idp.access.policies.vocabulary import facts_of

Node = Mapping[str, Any]
_SET_CALLS = ("contains", "containsAny", "containsAll")
_COMPARISONS = ("==", "!=", *_SET_CALLS, "like")
FAMILY = ("browser", "family")
NETWORKS = ("networks",)


@dataclass(slots=True)
class Mentions:
    """`faults` are the codes and sentences of what cannot be asked."""

    needs: Fact = field(default_factory=lambda: Fact(0))
    entities: set[tuple[str, str]] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    ranges: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)


def chain(kind: str, node: Node) -> list[Node]:
    """The parts of a chain of one operator, in order, however its brackets divide it."""
    flat: list[Node] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if kind in one:
            waiting += [one[kind]["right"], one[kind]["left"]]
        else:
            flat.append(one)
    return flat


def path_of(node: object, root: str = "context") -> tuple[str, ...] | None:
    """`context.time.hour` as ("time", "hour")."""
    steps: list[str] = []
    while isinstance(node, Mapping) and "." in node:
        steps.append(node["."]["attr"])
        node = node["."]["left"]
    return tuple(reversed(steps)) if node == {"Var": root} else None


def literals(node: object) -> list[Any] | None:
    """The values of a literal, or of a set of literals; None of anything else."""
    if not isinstance(node, Mapping):
        return None
    if "Set" in node:
        inner = [literals(each) for each in node["Set"] if "Set" not in each]
        known = [each[0] for each in inner if each]
        return known if len(known) == len(node["Set"]) else None
    return [node["Value"]] if "Value" in node else None


def entity(value: object) -> tuple[str, str] | None:
    """The type and the id of a literal entity."""
    found = value.get("__entity") if isinstance(value, Mapping) else None
    return (found["type"], found["id"]) if found else None


def mentions(bodies: Iterable[Node]) -> Mentions:
    """Of the expressions of one policy."""
    found = Mentions()
    waiting: list[object] = list(bodies)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            waiting += _visited(node, found)
        elif isinstance(node, list):
            waiting += node
    return found


def _visited(node: Node, found: Mentions) -> Iterator[object]:
    """Notes what this node says, and gives those beneath it that are still to be visited."""
    (kind, inner), *_ = [*node.items(), ("", None)]
    if kind == "Value":
        if (named := entity(inner)) is not None:
            found.entities.add(named)
        return
    if kind == "Var":
        _variable(inner, found)
        return
    if kind in {".", "has"}:
        yield from _attribute(kind, inner, found)
        return
    if kind == "in" or (kind == "is" and "in" in inner):
        yield from _membership(inner["left"], inner.get("right", inner.get("in")), found)
        return
    if kind in _COMPARISONS:
        _compared(kind, inner, found)
        if kind in _SET_CALLS and path_of(inner["left"]) == NETWORKS:
            yield inner["right"]
            return
    if kind == "ip":
        found.ranges.update(value for value in literals(inner[0]) or () if isinstance(value, str))
    yield from inner if isinstance(inner, list) else inner.values() if isinstance(inner, Mapping) else ()


def _variable(name: str, found: Mentions) -> None:
    if name == "principal":
        found.needs |= Fact.USER
    elif name == "context":
        found.faults["whole_context"] = "The context is asked for one attribute at a time."


def _attribute(kind: str, inner: Node, found: Mentions) -> Iterator[object]:
    above = {".": inner} if kind == "." else {".": {"left": inner["left"], "attr": inner["attr"]}}
    of_person = path_of(above, "principal")
    path = path_of(above)
    if of_person:
        if of_person != ("affiliation",):
            found.faults["unknown_attribute"] = f"An ID has no attribute {'.'.join(of_person)}."
        found.needs |= Fact.AFFILIATION
    elif path is None:
        yield inner["left"]
    elif path == NETWORKS:
        found.faults["unsupported"] = 'Networks are asked for by name: context.networks.contains("office").'
    else:
        needs = facts_of(path)
        if needs is None:
            found.faults["unknown_attribute"] = f"The context has no attribute {'.'.join(path)}."
        found.needs |= needs or Fact(0)
        if path[0] == "zones":
            found.zones.update(path[1:2])


def _membership(left: Node, right: Node, found: Mentions) -> Iterator[object]:
    """Who else is in a group is not known here, and so cannot be asked."""
    if left == {"Var": "principal"}:
        named = [entity(value) for value in literals(right) or ()]
        types = {each[0] if each else "" for each in named} or {""}
        found.needs |= Fact.GROUPS if types == {"Group"} else Fact.USER | Fact.GROUPS
    elif left not in ({"Var": "action"}, {"Var": "resource"}):
        found.faults["unsupported"] = "Only principal, action and resource can be asked what they are in."
    yield right


def _compared(kind: str, inner: Node, found: Mentions) -> None:
    sides = [inner["left"], inner.get("right")]
    for one, other in (sides, sides[::-1]):
        path = path_of(one)
        if path == FAMILY:
            found.families.update(_words(kind, inner, other))
        elif path == NETWORKS and kind in _SET_CALLS and one is inner["left"]:
            names = literals(other)
            if names is None or not all(isinstance(name, str) for name in names):
                found.faults["unsupported"] = "Networks are asked for by names written in the text."
            else:
                found.networks.update(names)
                found.needs |= Fact.ADDRESS


def _words(kind: str, inner: Node, other: object) -> list[str]:
    if kind == "like":
        return ["".join("*" if part == "Wildcard" else part["Literal"] for part in inner["pattern"])]
    return [value for value in literals(other) or () if isinstance(value, str)]
