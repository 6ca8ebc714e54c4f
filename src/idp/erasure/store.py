import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from idp.erasure.tables import certificates
from idp.kit.db import add_new, own, query
from idp.kit.units import Unit


class _Document(NamedTuple):
    document: str


class Stored(NamedTuple):
    tenant_id: str
    contract_id: str


_FIND = query(
    select(certificates.c.document).where(own(certificates), certificates.c.contract_id == bindparam("contract")),
    _Document,
)
_ALL = query(select(certificates.c.tenant_id, certificates.c.contract_id), Stored, platform=True)
_ADD = add_new(certificates)


def certificate_of(unit: Unit, contract_id: str) -> dict[str, Any] | None:
    """As it was signed; needs a unit of the contract's tenant."""
    row = unit.one(_FIND, contract=contract_id)
    return None if row is None else json.loads(row.document)


def every(unit: Unit) -> list[Stored]:
    """Needs a unit of the platform."""
    return unit.all(_ALL)


def keep(unit: Unit, document: dict[str, Any], *, erased_at: int) -> None:
    unit.run(
        _ADD,
        contract_id=document["contract"],
        erased_at=erased_at,
        document=json.dumps(document, ensure_ascii=False),
    )
