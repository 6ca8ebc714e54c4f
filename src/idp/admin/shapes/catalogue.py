from typing import Annotated, Any

from pydantic import Field

from idp.admin.shapes.base import Shown
from idp.federation import Protocol


class BothLanguages(Shown):
    en: str
    ja: str


class CatalogueParameter(Shown):
    """What only the administrator knows; `pattern` holds for the whole value."""

    name: Annotated[str, Field(examples=["workspace"])]
    pattern: str
    example: str
    label: BothLanguages


class SetupField(Shown):
    """A field of the service's own settings, by its name there where that is known. `value` is null for what only a
    registration knows, and for a secret that is not shown any more."""

    field: str | None
    meaning: BothLanguages | None
    value: str | None


class Application(Shown):
    """With `oidc` or `saml`, as its protocol says: what is registered, with `<name>` for a parameter."""

    id: Annotated[str, Field(examples=["slack"])]
    name: str
    protocol: Protocol
    documentation: str
    sources: Annotated[list[str], Field(description="Where the facts come from.")]
    where: Annotated[BothLanguages | None, Field(description="Where its settings are.")]
    note: BothLanguages | None
    parameters: list[CatalogueParameter]
    oidc: dict[str, Any] | None = None
    saml: dict[str, Any] | None = None
    setup: list[SetupField]


class Setup(Shown):
    """What to enter on the service's own side."""

    documentation: str
    where: BothLanguages | None
    note: BothLanguages | None
    fields: list[SetupField]
