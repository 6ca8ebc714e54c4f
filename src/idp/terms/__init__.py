"""Terms and notices: what was laid before the tenants, when, and what each of them has accepted.

Owns the versions of the terms, the table of what a revision changes, the notices, the record of what reached which
tenant and its acceptances. Published terms never change. They come into force by the clock alone, at 00:00 in Japan.
Never asks who may act, and believes no label: a provision called a change of wording only is compared.

A provision is known by its article and its number. One that was renumbered is therefore one taken away and one added
(or two that differ): what it says now stands under another number, and references to the old one lead elsewhere.
"""

from idp.terms.acceptance import accept, accept_in_application, carry_over
from idp.terms.comparison import Difference, Mislabelled, Row, WordingRule, compare
from idp.terms.document import read, read_acceptance, read_comparison, read_publication, to_document
from idp.terms.model import Acceptance, Draft, Key, Provision, Receipt, Terms, Version
from idp.terms.notices import LISTED as NOTICES
from idp.terms.notices import (
    TOLD,
    Notice,
    NoticeDraft,
    NoticeKind,
    Told,
    acknowledge,
    announce,
    find_notice,
    notices,
    read_notice,
    told,
    told_one,
)
from idp.terms.publishing import Publication, change, create, publish
from idp.terms.standing import NOTHING_TO_ACCEPT, TermsFacts, due, facts
from idp.terms.store import (
    LISTED,
    PUBLISHED,
    acceptances,
    accepted_in,
    find,
    get,
    in_application,
    page,
    published,
    receipts,
)

__all__ = [
    "LISTED",
    "NOTHING_TO_ACCEPT",
    "NOTICES",
    "PUBLISHED",
    "TOLD",
    "Acceptance",
    "Difference",
    "Draft",
    "Key",
    "Mislabelled",
    "Notice",
    "NoticeDraft",
    "NoticeKind",
    "Provision",
    "Publication",
    "Receipt",
    "Row",
    "Terms",
    "TermsFacts",
    "Told",
    "Version",
    "WordingRule",
    "accept",
    "accept_in_application",
    "acceptances",
    "accepted_in",
    "acknowledge",
    "announce",
    "carry_over",
    "change",
    "compare",
    "create",
    "due",
    "facts",
    "find",
    "find_notice",
    "get",
    "in_application",
    "notices",
    "page",
    "publish",
    "published",
    "read",
    "read_acceptance",
    "read_comparison",
    "read_notice",
    "read_publication",
    "receipts",
    "to_document",
    "told",
    "told_one",
]
