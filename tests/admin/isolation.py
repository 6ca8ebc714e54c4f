"""What one tenant knows of another, put wherever a request of its own can say something.

Each cell is one request of a caller of `aoba` in which one place (a name in the path, a text of the document, a filter,
a cursor) holds one thing of `sakura`. The answer must be the one for a thing that does not exist, hold nothing of
sakura's, and leave its rows as they are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random
from typing import Any

from tests.admin.conftest import Client, Reply, World
from tests.admin.test_rights_table import table, things_of
from tests.admin.things import Things, called, names
from tests.admin.valid import DOCUMENTS

from idp import credentials, schema
from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit import ids

MARK, NOBODY = "zsakurav", "znobodyz"
_HELD = re.compile(r"\{([a-z_]+)\}")
_OURS = {"network_abroad", "approval", "version", "application"}  # the operator's or ours, not a tenant's
_NAMED = re.compile("nx[0-9a-f]{32}")
# Names that stand in every URL of a tenant are no secret: they are refused to whoever wants them for another. Plans are
# the operator's: whoever applies chooses one.
PUBLIC = {("POST /applications", "tenant", "slug"): 409, ("POST /applications", "plan", "plan"): 201}


@dataclass(frozen=True)
class Cell:
    """`pointer` is where in the document `kind` stands; otherwise `place` says where."""

    caller: str
    route: Route
    place: str
    kind: str
    document: int = 0
    pointer: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        where = "/".join(map(str, self.pointer)) or self.place
        return f"{self.caller}: {called(self.route)}: {self.kind} in {where}"

    @property
    def fits(self) -> bool:
        """Whether a thing of this kind belongs there."""
        belonging = {"tenant": "slug", "cursor": f"cursor of {called(self.route)}"}
        return self.kind == belonging.get(self.place, self.place)

    @property
    def where(self) -> tuple[Any, ...]:
        return self.caller, called(self.route), self.place, self.document, self.pointer


class Neighbours:
    def __init__(self, world: World) -> None:
        self.world = world
        self.leaks: list[str] = []
        operator = world.client("operator")
        self.own = things_of(world, "aoba", world.contract_of("aoba"))
        operator.post(f"/contracts/{self.own.contract}/ids", {"ids": 10_000})
        stranger = next(one["id"] for one in operator.get("/partners").body["items"] if one["name"] == "stranger")
        plan = {"name": f"plan{MARK}", "product": "ID_PLUS", "price_per_id": 7}
        operator.post("/plans", plan)
        contract = world.bring(
            "sakura", Status.ACTIVE, partner=stranger, plan=plan["name"], ids=1000, legal_name=f"L {MARK}"
        )
        theirs = things_of(world, "sakura", contract)
        self.theirs = replace(theirs, partner=world.keys["stranger"], mark=MARK)
        self.victim = Client(world.app, _key_of(world, self.theirs))
        self.callers = {"tenant": world.client("aoba"), "partner": world.client("partner")}
        for route in ROUTES:
            self.own.place(route.path)  # terms are everybody's: they are laid before anything is compared
        self.values = self._values()
        self.cursors = self._cursors()
        self.secret = sorted({value for value in self.values.values() if len(value) > 8} | {MARK}, key=len)
        self.expected: dict[tuple[Any, ...], tuple[int, bytes]] = {}
        self.planted: set[str] = set()  # what cells wrote into applications, which stay on record

    def cells(self) -> Iterator[Cell]:
        for caller in self.callers:
            for route in ROUTES:
                yield from self._of(caller, route)

    def _of(self, caller: str, route: Route) -> Iterator[Cell]:
        for name in names(route.path):
            for kind in self.values:
                yield Cell(caller, route, name, kind)
        if table()[called(route)].answers[caller] != "yes":
            return
        for name in route.parameters:
            for kind in self.values:
                yield Cell(caller, route, name, kind)
        for cursor in self.cursors if route.pages else ():
            yield Cell(caller, route, "cursor", cursor)
        for index, document in enumerate(DOCUMENTS[called(route)] if route.takes else ()):
            for pointer, held in texts(document):
                for kind in self.values:
                    yield Cell(caller, route, held, kind, index, pointer)

    def chosen(self, most: int, seed: int) -> list[Cell]:
        """Every cell in which the thing fits its place, and of the others as many as there is room for."""
        every = list(self.cells())
        fitting = [cell for cell in every if cell.fits]
        rest = [cell for cell in every if not cell.fits]
        return [*fitting, *Random(seed).sample(rest, max(0, min(len(rest), most - len(fitting))))]

    def try_all(self, cells: list[Cell]) -> int:
        before = self.rows()
        for cell in cells:
            self._try(cell)
        after = self.rows()
        self.leaks += [f"rows of {name} changed" for name in before if before[name] != after[name]]
        return len(cells)

    def _try(self, cell: Cell) -> None:
        value = self.cursors[cell.kind] if cell.place == "cursor" else self.values[cell.kind]
        found = self._answer(cell, value)
        expected = self._nothing(cell, value)
        public = PUBLIC.get((called(cell.route), str(cell.pointer[-1:] and cell.pointer[-1]), cell.kind))
        if public is not None:
            expected = public, found[1]
        if found[0] != expected[0] or (found[0] >= 300 and found[1] != expected[1]):
            self.leaks.append(f"{cell}: {found[0]} {found[1][:300]!r}, not {expected[0]} {expected[1][:300]!r}")
        if any(secret.encode() in found[1] for secret in self._strange(cell)):
            self.leaks.append(f"{cell}: shows {found[1][:300]!r}")

    def _strange(self, cell: Cell) -> list[str]:
        """What no answer shows; but an application shows what was written into it."""
        if not cell.route.path.startswith(("/applications", "/contracts")):
            return self.secret
        return [secret for secret in self.secret if not any(secret in each for each in self.planted)]

    def _nothing(self, cell: Cell, value: str) -> tuple[int, bytes]:
        """What is answered to a thing of the same form that does not exist."""
        absent = absent_like(value)
        known = (cell.where, absent)
        if known not in self.expected:
            self.expected[known] = self._answer(cell, absent)
        return self.expected[known]

    def _answer(self, cell: Cell, value: str) -> tuple[int, bytes]:
        """The status, and the answer without what it repeats of the request and what no two answers share."""
        route, client = cell.route, self.callers[cell.caller]
        path, query, document = route.path, "", None
        if cell.pointer:
            document = put(self.filled(DOCUMENTS[called(route)][cell.document]), cell.pointer, value)
        elif route.takes is not None:
            document = self.filled(DOCUMENTS.get(called(route), ({},))[0])
        if f"{{{cell.place}}}" in path and not cell.pointer:
            path = path.replace(f"{{{cell.place}}}", value)
        elif not cell.pointer:
            query = "?" + "&".join([f"{cell.place}={value}", *_needed(route, cell.place)])
        elif "act" in route.parameters:
            query = "?act=stop"
        reply = client.ask(route.method, self.own.place(path) + query, document)
        if 200 <= reply.status < 300 and not route.asks:
            self._undo(cell, reply)
        return reply.status, plain(reply, value)

    def filled(self, document: Any) -> Any:
        base = f"/tenants/{self.own.slug}"

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            if name == "n":
                return ids.new("n").replace("_", "x")
            if name == "network_name":
                network = self.own.of("network", base)
                return str(self.own.operator.get(f"{base}/networks/{network}").body["name"])
            return self.own.of(name, base)

        if isinstance(document, str):
            return _HELD.sub(fill, document)
        if isinstance(document, dict):
            return {name: self.filled(value) for name, value in document.items()}
        return [self.filled(value) for value in document] if isinstance(document, list) else document

    def _undo(self, cell: Cell, reply: Reply) -> None:
        """A name that was taken is free again, and nothing of ours is called like something of theirs."""
        where = reply.headers.get("location", "").partition("/api/v1")[2]
        if where.startswith("/applications/"):
            self.own.operator.post(f"{where}/withdraw")
            self.planted.add(self.values[cell.kind])
        elif where and not where.startswith("/notices/"):
            assert self.own.operator.delete(where).status == 204, where
        elif cell.pointer and cell.route.method in ("PATCH", "PUT"):
            again = self.filled(DOCUMENTS[called(cell.route)][cell.document])
            self.callers[cell.caller].ask(cell.route.method, self.own.place(cell.route.path), again)

    def _values(self) -> dict[str, str]:
        """One of everything of theirs, by its kind."""
        theirs, kinds = self.theirs, {name for route in ROUTES for name in names(route.path)}
        found = {kind: theirs.of(kind, "/tenants/sakura") for kind in sorted(kinds - _OURS)}
        found["key of a partner"] = theirs.of("key", f"/partners/{found['partner']}")
        operator, base = self.own.operator, "/tenants/sakura"
        for kind, member in (("user", "user_name"), ("user", "email"), ("group", "name"), ("network", "name")):
            found[f"{member} of {kind}"] = operator.get(f"{base}/{kind}s/{found[kind]}").body[member]
        service = operator.get(f"{base}/services/{found['service']}").body
        found |= {"client_id": service["oidc"]["client_id"], "id of tenant": self.theirs.tenant}
        activation = operator.post(f"{base}/policies/activate", {}).body["activation"]
        delivery = operator.get(f"{base}/deliveries").body["items"][0]["id"]
        chain = operator.get(f"{base}/audit").body["items"][0]["chain"]
        found |= {"activation": activation, "delivery": delivery, "chain": chain}
        found["slug"] = found.pop("tenant")
        return found

    def _cursors(self) -> dict[str, str]:
        for path in ("users/{user}", "groups/{group}", "networks/{network}", "services/{service}", "policies/{policy}"):
            self.theirs.renew(f"/tenants/{{tenant}}/{path}")
            self.theirs.place(f"/tenants/{{tenant}}/{path}")
        found = {}
        for route in ROUTES:
            if route.pages and not route.path.startswith("/system"):
                reply = self.victim.get(f"{self.theirs.place(route.path)}?limit=1")
                if reply.status == 200 and reply.body["next"]:
                    found[f"cursor of {called(route)}"] = str(reply.body["next"])
        return found

    def rows(self) -> dict[str, str]:
        """A digest of what each table holds of theirs."""
        with self.world.house.units.platform(actor=self.world.actor, write=False) as unit:
            return {
                name: sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()
                for name, column in _tables()
                for rows in [
                    unit.lane.execute(f"SELECT * FROM {name} WHERE {column} = '{self.theirs.tenant}'", {}).fetchall()
                ]
            }


def _tables() -> Iterator[tuple[str, str]]:
    for table_ in schema.metadata.tables.values():
        if table_.name == "tenants":
            yield "tenants", "id"
        elif "tenant_id" in table_.c:
            yield table_.name, "tenant_id"


def _needed(route: Route, but: str) -> list[str]:
    return [] if "act" not in route.parameters or but == "act" else ["act=stop"]


def _key_of(world: World, things: Things) -> str:
    draft = KeyDraft("sakura", EVERYTHING, None)
    with world.house.units.open(things.tenant, actor=world.actor) as unit:
        return credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING, partner_id="").secret


def texts(document: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where each text of a document stands, and the kind of thing that it names."""
    if isinstance(document, str):
        held = _HELD.search(document)
        yield above, held[1] if held and held[1] != "n" else str(above[-1])
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from texts(value, (*above, name))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from texts(value, (*above, index))


def put(document: Any, pointer: tuple[str | int, ...], value: str) -> Any:
    inner = document
    for step in pointer[:-1]:
        inner = inner[step]
    inner[pointer[-1]] = f'forbid(principal in Group::"{value}", action, resource);' if pointer[-1] == "text" else value
    return document


def absent_like(value: str) -> str:
    if MARK in value:
        return value.replace(MARK, NOBODY)
    if value == "sakura":
        return "nobody"
    if value.isdigit():
        return "987654"
    absent = value[:-8] + "0" * 8
    return f"{absent[:-1]}Z" if absent.isdigit() else absent


def plain(reply: Reply, value: str) -> bytes:
    if not reply.raw.startswith(b"{"):
        return reply.raw.replace(value.encode(), b"?")
    body = {name: found for name, found in json.loads(reply.raw).items() if name != "reference"}
    for error in body.get("errors", ()):
        if value.startswith(str(error.get("found"))):  # repeated in part
            error["found"] = "?"
    text = _NAMED.sub("n", json.dumps(body, ensure_ascii=False))
    return text.replace(f'"{value}"' if value.isdigit() else value, "?").encode()
