"""What a handler is given: a caller who may, the place, the document, and the conditions of the request."""

from dataclasses import dataclass
from typing import Any

from idp.admin.answers import Answer, Conditions, etag_of
from idp.admin.documents import SentFile
from idp.admin.paging import Page
from idp.admin.places import Place
from idp.admin.repeats import Repeat
from idp.contracts import Contract
from idp.credentials import ApiKey
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.tenants import Tenant
from idp.web.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`names` are those in the path, `document` the body as it was sent, `filters` the query beside the page; `accept`
    is the field of that name, `sent` the body where it is a file."""

    house: House
    key: ApiKey
    place: Place
    names: dict[str, str]
    document: dict[str, Any]
    filters: dict[str, str]
    page: Page
    conditions: Conditions
    repeat: Repeat | None
    accept: str | None = None
    sent: SentFile | None = None

    @property
    def actor(self) -> Actor:
        return self.key.actor

    @property
    def home(self) -> TenantId:
        """In whose unit to act."""
        return self.place.home

    @property
    def grace_days(self) -> int:
        """For how long after the end of its contract a tenant can fetch its data."""
        return self.house.export_grace_days

    @property
    def tenant(self) -> Tenant:
        assert self.place.tenant is not None
        return self.place.tenant

    @property
    def below(self) -> str:
        """Where collections stand: of a tenant, or our own."""
        return "/system" if self.place.tenant is None else f"/tenants/{self.place.tenant.slug}"

    @property
    def contract(self) -> Contract:
        """As it was when the request was let in."""
        assert self.place.contract is not None
        return self.place.contract

    def shown(self, body: dict[str, Any], *, version: int) -> Answer:
        """Of a read. Raises `NotModified`."""
        etag = etag_of(version, body)
        self.conditions.refuse_unchanged(etag)
        return Answer(200, body, etag)

    def done(
        self,
        unit: Unit,
        body: dict[str, Any] | None,
        *,
        status: int = 200,
        version: int | None = None,
        location: str | None = None,
    ) -> Answer:
        """Of a change, said inside its unit: what may be asked for again is kept with the change itself."""
        etag = None if version is None or body is None else etag_of(version, body)
        where = None if location is None else f"{self.house.base_url}/api/v1{location}"
        answer = Answer(status if body is not None else 204, body, etag, where)
        if self.repeat is not None:
            self.repeat.keep(unit, answer)
        return answer
