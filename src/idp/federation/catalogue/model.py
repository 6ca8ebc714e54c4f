from collections.abc import Mapping
from typing import Any, NamedTuple

from idp.federation.vocabulary import Protocol


class Text(NamedTuple):
    en: str
    ja: str


class Parameter(NamedTuple):
    """What only the administrator knows; `pattern` holds for the whole value."""

    name: str
    pattern: str
    example: str
    label: Text

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "label": self.label._asdict()}


class Step(NamedTuple):
    """A field on the other side, by the name that it has there if that is known. `value` is a word of `Values`, or a
    text of its own behind `=`."""

    value: str
    field: str | None = None


class Application(NamedTuple):
    """`settings` are the members of `saml` or `oidc` that its registration has, with `<name>` for a parameter."""

    id: str
    name: str
    protocol: Protocol
    documentation: str
    sources: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    settings: Mapping[str, Any]
    setup: tuple[Step, ...]
    where: Text | None = None
    note: Text | None = None
