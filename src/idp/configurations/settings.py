"""A tenant's own settings: how it looks on its pages, what of OpenID Connect it has switched on, and who it is to
services of SAML."""

import base64
from typing import Any

from idp import contracts, federation, tenants
from idp.configurations.bench import Bench, Matched, People
from idp.configurations.model import Action, differences, tidied
from idp.contracts import Status
from idp.federation import OwnIdentity
from idp.kit.errors import Conflict
from idp.kit.fields import Fields, merged
from idp.kit.units import Unit
from idp.tenants import Staffing, Switches
from idp.web import faces

_PARTS = ("appearance", "oidc", "saml", "staffing")


class OwnSettings:
    name = "settings"

    def shown(self, unit: Unit, people: People) -> dict[str, Any]:  # noqa: ARG002 - nobody is in them
        tenant, logo = tenants.get(unit), tenants.logo(unit)
        face = {name: value for name, value in faces.said(tenant).items() if value}
        if logo is not None:
            face["logo"] = base64.b64encode(logo).decode()
        own = OwnIdentity.from_text(tenant.saml).to_json()
        return {
            "appearance": tidied(face),
            "oidc": tidied(Switches.from_text(tenant.oidc).to_json()),
            "saml": tidied(own),
            "staffing": tidied(Staffing.from_text(tenant.staffing).to_json()),
        }

    def plan(self, bench: Bench, said: Fields) -> None:
        if said.given(self.name) is None:
            return
        fields = said.inner(self.name)
        fields.only(_PARTS)
        before = self.shown(bench.unit, bench.people)
        after, acts = dict(before), []
        readers = {"appearance": _face, "oidc": _switches, "saml": _own, "staffing": _staffing}
        for part in _PARTS:
            if fields.given(part) is None:
                continue
            inner = fields.inner(part)
            found = readers[part](bench, inner, before[part])
            if found is not None:
                after[part], act = found
                acts.append(act)
        changes = list(differences(before, after))

        def do(unit: Unit) -> None:
            _refuse_closed(unit)
            for act in acts:
                act(unit)

        bench.step(Action.CHANGE, self.name, Matched(fields, bench.slug, before), bench.slug, changes, do)


def _face(bench: Bench, fields: Fields, shown: dict[str, Any]) -> Any:
    tenant = tenants.get(bench.unit)
    stays = faces.said(tenant)
    if bench.around.prune:
        stays["help_text"] = None
    known = Fields(merged(stays, dict(fields.members)), at=fields.at, errors=fields.errors)
    known.only({*stays, "logo"})
    face = faces.read(known)
    keeps_logo = "logo" not in fields.members and not bench.around.prune
    same = fields.given("logo") == shown.get("logo")
    image = None if keeps_logo or same else tenants.read_logo(fields, "logo")
    logo = tenant.logo if keeps_logo or same else tenants.logo_digest(image) if image else None

    def act(unit: Unit) -> None:
        present = tenants.get(unit)
        faces.show_as(unit, present, face)
        if present.logo != logo:
            tenants.set_logo(unit, image)

    becomes = {name: value for name, value in face._asdict().items() if value}
    if keeps_logo or same:
        becomes |= {"logo": shown["logo"]} if "logo" in shown else {}
    elif image is not None:
        becomes["logo"] = base64.b64encode(image).decode()
    return becomes, act


def _switches(bench: Bench, fields: Fields, _: dict[str, Any]) -> Any:
    stays = tenants.ALL_OFF if bench.around.prune else Switches.from_text(tenants.get(bench.unit).oidc)
    read = tenants.read_switches(fields, stays)
    return tidied(read.to_json()), lambda unit: tenants.switch(unit, read)


def _staffing(bench: Bench, fields: Fields, _: dict[str, Any]) -> Any:
    ordinary = Staffing()
    stays = ordinary if bench.around.prune else Staffing.from_text(tenants.get(bench.unit).staffing)
    read = tenants.read_staffing(fields, stays)
    return tidied(read.to_json()), lambda unit: tenants.staff(unit, read)


def _own(bench: Bench, fields: Fields, _: dict[str, Any]) -> Any:
    before = federation.ORDINARY if bench.around.prune else OwnIdentity.from_text(tenants.get(bench.unit).saml)
    own = federation.read_own(fields, before, base_url=bench.around.base_url)

    def act(unit: Unit) -> None:
        was, becomes = OwnIdentity.from_text(tenants.get(unit).saml).to_json(), own.to_json()
        changed = [name for name, value in becomes.items() if value != was[name]]
        if changed:
            federation.judge_own(unit, own)
            tenants.present_as(unit, own.to_text(), changed=changed)

    return tidied(own.to_json()), act


def _refuse_closed(unit: Unit) -> None:
    """What a tenant is called and looks like is its own, and begins with its contract."""
    status = contracts.status_of(contracts.facts(unit), unit.now_us)
    if status is not Status.ACTIVE:
        said = "The tenant's contract does not allow changes of its settings now."
        raise Conflict("contract_not_active", said, state=None if status is None else status.value)
