from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from idp.admin.shapes.base import Instant, Sent, Shown, Slug, Text
from idp.admin.shapes.contracts import AdminContact, BillingContact
from idp.admin.shapes.services import SamlAttribute
from idp.audit import Flaw
from idp.contracts import Status
from idp.delivery import Status as DeliveryStatus
from idp.kit.actors import Source
from idp.partners import PartnerStatus

Permission = Annotated[str, Field(pattern=r"^(\*|[a-z_]+):(\*|read|write)$", examples=["users:read", "*:read"])]


class NewKey(Sent):
    """A key gives no permission that its maker does not hold. Wildcards mean: within the key's scope."""

    name: Text
    permissions: Annotated[list[Permission], Field(min_length=1)]
    expires_at: Annotated[Instant | None, Field(description="Left out: no expiry.")] = None
    description: Annotated[str | None, Field(max_length=500)] = None
    networks: Annotated[
        list[str] | None,
        Field(description="Only from there it is good: CIDRs, or names of networks.", max_length=50),
    ] = None


class KeyRotation(Sent):
    """For how long the secret that is replaced is still good: a day, unless it is said."""

    overlap_seconds: Annotated[int | None, Field(ge=0, le=604_800)] = None


class NewOperatorKey(NewKey):
    """A key is of the account that makes it; only keys of the machine (`idp bootstrap`) make keys for others."""

    owner: Annotated[str | None, Field(description="The operator's account that it is to be of.")] = None


class Key(Shown):
    id: str
    name: str
    description: str
    permissions: list[Permission]
    networks: list[str]
    expires_at: Instant | None
    former_secret_until: Annotated[
        Instant | None,
        Field(description="Until when the secret before the present one is good, too; null: it is not, or never was."),
    ]
    created_at: Instant
    last_used_at: Annotated[
        Instant | None,
        Field(description="To the hour: a use is noted where the one before it was noted an hour or longer ago."),
    ]


class OwnedKey(Key):
    """Whose key it is may do no more than its owner may today, and ends with the owner."""

    owner: Annotated[
        str | None,
        Field(
            description="The account or ID that it is of, of a partner's key the operator's account that made it; null:"
            " the machine's own, or nobody's."
        ),
    ]


class MadeOwnedKey(OwnedKey):
    """`secret` is shown in this answer and never again."""

    secret: str


class NewPartner(Sent):
    name: Text
    status: PartnerStatus | None = None


class PartnerChange(Sent):
    name: Text | None = None
    status: PartnerStatus | None = None


class Partner(Shown):
    id: str
    name: str
    status: PartnerStatus
    created_at: Instant


class Tenant(Shown):
    id: str
    slug: Slug
    issuer: str
    contract_status: Status | None
    display_name: str
    colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    help_text: str
    time_zone: str
    created_at: Instant
    legal_name: str | None
    corporate_number: Annotated[str | None, Field(description="Never changed: another number is another customer.")]
    representative: Annotated[str | None, Field(description="Gone after erasure, as the contacts are.")]
    admin_contact: AdminContact | None
    billing_contact: BillingContact | None


class TenantChange(Sent):
    """The registered information, and what people see of the tenant on its pages. RFC 7396."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"representative": "楓 花子", "billing_contact": {"email": "keiri@kaede.example"}}]
        },
    )
    legal_name: Text | None = None
    representative: Text | None = None
    admin_contact: dict[str, object] | None = None
    billing_contact: dict[str, object] | None = None

    display_name: Text | None = None
    colour: Annotated[str | None, Field(pattern="^#[0-9a-fA-F]{6}$")] = None
    help_text: Annotated[str | None, Field(max_length=200)] = None


class FieldChange(Shown):
    field: str
    from_: Annotated[object, Field(alias="from")]
    to: object


class RegistrationChange(Shown):
    """One row of the append-only history of the registered information."""

    seq: int
    at: Instant
    actor: str
    source: Source
    changes: list[FieldChange]


class AppearanceChange(Sent):
    """`logo`: a PNG, JPEG or WebP in base64, at most 256 KiB and 2048 pixels each way; null takes it away."""

    display_name: Text | None = None
    colour: Annotated[str | None, Field(pattern="^#[0-9a-fA-F]{6}$")] = None
    help_text: Annotated[str | None, Field(max_length=200)] = None
    logo: Annotated[str | None, Field(json_schema_extra={"contentEncoding": "base64"})] = None


class SwitchesChange(Sent):
    """A member that is left out stays, and null puts it back to its default."""

    dynamic_registration: bool | None = None
    registration_token_required: bool | None = None
    implicit: bool | None = None
    hybrid: bool | None = None
    token_exchange: bool | None = None
    ciba: Literal[False] | None = None
    device_grant: bool | None = None
    session_management: bool | None = None
    request_uri_by_reference: bool | None = None
    public_refresh_grace_seconds: Annotated[int | None, Field(ge=0, le=30)] = None
    userinfo_two_factors: bool | None = None
    userinfo_max_age_seconds: Annotated[int | None, Field(ge=0, le=31_622_400)] = None


class CategoryAttributes(Sent):
    """What services of a category are told beside their own attributes, if a pinned key has put them into it."""

    category: Annotated[str, Field(examples=["http://refeds.org/category/research-and-scholarship"])]
    attributes: list[SamlAttribute]


class OwnIdentityChange(Sent):
    entity_id: Annotated[
        str | None, Field(description="Left out or null: the address of the tenant's metadata.", max_length=1024)
    ] = None
    scopes: Annotated[list[str] | None, Field(description="Domains of scoped attributes (shibmd:Scope).")] = None
    category_attributes: list[CategoryAttributes] | None = None


class OwnIdentity(Shown):
    entity_id: str | None
    scopes: list[str]
    category_attributes: list[CategoryAttributes]


class StaffingChange(Sent):
    dispatched_days: Annotated[int | None, Field(ge=0, le=3_660)] = None
    reminder_days: Annotated[int | None, Field(ge=0, le=366)] = None


class Staffing(Shown):
    """What is asked of the dates of IDs. `dispatched_days` is how long the ID of somebody who is dispatched may last
    from today, and lasts if nothing is said (0: without end); `reminder_days` before the last day of an ID the tenant
    is told (0: never)."""

    dispatched_days: int
    reminder_days: int


class SettingsChange(Sent):
    """Each may be left out, and none be null."""

    appearance: AppearanceChange | SkipJsonSchema[None] = Field(default_factory=lambda: None)
    oidc: SwitchesChange | SkipJsonSchema[None] = Field(default_factory=lambda: None)
    saml: OwnIdentityChange | SkipJsonSchema[None] = Field(default_factory=lambda: None)
    staffing: StaffingChange | SkipJsonSchema[None] = Field(default_factory=lambda: None)


class Appearance(Shown):
    """`logo` is the address of the picture as people see it."""

    display_name: str
    colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    help_text: str
    logo: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]


class Switches(Shown):
    """What of OpenID Connect the tenant has switched on: what is off is neither in its discovery document nor accepted.
    `public_refresh_grace_seconds` is how long a public client may show a replaced refresh token again, as long as its
    successor is unused. With `registration_token_required` a client that registers itself must show an API key of the
    tenant that may write services. `userinfo_two_factors` and `userinfo_max_age_seconds` (0: any) are what userinfo
    asks of the sign-in behind an access token (RFC 9470)."""

    dynamic_registration: bool
    registration_token_required: bool
    implicit: bool
    hybrid: bool
    token_exchange: bool
    ciba: bool
    device_grant: bool
    request_uri_by_reference: bool
    session_management: bool
    public_refresh_grace_seconds: Annotated[int, Field(ge=0, le=30)]
    userinfo_two_factors: bool
    userinfo_max_age_seconds: Annotated[int, Field(ge=0, le=31_622_400)]


class Settings(Shown):
    appearance: Appearance
    oidc: Switches
    saml: OwnIdentity
    staffing: Staffing


class Delivery(Shown):
    """What has to reach somebody outside, and whether it has. `next_at` is when it is tried next, by the machine's own
    time; `error` is the code of the latest attempt that failed."""

    id: str
    event: str
    receiver: str
    payload: dict[str, object]
    created_at: Instant
    status: DeliveryStatus
    attempts: int
    next_at: Instant | None
    delivered_at: Instant | None
    failed_at: Instant | None
    error: str | None


class Break(Shown):
    """Where a trail first does not add up. `missing`: there is no row `seq`, up to `before`, the next that is there;
    `altered`: it is not as it was written; `outdated`: it was removed when its time was over, and is back."""

    chain: str
    seq: int
    problem: Flaw
    before: int | None


class Verdict(Shown):
    """Of all rows of a trail. `broken` counts the places that do not add up."""

    ok: bool
    rows: int
    chains: int
    first_bad: Break | None
    broken: int


class Entry(Shown):
    """One entry of the trail: ids and codes, never a name."""

    chain: Annotated[str, Field(description="Of the connection that wrote it: several grow side by side.")]
    seq: Annotated[int, Field(description="Its place in the chain, from 1.")]
    at: Instant
    event: str
    actor: dict[str, str]
    source: str
    subject: str
    facts: Annotated[
        dict[str, object],
        Field(
            description="What belongs to the event. The first entry of a chain has `after` besides, whatever its event:"
            " a list of `chain`, `seq` and `hash` of the newest entry of the chain that was opened before it."
        ),
    ]
    hash: str
