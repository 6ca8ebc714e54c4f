"""What people see of a tenant on its pages, as it is sent and changed."""

from typing import Any, NamedTuple

from idp import tenants
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.tenants import Tenant
from idp.web import palette


class Face(NamedTuple):
    display_name: str
    colour: str
    help_text: str


def said(tenant: Tenant) -> dict[str, Any]:
    """As somebody might have sent it."""
    return {"display_name": tenant.display_name, "colour": tenant.colour, "help_text": tenant.help_text or None}


def read(fields: Fields) -> Face:
    """What is wrong is remembered in `fields`."""
    fields.required("display_name")
    fields.required("colour")
    colour = fields.text("colour") or ""
    if colour and not palette.is_colour(colour):
        detail = "A colour is # and six hexadecimal digits."
        fields.refuse("colour", "invalid_format", detail, found=colour, expected="#rrggbb")
    return Face(fields.text("display_name") or "", colour.lower(), fields.text("help_text") or "")


def show_as(unit: Unit, tenant: Tenant, face: Face) -> None:
    if face != (tenant.display_name, tenant.colour, tenant.help_text):
        tenants.rename(unit, **face._asdict())
