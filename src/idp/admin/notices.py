"""Notices: announced by operators to all tenants and by partners to their customers, acknowledged by tenants."""

from typing import Any

from idp import terms
from idp.admin import places, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_PARTNER, WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import notices as shapes
from idp.credentials import ApiKey, KeyScope, Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.terms import Notice, NoticeDraft, Told

_SENT = 1


def create(call: Call) -> Answer:
    """Announce something: an operator to every tenant, a partner to its customers. A notice that was sent stays.

    A change of the specification is announced in time (Art. 10.3), unless it is marked as an emergency.
    """
    draft = terms.read_notice(call.document)
    partner = call.key.partner_id
    with call.house.units.open(call.home, actor=call.actor) as unit:
        reach = places.customers(unit, partner) if partner else None
        least = call.house.spec_change_notice_days
        notice = terms.announce(unit, draft, partner=partner, reach=reach, least_days=least)
        where = f"/notices/{notice.id}"
        return call.done(unit, _to_json(notice), status=201, version=_SENT, location=where)


def listing(call: Call) -> Answer:
    """Notices, oldest first: operators see all, partners their own, tenants those that reached them."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        if call.key.scope is KeyScope.TENANT:
            return call.page.shown(terms.TOLD.page(unit, call.page.question), _said)
        sent = terms.NOTICES.page(unit, call.page.question, of_partner=call.key.partner_id)
        return call.page.shown(sent, _to_json)


def shown(call: Call) -> Answer:
    """One notice."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.shown(find(unit, call.key, call.names["notice"]), version=_SENT)


def of_tenant(call: Call) -> Answer:
    """What reached the tenant, when, on which way, and whether it was acknowledged, oldest first."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(terms.TOLD.page(unit, call.page.question), _told)


def acknowledge(call: Call) -> Answer:
    """Acknowledge a notice, on behalf of the tenant. Again changes nothing."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        return call.done(unit, _told(terms.acknowledge(unit, call.names["notice"])))


def find(unit: Unit, key: ApiKey, notice_id: str) -> dict[str, Any]:
    """As far as the caller may read it. Raises `NotFound`."""
    if key.scope is KeyScope.TENANT:
        told = terms.told_one(unit, notice_id)
        found = None if told is None else _said(told)
    else:
        notice = terms.find_notice(unit, notice_id, partner=key.partner_id)
        found = None if notice is None else _to_json(notice)
    if found is None:
        raise NotFound("notice")
    return found


def _words(draft: NoticeDraft) -> dict[str, Any]:
    return {**draft._asdict(), "kind": draft.kind.value, "effective_date": draft.effective_date.isoformat()}


def _to_json(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        **_words(notice.draft),
        "content_hash": notice.content_hash,
        "created_at": rfc3339(notice.created_at),
        "partner": notice.partner or None,
        "tenants_told": notice.told,
    }


def _said(told: Told) -> dict[str, Any]:
    """To whom else it went is not the tenant's affair."""
    said = {"content_hash": told.content_hash, "created_at": rfc3339(told.sent_at)}
    return {"id": told.id, **_words(told.draft), **said, "partner": None, "tenants_told": None}


def _told(told: Told) -> dict[str, Any]:
    return {
        "id": told.id,
        **_words(told.draft),
        "content_hash": told.content_hash,
        "sent_at": rfc3339(told.sent_at),
        "channel": told.channel,
        "delivery": told.delivery,
        "acknowledged_at": None if told.acknowledged_at is None else rfc3339(told.acknowledged_at),
        "acknowledged_by": told.acknowledged_by,
    }


_ALL, _OF_TENANT = "/notices", "/tenants/{tenant}/notices"
_READ = rights.read(Noun.NOTICES)

ROUTES = (
    Route(
        "POST",
        _ALL,
        create,
        rights.write(Noun.NOTICES, WITH_PARTNER),
        takes=shapes.NewNotice,
        gives=shapes.Notice,
        status=201,
        versioned=True,
    ),
    Route("GET", _ALL, listing, _READ, gives=shapes.Notice, pages=True, listed=terms.NOTICES),
    Route("GET", f"{_ALL}/{{notice}}", shown, _READ, gives=shapes.Notice, versioned=True),
    Route("GET", _OF_TENANT, of_tenant, _READ, gives=shapes.NoticeReceived, pages=True, listed=terms.TOLD),
    Route(
        "POST",
        f"{_OF_TENANT}/{{notice}}/acknowledge",
        acknowledge,
        rights.write(Noun.NOTICES, WITH_TENANT),
        gives=shapes.NoticeReceived,
    ),
)
