"""Access for support: what a tenant lets the operator or its partner do in it, for hours and not for ever.

Owns the grants: to whom, what at most, until when and why, and that each use of one stands in the tenant's trail. It
never widens what somebody may do by themselves, never knows who they are, and lets nobody make anything that outlives
the grant: keys, roles and further grants are no part of it.
"""

from idp.support.actions import LONGEST, grant, in_force, read, revoke, to_json, use
from idp.support.model import Draft, Grant, Level, Party
from idp.support.store import get, page

__all__ = [
    "LONGEST",
    "Draft",
    "Grant",
    "Level",
    "Party",
    "get",
    "grant",
    "in_force",
    "page",
    "read",
    "revoke",
    "to_json",
    "use",
]
