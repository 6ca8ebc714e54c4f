"""The words that IDs and groups are described in."""

from enum import StrEnum


class Affiliation(StrEnum):
    """No other kind of person may hold an ID (Art. 6.3)."""

    OFFICER = "officer"
    EMPLOYEE = "employee"
    DISPATCHED = "dispatched"


class UserStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class Role(StrEnum):
    """What an ID may do in its tenant's console; in the tenant `platform` these are our own people."""

    ADMIN = "admin"
    MEMBER = "member"


class MemberKind(StrEnum):
    """What is in a group."""

    USER = "user"
    GROUP = "group"
    MATCHED = "matched"  # an ID, because it is as the rule of the group says
