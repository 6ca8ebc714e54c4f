"""A provider whose tenants have people, services and sessions, and the operator's hands on their contracts."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.filling import PASSWORD
from tests.support.in_process import Answer, Running
from tests.support.provider import Provider

from idp import contracts, credentials, erasure, schema
from idp.contracts import Contract
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit.actors import Actor
from idp.kit.actors import Source as From

DESK = Actor("operator", "opr_desk", From.OPERATOR)

# What nobody may read any more, wherever it is looked for.
PERSONAL = ["taro@aoba.example", "hanako@aoba.example", "山田", "代表 太郎", "billing@aoba.example", PASSWORD]


@dataclass
class Desk:
    provider: Provider
    secret: str

    def terminate(self, slug: str = "aoba") -> Contract:
        with self.provider.platform() as unit:
            return contracts.terminate(unit, self.provider.contract(slug), reason="breach")

    def erase(self, slug: str = "aoba", **more: Any) -> Contract:
        with self.provider.units.platform(actor=DESK) as unit:
            return erasure.erase(unit, self.provider.contract(slug), **more)

    def ask(self, method: str, path: str, body: Any = None, *, worker: Running | None = None) -> Answer:
        """At the admin API, with an operator's key."""
        headers = {"authorization": f"Bearer {self.secret}"}
        raw = b""
        if body is not None:
            raw = json.dumps(body).encode()
            headers["content-type"] = "application/json"
        return (worker or self.provider.first).call(method, f"/api/v1{path}", headers, raw)

    def rows(self, tenant: str | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that names the tenant, by table."""
        wanted = tenant or self.provider.tenant()
        with self.provider.platform() as unit:
            found = {name: unit.lane.execute(f"SELECT * FROM {name}", {}).fetchall() for name in schema.metadata.tables}
        mine = {name: [tuple(row) for row in rows if wanted in tuple(row)] for name, rows in found.items()}
        return {name: rows for name, rows in mine.items() if rows}


@pytest.fixture
def desk(provider: Provider) -> Desk:
    with provider.platform() as unit:
        draft = KeyDraft("desk", EVERYTHING, None)
        made = credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING)
    return Desk(provider, made.secret)
