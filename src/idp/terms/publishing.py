"""Writing terms and publishing them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from idp import audit, tenants
from idp.audit import Event
from idp.kit.errors import Conflict, FieldError, Invalid, Stale
from idp.kit.fields import merged
from idp.kit.units import Unit
from idp.terms import days, store, telling
from idp.terms.comparison import Difference, mislabelled
from idp.terms.document import Asked, read, to_document
from idp.terms.model import Draft, Provision, Terms

_PUBLISHED = "terms.published"


class Publication(NamedTuple):
    terms: Terms
    told: int


def create(unit: Unit, draft: Draft) -> Terms:
    """Needs a unit of the platform. `Conflict("terms_version_taken")`."""
    if not store.add(unit, draft):
        raise Conflict.at(
            "/version",
            "terms_version_taken",
            f"There are terms of the version {draft.version} already.",
            found=draft.version,
        )
    audit.record(unit, Event.TERMS_CREATED, subject=draft.version)
    return store.get(unit, draft.version)


def change(unit: Unit, version: str, patch: Mapping[str, object], *, if_match: int | None = None) -> Terms:
    """`patch` is RFC 7396 over the document; needs a unit of the platform.

    Raises `NotFound`, `Stale`, `Invalid`, `Conflict("terms_published")`.
    """
    tenants.touch(unit)  # changes of terms come one after the other
    before = _draft(unit, version, if_match)
    said = to_document(before.draft)
    draft = read(merged(said, patch))
    if draft.version != before.version:
        detail = "A version keeps its name."
        raise Invalid("invalid", detail, errors=[FieldError("/version", "immutable", detail, draft.version)])
    if draft == before.draft:
        return before
    if not store.change(unit, draft):
        raise _out()
    after = to_document(draft)
    audit.record(
        unit, Event.TERMS_CHANGED, subject=version, fields=[name for name in said if said[name] != after[name]]
    )
    return store.get(unit, version)


def publish(unit: Unit, version: str, asked: Asked, *, least_days: int, if_match: int | None = None) -> Publication:
    """Tells every tenant; from here on it cannot be changed. Needs a unit of the platform.

    Raises `NotFound`, `Stale`, `Conflict("terms_published")`, `Invalid`: `effective_date_too_soon`,
    `not_wording_only` with each provision that was called so and is not.
    """
    tenants.touch_all(unit)
    terms = _draft(unit, version, if_match)
    earliest = days.today(unit.now) + timedelta(days=max(1, least_days))
    if terms.draft.effective_date < earliest:
        found, expected = terms.draft.effective_date.isoformat(), earliest.isoformat()
        detail = f"Terms that are published today come into force on {expected} at the earliest."
        error = FieldError("/effective_date", "effective_date_too_soon", detail, found, expected)
        raise Invalid("effective_date_too_soon", detail, errors=[error])
    _check_labels(terms.draft.provisions, _compared_with(unit, terms, asked), asked)
    if not store.publish(unit, terms.version):
        raise _out()
    told = _tell(unit, terms)
    audit.record(unit, Event.TERMS_PUBLISHED, subject=version, content_hash=terms.content_hash, tenants=told)
    return Publication(store.get(unit, version), told)


def _draft(unit: Unit, version: str, if_match: int | None) -> Terms:
    terms = store.get(unit, version)
    if if_match is not None and if_match != terms.changes:
        raise Stale("terms")
    if terms.published_at is not None:
        raise _out()
    return terms


def _compared_with(unit: Unit, terms: Terms, asked: Asked) -> tuple[Provision, ...]:
    """What was asked for, else the last published ones that come into force before these."""
    if asked.against is not None:
        found = store.find(unit, asked.against)
        if found is None:
            detail = "There are no such terms."
            raise Invalid("invalid", detail, errors=[FieldError("/against", "unknown", detail, asked.against)])
        return found.draft.provisions
    earlier = [each for each in store.published(unit) if each.effective_at <= terms.effective_at]
    return earlier[-1].draft.provisions if earlier else ()


def _check_labels(after: tuple[Provision, ...], before: tuple[Provision, ...], asked: Asked) -> None:
    places = {key: index for index, key in enumerate(asked.wording_only)}
    wrong = [
        FieldError(
            f"/wording_only/{places[each.key]}",
            "not_wording_only",
            f"{each.key.article} {each.key.number}".rstrip() + " differs in more than the wording rules say.",
            found=each.found,
            expected=Difference.WORDING_ONLY.value,
            article=each.key.article,
            number=each.key.number,
        )
        for each in mislabelled(places, before, after, asked.rules)
    ]
    if wrong:
        raise Invalid("not_wording_only", "Provisions are called a change of wording only and are not.", errors=wrong)


def _tell(unit: Unit, terms: Terms) -> int:
    said = {
        "version": terms.version,
        "title": terms.draft.title,
        "effective_date": terms.draft.effective_date.isoformat(),
        "content_hash": terms.content_hash,
    }
    told = 0
    for tenant in telling.everybody(unit):
        telling.tell(
            unit.inside(tenant),
            _PUBLISHED,
            kind=store.TERMS,
            document_id=terms.version,
            content_hash=terms.content_hash,
            payload=said,
        )
        told += 1
    return told


def _out() -> Conflict:
    return Conflict("terms_published", "Published terms do not change; a revision is a new version.")
