"""An administrator's desk: the admin API of a provider in this process, with a key of one tenant."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.support.in_process import Answer, Running
from tests.support.provider import OPERATOR, Provider

from idp import credentials
from idp.credentials import EVERYTHING, KeyDraft, KeyScope


@dataclass
class Desk:
    provider: Provider
    worker: Running
    bearer: str
    slug: str = "aoba"

    @classmethod
    def of(cls, provider: Provider, slug: str = "aoba", *, permissions: Iterable[str] = ()) -> "Desk":
        """With a key for everything, or for these."""
        found = frozenset(each for name in permissions if (each := credentials.parse(name)))
        draft = KeyDraft("desk", found or EVERYTHING, None)
        with provider.units.open(provider.tenant(slug), actor=OPERATOR) as unit:
            made = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING)
        return cls(provider, provider.first, made.secret, slug)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` is below the tenant's address."""
        return self.send(method, f"/api/v1/tenants/{self.slug}/{path}", body, **headers)

    def send(self, method: str, target: str, body: Any = None, **headers: str) -> Answer:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"authorization": f"Bearer {self.bearer}"}
        if raw:
            fields["content-type"] = "application/json"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.worker.call(method, target, fields, raw)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def policy(self, document: dict[str, Any]) -> str:
        """Into the draft set; its id."""
        answer = self.ask("POST", "policies", document)
        assert answer.status == 201, answer
        made: str = answer.json()["id"]
        return made

    def activate(self, *, confirmed: bool = True, **body: Any) -> str:
        answer = self.ask("POST", "policies/activate", body)
        assert answer.status == 202, answer
        activation: str = answer.json()["activation"]
        if confirmed:
            assert self.ask("POST", "policies/confirm", {"activation": activation}).status == 200
        return activation

    def put_in_force(self, *documents: dict[str, Any], confirmed: bool = True) -> list[str]:
        """These, and no other policies."""
        for item in self.get("policies")["items"]:
            assert self.ask("DELETE", f"policies/{item['id']}").status == 204
        made = [self.policy(document) for document in documents]
        self.activate(confirmed=confirmed)
        return made

    def simulate(self, **body: Any) -> Any:
        answer = self.ask("POST", "policies/simulate", body)
        assert answer.status == 200, answer
        return answer.json()

    def decisions(self, query: str = "limit=200") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"decisions?{query}")["items"]
        return items

    def explanation(self, reference: str, query: str = "") -> Any:
        return self.get(f"decisions/{reference}/explanation{query}")
