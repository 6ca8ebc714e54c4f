"""How somebody proves who they are: passwords and second factors of people, keys of programs; and what roles and keys
allow.

Owns password hashes, invitations to choose a first one, factors, API keys, roles and the count of failed attempts. It
answers "this is that identity" or "no" in one and the same way for every reason, and never says which. It never keeps a
secret in clear, never gives one back, never decides about services (that is the gate), and never hashes a password
inside a transaction.
"""

from idp.credentials import hands, roles
from idp.credentials.actions import (
    forget_user,
    has_password,
    refuse_administrator,
    refuse_stand_in,
    set_first_passwords,
    set_password,
)
from idp.credentials.api_keys import (
    LONGEST_OVERLAP,
    USUAL_OVERLAP,
    authenticate_key,
    create_key,
    delete_key,
    end_former_secret,
    find_usable_key,
    get_key,
    is_key,
    is_key_id,
    key_to_json,
    keys,
    note_use,
    read_key,
    read_rotation,
    rotate_key,
    use_is_worth_noting,
    within_bounds,
)
from idp.credentials.built_in import BUILT_IN
from idp.credentials.factors import (
    FACTORS,
    Proposal,
    count_code,
    enrol,
    factors_of,
    has_factor,
    propose,
    proposed_again,
    remove_factor,
    use_code,
)
from idp.credentials.hands import How
from idp.credentials.invitations import accept, find_invited, invite, secret_of
from idp.credentials.model import MACHINE, ApiKey, Factor, FactorKind, Invitation, KeyDraft, KeyScope, NewKey
from idp.credentials.password_policy import SHORTEST, refuse_guessable, refuse_impossible
from idp.credentials.password_sign_in import Check, begin_check, finish_check
from idp.credentials.passwords import Cost, HashPool, Verdict
from idp.credentials.permissions import (
    EVERYTHING,
    Noun,
    Permission,
    Permissions,
    Verb,
    both,
    holds,
    not_grantable,
    parse,
    refuse_without,
)
from idp.credentials.role_store import Role as MadeRole
from idp.credentials.store import KEYS
from idp.credentials.throttle import STRICT, WIDE, Limit, Throttle, Tried, count_form, give_back, sweeps

__all__ = [
    "BUILT_IN",
    "EVERYTHING",
    "FACTORS",
    "KEYS",
    "LONGEST_OVERLAP",
    "MACHINE",
    "SHORTEST",
    "STRICT",
    "USUAL_OVERLAP",
    "WIDE",
    "ApiKey",
    "Check",
    "Cost",
    "Factor",
    "FactorKind",
    "HashPool",
    "How",
    "Invitation",
    "KeyDraft",
    "KeyScope",
    "Limit",
    "MadeRole",
    "NewKey",
    "Noun",
    "Permission",
    "Permissions",
    "Proposal",
    "Throttle",
    "Tried",
    "Verb",
    "Verdict",
    "accept",
    "authenticate_key",
    "begin_check",
    "both",
    "count_code",
    "count_form",
    "create_key",
    "delete_key",
    "end_former_secret",
    "enrol",
    "factors_of",
    "find_invited",
    "find_usable_key",
    "finish_check",
    "forget_user",
    "get_key",
    "give_back",
    "hands",
    "has_factor",
    "has_password",
    "holds",
    "invite",
    "is_key",
    "is_key_id",
    "key_to_json",
    "keys",
    "not_grantable",
    "note_use",
    "parse",
    "propose",
    "proposed_again",
    "read_key",
    "read_rotation",
    "refuse_administrator",
    "refuse_guessable",
    "refuse_impossible",
    "refuse_stand_in",
    "refuse_without",
    "remove_factor",
    "roles",
    "rotate_key",
    "secret_of",
    "set_first_passwords",
    "set_password",
    "sweeps",
    "use_code",
    "use_is_worth_noting",
    "within_bounds",
]
