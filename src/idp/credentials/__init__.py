"""How somebody proves who they are: passwords and second factors of people, keys of programs, and what a key allows.

Owns password hashes, invitations to choose a first one, factors, API keys and the count of failed attempts. It answers
"this is that identity" or "no" in one and the same way for every reason, and never says which. It never keeps a secret
in clear, never gives one back, never decides about services (that is the gate), and never hashes a password inside a
transaction.
"""

from idp.credentials.actions import (
    authenticate_key,
    create_key,
    delete_key,
    forget_user,
    has_password,
    is_key,
    key_to_json,
    keys,
    note_use,
    permissions_of,
    read_key,
    refuse_administrator,
    set_first_passwords,
    set_password,
    use_is_worth_noting,
)
from idp.credentials.factors import (
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
from idp.credentials.invitations import accept, find_invited, invite, secret_of
from idp.credentials.model import ApiKey, Factor, FactorKind, Invitation, KeyDraft, KeyScope, NewKey
from idp.credentials.password_policy import SHORTEST, refuse_guessable, refuse_impossible
from idp.credentials.password_sign_in import Check, begin_check, finish_check
from idp.credentials.passwords import Cost, HashPool, Verdict
from idp.credentials.permissions import EVERYTHING, Noun, Permission, Permissions, Verb, holds, not_grantable, parse
from idp.credentials.store import KEYS
from idp.credentials.throttle import STRICT, WIDE, Limit, Throttle, Tried, count_form, give_back, sweeps

__all__ = [
    "EVERYTHING",
    "KEYS",
    "SHORTEST",
    "STRICT",
    "WIDE",
    "ApiKey",
    "Check",
    "Cost",
    "Factor",
    "FactorKind",
    "HashPool",
    "Invitation",
    "KeyDraft",
    "KeyScope",
    "Limit",
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
    "count_code",
    "count_form",
    "create_key",
    "delete_key",
    "enrol",
    "factors_of",
    "find_invited",
    "finish_check",
    "forget_user",
    "give_back",
    "has_factor",
    "has_password",
    "holds",
    "invite",
    "is_key",
    "key_to_json",
    "keys",
    "not_grantable",
    "note_use",
    "parse",
    "permissions_of",
    "propose",
    "proposed_again",
    "read_key",
    "refuse_administrator",
    "refuse_guessable",
    "refuse_impossible",
    "remove_factor",
    "secret_of",
    "set_first_passwords",
    "set_password",
    "sweeps",
    "use_code",
    "use_is_worth_noting",
]
