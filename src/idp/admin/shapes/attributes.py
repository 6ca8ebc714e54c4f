from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.users import AttributeType

_Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$", examples=["department"])]
_Longest = Annotated[int | None, Field(ge=1, le=1_000)]
_Pattern = Annotated[
    str | None,
    Field(
        description="Of the whole text: characters, `.`, `\\d`, `\\w`, `\\s`, classes in brackets, each with `?`, `*`,"
        " `+` or `{m,n}` behind it, and `|` between alternatives; no groups.",
        examples=["[A-Z]{2}\\d{4}"],
        max_length=200,
    ),
]
_Values = Annotated[list[str] | None, Field(examples=[["tokyo", "osaka"]], max_length=200)]


class NewAttribute(Sent):
    """`values` are those of an `enum`; `max_length` and `pattern` are for texts; of a `string`, an `integer` or a
    `date` that is `unique` no two people have the same, whatever its case and width."""

    name: _Name
    type: AttributeType
    required: bool | None = None
    unique: bool | None = None
    max_length: _Longest = None
    pattern: _Pattern = None
    values: _Values = None
    description: Annotated[str | None, Field(max_length=500)] = None


class AttributeChange(Sent):
    """RFC 7396. `name` and `type` stay as they are."""

    name: _Name | None = None
    type: AttributeType | None = None
    required: bool | None = None
    unique: bool | None = None
    max_length: _Longest = None
    pattern: _Pattern = None
    values: _Values = None
    description: Annotated[str | None, Field(max_length=500)] = None


class Attribute(Shown):
    """What the tenant keeps of its people beside what everybody has."""

    name: _Name
    type: AttributeType
    required: bool
    unique: bool
    max_length: int | None
    pattern: str | None
    values: list[str] | None
    description: str | None
    created_at: Instant
    changed_at: Instant


class AttributePreview(Shown):
    """Of `people`, how many have a value (`having`) and how many would not fit (`violating`); `users` are the first 50
    of those."""

    people: int
    having: int
    violating: int
    users: list[str]
