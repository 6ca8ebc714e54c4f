"""Tenants: who is a customer, under which name in URLs, and two counters that every worker obeys.

`revision` rises with each change of the facts that decisions are made from; a decision made on an older one is made
again. `generation` rises when everything born under it must end at once. The slug of a customer is never given to a
second tenant: of one that was erased the row stays, with its id, its slug and its counters, and nobody finds it who
does not ask for it. One that was dissolved before it became a customer has given its slug back.
The tenant `platform` is ours: it owns what belongs to no customer, and its slug cannot be asked for in a URL.
"""

from idp.tenants import rotating
from idp.tenants.actions import (
    FIRST_KEYS,
    adopt_key,
    certifier,
    check_slug,
    create,
    end_generation,
    present_as,
    rename,
    set_logo,
    staff,
    switch,
    touch,
    touch_all,
    touched,
)
from idp.tenants.epochs import begin_epoch, epoch, is_put_back
from idp.tenants.logos import LARGEST as LARGEST_LOGO
from idp.tenants.logos import NotALogo
from idp.tenants.logos import digest as logo_digest
from idp.tenants.logos import encode as encode_logo
from idp.tenants.logos import read as read_logo
from idp.tenants.model import PLATFORM_SLUG, Moved, Slug, Tenant
from idp.tenants.staffing import Staffing
from idp.tenants.staffing import read as read_staffing
from idp.tenants.store import (
    LIVING,
    dissolve,
    erase,
    erase_again,
    find,
    find_by_slug,
    find_even_erased,
    get,
    hold,
    logo,
    page,
    page_even_erased,
    revision,
)
from idp.tenants.switches import ALL_OFF, Switches
from idp.tenants.switches import read as read_switches

__all__ = [
    "ALL_OFF",
    "FIRST_KEYS",
    "LARGEST_LOGO",
    "LIVING",
    "PLATFORM_SLUG",
    "Moved",
    "NotALogo",
    "Slug",
    "Staffing",
    "Switches",
    "Tenant",
    "adopt_key",
    "begin_epoch",
    "certifier",
    "check_slug",
    "create",
    "dissolve",
    "encode_logo",
    "end_generation",
    "epoch",
    "erase",
    "erase_again",
    "find",
    "find_by_slug",
    "find_even_erased",
    "get",
    "hold",
    "is_put_back",
    "logo",
    "logo_digest",
    "page",
    "page_even_erased",
    "present_as",
    "read_logo",
    "read_staffing",
    "read_switches",
    "rename",
    "revision",
    "rotating",
    "set_logo",
    "staff",
    "switch",
    "touch",
    "touch_all",
    "touched",
]
