"""Rules of groups whose members are those who are like that: pure, over what is known of a person.

A rule is an object with one key, as conditions of policies are: `all`, `any` (lists), `not`, `affiliation`, or
`attribute`, which names one of the tenant's schema and says one thing of it. Of an attribute with several texts the
thing holds if it holds of one of them; of one that somebody does not have nothing holds but `exists: false`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from idp.kit.fields import Fields, shortened
from idp.users.attribute_types import AttributeType, Definition, against
from idp.users.model import Known
from idp.users.vocabulary import Affiliation

DEEPEST = 20
MOST_CONDITIONS = 200
_MOST_VALUES = 500
_KINDS = ("all", "any", "not", "affiliation", "attribute")
_ORDERED = frozenset({AttributeType.INTEGER, AttributeType.DATE})
_TEXTS = frozenset({AttributeType.STRING, AttributeType.STRINGS, AttributeType.ENUM})

Rule = Mapping[str, Any]
"""A document that `read` has taken."""


def holds(rule: Rule, known: Known) -> bool:
    [(kind, said)] = rule.items()
    if kind == "all":
        return all(holds(each, known) for each in said)
    if kind == "any":
        return any(holds(each, known) for each in said)
    if kind == "not":
        return not holds(said, known)
    if kind == "affiliation":
        return known.affiliation.value in said["in"]
    [operation] = said.keys() - {"name"}
    value = known.attributes.get(said["name"])
    if operation == "exists":
        return (value is not None) is said["exists"]
    values = value if isinstance(value, list) else [] if value is None else [value]
    return any(_OPERATIONS[operation](each, said[operation]) for each in values)


def attributes_in(rule: Rule) -> frozenset[str]:
    """The names of those that it asks about."""
    [(kind, said)] = rule.items()
    if kind == "attribute":
        return frozenset({said["name"]})
    inner: Iterable[Rule] = said if kind in ("all", "any") else [said] if kind == "not" else ()
    return frozenset[str]().union(*map(attributes_in, inner))


def read(owner: Fields, member: str, definitions: Iterable[Definition]) -> Rule | None:
    """The rule in a member of a document; None where it is left out, or wrong, which is remembered."""
    value = owner.given(member)
    if value is None:
        return None
    reader = _Reader({each.name: each for each in definitions})
    reader.read(owner, member, value, level=1)
    return value if owner.clean(member) and not owner.errors and isinstance(value, Mapping) else None


class _Reader:
    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self._definitions = definitions
        self._seen = 0

    def read(self, owner: Fields, member: str, value: object, *, level: int) -> None:
        self._seen += 1
        if level > DEEPEST or self._seen > MOST_CONDITIONS:
            limit = f"A rule has at most {MOST_CONDITIONS} conditions at {DEEPEST} levels."
            if level > DEEPEST or self._seen == MOST_CONDITIONS + 1:
                owner.refuse(member, "too_large", limit, expected=MOST_CONDITIONS)
            return
        if not isinstance(value, Mapping) or len(value) != 1:
            detail = "A condition is an object with one key."
            owner.refuse(member, "invalid_type", detail, found=value, expected=list(_KINDS))
            return
        inner = Fields(value, at=f"{owner.at}/{member}", errors=owner.errors)
        inner.only(_KINDS)
        [(kind, said)] = value.items()
        if kind in ("all", "any"):
            self._several(inner, kind, said, level)
        elif kind == "not":
            self.read(inner, kind, said, level=level + 1)
        elif kind == "affiliation":
            _affiliation(inner.inner(kind))
        elif kind == "attribute":
            self._attribute(inner.inner(kind))

    def _several(self, fields: Fields, kind: str, said: object, level: int) -> None:
        if not isinstance(said, list):
            fields.refuse(kind, "invalid_type", f"{kind} has a list of conditions.", found=said, expected="array")
            return
        for index, each in enumerate(said[: MOST_CONDITIONS + 1]):
            self.read(fields, f"{kind}/{index}", each, level=level + 1)

    def _attribute(self, fields: Fields) -> None:
        fields.required("name")
        name = fields.text("name")
        definition = self._definitions.get(name or "")
        if name is not None and definition is None:
            known = sorted(self._definitions)
            fields.refuse("name", "unknown_attribute", "There is no such attribute.", found=name, expected=known)
        fields.only({"name", *_JUDGES})
        operations = [each for each in fields.members if each in _JUDGES]
        if len(operations) != 1:
            detail = "One thing is said of the attribute."
            fields.refuse("name", "one_of", detail, expected=sorted(_JUDGES))
        elif definition is not None:
            _JUDGES[operations[0]](fields, definition)


def _affiliation(fields: Fields) -> None:
    fields.only(("in",))
    fields.required("in", expected="an array")
    fields.choices("in", Affiliation, frozenset())


def _exists(fields: Fields, _: Definition) -> None:
    fields.flag("exists", default=True)


def _equals(fields: Fields, definition: Definition) -> None:
    _judge(fields, "equals", definition, fields.given("equals"))


def _in(fields: Fields, definition: Definition) -> None:
    said = fields.given("in")
    if not isinstance(said, list) or not 0 < len(said) <= _MOST_VALUES:
        fields.refuse(
            "in", "invalid_type", f"in has a list of 1 to {_MOST_VALUES} values.", found=said, expected="array"
        )
        return
    for index, each in enumerate(said):
        _judge(fields, f"in/{index}", definition, each)


def _starts_with(fields: Fields, definition: Definition) -> None:
    fields.required("starts_with")
    fields.text("starts_with")
    _refuse_type(fields, "starts_with", definition, _TEXTS)


def _bound(name: str) -> Callable[[Fields, Definition], None]:
    def judge(fields: Fields, definition: Definition) -> None:
        _refuse_type(fields, name, definition, _ORDERED)
        if fields.clean(name):
            _judge(fields, name, definition, fields.given(name))

    return judge


def _refuse_type(fields: Fields, name: str, definition: Definition, types: frozenset[AttributeType]) -> None:
    if definition.type not in types:
        detail = f"{name} means nothing for {definition.type.value}."
        fields.refuse(name, "inconsistent", detail, expected=sorted(each.value for each in types))


def _judge(fields: Fields, path: str, definition: Definition, value: object) -> None:
    """Of what kind it is, not whether anybody may have it: what nobody has matches nobody. But an enum's words are
    known, and another is a slip."""
    loose = definition._replace(pattern=None, max_length=None)
    if definition.type is AttributeType.STRINGS:
        loose = loose._replace(type=AttributeType.STRING)
    fault = against(loose, value)
    if fault is not None:
        fields.refuse(path, fault.code, fault.detail, found=shortened(value), expected=fault.expected)


_OPERATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, said: value == said,
    "in": lambda value, said: value in said,
    "starts_with": lambda value, said: str(value).startswith(said),
    "at_least": lambda value, said: value >= said,
    "at_most": lambda value, said: value <= said,
}
_JUDGES: Mapping[str, Callable[[Fields, Definition], None]] = {
    "equals": _equals,
    "in": _in,
    "starts_with": _starts_with,
    "at_least": _bound("at_least"),
    "at_most": _bound("at_most"),
    "exists": _exists,
}
