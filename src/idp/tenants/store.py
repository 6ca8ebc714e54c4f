from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, null, select, update

from idp.kit.db import add_new, command, own, query
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.tenants.model import DEFAULT_COLOUR, Moved, Slug, Tenant
from idp.tenants.tables import logos, tenants


class Revision(NamedTuple):
    revision: int


class _Image(NamedTuple):
    image: bytes


_lives = tenants.c.erased_at.is_(None)
# The table of tenants has no tenant_id of its own: a unit sees the row of its own tenant by its id.
_FIND: Final = query(select(tenants).where(tenants.c.id == bindparam("tenant_id"), _lives), Tenant)
_BY_SLUG: Final = query(select(tenants).where(tenants.c.slug == bindparam("slug")), Tenant, platform=True)
_further = select(tenants).where(tenants.c.id > bindparam("after")).order_by(tenants.c.id).limit(bindparam("limit"))
_PAGE: Final = query(_further.where(_lives), Tenant, platform=True)
_PAGE_OF_ALL: Final = query(_further, Tenant, platform=True)
LIVING = select(tenants).where(_lives, tenants.c.id != PLATFORM)
"""For the lists of others: every tenant that is not erased."""
_REVISION: Final = query(select(tenants.c.revision).where(tenants.c.id == bindparam("tenant_id")), Revision)
# Share-locked on PostgreSQL (SQLite's single writer needs none): a change of the tenant waits for decisions that
# are being written, and a decision that waited for a change sees it.
_HOLD: Final = query(
    select(tenants.c.revision).where(tenants.c.id == bindparam("tenant_id")).with_for_update(read=True), Revision
)
_TOUCH: Final = command(
    update(tenants).where(tenants.c.id == bindparam("tenant_id")).values(revision=tenants.c.revision + 1)
)
_TOUCH_ALL: Final = command(update(tenants).values(revision=tenants.c.revision + 1), platform=True)
_END_GENERATION: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(revision=tenants.c.revision + 1, generation=tenants.c.generation + 1)
)
_RENAME: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(
        display_name=bindparam("new_name"),
        colour=bindparam("new_colour"),
        help_text=bindparam("new_help"),
        revision=tenants.c.revision + 1,
    )
)
# Its id and its name in URLs stay, so that nobody else is ever given either.
_ERASE: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(
        display_name="",
        colour=DEFAULT_COLOUR,
        help_text="",
        logo=null(),
        oidc="{}",
        saml="{}",
        staffing="{}",
        erased_at=bindparam("at"),
        revision=tenants.c.revision + 1,
        generation=tenants.c.generation + 1,
    )
)
# An empty row that the trail hangs on; no URL names it, and another may have the name.
_DISSOLVE: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(
        slug=tenants.c.id,
        display_name="",
        colour=DEFAULT_COLOUR,
        help_text="",
        logo=null(),
        oidc="{}",
        saml="{}",
        staffing="{}",
        erased_at=bindparam("at"),
        revision=tenants.c.revision + 1,
        generation=tenants.c.generation + 1,
    )
)
_ADD: Final = add_new(tenants, platform=True)
_SET_LOGO: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(logo=bindparam("digest"), revision=tenants.c.revision + 1)
)
_SET_SWITCHES: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(oidc=bindparam("new_oidc"), revision=tenants.c.revision + 1)
)
_SET_SAML: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(saml=bindparam("new_saml"), revision=tenants.c.revision + 1)
)


_SET_STAFFING: Final = command(
    update(tenants)
    .where(tenants.c.id == bindparam("tenant_id"))
    .values(staffing=bindparam("new_staffing"), revision=tenants.c.revision + 1)
)


def _put_image(dialect: Any) -> Any:
    statement = dialect.insert(logos)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["tenant_id"], set_={"image": new.image, "set_at": new.set_at}
    )


_PUT_IMAGE: Final = command(_put_image)
_IMAGE: Final = query(select(logos.c.image).where(own(logos)), _Image)
_DELETE_IMAGE: Final = command(delete(logos).where(own(logos)))


def find(unit: Unit) -> Tenant | None:
    return unit.one(_FIND)


def get(unit: Unit) -> Tenant:
    tenant = find(unit)
    if tenant is None:
        raise NotFound("tenant")
    return tenant


def find_by_slug(unit: Unit, slug: str) -> Tenant | None:
    """Needs a unit of the platform; an erased tenant is not found."""
    found = find_even_erased(unit, slug)
    return None if found is None or found.erased_at is not None else found


def find_even_erased(unit: Unit, slug: str) -> Tenant | None:
    """What is left of a tenant that was erased (its trail, its name that nobody else gets), too."""
    return unit.one(_BY_SLUG, slug=slug)


def page(unit: Unit, *, after: str, limit: int) -> list[Tenant]:
    """Tenants in the order of their creation, erased ones left out; needs a unit of the platform, and includes its own
    row."""
    return unit.all(_PAGE, after=after, limit=limit)


def page_even_erased(unit: Unit, *, after: str, limit: int) -> list[Tenant]:
    return unit.all(_PAGE_OF_ALL, after=after, limit=limit)


def revision(unit: Unit) -> int | None:
    """None when there is no such tenant."""
    row = unit.one(_REVISION)
    return None if row is None else row.revision


def hold(unit: Unit, decided_on: int) -> None:
    """`Moved` unless the tenant is still at the revision that a decision was made on; held there until the commit."""
    row = unit.once(_HOLD)
    if row is None or row.revision != decided_on:
        raise Moved


def add(unit: Unit, tenant: Tenant) -> bool:
    return unit.run(_ADD, **tenant._asdict()) == 1


def erase(unit: Unit, *, at_us: int) -> None:
    """What people see of it, and with its generation everything that is still signed in; its rows elsewhere are other
    rooms'."""
    unit.run(_ERASE, at=at_us)


def dissolve(unit: Unit) -> None:
    """Of a tenant that never was a customer: its name is free again. Its rows elsewhere are other rooms'."""
    unit.run(_DISSOLVE, at=unit.now_us)


def erase_again(unit: Unit, tenant: TenantId, *, slug: str, at_us: int) -> None:
    """In a database that was put back from a backup, which may know the tenant or not; needs a unit of the platform."""
    left = Tenant(tenant, Slug(slug), "", DEFAULT_COLOUR, "", "Asia/Tokyo", 1, 1, at_us, None, at_us)
    if not add(unit, left):
        erase(unit.inside(tenant), at_us=at_us)


def raise_revision(unit: Unit) -> None:
    if _TOUCH not in unit.settled:
        unit.run(_TOUCH)


def settle_revision(unit: Unit, *, settled: bool) -> None:
    """Whether it has been raised for all that the unit still does."""
    unit.settled = unit.settled | {_TOUCH} if settled else unit.settled - {_TOUCH}


def raise_all_revisions(unit: Unit) -> None:
    """Needs a unit of the platform."""
    unit.run(_TOUCH_ALL)


def raise_generation(unit: Unit) -> None:
    unit.run(_END_GENERATION)


def change_face(unit: Unit, *, display_name: str, colour: str, help_text: str) -> None:
    unit.run(_RENAME, new_name=display_name, new_colour=colour, new_help=help_text)


def set_saml(unit: Unit, own: str) -> None:
    unit.run(_SET_SAML, new_saml=own)


def set_switches(unit: Unit, text: str) -> None:
    unit.run(_SET_SWITCHES, new_oidc=text)


def set_staffing(unit: Unit, text: str) -> None:
    unit.run(_SET_STAFFING, new_staffing=text)


def put_logo(unit: Unit, image: bytes, *, digest: str) -> None:
    unit.run(_PUT_IMAGE, image=image, set_at=unit.now_us)
    unit.run(_SET_LOGO, digest=digest)


def delete_logo(unit: Unit) -> None:
    unit.run(_DELETE_IMAGE)
    unit.run(_SET_LOGO, digest=None)


def logo(unit: Unit) -> bytes | None:
    row = unit.one(_IMAGE)
    return None if row is None else row.image
