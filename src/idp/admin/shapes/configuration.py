"""The file of `idp export` and `idp apply`, as a JSON schema: what the API takes of each kind, with ids and names."""

from typing import Annotated, Any, Literal

from pydantic import Field

from idp.admin.shapes.attributes import NewAttribute
from idp.admin.shapes.base import Sent, Slug, Text
from idp.admin.shapes.networks import Cidrs, Name
from idp.admin.shapes.platform import SettingsChange
from idp.admin.shapes.policies import NewPolicy
from idp.admin.shapes.roles import NewRole
from idp.admin.shapes.services import OidcMetadata, SamlMetadata, ServiceChange
from idp.admin.shapes.webhooks import Name as WebhookName
from idp.admin.shapes.webhooks import WebhookChange

_UserName = Annotated[str, Field(min_length=1, max_length=256)]


def _id(kind: str) -> Any:
    said = f"Which one it is; left out, it is found by its name, or made. `{kind}_` and 32 hexadecimal digits."
    return Annotated[str | None, Field(pattern=f"^{kind}_[0-9a-f]{{32}}$", description=said)]


class EnvironmentReference(Sent):
    env: Annotated[str, Field(description="The environment variable of the command that holds the secret.")]


class FileReference(Sent):
    file: Annotated[str, Field(description="The file that holds the secret; paths begin where this file is.")]


_Reference = Annotated[
    EnvironmentReference | FileReference | None,
    Field(description="Where the secret is; it never stands in this file. Left out, it stays, or one is made."),
]


class ConfiguredAttribute(NewAttribute):
    """Known by its name, which stays as it is."""


class ConfiguredGroup(Sent):
    id: _id("grp") = None  # type: ignore[valid-type]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    members: Annotated[list[_UserName] | None, Field(description="User names; left out, they stay as they are.")] = None
    groups: Annotated[list[str] | None, Field(description="Names of groups that stand in it.")] = None
    rule: Annotated[
        dict[str, Any] | None, Field(description="A condition: who is in it, instead of members and groups.")
    ] = None


class ConfiguredRole(NewRole):
    id: _id("rol") = None  # type: ignore[valid-type]
    holders: Annotated[list[_UserName] | None, Field(description="User names; left out, they stay as they are.")] = None


class ConfiguredNetwork(Sent):
    id: _id("net") = None  # type: ignore[valid-type]
    name: Name
    cidrs: Cidrs | None = None


class AssignedUser(Sent):
    user: _UserName


class AssignedGroup(Sent):
    group: Annotated[str, Field(description="The name of the group.")]


class ConfiguredClient(OidcMetadata):
    client_id: Annotated[
        str | None, Field(min_length=1, max_length=255, description="One that is brought along; left out, one is made.")
    ] = None
    client_secret: _Reference = None  # type: ignore[assignment]


class ConfiguredSaml(SamlMetadata):
    described: Annotated[
        dict[str, Any] | None, Field(description="What its metadata said beside that; taken when it is made.")
    ] = None


class ConfiguredService(ServiceChange):
    """With `oidc` or `saml`, as its protocol says; or with what the catalogue says."""

    id: _id("svc") = None  # type: ignore[valid-type]
    name: Text
    oidc: ConfiguredClient | None = None
    saml: ConfiguredSaml | None = None
    catalogue: Annotated[str | None, Field(description="An id of the catalogue of applications.")] = None
    parameters: Annotated[dict[str, str] | None, Field(description="Of that application.")] = None
    assignments: Annotated[
        list[AssignedUser | AssignedGroup] | None, Field(description="Left out, they stay as they are.")
    ] = None


class ConfiguredPolicy(NewPolicy):
    """In force. Services and groups may be named instead of being said by their ids."""

    id: _id("pol") = None  # type: ignore[valid-type]


class ConfiguredWebhook(WebhookChange):
    """Told of what the trail says after it was made; how far it has been told is not in this file."""

    id: _id("whk") = None  # type: ignore[valid-type]
    name: WebhookName
    secret: Annotated[
        EnvironmentReference | FileReference | None,
        Field(description="Where the secret is that signs (`whsec_…`). Left out, it stays, or one is made."),
    ] = None


class ConfiguredTenant(Sent):
    """A kind that is left out stays as it is."""

    slug: Slug
    attributes: list[ConfiguredAttribute] | None = None
    groups: list[ConfiguredGroup] | None = None
    roles: list[ConfiguredRole] | None = None
    networks: list[ConfiguredNetwork] | None = None
    services: list[ConfiguredService] | None = None
    policies: list[ConfiguredPolicy] | None = None
    webhooks: list[ConfiguredWebhook] | None = None
    settings: SettingsChange | None = None


class Configuration(Sent):
    version: Literal[1]
    tenants: list[ConfiguredTenant]


def configuration_schema() -> dict[str, Any]:
    """JSON Schema 2020-12."""
    schema = Configuration.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Warifu configuration", **schema}
