"""The whole description, asked at random by every kind of caller: nothing fails, and each answer is one described."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi import checks
from tests.admin.conftest import BASE, Reply, World
from tests.admin.test_rights_table import things_of
from tests.admin.things import names

from idp import admin
from idp.admin.answers import Answer
from idp.admin.app import ROUTES
from idp.admin.call import Call
from idp.contracts import Status
from idp.kit import ids
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

# `make schema` sends twenty thousand.
REQUESTS = int(os.environ.get("REQUESTS", "1000"))
FEW = 10
EVERY = slice(None)
SEED = 20261123
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


class Strangers:
    """Callers of every kind, each of whom sends what the description allows, or just does not."""

    def __init__(self, world: World) -> None:
        self.callers = [
            *(world.client(name) for name in ("operator", "operator", "partner", "aoba", "midori")),
            world.key("aoba", "*:read"),
            world.nobody,
        ]
        self.world = world
        self.usual = self.things = things_of(world, "aoba", world.contract_of("aoba"))
        world.client("operator").post(f"/contracts/{self.things.contract}/ids", {"ids": 100_000})
        self.random = Random(SEED)
        self.answered: Counter[int] = Counter()
        self.failed: set[str] = set()

    def begin(self, path: str) -> None:
        """What ends a contract or a partner ends one that nothing else needs."""
        self.things = self.usual
        if "{contract}" in path:
            slug = ids.new("x")[-12:].lower()
            contract = self.world.bring(slug, Status.ACTIVE, partner=self.world.partner)
            self.things = things_of(self.world, slug, contract)
        elif path.endswith("/partners/{partner}"):
            self.things = things_of(self.world, "aoba", self.usual.contract)
            self.things.made["partner", ""] = self.things.post("/partners", {"name": "another"})

    def send(self, case: Any) -> None:
        client = self.random.choice(self.callers)
        path = case.path.removeprefix("/api/v1")
        target = self.things.place(path) if self.random.random() < 0.7 else _generated(path, case)
        query = urlencode([(name, each) for name, value in (case.query or {}).items() for each in _many(value)])
        headers = {name: str(value) for name, value in (case.headers or {}).items() if _sendable(str(value))}
        headers.pop("Authorization", None)
        body = None if isinstance(case.body, schemathesis.core.NotSet) else case.body
        reply = client.ask(case.method, target + (f"?{query}" if query else ""), body, **headers)
        self.answered[reply.status] += 1
        try:
            case.validate_response(_as_response(case, reply), checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            causes = getattr(failure, "exceptions", [failure])
            for cause in causes:
                self.failed.add(f"{case.method} {case.path}: {reply.status}: {cause} {reply.raw[:300]!r}")
        if case.method == "DELETE" and reply.status == 204:
            self.things.renew(path)


def _generated(path: str, case: Any) -> str:
    for name in names(path):
        path = path.replace(f"{{{name}}}", quote(str((case.path_parameters or {}).get(name, "x")), safe="") or "x")
    return path


def _many(value: Any) -> Iterator[str]:
    yield from (str(each) for each in value) if isinstance(value, list) else [str(value)]


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _as_response(case: Any, reply: Reply) -> Any:
    request = requests.Request(case.method, f"{BASE}{case.path}").prepare()
    headers = {name: [value] for name, value in reply.headers.items()}
    return schemathesis.Response(
        status_code=reply.status, headers=headers, content=reply.raw, request=request, elapsed=0.0, verify=False
    )


def ask(strangers: Strangers, *, each: int, only: str = "", part: slice = EVERY) -> None:
    """`each` requests for each operation, a third of them against the description."""
    description = strangers.world.nobody.get("/api/openapi.json").body
    for found in list(from_dict(description).get_all_operations())[part]:
        operation = found.ok()
        if only and f"{operation.method.upper()} {operation.path}" != only:
            continue
        strangers.begin(operation.path)
        _send(strangers, operation, GenerationMode.POSITIVE, max(1, each - each // 3))
        _send(strangers, operation, GenerationMode.NEGATIVE, max(1, each // 3))


def _send(strangers: Strangers, operation: Any, mode: GenerationMode, many: int) -> None:
    @seed(SEED)
    @settings(
        max_examples=many,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def sent(case: Any) -> None:
        strangers.send(case)

    sent()


@pytest.mark.timeout(7200)
def test_what_is_sent_at_random_is_answered_as_described(world: World) -> None:
    """Half of the requests on each database; where they are few, those of half the operations."""
    strangers, each = Strangers(world), REQUESTS // len(ROUTES) // 2
    first = int(world.house.units.database.dialect == "sqlite")
    ask(strangers, each=each, part=EVERY if each > FEW else slice(first, None, 2))
    print(f"{strangers.answered.total()} requests: {sorted(strangers.answered.items())}")
    assert sorted(strangers.failed) == []


@pytest.mark.parametrize(
    "answer", [Answer(200, {"then": 1}), Answer(202, {"now": "2026-04-01T01:00:00Z"}), Answer(500, {})]
)
def test_an_answer_that_is_not_described_is_caught(world: World, answer: Answer) -> None:
    def broken(_: Call) -> Answer:
        return answer

    routes = tuple(replace(each, handler=broken) if each.path == "/system" else each for each in ROUTES)
    app = Hallway(Dispatcher([], fallback=admin.build(world.house, routes)), base_url=BASE)
    strangers = Strangers(replace(world, app=app))
    strangers.callers = [strangers.world.client("operator")]
    ask(strangers, each=3, only="GET /api/v1/system")
    assert strangers.failed
