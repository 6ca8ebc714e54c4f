"""What a revision changes: before and after, provision by provision; and whether a label tells the truth about it."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from idp.terms.model import Key, Provision

UNCHANGED = "unchanged"
ABSENT = "absent"


class Difference(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    WORDING_ONLY = "wording_only"
    SUBSTANTIVE = "substantive"


class WordingRule(NamedTuple):
    """One word in the place of another, wherever it stands."""

    before: str
    after: str


class Row(NamedTuple):
    key: Key
    before: str | None
    after: str | None
    change: Difference


class Mislabelled(NamedTuple):
    """Called a change of wording only: `found` is a `Difference`, or that there is none, or no such provision."""

    key: Key
    found: str


def compare(before: Sequence[Provision], after: Sequence[Provision], rules: Sequence[WordingRule] = ()) -> list[Row]:
    """One row for each provision that differs, in the order of the new terms; what was taken away stands after what it
    followed in the old ones."""
    old = {provision.key: provision.text for provision in before}
    new = {provision.key: provision.text for provision in after}
    return [
        Row(key, old.get(key), new.get(key), _change(old.get(key), new.get(key), rules))
        for key in _order(list(old), list(new))
        if old.get(key) != new.get(key)
    ]


def mislabelled(
    labels: Iterable[Key],
    before: Sequence[Provision],
    after: Sequence[Provision],
    rules: Sequence[WordingRule],
) -> list[Mislabelled]:
    found: dict[Key, str] = {provision.key: UNCHANGED for provision in after}
    found |= {row.key: row.change.value for row in compare(before, after, rules)}
    return [
        Mislabelled(key, found.get(key, ABSENT))
        for key in labels
        if found.get(key, ABSENT) != Difference.WORDING_ONLY.value
    ]


def _order(old: list[Key], new: list[Key]) -> list[Key]:
    present, order = set(new), list(new)
    for index, key in enumerate(old):
        if key not in present:
            order.insert(order.index(old[index - 1]) + 1 if index else 0, key)
    return order


def _change(before: str | None, after: str | None, rules: Sequence[WordingRule]) -> Difference:
    if before is None:
        return Difference.ADDED
    if after is None:
        return Difference.REMOVED
    same = _reworded(before, rules) == _reworded(after, rules)
    return Difference.WORDING_ONLY if same else Difference.SUBSTANTIVE


def _reworded(text: str, rules: Sequence[WordingRule]) -> str:
    for rule in rules:
        text = text.replace(rule.before, rule.after)
    return text
