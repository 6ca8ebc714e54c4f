"""Federated services: what a tenant has registered for single sign-on, and who is assigned to it.

Owns the registrations of both protocols, the secrets of their clients (as hashes) and the assignments. Decides what
may be registered and which address an answer may go to. It never decides who may use a service now (that is the gate),
never speaks a protocol, and never gives a secret back after the moment of its birth.
"""

from idp.federation import catalogue, verifying
from idp.federation.actions import (
    carrying,
    change,
    create,
    create_many,
    delete,
    disable,
    drafted,
    enable,
    put,
    replace,
    with_described,
)
from idp.federation.assignments import (
    assign,
    assign_each,
    assign_to,
    assignment_to_json,
    forget_group,
    forget_user,
    is_assigned,
    read_assignee,
    unassign,
)
from idp.federation.claim_mapping import ClaimMapping, MappedClaim
from idp.federation.client_keys import ClientKeys
from idp.federation.client_requests import RequestAlg, RequestKeyAlg, RequestRules
from idp.federation.client_secrets import LONGEST_OVERLAP, SecretUse, SecretUses, end_former
from idp.federation.client_secrets import listed as secrets_of
from idp.federation.client_secrets import note_use as note_secret_use
from idp.federation.client_secrets import rotate as rotate_secret
from idp.federation.document import filled, read, said, to_json
from idp.federation.encrypted_answers import Encryption
from idp.federation.fetched_keys import FetchedKeys, find_fetched, keep_fetched, may_fetch
from idp.federation.logout_channels import LogoutChannels, origin_of
from idp.federation.model import Assignee, Assignment, KnownAs, Registered, Service, ServiceDraft, ServiceId
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_vocabulary import (
    AccessTokenFormat,
    ApplicationType,
    AssertionAlg,
    AuthMethod,
    Grant,
    ResponseType,
    SecurityProfile,
    SigningAlg,
    SubjectType,
    response_type,
)
from idp.federation.own_addresses import refuse_own
from idp.federation.own_identity import ORDINARY, OwnIdentity, refuse_own_name, with_releases
from idp.federation.own_identity import judge as judge_own
from idp.federation.own_identity import read as read_own
from idp.federation.pairwise import subject_of
from idp.federation.person_names import add_person_name, find_person_name, new_person_name
from idp.federation.reaching import Reached, reached
from idp.federation.reconsidering import face_of, is_known_anew, looks_anew
from idp.federation.redirect_uris import RedirectUris
from idp.federation.saml_certificates import KeyUse
from idp.federation.saml_described import Described
from idp.federation.saml_differences import Difference
from idp.federation.saml_endpoints import Consumer, LogoutAddress
from idp.federation.saml_fetching import fetch as fetch_metadata
from idp.federation.saml_fetching import points_elsewhere as points_to_metadata
from idp.federation.saml_fetching import with_fetched as with_fetched_metadata
from idp.federation.saml_refreshing import Refreshed, look_after, source_of, waiting_differences
from idp.federation.saml_refreshing import accept as accept_metadata
from idp.federation.saml_refreshing import due as refresh_due
from idp.federation.saml_refreshing import preview as preview_metadata
from idp.federation.saml_refreshing import reject as reject_metadata
from idp.federation.saml_refreshing import take as take_metadata
from idp.federation.saml_service import SamlService
from idp.federation.saml_subject_ids import SubjectId, scope_of
from idp.federation.saml_switches import current_chain
from idp.federation.saml_switching import change_over, follow, former, step_back, switches
from idp.federation.saml_telling import (
    ToldAttribute,
    known_of,
    name_source,
    preview,
    told_attributes,
    told_identifier,
    told_name,
)
from idp.federation.saml_vocabulary import Binding, NameFormat, NameIdFormat, Signs
from idp.federation.saml_warnings import standing as warnings_of
from idp.federation.security_profiles import RULES, AssertionAudience, Rules
from idp.federation.self_registration import KIND as REGISTRATION_TOKEN
from idp.federation.self_registration import SelfRegistered, register, registered_by
from idp.federation.self_registration import read as read_client
from idp.federation.self_registration import replace as replace_client
from idp.federation.self_registration import to_json as client_to_json
from idp.federation.store import (
    ASSIGNMENTS,
    LISTED,
    assignments_among,
    assignments_of,
    find,
    find_by_client_id,
    get,
    open_secrets,
    page,
    registered,
    registered_itself,
    self_registered,
    standing_for,
)
from idp.federation.subjects import Sector
from idp.federation.subjects import fetch as fetch_sector
from idp.federation.subjects import fetch_aside as fetch_sector_aside
from idp.federation.third_party_login import start_address, startable
from idp.federation.token_exchange import ExchangeRules
from idp.federation.upkeep import DueService, Upkeep, due_services, kept_between
from idp.federation.upkeep import claim as claim_upkeep
from idp.federation.vocabulary import AssigneeKind, Consent, Protocol, ServiceStatus, VerificationStatus
from idp.federation.web_origins import has_origin, web_origins

__all__ = [
    "ASSIGNMENTS",
    "LISTED",
    "LONGEST_OVERLAP",
    "ORDINARY",
    "REGISTRATION_TOKEN",
    "RULES",
    "AccessTokenFormat",
    "ApplicationType",
    "AssertionAlg",
    "AssertionAudience",
    "Assignee",
    "AssigneeKind",
    "Assignment",
    "AuthMethod",
    "Binding",
    "ClaimMapping",
    "ClientKeys",
    "Consent",
    "Consumer",
    "Described",
    "Difference",
    "DueService",
    "Encryption",
    "ExchangeRules",
    "FetchedKeys",
    "Grant",
    "KeyUse",
    "KnownAs",
    "LogoutAddress",
    "LogoutChannels",
    "MappedClaim",
    "NameFormat",
    "NameIdFormat",
    "OidcClient",
    "OwnIdentity",
    "Protocol",
    "Reached",
    "RedirectUris",
    "Refreshed",
    "Registered",
    "RequestAlg",
    "RequestKeyAlg",
    "RequestRules",
    "ResponseType",
    "Rules",
    "SamlService",
    "SecretUse",
    "SecretUses",
    "Sector",
    "SecurityProfile",
    "SelfRegistered",
    "Service",
    "ServiceDraft",
    "ServiceId",
    "ServiceStatus",
    "SigningAlg",
    "Signs",
    "SubjectId",
    "SubjectType",
    "ToldAttribute",
    "Upkeep",
    "VerificationStatus",
    "accept_metadata",
    "add_person_name",
    "assign",
    "assign_each",
    "assign_to",
    "assignment_to_json",
    "assignments_among",
    "assignments_of",
    "carrying",
    "catalogue",
    "change",
    "change_over",
    "claim_upkeep",
    "client_to_json",
    "create",
    "create_many",
    "current_chain",
    "delete",
    "disable",
    "drafted",
    "due_services",
    "enable",
    "end_former",
    "face_of",
    "fetch_metadata",
    "fetch_sector",
    "fetch_sector_aside",
    "filled",
    "find",
    "find_by_client_id",
    "find_fetched",
    "find_person_name",
    "follow",
    "forget_group",
    "forget_user",
    "former",
    "get",
    "has_origin",
    "is_assigned",
    "is_known_anew",
    "judge_own",
    "keep_fetched",
    "kept_between",
    "known_of",
    "look_after",
    "looks_anew",
    "may_fetch",
    "name_source",
    "new_person_name",
    "note_secret_use",
    "open_secrets",
    "origin_of",
    "page",
    "points_to_metadata",
    "preview",
    "preview_metadata",
    "put",
    "reached",
    "read",
    "read_assignee",
    "read_client",
    "read_own",
    "refresh_due",
    "refuse_own",
    "refuse_own_name",
    "register",
    "registered",
    "registered_by",
    "registered_itself",
    "reject_metadata",
    "replace",
    "replace_client",
    "response_type",
    "rotate_secret",
    "said",
    "scope_of",
    "secrets_of",
    "self_registered",
    "source_of",
    "standing_for",
    "start_address",
    "startable",
    "step_back",
    "subject_of",
    "switches",
    "take_metadata",
    "to_json",
    "told_attributes",
    "told_identifier",
    "told_name",
    "unassign",
    "verifying",
    "waiting_differences",
    "warnings_of",
    "web_origins",
    "with_described",
    "with_fetched_metadata",
    "with_releases",
]
