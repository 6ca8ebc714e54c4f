from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

from idp.users.attribute_types import NONE
from idp.users.validity import ALWAYS, UNLIMITED, Span, Validity
from idp.users.vocabulary import Affiliation, MemberKind, Role, UserStatus

UserId = NewType("UserId", str)
GroupId = NewType("GroupId", str)


PEOPLE = (MemberKind.USER.value, MemberKind.MATCHED.value)
"""The kinds that are an ID in a group itself."""


class Group(NamedTuple):
    """Some of a tenant's IDs under one name. `version` counts changes of the group itself, not of who is in it; `rule`
    says who that is, where nobody puts them there by hand."""

    id: GroupId
    name: str
    version: int
    created_at: int
    changed_at: int
    rule: Mapping[str, Any] | None = None


class Member(NamedTuple):
    """`id` is that of the membership, in whose order members are listed."""

    id: str
    user_id: UserId
    created_at: int


class NestedGroup(NamedTuple):
    """A group that stands right in another. `id` is that of its place there."""

    id: str
    group_id: GroupId
    created_at: int


class Membership(NamedTuple):
    """A group that an ID is in. `kind` is how it is in the group itself, if it is; `through` the groups within that it
    is in itself."""

    group_id: GroupId
    kind: MemberKind | None
    through: tuple[GroupId, ...]


class Draft(NamedTuple):
    """What is said of a person, judged. `claims` are those of OpenID Connect Core 5.1 without columns of their own,
    `attributes` those of the tenant's schema."""

    user_name: str
    display_name: str
    email: str | None
    affiliation: Affiliation
    roles: frozenset[Role]
    locale: str | None
    claims: Mapping[str, Any]
    groups: frozenset[GroupId] = frozenset()
    validity: Validity = ALWAYS
    attributes: Mapping[str, Any] = NONE


class Known(NamedTuple):
    """What rules of groups, and a change of the schema, may ask of a person."""

    affiliation: Affiliation
    attributes: Mapping[str, Any]


class Identity(NamedTuple):
    """One ID that exists. `generation` is what sessions and tokens are born under; `version` counts changes."""

    id: UserId
    user_name: str
    display_name: str
    email: str | None
    affiliation: Affiliation
    roles: frozenset[Role]
    locale: str | None
    claims: Mapping[str, Any]
    groups: frozenset[GroupId]
    validity: Validity
    attributes: Mapping[str, Any]
    status: UserStatus
    can_sign_in: bool
    generation: int
    version: int
    created_at: int
    changed_at: int
    span: Span = Span()
    stops_at: int | None = None
    stopped: bool = False  # a planned change has disabled or deleted it, though nobody has carried that out yet

    @property
    def shown_status(self) -> UserStatus:
        """As decisions go by it. `status` is what is written, and waits for whoever carries plans out."""
        return UserStatus.DISABLED if self.stopped else self.status

    def active_at(self, now_us: int) -> bool:
        """Neither disabled, nor before its first day or after its last."""
        return self.status is UserStatus.ACTIVE and self.span.holds(now_us)

    @property
    def draft(self) -> Draft:
        return Draft(*self[1:11])


class Standing(NamedTuple):
    """What a decision needs to know of an ID, without opening what is sealed: for the hot path."""

    id: UserId
    status: str
    generation: int
    affiliation: str | None = None
    is_admin: bool = False
    starts_at: int | None = None
    ends_at: int | None = None

    def active_at(self, now_us: int) -> bool:
        return self.status == UserStatus.ACTIVE and self.span.holds(now_us)

    @property
    def span(self) -> Span:
        if self.starts_at is None and self.ends_at is None:
            return UNLIMITED
        return Span(self.starts_at, self.ends_at)
