from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Document = dict[str, Any]


class Unconvertible(Exception):
    """It is not what such a provider exports."""


class Omission(NamedTuple):
    """What of the file is not in the document, or is there in another way, and why."""

    where: str
    what: str
    why: str


class Converted(NamedTuple):
    """`secrets` by the names of the files that the document says."""

    document: Document
    omissions: tuple[Omission, ...]
    secrets: Mapping[str, str]


class Notes:
    def __init__(self) -> None:
        self.omissions: list[Omission] = []

    def say(self, where: str, what: str, why: str) -> None:
        self.omissions.append(Omission(where, what, why))


class Source:
    """Members of the file; what is taken counts as read."""

    def __init__(self, members: Any, where: str, notes: Notes) -> None:
        self._members: Mapping[str, Any] = members if isinstance(members, Mapping) else {}
        self._taken: set[str] = set()
        self.where = where
        self.notes = notes

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._members)

    def take(self, name: str) -> Any:
        self._taken.add(name)
        return self._members.get(name)

    def text(self, name: str) -> str | None:
        """None where there is no text, or nothing in it."""
        value = self.take(name)
        return value.strip() or None if isinstance(value, str) else None

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True, or the word for it."""
        value = self.take(name)
        return default if value in (None, "") else value is True or str(value).lower() == "true"

    def texts(self, name: str) -> list[str]:
        value = self.take(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def listed(self, name: str) -> "Iterator[Source]":
        """The objects of an array, each a source of its own."""
        value = self.take(name)
        for place, each in enumerate(value if isinstance(value, list) else []):
            called = each.get("name") if isinstance(each, Mapping) else None
            yield Source(each, f"{self.where}/{name}/{called or place}", self.notes)

    def inner(self, name: str) -> "Source":
        return Source(self.take(name), f"{self.where}/{name}", self.notes)

    def drop(self, *names: str) -> None:
        """What means nothing here: ids and times of theirs."""
        self._taken.update(names)

    def omit(self, name: str, why: str) -> None:
        """Told if it says anything."""
        if says(self.take(name)):
            self.notes.say(self.where, name, why)

    def rest(self, why: str = "There is nothing like it here.") -> None:
        """Everything that nobody has taken."""
        for name in sorted(self._members.keys() - self._taken):
            self.omit(name, why)


def says(value: Any) -> bool:
    """Whether there is anything in it; off and nothing are the defaults of both sides."""
    if isinstance(value, Mapping):
        return any(says(each) for each in value.values())
    return value not in (None, False, "", "false", 0, []) if not isinstance(value, list) else any(map(says, value))
