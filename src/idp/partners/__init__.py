"""Partners: who resells the service, takes applications and looks after their own customers and no others.

Owns who they are, which accounts are their people, and whether they are in business with us. Which contracts are theirs
is written in the contracts. All of it belongs to the platform: a unit of a tenant sees no partner.
"""

from idp.partners.actions import change, create, read, to_json
from idp.partners.model import Partner, PartnerDraft, PartnerId, PartnerStatus
from idp.partners.people import employ, employer_of, people_of, refuse_others, release
from idp.partners.store import LISTED, find, get, page

__all__ = [
    "LISTED",
    "Partner",
    "PartnerDraft",
    "PartnerId",
    "PartnerStatus",
    "change",
    "create",
    "employ",
    "employer_of",
    "find",
    "get",
    "page",
    "people_of",
    "read",
    "refuse_others",
    "release",
    "to_json",
]
