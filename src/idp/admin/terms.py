"""Terms: written and published by operators, compared by everybody, accepted by tenants."""

from typing import Any

from idp import terms
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import terms as shapes
from idp.contracts import Status
from idp.credentials import KeyScope, Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import FieldError, Invalid
from idp.kit.units import Unit
from idp.terms import Acceptance, Receipt, Row, Terms

_ACCEPTING = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED})


def create(call: Call) -> Answer:
    """Write terms, as a draft that only operators see."""
    draft = terms.read(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        return _written(call, unit, terms.create(unit, draft), status=201)


def listing(call: Call) -> Answer:
    """All versions in the order of their names, without their text; drafts for operators alone."""
    drafts = call.key.scope is KeyScope.OPERATOR
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        listed = terms.LISTED if drafts else terms.PUBLISHED
        return call.page.shown(listed.page(unit, call.page.question), _brief)


def shown(call: Call) -> Answer:
    """One version, whole."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = terms.get(unit, call.names["version"])
        return call.shown(_whole(found), version=found.changes)


def change(call: Call) -> Answer:
    """Change a draft. A member that is left out stays (RFC 7396); `articles` are replaced together."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = call.names["version"]
        expected = call.conditions.expected(terms.get(unit, version).changes)
        return _written(call, unit, terms.change(unit, version, call.document, if_match=expected))


def compare(call: Call) -> Answer:
    """What this version changes in another: one row for each provision that differs, in the order of the terms.

    `wording_only` is what is the same once the rules are applied to both sides, character for character.
    """
    asked = terms.read_comparison(call.document)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        after = terms.get(unit, call.names["version"])
        before = terms.find(unit, asked.against or "")
        if before is None or not may_see(call.key.scope, before):
            detail = "There are no such terms."
            raise Invalid("invalid", detail, errors=[FieldError("/against", "unknown", detail, asked.against)])
    rows = terms.compare(before.draft.provisions, after.draft.provisions, asked.rules)
    return Answer(200, {"rows": [_row(row) for row in rows]})


def publish(call: Call) -> Answer:
    """Publish terms: every tenant is told, and they come into force at 00:00 in Japan on their day.

    What is called a change of wording only is compared with `against` (by default the terms before these) under the
    rules; a provision that is not stops the publication.
    """
    asked = terms.read_publication(call.document)
    least = call.house.terms_notice_days
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = call.names["version"]
        expected = call.conditions.expected(terms.get(unit, version).changes)
        made = terms.publish(unit, version, asked, least_days=least, if_match=expected)
        return _written(call, unit, made.terms)


def of_tenant(call: Call) -> Answer:
    """The terms in force, those to come, and what the tenant has accepted."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        body = _of_tenant(unit)
    return Answer(200, body)


def accept(call: Call) -> Answer:
    """Accept terms that are in force or announced, on behalf of the tenant. Again changes nothing."""
    version = terms.read_acceptance(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        if call.place.status not in _ACCEPTING:
            raise gate.closed(call.place.status, "The tenant's contract does not allow this now.")
        return call.done(unit, _acceptance(terms.accept(unit, version)))


def may_see(scope: KeyScope, found: Terms) -> bool:
    return found.published_at is not None or scope is KeyScope.OPERATOR


def _written(call: Call, unit: Unit, found: Terms, *, status: int = 200) -> Answer:
    where = f"/terms/{found.version}" if status == 201 else None
    return call.done(unit, _whole(found), status=status, version=found.changes, location=where)


def _brief(found: Terms) -> dict[str, Any]:
    published = found.published_at
    return {
        "version": found.version,
        "title": found.draft.title,
        "effective_date": found.draft.effective_date.isoformat(),
        "in_force_from": rfc3339(found.effective_at),
        "status": "draft" if published is None else "published",
        "content_hash": found.content_hash,
        "created_at": rfc3339(found.created_at),
        "published_at": None if published is None else rfc3339(published),
    }


def _whole(found: Terms) -> dict[str, Any]:
    return {**_brief(found), "articles": terms.to_document(found.draft)["articles"]}


def _row(row: Row) -> dict[str, Any]:
    return {**row.key._asdict(), "before": row.before, "after": row.after, "change": row.change.value}


def _of_tenant(unit: Unit) -> dict[str, Any]:
    published, receipts = terms.published(unit), terms.receipts(unit)
    accepted = {each.version: each for each in terms.acceptances(unit)}
    facts = terms.facts(unit)
    now = facts.in_force(unit.now_us)

    def laid(found: Terms) -> dict[str, Any]:
        return _laid(found, receipts.get(found.version), accepted.get(found.version))

    return {
        "in_force": next((laid(each) for each in published if each.version == now), None),
        "announced": [laid(each) for each in published if each.effective_at > unit.now_us],
        "accepted": [_acceptance(each) for each in accepted.values()],
        "acceptance_required": facts.due(unit.now_us) is not None,
    }


def _laid(found: Terms, receipt: Receipt | None, acceptance: Acceptance | None) -> dict[str, Any]:
    told = None if receipt is None else {**receipt._asdict(), "sent_at": rfc3339(receipt.sent_at)}
    accepted = None if acceptance is None else rfc3339(acceptance.accepted_at)
    return {**_brief(found), "told": told, "accepted_at": accepted}


def _acceptance(acceptance: Acceptance) -> dict[str, Any]:
    return {**acceptance._asdict(), "accepted_at": rfc3339(acceptance.accepted_at)}


_ALL = "/terms"
_ONE = "/terms/{version}"
_OF_TENANT = "/tenants/{tenant}/terms"
_READ = rights.read(Noun.TERMS)
_WRITE = rights.write(Noun.TERMS, OPERATOR)
_OUT = "terms_published"

ROUTES = (
    Route(
        "POST",
        _ALL,
        create,
        _WRITE,
        takes=shapes.NewTerms,
        gives=shapes.Terms,
        status=201,
        versioned=True,
        conflicts=("terms_version_taken",),
    ),
    Route("GET", _ALL, listing, _READ, gives=shapes.TermsInBrief, pages=True, listed=terms.LISTED),
    Route("GET", _ONE, shown, _READ, gives=shapes.Terms, versioned=True),
    Route(
        "PATCH", _ONE, change, _WRITE, takes=shapes.TermsChange, gives=shapes.Terms, versioned=True, conflicts=(_OUT,)
    ),
    Route(
        "POST",
        f"{_ONE}/comparison",
        compare,
        rights.asking(Noun.TERMS),
        takes=shapes.Compare,
        gives=shapes.Comparison,
    ),
    Route(
        "POST",
        f"{_ONE}/publish",
        publish,
        _WRITE,
        takes=shapes.Publish,
        gives=shapes.Terms,
        versioned=True,
        conflicts=(_OUT,),
    ),
    Route("GET", _OF_TENANT, of_tenant, _READ, gives=shapes.TermsOfTenant),
    Route(
        "POST",
        f"{_OF_TENANT}/accept",
        accept,
        rights.write(Noun.TERMS, WITH_TENANT),
        takes=shapes.Accept,
        gives=shapes.Acceptance,
        conflicts=("contract_not_active", "terms_superseded"),
    ),
)
