"""IDs: the people of a tenant, at most as many as its contract says, each known by an id that is never used again.

Owns who they are (sealed with the tenant's key), their standing, roles, groups and generation. An ID that is deleted
leaves its id behind and nothing else. It never knows a password, never decides about a service, and never reads a
contract: the limit is handed in.
"""

from idp.users import attribute_schema, groups
from idp.users.actions import (
    change,
    change_to,
    create,
    create_each,
    create_many,
    credentials_changed,
    delete,
    disable,
    enable,
    end_generation,
    is_cut,
    is_readdressed,
    refuse_lockout,
    stop_at,
)
from idp.users.attribute_document import read as read_definition
from idp.users.attribute_document import read_change as read_attribute_change
from idp.users.attribute_document import to_json as definition_to_json
from idp.users.attribute_document import writable as definition_to_document
from idp.users.attribute_store import Claims
from idp.users.attribute_types import AttributeType, Definition
from idp.users.attributes import ATTRIBUTES, attributes_of, is_source
from idp.users.claims import CLAIMS_OF_SCOPE, claims_for
from idp.users.counting import peak
from idp.users.dates import DueEnds, due_ends, end_due
from idp.users.document import read, read_change, to_json, writable
from idp.users.filling import make_findable
from idp.users.frames import Frame, frame
from idp.users.group_store import groups_of, holding
from idp.users.listed import LISTED
from idp.users.model import Draft, Group, GroupId, Identity, Member, Standing, UserId
from idp.users.names import canonical, look_up_key
from idp.users.store import (
    active_generations,
    administrators,
    admins_without_credentials,
    existing,
    find,
    find_by_name,
    find_by_names,
    find_each,
    generation_of,
    get,
    ids_of_all,
    page,
    seats_of,
    seats_used,
    standing,
    standing_in,
    standings,
)
from idp.users.validity import Span, Validity, start_of_day
from idp.users.vocabulary import Affiliation, Role, UserStatus

__all__ = [
    "ATTRIBUTES",
    "CLAIMS_OF_SCOPE",
    "LISTED",
    "Affiliation",
    "AttributeType",
    "Claims",
    "Definition",
    "Draft",
    "DueEnds",
    "Frame",
    "Group",
    "GroupId",
    "Identity",
    "Member",
    "Role",
    "Span",
    "Standing",
    "UserId",
    "UserStatus",
    "Validity",
    "active_generations",
    "administrators",
    "admins_without_credentials",
    "attribute_schema",
    "attributes_of",
    "canonical",
    "change",
    "change_to",
    "claims_for",
    "create",
    "create_each",
    "create_many",
    "credentials_changed",
    "definition_to_document",
    "definition_to_json",
    "delete",
    "disable",
    "due_ends",
    "enable",
    "end_due",
    "end_generation",
    "existing",
    "find",
    "find_by_name",
    "find_by_names",
    "find_each",
    "frame",
    "generation_of",
    "get",
    "groups",
    "groups_of",
    "holding",
    "ids_of_all",
    "is_cut",
    "is_readdressed",
    "is_source",
    "look_up_key",
    "make_findable",
    "page",
    "peak",
    "read",
    "read_attribute_change",
    "read_change",
    "read_definition",
    "refuse_lockout",
    "seats_of",
    "seats_used",
    "standing",
    "standing_in",
    "standings",
    "start_of_day",
    "stop_at",
    "to_json",
    "writable",
]
