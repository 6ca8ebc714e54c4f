"""Which events are meant by names, and by names that end in a star."""

from collections.abc import Iterable

from idp.audit.events import Event

_KINDS = frozenset(event.value.partition(".")[0] for event in Event)


def is_known(word: str) -> bool:
    kind, dot, rest = word.partition(".")
    return (rest == "*" and bool(dot) and kind in _KINDS) or word in set(Event)


def chosen(words: Iterable[str]) -> tuple[str, ...]:
    """All that the words mean, in the order of the vocabulary; the words are known."""
    said = set(words)
    return tuple(e.value for e in Event if e.value in said or f"{e.value.partition('.')[0]}.*" in said)
