"""A tenant's own settings: how it looks on its pages, what of OpenID Connect it has switched on, who it is to services
of SAML, and what it asks of the dates of IDs."""

from hashlib import sha256
from typing import Any

from idp import federation, tenants
from idp.admin import appearance, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.credentials import Noun
from idp.federation import OwnIdentity
from idp.kit.fields import Fields, merged
from idp.kit.units import Unit
from idp.tenants import Staffing, Switches, Tenant
from idp.web.brand import logo_path


def shown(call: Call) -> Answer:
    """How the tenant looks on its pages, what of OpenID Connect it has switched on, who it is in SAML, and what is
    asked of the dates of IDs."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        own = tenants.get(unit)
    return call.shown(_to_json(call, own), version=_version(own))


def change(call: Call) -> Answer:
    """Change how the tenant looks on its pages, switch parts of OpenID Connect on and off, say who it is to services of
    SAML, or what is asked of the dates of IDs.

    A member that is left out stays (RFC 7396); `null` takes the line of help or the logo away, and puts a switch back.
    With another `entity_id` in `saml`, services have to be told the new name, or have known it all along.
    """
    fields = Fields(call.document)
    fields.only(_PARTS)
    for name in call.document.keys() & _PARTS:
        if call.document[name] is None:  # not nothing: all of it is switched off by its own members
            fields.refuse(name, "invalid_type", f"{name} must be an object.", found=None, expected="object")
    patch = fields.inner("appearance")
    sent = patch.members
    image = tenants.read_logo(patch, "logo")  # before the unit: nobody waits for a picture to be unpacked
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = appearance.held(unit)
        call.conditions.expected(_version(before))
        said = appearance.said(before)
        inner = Fields(merged(said, sent), at="/appearance", errors=fields.errors)
        inner.only({*said, "logo"})
        face = appearance.read(inner)
        switches = tenants.read_switches(fields.inner("oidc"), Switches.from_text(before.oidc))
        known = OwnIdentity.from_text(before.saml)
        own = federation.read_own(fields.inner("saml"), known, base_url=call.house.base_url)
        staffing = tenants.read_staffing(fields.inner("staffing"), Staffing.from_text(before.staffing))
        fields.finish()
        appearance.show_as(unit, before, face)
        if "logo" in sent and before.logo != (tenants.logo_digest(image) if image else None):
            tenants.set_logo(unit, image)
        tenants.switch(unit, switches)
        tenants.staff(unit, staffing)
        _present(unit, known, own)
        after = tenants.get(unit)
        return call.done(unit, _to_json(call, after), version=_version(after))


def _present(unit: Unit, before: OwnIdentity, own: OwnIdentity) -> None:
    was, becomes = before.to_json(), own.to_json()
    changed = [name for name, value in becomes.items() if value != was[name]]
    if changed:
        federation.judge_own(unit, own)
        tenants.present_as(unit, own.to_text(), changed=changed)


def _version(tenant: Tenant) -> int:
    face = "\0".join(
        [
            tenant.display_name,
            tenant.colour,
            tenant.help_text,
            tenant.logo or "",
            tenant.oidc,
            tenant.saml,
            tenant.staffing,
        ]
    )
    return int.from_bytes(sha256(face.encode()).digest()[:6])


def _to_json(call: Call, tenant: Tenant) -> dict[str, Any]:
    logo = f"{call.house.base_url}{logo_path(tenant.slug, tenant.logo)}" if tenant.logo else None
    face = {"display_name": tenant.display_name, "colour": tenant.colour, "help_text": tenant.help_text}
    return {
        "appearance": {**face, "logo": logo},
        "oidc": Switches.from_text(tenant.oidc).to_json(),
        "saml": OwnIdentity.from_text(tenant.saml).to_json(),
        "staffing": Staffing.from_text(tenant.staffing).to_json(),
    }


_PARTS = frozenset({"appearance", "oidc", "saml", "staffing"})
_ONE = "/tenants/{tenant}/settings"

ROUTES = (
    Route("GET", _ONE, shown, rights.read(Noun.SETTINGS), gives=shapes.Settings, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        rights.write(Noun.SETTINGS, WITH_TENANT),
        takes=shapes.SettingsChange,
        gives=shapes.Settings,
        versioned=True,
        conflicts=("contract_not_active",),
    ),
)
