"""The registered information of a customer (Art. 8): who it is and whom to ask, as its contracts name them.

A change reaches every contract that is not over, goes into a history that is only added to (which fields are in clear,
what they said is sealed with the tenant's key), and is told to whoever looks after the customer: the responsible
partner, or the operator. The corporate number is no information of this kind: another number is another customer, and
a contract does not pass to another (Art. 20).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from idp import audit, delivery, tenants
from idp.contracts import store
from idp.contracts.form import read_parties
from idp.contracts.lifecycle import LIVE, Status
from idp.contracts.model import Contact, Parties
from idp.contracts.record import Record
from idp.contracts.tables import registration_changes as rows
from idp.kit.db import command, own, query
from idp.kit.errors import Stale
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.plans import Product

FIELDS = ("legal_name", "representative", "admin_contact", "billing_contact")
_SEALED = ("registration_changes", "said")


class Registered(NamedTuple):
    """`corporate_number` is shown and never changed; `parties` are None once they are erased."""

    legal_name: str
    corporate_number: str | None
    parties: Parties | None


class RegistrationChange(NamedTuple):
    """`fields` are `{name: [before, after]}`."""

    seq: int
    at: int
    actor: str
    source: str
    fields: Mapping[str, Any]


class _Row(NamedTuple):
    seq: int
    at: int
    actor: str
    source: str
    said: bytes


class _Seq(NamedTuple):
    seq: int


_ADD = command(insert(rows))
_LAST = query(select(rows.c.seq).where(own(rows)).order_by(rows.c.seq.desc()).limit(1), _Seq)
_PAGE = query(
    select(*[rows.c[name] for name in _Row._fields])
    .where(own(rows), rows.c.seq > bindparam("after_seq"))
    .order_by(rows.c.seq)
    .limit(bindparam("limit")),
    _Row,
)


def registered(unit: Unit) -> Registered | None:
    """As the contract says that speaks for the tenant; of one that is over, the last one. None without any."""
    return registered_in(unit, store.of_tenant(unit))


def registered_in(unit: Unit, records: Sequence[Record]) -> Registered | None:
    """The same of a tenant whose contracts are read, in the order of creation."""
    record = _speaking(records)
    return record and Registered(record.legal_name, record.corporate_number, store.parties(unit, record))


def registration_document(said: Registered) -> dict[str, Any]:
    """The fields that can be changed, as they are sent."""
    if said.parties is None:
        return {"legal_name": said.legal_name, "representative": None, "admin_contact": None, "billing_contact": None}
    representative, admin, billing = said.parties
    contacts = {"admin_contact": _contact(admin), "billing_contact": _contact(billing)}
    return {"legal_name": said.legal_name, "representative": representative, **contacts}


def read_registration(fields: Fields, before: Registered) -> Registered:
    """Of the whole document. What is wrong is remembered in `fields`."""
    for name in FIELDS:
        fields.required(name)
    return Registered(fields.text("legal_name") or "", before.corporate_number, read_parties(fields))


def register(unit: Unit, said: Registered, *, changed: Mapping[str, Any]) -> None:
    """`changed` is `{field: [before, after]}` of everything that was registered anew with it, here or elsewhere. Needs
    the tenant's row held (`tenants.touch`)."""
    if not changed:
        return
    assert said.parties is not None
    for record in store.of_tenant(unit):
        if Status(record.status) in LIVE and not store.set_registered(unit, record, said.legal_name, said.parties):
            raise Stale("contract")
    last = unit.one(_LAST)
    seq = 1 if last is None else last.seq + 1
    sealed = unit.seal(*_SEALED, str(seq), json.dumps(dict(changed), ensure_ascii=False).encode())
    unit.run(_ADD, seq=seq, at=unit.now_us, actor=unit.actor.id, source=unit.actor.source.value, said=sealed)
    audit.record(unit, audit.Event.REGISTRATION_CHANGED, subject=unit.tenant, seq=seq, fields=sorted(changed))
    speaking = _speaking(store.of_tenant(unit))
    receiver = (speaking and speaking.partner) or "operator"
    payload = {"tenant": tenants.get(unit).slug, "seq": seq, "fields": sorted(changed)}
    delivery.enqueue(unit, "tenant.registered_information_changed", receiver=receiver, payload=payload)


def registration_history(unit: Unit, *, after: int = 0, limit: int = 50) -> list[RegistrationChange]:
    """Oldest first; `after` is the `seq` of the last row seen."""
    found = unit.all(_PAGE, after_seq=after, limit=limit)
    return [
        RegistrationChange(*row[:4], fields=json.loads(unit.open_sealed(*_SEALED, str(row.seq), row.said)))
        for row in found
    ]


def _speaking(records: Sequence[Record]) -> Record | None:
    ours = [record for record in records if record.product == Product.ID_PLUS] or records
    live = [record for record in ours if Status(record.status) in LIVE]
    return next(iter(live), ours[-1] if ours else None)


def _contact(contact: Contact) -> dict[str, Any]:
    shown = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return shown if contact.affiliation is None else {**shown, "affiliation": contact.affiliation.value}
