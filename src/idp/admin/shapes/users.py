from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Day, Instant, Sent, Shown, Text
from idp.credentials import FactorKind
from idp.users import Affiliation, Role, UserStatus

_Claims = Annotated[dict[str, object], Field(description="Standard claims (OpenID Connect Core 5.1) by their names.")]

_Attributes = Annotated[
    dict[str, object],
    Field(description="Those of the tenant's schema by their names.", examples=[{"department": "Sales"}]),
]
_FIRST = Field(description="The first day, in the tenant's time zone; null: at once.")
_LAST = Field(
    description="The last day, until its end in the tenant's time zone; null: without end. Whoever is dispatched has"
    " one, by default the latest that the tenant's settings allow."
)

GroupName = Annotated[str, Field(min_length=1, max_length=100)]
_Groups = Annotated[list[str], Field(description="Ids of groups.")]


class NewUser(Sent):
    """An ID. Left out, `user_name` is the e-mail address; `password` works at once."""

    display_name: Text
    affiliation: Affiliation
    user_name: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    email: str | None = None
    password: Annotated[str | None, Field(min_length=8, json_schema_extra={"writeOnly": True})] = None
    roles: list[Role] | None = None
    groups: _Groups | None = None
    locale: Annotated[str | None, Field(examples=["ja"])] = None
    claims: _Claims | None = None
    valid_from: Annotated[Day | None, _FIRST] = None
    valid_until: Annotated[Day | None, _LAST] = None
    attributes: _Attributes | None = None


class NewPartnerPerson(Sent):
    """Somebody of a partner's, who signs in at our own issuer."""

    display_name: Text
    email: str
    user_name: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    roles: list[Role] | None = None
    locale: Annotated[str | None, Field(examples=["ja"])] = None


class UserChange(Sent):
    """RFC 7396: a member that is left out stays, null takes it away."""

    display_name: Text | None = None
    affiliation: Affiliation | None = None
    user_name: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    email: str | None = None
    password: Annotated[str | None, Field(min_length=8, json_schema_extra={"writeOnly": True})] = None
    roles: list[Role] | None = None
    groups: _Groups | None = None
    locale: str | None = None
    claims: _Claims | None = None
    status: UserStatus | None = None
    valid_from: Annotated[Day | None, _FIRST] = None
    valid_until: Annotated[Day | None, _LAST] = None
    attributes: _Attributes | None = None


class User(Shown):
    """An ID: never used again for another person, never renamed to one."""

    id: str
    user_name: str
    display_name: str
    email: str | None
    affiliation: Affiliation
    roles: list[Role]
    groups: _Groups
    locale: str | None
    claims: _Claims
    status: UserStatus
    valid_from: Annotated[Day | None, _FIRST]
    valid_until: Annotated[Day | None, _LAST]
    attributes: _Attributes
    created_at: Instant
    changed_at: Instant


_Rule = Annotated[
    dict[str, object],
    Field(
        description="A condition: an object with one key. `all` and `any` have a list of conditions, `not` has one,"
        " `affiliation` has a list `in`; `attribute` has the `name` of one of the tenant's schema, and one of `equals`,"
        " `in`, `starts_with`, `at_least`, `at_most` and `exists`.",
        examples=[
            {"all": [{"attribute": {"name": "department", "equals": "Sales"}}, {"affiliation": {"in": ["employee"]}}]}
        ],
    ),
]


class NewGroup(Sent):
    """Names are compared without case and width, and unique."""

    name: GroupName
    rule: _Rule | None = None


class GroupChange(Sent):
    name: GroupName | None = None
    rule: _Rule | None = None


class Group(Shown):
    """Some of the IDs under one name, for policies and assignments to mean all of them. With a `rule` nobody is put
    into it by hand."""

    id: str
    name: str
    rule: _Rule | None
    created_at: Instant
    changed_at: Instant


class RulePreview(Sent):
    rule: _Rule


class RulePreviewed(Shown):
    """How many are as the rule says, and the first 50 of them."""

    count: int
    users: list[str]


class Member(Shown):
    """An ID in a group, since `created_at`."""

    user: str
    created_at: Instant


class NestedGroup(Shown):
    """A group in a group, since `created_at`."""

    group: str
    created_at: Instant


class Membership(Shown):
    """A group that an ID is in: `direct`, where it was put into it by hand; `dynamic`, by the group's rule; `through`,
    the groups within it that it is in."""

    group: str
    direct: bool
    dynamic: bool
    through: list[str]


class Invitation(Shown):
    """A letter with a link is on its way; what became of it is among the deliveries."""

    user: str
    created_at: Instant
    expires_at: Instant


class ImportFault(Shown):
    """What is wrong with the row that begins on this `line` of the file, whose header is line 1; `column` is null where
    the row itself is meant."""

    line: int
    column: str | None
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    detail: str
    found: object | None = None
    expected: object | None = None


class ImportReport(Shown):
    """What became of the rows of a file, or would. `key` is the column by which a row finds its ID; `errors` are those
    of the first 10,000 rows that failed. `resumed_after` is the line behind which an interrupted import went on."""

    dry_run: bool
    key: str
    rows: int
    created: int
    changed: int
    unchanged: int
    failed: int
    errors: list[ImportFault]
    resumed_after: int | None


class Credential(Shown):
    """A second factor of an ID, asked for beside the password."""

    id: str
    kind: FactorKind
    created_at: Instant
    last_used_at: Instant


class Session(Shown):
    """A browser in which an ID is signed in; `methods` are values of RFC 8176, `address`, `country` and `browser` those
    of the last step of the sign-in."""

    id: str
    created_at: Instant
    authenticated_at: Instant
    last_seen_at: Instant
    ends_at: Instant
    methods: list[str]
    address: str | None
    country: str | None
    browser: str | None
