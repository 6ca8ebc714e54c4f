from collections.abc import Collection, Iterator
from contextlib import contextmanager

from idp import audit, signing
from idp.kit import ids
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.signing import Alg, KeyRing, Private, SigningKey, Use
from idp.tenants import store
from idp.tenants.logos import digest
from idp.tenants.model import DEFAULT_COLOUR, SLUG, Slug, Tenant
from idp.tenants.staffing import Staffing
from idp.tenants.switches import Switches

# What signs where a service asks for nothing else. A tenant whose keys are made when they are needed has them before
# the first who verifies asks for them.
FIRST_KEYS = ((Use.ID_TOKEN, Alg.RS256), (Use.ID_TOKEN, Alg.ES256), (Use.ACCESS_TOKEN, Alg.ES256))


def create(unit: Unit, *, slug: str, display_name: str, time_zone: str = "Asia/Tokyo") -> Tenant:
    """The tenant and its data key; needs a unit of the platform. `Conflict("slug_taken")` when the slug ever was."""
    check_slug(slug)
    # waits for whoever touches all tenants, who would not see this one
    touch(unit)
    tenant = Tenant(
        id=TenantId(ids.new("tnt")),
        slug=Slug(slug),
        display_name=display_name,
        colour=DEFAULT_COLOUR,
        help_text="",
        time_zone=time_zone,
        revision=1,
        generation=1,
        created_at=unit.now_us,
        logo=None,
    )
    unit.keys.create(tenant.id)
    if not store.add(unit, tenant):
        raise Conflict("slug_taken", f"The name {slug} is taken.")
    audit.record(unit, audit.Event.TENANT_CREATED, subject=tenant.id)
    return tenant


def check_slug(slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise Invalid(
            "invalid",
            "The name of the tenant cannot be used.",
            errors=[
                FieldError("/tenant", "invalid_slug", "not a tenant's name", slug, "a-z, 0-9 and -, 1 to 63 characters")
            ],
        )


def rename(unit: Unit, *, display_name: str, colour: str, help_text: str) -> None:
    """What people see of the tenant on its pages; `colour` as `#rrggbb`."""
    store.change_face(unit, display_name=display_name, colour=colour, help_text=help_text)
    audit.record(unit, audit.Event.TENANT_CHANGED, subject=unit.tenant)


def set_logo(unit: Unit, image: bytes | None) -> None:
    """A PNG that `read_logo` has made, or None for the letter that stands in for a logo."""
    if image is None:
        store.delete_logo(unit)
    else:
        store.put_logo(unit, image, digest=digest(image))
    audit.record(unit, audit.Event.TENANT_CHANGED, subject=unit.tenant, logo=digest(image) if image else "")


def switch(unit: Unit, switches: Switches) -> None:
    """From this commit on every worker offers what is on, and refuses what is off."""
    before = Switches.from_text(store.get(unit).oidc).to_json()
    changed = {name: value for name, value in switches.to_json().items() if value != before[name]}
    if changed:
        store.set_switches(unit, switches.to_text())
        audit.record(unit, audit.Event.TENANT_CHANGED, subject=unit.tenant, oidc=changed)


def present_as(unit: Unit, own: str, *, changed: Collection[str]) -> None:
    """Who it is to services of SAML, from this commit on; `changed` are the members, for the trail."""
    store.set_saml(unit, own)
    audit.record(unit, audit.Event.TENANT_CHANGED, subject=unit.tenant, saml=list(changed))


def staff(unit: Unit, staffing: Staffing) -> None:
    """From this commit on it is asked of every ID that is made or changed; those that there are stay as they are."""
    before = Staffing.from_text(store.get(unit).staffing).to_json()
    changed = {name: value for name, value in staffing.to_json().items() if value != before[name]}
    if changed:
        store.set_staffing(unit, staffing.to_text())
        audit.record(unit, audit.Event.TENANT_CHANGED, subject=unit.tenant, staffing=changed)


def touch(unit: Unit) -> None:
    """Facts have changed: from this commit on every worker decides on the new ones."""
    store.raise_revision(unit)


@contextmanager
def touched(unit: Unit) -> Iterator[None]:
    """Once for all that is done in here. Of a row that one transaction changes ten thousand times PostgreSQL keeps as
    many versions until the end, and goes through them whenever it looks at the row.

    Nothing in here may remember facts of the tenant by their revision, which several changes have.
    """
    touch(unit)
    store.settle_revision(unit, settled=True)
    try:
        yield
    finally:
        store.settle_revision(unit, settled=False)


def touch_all(unit: Unit) -> None:
    """Facts of every tenant have changed; needs a unit of the platform, and comes before the change itself.

    The platform's own row comes first: a tenant that is being created holds it, and is seen once it is there.
    """
    store.raise_revision(unit)
    store.raise_all_revisions(unit)


def end_generation(unit: Unit) -> None:
    """From this commit on every session, refresh family and access token of the tenant is dead, on every worker."""
    store.raise_generation(unit)


def adopt_key(unit: Unit, use: Use, alg: Alg, private: Private) -> None:
    """Signs for the tenant from now on, unless a key of this use and algorithm was there first."""
    kid = signing.add_key(unit, use, alg, private)
    if kid is not None:
        touch(unit)
        audit.record(unit, audit.Event.KEY_CREATED, subject=kid, use=use.value, alg=alg.value)


def certifier(unit: Unit) -> SigningKey:
    """The platform's key for what it certifies, made when the first is signed; needs a unit of the platform."""
    wanted = Use.CERTIFICATE, Alg.ES256
    ring = KeyRing()
    if wanted not in ring.load(unit).active:
        adopt_key(unit, *wanted, signing.generate(Alg.ES256))
    return ring.load(unit).active[wanted]
