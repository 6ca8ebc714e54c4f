"""One of everything that a path of the API can name: of a tenant, of a partner, or of the platform."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
from tests.admin.conftest import BASE, Client, World
from tests.support.statements import stated

from idp import access, credentials, erasure, federation, sessions, signing, support, tenants, users
from idp.access.traces import End, Fault, Kind, Step, Trace
from idp.admin import build
from idp.admin.routes import Route
from idp.contracts import Status
from idp.kit import ids
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.sessions import Generations, Method, Whereabouts
from idp.signing import Alg, Use
from idp.users import UserId
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

TERMS: dict[str, Any] = {
    "title": "T",
    "effective_date": "2026-05-01",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "x"}]}],
}
POLICY = {"name": "P", "effect": "deny", "services": ["*"], "when": {"any": []}}
SERVICE = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
# What hangs on another.
_INSIDE = {
    "user": ("change", "credential", "session", "assignment", "reference"),
    "service": ("assignment", "reference", "trace"),
    "group": ("inner",),
}


@dataclass
class Things:
    """Of the tenant `slug` under `contract`, whose partner has the key `partner`. `mark` stands in every text."""

    world: World
    slug: str
    tenant: TenantId
    contract: str
    partner: str
    mark: str = ""
    made: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def operator(self) -> Client:
        return self.world.client("operator")

    def place(self, path: str) -> str:
        """The path with one of everything in it."""
        base = self._base(path)
        for name in names(path):
            path = path.replace(f"{{{name}}}", self.of(name, base, path))
        return path

    def of(self, name: str, base: str, path: str = "") -> str:
        """The one that was made first. `base` is the collection of collections in which it stands."""
        if path.endswith("/erasure-certificate"):
            name = "erased"
        elif path.endswith("/traces/{reference}") and name == "reference":
            name = "trace"
        known = _known(name, base)
        if known not in self.made:
            self.made[known] = _MAKERS[name](self, base)
        return self.made[known]

    def renew(self, path: str) -> None:
        """What stands last in the path is made anew when it is asked for next, and what was made in it."""
        name, base = names(path)[-1], self._base(path)
        for gone in (name, *_INSIDE.get(name, ())):
            self.made.pop(_known(gone, base), None)

    def _base(self, path: str) -> str:
        if path.startswith("/system"):
            return "/system"
        return f"/partners/{self.of('partner', '')}" if path.startswith("/partners/") else f"/tenants/{self.slug}"

    def post(self, where: str, document: Any = None) -> str:
        reply = self.operator.post(where, document)
        assert reply.status in (200, 201), reply.raw
        return str(reply.body.get("id"))

    def name(self) -> str:
        return f"{self.mark}{ids.new('n')}".lower()


def _known(name: str, base: str) -> tuple[str, str]:
    """The platform and partners have keys too, and the platform people and services."""
    return name, base if base.startswith(("/system", "/partners")) else ""


def names(path: str) -> list[str]:
    return [word.strip("{}") for word in path.split("/") if word.startswith("{")]


def called(route: Route) -> str:
    return f"{route.method} {route.path}"


def _unit_of(things: Things, base: str) -> Any:
    if base == "/system":
        return things.world.house.units.platform(actor=things.world.actor)
    return things.world.house.units.open(things.tenant, actor=things.world.actor)


def _user(things: Things, base: str) -> str:
    if base.startswith("/partners/"):
        person = {"display_name": f"J {things.mark}", "email": f"{things.name()}@{things.slug}.example"}
        return things.post(f"{base}/users", person)
    person = {"user_name": things.name(), "display_name": f"J {things.mark}", "affiliation": "officer"}
    mail = f"{things.name()}@{things.slug}.example"
    return things.post(f"{base}/users", {**person, "email": mail, "password": "correct battery staple"})


def _service(things: Things, base: str) -> str:
    return things.post(f"{base}/services", {**SERVICE, "name": things.name()})


def _assignment(things: Things, base: str) -> str:
    where = f"{base}/services/{things.of('service', base)}/assignments"
    return things.post(where, {"user": things.of("user", base)})


def _credential(things: Things, base: str) -> str:
    user = things.of("user", base)
    with _unit_of(things, base) as unit:
        if found := credentials.factors_of(unit, UserId(user)):
            return str(found[0].id)
        identity = users.get(unit, UserId(user))
        proposal = credentials.propose(unit, identity, purpose="test")
        secret = parse_qs(urlsplit(proposal.address).query)["secret"][0]
        credentials.enrol(unit, identity, proposal.sealed, pyotp.TOTP(secret).at(unit.now), purpose="test")
        return str(credentials.factors_of(unit, UserId(user))[-1].id)


def _session(things: Things, base: str) -> str:
    user = UserId(things.of("user", base))
    with _unit_of(things, base) as unit:
        born = Generations(tenants.get(unit).generation, users.get(unit, user).generation)
        nowhere = Whereabouts()
        sessions.open_session(unit, user_id=user, generations=born, methods=[Method.PASSWORD], whereabouts=nowhere)
        return str(sessions.sessions_of(unit, user, present=born)[-1].id)


def _key(things: Things, base: str) -> str:
    return things.post(f"{base}/api-keys", {"name": things.name(), "permissions": ["users:read"]})


def _kid(things: Things, base: str) -> str:
    with things.world.house.units.open(things.tenant, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, Use.ID_TOKEN, Alg.ES256, signing.generate(Alg.ES256))
    return str(things.operator.get(f"{base}/keys").body["items"][-1]["kid"])


def _reference(things: Things, base: str) -> str:
    """A decision that is remembered."""
    house, user, service = things.world.house, things.of("user", base), things.of("service", base)
    with house.units.open(things.tenant, actor=things.world.actor) as unit:
        found = federation.get(unit, service)
        described = access.read_context({}, at="", country_of=house.countries.of, now_us=unit.now_us)
        facts = house.memory.current(unit)
        proof = access.question(unit, facts, found, user, described)
        made = access.evaluate(facts, proof, at_us=unit.now_us, asked_us=unit.now_us)
        access.remember(unit, made)
        return str(made.reference)


def _trace(things: Things, base: str) -> str:
    """Of a sign-on that came to the wrong address."""
    fault = Fault("/AuthnRequest/@Destination", f"https://{things.slug}.example", ["https://id.example"], "")
    ended, reference = (Kind.SIGN_ON, End.REFUSED, "destination"), ids.new("t")[-10:].upper()
    service = things.of("service", base)
    with things.world.house.units.open(things.tenant, actor=things.world.actor) as unit:
        made = Trace(reference, unit.now_us, service, "saml", *ended, failed=Step.ADDRESSEE, fault=fault)
        access.traces.remember(unit, made)
    return reference


def _approval(things: Things, base: str) -> str:
    """One that waits for its second operator, about a contract that no other waits about."""
    world = things.world
    contract = world.bring(f"w{ids.new('x')[-12:].lower()}", Status.ACTIVE)
    house = replace(world.house, two_person_acts=True)
    careful = Client(Hallway(Dispatcher([], fallback=build(house)), base_url=BASE), world.keys["operator"])
    reply = careful.post(f"/contracts/{contract}/terminate", {"reason": "Art. 14.2"})
    assert reply.status == 202, reply.raw
    return str(reply.body["approval"])


def _grant(things: Things, base: str) -> str:
    """Access for support, as the tenant itself gives it."""
    draft = {"hours": 72, "to": "partner", "reason": things.name()}
    with _unit_of(things, base) as unit:
        return support.grant(unit, support.read(draft, now_us=unit.now_us), ["*:read"]).id


def _erased(things: Things, base: str) -> str:
    world = things.world
    over = world.bring(f"e{ids.new('x')[-12:].lower()}", Status.ENDED, partner=world.partner)
    with world.house.units.platform(actor=world.actor) as unit:
        erasure.erase(unit, over, reason="asked for")
    return over


def _version(things: Things, base: str) -> str:
    version = things.name()[-26:]
    things.post("/terms", {**TERMS, "version": version})
    assert things.operator.post(f"/terms/{version}/publish").status == 200
    return version


def _notice(things: Things, base: str) -> str:
    document = {"kind": "other", "title": things.name(), "body": "x", "effective_date": "2026-05-01"}
    reply = Client(things.world.app, things.partner).post("/notices", document)
    assert reply.status == 201, reply.raw
    return str(reply.body["id"])


def _change(things: Things, base: str) -> str:
    """One that is planned."""
    document = {"at": "2027-04-01", "change": {"locale": "en"}, "reason": things.name()}
    return things.post(f"{base}/users/{things.of('user', base)}/changes", document)


def _attribute(things: Things, base: str) -> str:
    name = things.name()
    reply = things.operator.post(f"{base}/attributes", {"name": name, "type": "string"})
    assert reply.status == 201, reply.raw
    return name


def _inner(things: Things, base: str) -> str:
    """A group in the group."""
    inner, outer = things.post(f"{base}/groups", {"name": things.name()}), things.of("group", base)
    assert things.operator.put(f"{base}/groups/{outer}/groups/{inner}").status == 204
    return inner


def _network(things: Things, base: str) -> str:
    return things.post(f"{base}/networks", {"name": things.name(), "cidrs": ["192.0.2.0/24"]})


def _webhook(things: Things, base: str) -> str:
    where = f"https://hooks.example/{things.name()}"
    return things.post(f"{base}/webhooks", {"name": things.name(), "url": where, "events": ["webhook.*"]})


def _plan(things: Things, base: str) -> str:
    """Of the contract."""
    plans = things.operator.get("/plans").body["items"]
    agreed = things.operator.get(f"/contracts/{things.contract}").body["plan"]
    return str(next((plan["id"] for plan in plans if agreed in (plan["id"], plan["name"])), "pln_none"))


def _partner(things: Things, base: str) -> str:
    return str(things.operator.get(f"/contracts/{things.contract}").body["partner"])


_MAKERS: dict[str, Callable[[Things, str], str]] = {
    "tenant": lambda things, _: things.slug,
    "contract": lambda things, _: things.contract,
    "erased": _erased,
    "partner": _partner,
    "plan": _plan,
    "user": _user,
    "service": _service,
    "assignment": _assignment,
    "group": lambda things, base: things.post(f"{base}/groups", {"name": things.name()}),
    "inner": _inner,
    "attribute": _attribute,
    "change": _change,
    "network": _network,
    "webhook": _webhook,
    "network_abroad": lambda things, _: _network(things, "/system"),
    "credential": _credential,
    "session": _session,
    "key": _key,
    "kid": _kid,
    "grant": _grant,
    "role": lambda things, base: things.post(f"{base}/roles", {"name": things.name(), "permissions": ["roles:write"]}),
    "policy": lambda things, base: things.post(f"{base}/policies", {**POLICY, "name": things.name()}),
    "reference": _reference,
    "trace": _trace,
    "statement": lambda things, _: stated(things.world.house.units, things.tenant, partner=_partner(things, "")),
    "approval": _approval,
    "version": _version,
    "notice": _notice,
    "application": lambda _, __: "slack",
}
