"""Partners: who resells the service, takes applications and looks after their own customers and no others.

Owns who they are and whether they are in business with us. Which contracts are theirs is written in the contracts. All
of it belongs to the platform: a unit of a tenant sees no partner.
"""

from idp.partners.actions import change, create, read, to_json
from idp.partners.model import Partner, PartnerDraft, PartnerId, PartnerStatus
from idp.partners.store import LISTED, find, get, page

__all__ = [
    "LISTED",
    "Partner",
    "PartnerDraft",
    "PartnerId",
    "PartnerStatus",
    "change",
    "create",
    "find",
    "get",
    "page",
    "read",
    "to_json",
]
